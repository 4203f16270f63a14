"""What changed between two texts, readable for Chinese: by sentence, and inside a sentence by character."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Final

from archive.article.matching import Opcode, opcodes, share


class Mark(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, and what became of it."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """So many sentences that both texts have."""

    sentences: int


Change = tuple[Piece, ...]
"""Neighbouring sentences of which at least one changed, as pieces in reading order."""

_SENTENCE: Final = re.compile(r"[^。！？；!?\n]*[。！？；!?]+[”’」』）】》\"')]*|[^。！？；!?\n]+")
_TOKEN: Final = re.compile(r"https?://[^\s)]+|[A-Za-z0-9]+(?:[.,:%][A-Za-z0-9]+)*%?|.", re.DOTALL)
_ALIKE: Final = 0.3
"""Below this share of common characters, two sentences are shown as one taken out and one put in."""
_LONGEST: Final = 20_000
"""Tokens of neighbouring sentences that are compared one by one: a longer change is read as a whole."""


def differences(old: str, new: str, *, longest: int = _LONGEST) -> list[Change | Unchanged]:
    """The way from ``old`` to ``new``; only ``Unchanged``, or nothing at all, where they read the same.

    Neighbouring sentences with more than ``longest`` tokens are only shown as taken out and put in.
    """
    before, after = _sentences(old), _sentences(new)
    return [
        Unchanged(j - i) if tag == "equal" else _change("".join(before[i:j]), "".join(after[k:m]), longest)
        for tag, i, j, k, m in opcodes(before, after)
    ]


def _sentences(text: str) -> list[str]:
    found = (match[0].strip() for match in _SENTENCE.finditer(text))
    return [sentence for sentence in found if sentence]


def _change(before: str, after: str, longest: int) -> Change:
    removed, added = _TOKEN.findall(before), _TOKEN.findall(after)
    whole = (Piece(Mark.REMOVED, before), Piece(Mark.ADDED, after))
    if max(len(removed), len(added)) > longest:
        return whole
    operations = opcodes(removed, added)
    is_other = share(operations, removed, added) < _ALIKE
    pieces = whole if is_other else _joined(_pieces(operations, removed, added))
    return tuple(piece for piece in pieces if piece.text)


def _pieces(operations: Sequence[Opcode], removed: Sequence[str], added: Sequence[str]) -> Iterator[Piece]:
    for number, (tag, i, j, k, m) in enumerate(operations):
        # One common character between two changes is chance, and reading it apart is tiring.
        if tag == "equal" and (j - i > 1 or number in (0, len(operations) - 1)):
            yield Piece(Mark.SAME, "".join(removed[i:j]))
        else:
            yield Piece(Mark.REMOVED, "".join(removed[i:j]))
            yield Piece(Mark.ADDED, "".join(added[k:m]))


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Neighbouring changes as one piece taken out and one put in."""
    for same, run in groupby(pieces, key=lambda piece: piece.mark is Mark.SAME):
        if same:
            yield from run
            continue
        changed = list(run)
        for mark in (Mark.REMOVED, Mark.ADDED):
            yield Piece(mark, "".join(piece.text for piece in changed if piece.mark is mark))


_PLAIN: Final = {Mark.SAME: ("", ""), Mark.REMOVED: ("[-", "-]"), Mark.ADDED: ("{+", "+}")}
_COLOURED: Final = {
    Mark.SAME: ("", ""),
    Mark.REMOVED: ("\x1b[31m[-", "-]\x1b[0m"),
    Mark.ADDED: ("\x1b[32m{+", "+}\x1b[0m"),
}


def rendered(found: Iterable[Change | Unchanged], *, coloured: bool = False) -> str:
    """One line per change, ``[-removed-]`` and ``{+added+}`` marked; unchanged sentences are counted."""
    marks = _COLOURED if coloured else _PLAIN
    return "\n".join(_line(change, marks) for change in found)


def _line(change: Change | Unchanged, marks: dict[Mark, tuple[str, str]]) -> str:
    if isinstance(change, Unchanged):
        return f"… {change.sentences} unchanged {'sentence' if change.sentences == 1 else 'sentences'} …"
    return "".join(piece.text.join(marks[piece.mark]) for piece in change)
