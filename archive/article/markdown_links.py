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
_MOST_PICTURES: Final = 4
"""In the text of one link: each is looked for once more behind every bracket of a text of brackets."""


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
        form = _TEXT_WITH_ESCAPES if escapes else _TEXT
        self._texts = [_Runs(form, markdown) for _ in range(_MOST_PICTURES + 1)]
        self._seen = (-1, -1)
        self._addresses = [_Runs(_ADDRESS, markdown) for _ in range(_MOST_PICTURES + 1)]

    def at(self, start: int) -> Link | None:
        """Return the link that begins at ``start``, with ``[`` or ``![``, or None."""
        is_picture = self._markdown[start] == "!"
        begin = start + 1 + is_picture
        text_end = self._texts[0].end_of(begin) if is_picture else self._end_of_text(begin)
        end = self._end_of_address(text_end, 0)
        return None if end is None else Link(start, is_picture, self._markdown[begin:text_end], end)

    def _end_of_text(self, begin: int) -> int:
        """The place of the bracket that closes a link's text, which may have pictures in it."""
        place = begin
        for level in range(_MOST_PICTURES):
            text_end = self._texts[level].end_of(place)
            has_picture = self._last_picture(text_end) >= place
            behind = self._end_of_address(text_end, level + 1) if has_picture else None
            if behind is None:
                return text_end
            place = behind
        return self._texts[_MOST_PICTURES].end_of(place)

    def _last_picture(self, text_end: int) -> int:
        """The place of the last ``![`` before a bracket that closes; -1 where there is none."""
        if self._seen[0] != text_end:
            self._seen = (text_end, self._markdown.rfind("![", 0, text_end))
        return self._seen[1]

    def _end_of_address(self, text_end: int, level: int) -> int | None:
        if not self._markdown.startswith("](", text_end):
            return None
        end = self._addresses[level].end_of(text_end + 2)
        return end + 1 if self._markdown.startswith(")", end) else None


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
