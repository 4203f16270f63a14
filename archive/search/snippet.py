"""The place in an article where the words of a query stand, with marks around them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from archive.article.plain_text import fold_with_places
from archive.search.tokenizer import pattern

WIDTH: Final = 80
"""Characters of a snippet, about."""
_LEAD: Final = 20
"""Characters before the first word found."""
_LOOKED_AT: Final = 50_000
"""Characters of an article in which words are looked for."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands before and after each word found."""

    before: str
    after: str


PLAIN: Final = Marks("⟦", "⟧")
COLOURED: Final = Marks("\x1b[1;33m", "\x1b[0m")


def marked(text: str, words: Iterable[str], marks: Marks) -> str:
    """All of a short text, every word found in it marked."""
    shown, spans = _spans(text, words)
    return _with_marks(shown, spans, 0, len(shown), marks)


def snippet(text: str, words: Iterable[str], marks: Marks) -> str:
    """About ``WIDTH`` characters around the words found in a text, on one line; its beginning if there are none."""
    shown, spans = _spans(text[:_LOOKED_AT], words)
    start = _best_start(spans)
    end = min(start + WIDTH, len(shown))
    cut = _with_marks(shown, [span for span in spans if start <= span[0] and span[1] <= end], start, end, marks)
    return f"{'…' if start else ''}{' '.join(cut.split())}{'…' if end < len(shown) else ''}"


def _spans(text: str, words: Iterable[str]) -> tuple[str, list[tuple[int, int]]]:
    """The text as it is shown, and where in it the words stand: in order, none over another."""
    shown, folded, place_of = fold_with_places(text)
    spans: list[tuple[int, int]] = []
    for word in sorted(words, key=len, reverse=True)[:_MOST_WORDS]:
        for found in pattern(word).finditer(folded):
            start, end = place_of(found.start()), place_of(found.end() - 1) + 1
            if all(end <= other or start >= after for other, after in spans):
                spans.append((start, end))
            if len(spans) > _MOST:
                break
    return shown, sorted(spans)


_MOST_WORDS: Final = 32
"""Words that are looked for, the longest: each is a reading of the text."""
_MOST: Final = 200
"""Places that are looked at: a snippet shows a few."""


def _best_start(spans: list[tuple[int, int]]) -> int:
    """Where a window holds the most text found; the first of the best."""
    starts = [max(start - _LEAD, 0) for start, _ in spans]
    found = [sum(end - start for start, end in spans if low <= start and end <= low + WIDTH) for low in starts]
    return starts[found.index(max(found))] if found else 0


def _with_marks(text: str, spans: list[tuple[int, int]], start: int, end: int, marks: Marks) -> str:
    pieces, place = list[str](), start
    for first, last in spans:
        pieces += [_printable(text[place:first]), marks.before, _printable(text[first:last]), marks.after]
        place = last
    return "".join((*pieces, _printable(text[place:end])))


_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def _printable(text: str) -> str:
    return _CONTROL.sub("\ufffd", text)
