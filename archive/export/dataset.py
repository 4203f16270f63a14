"""What formats are given, and what they give back: the seam between choosing rows and writing them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from archive.export.columns import DELETED, PICTURES, Row, Table, articles_with, revisions_with
from archive.export.increment import Base, Changes
from archive.export.snapshot import Snapshot
from archive.export.wish import Wish

Clean = Callable[[Table, Iterator[Row]], Iterator[Row]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of a table: ``path`` relative to the export, ``rows`` in it."""

    path: str
    table: str
    rows: int
    sha256: str
    media_type: str
    split: str | None = None
    month: str | None = None
    """Of publishing, ``YYYY-MM``; empty for articles without a date."""


class Format(Protocol):
    """A way to write a dataset. The same dataset and versions give the same bytes."""

    @property
    def name(self) -> str:
        """As in the command."""

    @property
    def incremental(self) -> bool:
        """Whether its files can be read back row by row, so that increments can be written and merged."""

    def versions(self) -> dict[str, str]:
        """Library → version, of those on which the bytes depend. Raises ``ModuleNotFoundError``."""

    def write(self, dataset: Dataset, folder: Path) -> list[Part]:
        """Write everything into the empty ``folder``; the files of tables among what was written.

        Raises ``OSError`` where there is no room, `BadValue`.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Chosen articles of one snapshot. ``data`` is the archive's directory."""

    data: Path
    snapshot: Snapshot
    wish: Wish
    facts: dict[str, object]
    """What the papers say of the dataset as a whole; see ``facts``."""
    clean: Clean | None = None
    """Takes from texts what filters take out."""
    base: Base | None = None
    """For an increment: the export that it goes on from."""
    changes: dict[str, Changes] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Those that are wanted, articles first."""
        return tables_of(self.wish)

    def rows(self, table: Table) -> Iterator[Row]:
        """The rows to be written; for an increment those that are new or changed."""
        found = self.snapshot.rows(table)
        if self.clean:
            found = self.clean(table, found)
        if self.base:
            return self.changes.setdefault(table.name, Changes(table)).of(self.base.rows(table), found)
        return found

    def deletions(self) -> Iterable[Row]:
        """For an increment, after all rows were read: what is in the base and no longer in the archive's."""
        erased = frozenset(self.snapshot.takedowns())
        found = [row for changes in self.changes.values() for row in changes.deletions(erased)]
        places = DELETED.places(DELETED.order)
        return sorted(found, key=lambda row: [str(row[place] or "").zfill(9) for place in places])


def tables_of(wish: Wish) -> tuple[Table, ...]:
    """The tables of a dataset, articles first."""
    articles = articles_with(wish.columns, text=wish.text, split=wish.split is not None)
    revisions = (revisions_with(text=wish.text),) if wish.revisions else ()
    return (articles, *revisions, *((PICTURES,) if wish.pictures else ()))
