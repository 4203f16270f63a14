"""What an article leaves behind: its id in every form, and words and pictures that no other article has.

Evidence is only what nobody else can own. Names are read as addresses and ids are read (`archive.article.ids`); words
are those that a reader of the article sees, never the addresses in its text nor the titles of what it links to;
pictures are addresses that no other article shows, in whatever size.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final
from urllib.parse import quote

from archive.article.ids import REACH, blotted, names_in, needles_of
from archive.article.markdown_links import LinkFinder
from archive.redaction.entries import LEAST as LEAST_OF_ENTRY

SENTENCES: Final = 40
"""Looked for at most, spread over the whole text: each costs time on every byte of the archive."""
LEAST: Final = 12
"""Characters: what is shorter may be anybody's words."""
LEAST_OF_TITLE: Final = 6
"""Characters of a title, which lists repeat and readers remember."""
LEAST_OF_PICTURE: Final = 16
"""Characters of a picture's address without its scheme."""

_LINK_OR_ADDRESS: Final = re.compile(r"!?\[|https?://\S+")
_RUN: Final = re.compile(r"[^\W_](?:[^\W_]| (?=[^\W_]))*")
_SLASH: Final = rb"(?:/|\\\\?/|%2[Ff]|\\u002[Ff])"

Span = tuple[int, int]


@dataclass(frozen=True)
class Traces:
    """What to look for. ``sentences`` are runs of letters and digits, free of anything that markup would escape, or
    whole titles; ``pictures`` are addresses without scheme and size; ``lists``: the ids of topics, cards and questions
    that list this article, and the words of their entries for it.
    """

    article_id: str
    sentences: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def without(self, theirs: Iterable[str]) -> Traces:
        """The same without words and pictures that turned out to be others'."""
        gone = frozenset(theirs)
        return replace(
            self,
            sentences=tuple(each for each in self.sentences if each not in gone),
            pictures=tuple(each for each in self.pictures if each not in gone),
        )

    def is_wanted(self, article_id: str) -> bool:
        """Whether an id is the article's."""
        return article_id == self.article_id

    @cached_property
    def longest(self) -> int:
        """Bytes that a trace has at most, with what stands around it: chunks must overlap by so much."""
        return max([REACH, *map(len, self._encoded)])

    def in_text(self, text: str) -> bool:
        """Whether a text of ours names the article or has a sentence of it."""
        return self.count(text.encode("utf-8", "surrogateescape")) > 0

    def named_in(self, text: str) -> bool:
        """Whether a text names the article by its id."""
        return any(needle in text for needle in self._needles) and any(
            self.article_id in name.ids for name in names_in(text)
        )

    def without_names(self, text: str) -> str:
        """``text`` with zeros for the article's id: what becomes of another's text that names it."""
        return blotted(text, self.is_wanted) if any(needle in text for needle in self._needles) else text

    def without_entry(self, article_id: str, content: bytes) -> bytes:
        """A page of an article that lists this one, with zeros for the words of its entry."""
        entry = (each for each in self.lists.get(article_id, ()) if len(each) >= LEAST_OF_ENTRY)
        needles = {needle for words in entry for needle in _encodings(words)}
        for needle in sorted(needles, key=len, reverse=True):
            content = content.replace(needle, b"0" * len(needle))
        return content

    def count(self, content: bytes, host: str = "") -> int:
        """How many traces there are in ``content``. ``host``: where it came from."""
        return len(self.spans(content, host))

    def blotted(self, content: bytes, host: str = "") -> bytes:
        """``content`` with zeros in the place of every trace; its length stays."""
        spans = self.spans(content, host)
        if not spans:
            return content
        clean = bytearray(content)
        for start, end in spans:
            clean[start:end] = b"0" * (end - start)
        return bytes(clean)

    def words_in(self, content: bytes) -> set[str]:
        """Those sentences and pictures that stand in ``content``."""
        return {self._encoded[needle] for needle in self._needles_in(content)} | {
            each
            for each, pattern in self._picture_patterns.items()
            if self._key(each) in content and pattern.search(content)
        }

    def spans(self, content: bytes, host: str = "") -> list[Span]:
        """Where the traces are, in order; none touches another."""
        found = [*self._names(content, host), *self._words(content)]
        spans = list[Span]()
        for start, end in sorted(found):
            if not spans or start >= spans[-1][1]:
                spans.append((start, end))
            elif end > spans[-1][1]:
                spans[-1] = (spans[-1][0], end)
        return spans

    def _names(self, content: bytes, host: str) -> Iterator[Span]:
        for start, end in _windows(content, [needle.encode() for needle in self._needles]):
            for name in names_in(content[start:end].decode("latin-1"), host):
                if self.article_id in name.ids:
                    yield from ((start + begin, start + stop) for begin, stop in name.parts)

    def _words(self, content: bytes) -> Iterator[Span]:
        if found := list(self._needles_in(content)):
            pattern = re.compile(b"|".join(map(re.escape, sorted(found, key=len, reverse=True))))
            yield from (each.span() for each in pattern.finditer(content))
        for each, pattern in self._picture_patterns.items():
            if self._key(each) in content:
                yield from (found.span() for found in pattern.finditer(content))

    @cached_property
    def _needles(self) -> tuple[str, ...]:
        return needles_of(self.article_id)

    def _needles_in(self, content: bytes) -> Iterator[bytes]:
        """Those of the sentences' written forms that stand in ``content``: looked for only where there can be any."""
        is_ascii = content.isascii()
        for mark, needles in self._by_mark.items():
            if mark in content if mark else not is_ascii:
                yield from filter(content.__contains__, needles)

    @cached_property
    def _encoded(self) -> dict[bytes, str]:
        """The sentences as pages of all eras, JSON and addresses write them."""
        return {needle: each for each in self.sentences for needle in _encodings(each)}

    @cached_property
    def _by_mark(self) -> dict[bytes, list[bytes]]:
        """What stands in every text that has one of these forms: nothing, for those that are no ASCII."""
        found: dict[bytes, list[bytes]] = {}
        for needle in self._encoded:
            escapes = [mark for mark in (b"\\u", b"%", b"+") if mark in needle]
            mark = escapes[0] if escapes else needle[:1]
            found.setdefault(mark if needle.isascii() else b"", []).append(needle)
        return found

    @cached_property
    def _picture_patterns(self) -> dict[str, re.Pattern[bytes]]:
        # A longer address is that of another picture.
        return {
            each: re.compile(_SLASH.join(re.escape(part.encode()) for part in each.split("/")) + rb"(?![0-9A-Za-z-])")
            for each in self.pictures
        }

    @staticmethod
    def _key(picture: str) -> bytes:
        return picture.rpartition("/")[2].encode()


def _windows(content: bytes, needles: list[bytes]) -> list[Span]:
    """Stretches around the needles in which a whole name must lie; none touches another."""
    places = sorted(found.start() for needle in needles for found in re.finditer(re.escape(needle), content))
    windows = list[Span]()
    for place in places:
        start, end = max(0, place - REACH), min(len(content), place + REACH)
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], end)
        else:
            windows.append((start, end))
    return windows


def _encodings(sentence: str) -> Iterable[bytes]:
    yield sentence.encode("utf-8", "surrogateescape")
    yield sentence.encode("gb18030", "replace")
    escaped = json.dumps(sentence)[1:-1]
    yield escaped.encode()
    yield re.sub(r"(?<=\\u)[0-9a-f]{4}", lambda found: found[0].upper(), escaped).encode()
    address = quote(sentence, safe="")
    yield from (form.encode() for form in (address, address.replace("%20", "+"), address.lower()))


def own_sentences(
    titles: Iterable[str], texts: Iterable[str], held_by_others: Callable[[list[str]], set[str]]
) -> tuple[str, ...]:
    """Words of these titles, and up to `SENTENCES` runs of words of these texts, that nobody else has."""
    whole = [title for title in map(str.strip, titles) if _is_words(title)]
    heads = dict.fromkeys(each for each in (*whole, *_runs(whole)) if len(each) >= LEAST_OF_TITLE)
    runs = dict.fromkeys(run for run in _runs(texts) if len(run) >= LEAST)
    asked = _spread(list(runs), 4 * SENTENCES)
    others = held_by_others([*heads, *asked])
    own = _spread([run for run in asked if run not in others], SENTENCES)
    return tuple(dict.fromkeys((*(each for each in heads if each not in others), *own)))


def _runs(texts: Iterable[str]) -> Iterable[str]:
    """Runs of words that a reader sees; what stands in links and addresses is others', or a name."""
    return (run for text in texts for run in _RUN.findall(_without_links(text)) if _is_words(run))


def _without_links(text: str) -> str:
    finder, parts, end = LinkFinder(text, escapes=True), list[str](), 0
    for found in _LINK_OR_ADDRESS.finditer(text):
        if found.start() < end:
            continue  # Inside a link.
        link = finder.at(found.start()) if found[0] in ("[", "![") else None
        if link or found[0].startswith("http"):
            parts.append(text[end : found.start()])
            end = link.end if link else found.end()
    return "\n".join((*parts, text[end:]))


def _is_words(run: str) -> bool:
    """Whether these are words, not an id, a number or a code."""
    return any(each.isalpha() for each in run) and (not run.isascii() or " " in run)


def _spread(runs: list[str], count: int) -> list[str]:
    step = max(1.0, len(runs) / count)
    return [runs[int(place * step)] for place in range(min(count, len(runs)))]
