"""Links and pictures in Markdown, found in one pass: however many brackets a text has, each sign is read once.

A regular expression that looks for a ``]`` behind every ``[`` takes the square of a text of brackets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

_TEXT: Final = re.compile(r"[^\]\n]*+")
_TEXT_WITH_ESCAPES: Final = re.compile(r"(?:[^\]\\\n]|\\.)*+")
_ADDRESS: Final = re.compile(r"[^)\s]*+")


@dataclass(frozen=True, slots=True)
class Link:
    """``[text](address)``; a picture has a ``!`` before it. ``end`` is the place behind it."""

    start: int
    is_picture: bool
    text: str
    end: int


class LinkFinder:
    """Finds the links of one text; to be asked from left to right."""

    def __init__(self, markdown: str, *, escapes: bool) -> None:
        """``escapes``: whether a backslash takes a bracket's meaning, as in a body of ours."""
        self._markdown = markdown
        self._text = _Runs(_TEXT_WITH_ESCAPES if escapes else _TEXT, markdown)
        self._address = _Runs(_ADDRESS, markdown)

    def at(self, start: int) -> Link | None:
        """Return the link that begins at ``start``, with ``[`` or ``![``, or None."""
        is_picture = self._markdown[start] == "!"
        begin = start + 1 + is_picture
        text_end = self._text.end_of(begin)
        if not self._markdown.startswith("](", text_end):
            return None
        end = self._address.end_of(text_end + 2)
        if not self._markdown.startswith(")", end):
            return None
        return Link(start, is_picture, self._markdown[begin:text_end], end + 1)


class _Runs:
    """Ends of runs of signs. All places inside a run have the same end, so each run is read once."""

    def __init__(self, run: re.Pattern[str], text: str) -> None:
        self._run = run
        self._text = text
        self._begin, self._end = 0, -1

    def end_of(self, place: int) -> int:
        if not self._begin <= place <= self._end:
            found = self._run.match(self._text, place)
            self._begin, self._end = place, found.end() if found else place
        return self._end


def links(markdown: str) -> Iterator[Link]:
    """Yield links and pictures from left to right, none inside another. A backslash means nothing."""
    return _found(markdown, lambda place: markdown.find("[", place))


def pictures(markdown: str) -> Iterator[Link]:
    """Yield the pictures alone, those inside a link, too."""
    return _found(markdown, lambda place: markdown.find("![", place))


def _found(markdown: str, next_opening: Callable[[int], int]) -> Iterator[Link]:
    finder, place, end = LinkFinder(markdown, escapes=False), 0, 0
    while (place := next_opening(place)) >= 0:
        start = place - 1 if place > end and markdown[place] == "[" and markdown[place - 1] == "!" else place
        link = finder.at(start)
        if link is None:
            place += 1
        else:
            yield link
            place = end = link.end


def replaced(markdown: str, found: Iterator[Link], replacement: Callable[[Link], str]) -> str:
    """Return the text with each of the links ``found`` in it replaced."""
    parts, end = list[str](), 0
    for link in found:
        parts += (markdown[end : link.start], replacement(link))
        end = link.end
    return "".join((*parts, markdown[end:]))
