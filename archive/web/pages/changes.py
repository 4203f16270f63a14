"""Two texts of an article side by side, what was taken out and what was put in marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from archive.article.diff import Change, Mark, Piece, Unchanged, differences
from archive.database.article_rows import Revision, compared
from archive.store import Archive
from archive.web.http import Answer, Page, PageRequest
from archive.web.pages.article import numbered, wanted

LONGEST: Final = 60_000
"""Characters of a text that is compared: a longer one would take as long as somebody wishes."""
_TOKENS: Final = 3_000


@dataclass(frozen=True, slots=True)
class Row:
    """A change, or sentences without one: what the old text has, what the new one has, how many are left out."""

    old: tuple[Piece, ...] = ()
    new: tuple[Piece, ...] = ()
    unchanged: int = 0


def changes(asked: PageRequest, archive: Archive) -> Answer:
    """What changed between two revisions, the last two if none are named."""
    found = wanted(asked, archive)
    revisions = archive.revisions(found.article.id)
    new = numbered(asked.arg("new"), revisions, revisions[-1].revision)
    old = numbered(asked.arg("old"), revisions, max(revisions[0].revision, new - 1))
    before, after = _text(revisions, old), _text(revisions, new)
    lost = [each.revision for each in (before, after) if each.is_lost]
    parts = {} if lost else {name: side_by_side(*texts) for name, texts in compared(before, after).items()}
    context = {
        "archived": found,
        "revisions": revisions,
        "old": before,
        "new": after,
        "lost": lost,
        "parts": {name: rows for name, rows in parts.items() if any(row.old or row.new for row in rows)},
        "is_cut": max(len(before.body), len(after.body)) > LONGEST,
    }
    return Page(template="changes.html", context=context)


def _text(revisions: Sequence[Revision], number: int) -> Revision:
    return next(revision for revision in revisions if revision.revision == number)


@lru_cache(maxsize=64)
def side_by_side(old: str, new: str) -> tuple[Row, ...]:
    """The rows of a table with the old text at the left and the new one at the right."""
    return tuple(map(_row, differences(old[:LONGEST], new[:LONGEST], longest=_TOKENS)))


def _row(part: Change | Unchanged) -> Row:
    if isinstance(part, Unchanged):
        return Row(unchanged=part.sentences)
    return Row(
        old=tuple(piece for piece in part if piece.mark is not Mark.ADDED),
        new=tuple(piece for piece in part if piece.mark is not Mark.REMOVED),
    )
