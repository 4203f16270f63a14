"""What two sequences have in common, in their order, in a time that grows with their length. Pure.

``difflib`` takes the square of their length and more. So it is given short stretches only: what lies between the items
that stand once in each sequence, or beside equal beginnings and ends.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

MOST: Final = 250_000
"""Items of the one times items of the other that are compared each with each."""
_DEEPEST: Final = 12
"""Stretches within stretches; in what is left beyond, nothing is taken for common."""

Opcode = tuple[str, int, int, int, int]
"""``equal``, ``delete``, ``insert`` or ``replace``, from where to where in the one and in the other."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Parts of two sequences, of items ``a`` to ``a_end`` and ``b`` to ``b_end``."""

    a: int
    a_end: int
    b: int
    b_end: int

    @property
    def pairs(self) -> int:
        return (self.a_end - self.a) * (self.b_end - self.b)


def opcodes(one: Sequence[str], other: Sequence[str]) -> list[Opcode]:
    """Return the way from the one to the other, as `SequenceMatcher.get_opcodes` does."""
    found: list[Opcode] = []
    a = b = 0
    for i, j, length in _joined(_blocks(one, other, _Stretch(0, len(one), 0, len(other)), 0)):
        if a < i or b < j:
            found.append(("replace" if a < i and b < j else "delete" if a < i else "insert", a, i, b, j))
        if length:
            found.append(("equal", i, i + length, j, j + length))
        a, b = i + length, j + length
    if a < len(one) or b < len(other):
        kind = "replace" if a < len(one) and b < len(other) else "delete" if a < len(one) else "insert"
        found.append((kind, a, len(one), b, len(other)))
    return found


def share(found: Sequence[Opcode], one: Sequence[str], other: Sequence[str]) -> float:
    """Return how much of both is equal, from 0 to 1, as `SequenceMatcher.ratio` does."""
    equal = sum(end - begin for kind, begin, end, _, _ in found if kind == "equal")
    return 2 * equal / (len(one) + len(other)) if one or other else 1.0


_Block = tuple[int, int, int]
"""Where equal items begin in the one and in the other, and how many there are."""


def _blocks(one: Sequence[str], other: Sequence[str], part: _Stretch, depth: int) -> Iterator[_Block]:
    """Equal items in a stretch, in their order."""
    if part.pairs <= MOST:
        matcher = SequenceMatcher(None, one[part.a : part.a_end], other[part.b : part.b_end], autojunk=False)
        yield from ((part.a + i, part.b + j, length) for i, j, length in matcher.get_matching_blocks() if length)
        return
    before, after = _equal_ends(one, other, part)
    yield part.a, part.b, before
    inner = _Stretch(part.a + before, part.a_end - after, part.b + before, part.b_end - after)
    if before or after:
        yield from _blocks(one, other, inner, depth)
    elif depth < _DEEPEST:
        a, b = inner.a, inner.b
        for i, j in (*_anchors(one, other, inner), (inner.a_end, inner.b_end)):
            if (between := _Stretch(a, i, b, j)) != inner:
                yield from _blocks(one, other, between, depth + 1)
            if i < inner.a_end:
                yield i, j, 1
            a, b = i + 1, j + 1
    yield inner.a_end, inner.b_end, after


def _equal_ends(one: Sequence[str], other: Sequence[str], part: _Stretch) -> tuple[int, int]:
    """How many items are equal from the beginning on, and how many of the rest up to the end."""
    most = min(part.a_end - part.a, part.b_end - part.b)
    before = next((n for n in range(most) if one[part.a + n] != other[part.b + n]), most)
    most -= before
    after = next((n for n in range(most) if one[part.a_end - 1 - n] != other[part.b_end - 1 - n]), most)
    return before, after


def _anchors(one: Sequence[str], other: Sequence[str], part: _Stretch) -> list[tuple[int, int]]:
    """The items that stand once in each part, as many of them as are in one order in both."""
    mine, theirs = _places(one, part.a, part.a_end), _places(other, part.b, part.b_end)
    pairs = [(place, theirs[item]) for item, place in mine.items() if item in theirs]
    return _longest_rising(pairs)


def _places(items: Sequence[str], begin: int, end: int) -> dict[str, int]:
    """Where each item stands that stands once."""
    counted = Counter(items[begin:end])
    return {items[place]: place for place in range(begin, end) if counted[items[place]] == 1}


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The most pairs, ordered by the first number, whose second numbers rise, too."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [number]
        before.append(last[length - 1] if length else -1)
    chosen: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number >= 0:
        chosen.append(pairs[number])
        number = before[number]
    return chosen[::-1]


def _joined(blocks: Iterator[_Block]) -> Iterator[_Block]:
    """Blocks that touch each other as one; empty ones left out."""
    kept: _Block | None = None
    for i, j, length in blocks:
        if kept and (kept[0] + kept[2], kept[1] + kept[2]) == (i, j):
            kept = (kept[0], kept[1], kept[2] + length)
        elif length:
            if kept:
                yield kept
            kept = (i, j, length)
    if kept:
        yield kept
