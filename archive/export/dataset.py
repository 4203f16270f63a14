"""What formats are given, and what they give back: the seam between choosing rows and writing them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from archive.export.columns import PICTURES, REVISIONS, Row, Table, articles_with, table_with
from archive.export.increment import Changes, in_order
from archive.export.snapshot import Snapshot
from archive.export.wish import Wish

if TYPE_CHECKING:
    from archive.export.manifest import Chain

Clean = Callable[[Table, Iterator[Row]], Iterator[Row]]


@dataclass(frozen=True, slots=True)
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


DATABASE: Final = "application/vnd.sqlite3"
"""Media type of a file that all tables share."""


class Format(Protocol):
    """A way to write a dataset. The same dataset and versions give the same bytes."""

    @property
    def name(self) -> str:
        """As in the command."""

    def versions(self) -> dict[str, str]:
        """Library → version, of those on which the bytes depend. Raises ``ModuleNotFoundError``."""

    def write(self, dataset: Dataset, folder: Path) -> list[Part]:
        """Write everything into the empty ``folder``; the files of tables among what was written.

        Raises ``OSError`` where there is no room, `BadValue`.
        """


@runtime_checkable
class Incremental(Format, Protocol):
    """A format that writes only what is new, changed or gone where the dataset has a ``base``, and merges it again."""

    def read(self, folder: Path, parts: Iterable[Part], table: Table) -> Iterator[Row]:
        """All rows of a table that an export in ``folder`` has, in their order."""

    def merge(self, chain: Chain, folder: Path) -> list[Part]:
        """Write into the empty ``folder`` what a full export of the newest state has, and return what `write` does."""


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
    base: Chain | None = None
    """For an increment: the export that it goes on from."""
    changes: dict[str, Changes] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Those that are wanted, articles first."""
        return tables_of(self.wish)

    def rows(self, table: Table) -> Iterator[Row]:
        """The rows to be written; for an increment those that are new or changed."""
        return self.changed(table, self.now(table))

    def now(self, table: Table) -> Iterator[Row]:
        """All rows of a table, as they are now."""
        found = self.snapshot.rows(table)
        return self.clean(table, found) if self.clean else found

    def changed(self, table: Table, now: Iterator[Row]) -> Iterator[Row]:
        """Those of a table's rows that the base, if there is one, has not, or has otherwise."""
        if self.base is None:
            return now
        return self.changes.setdefault(table.name, Changes(table)).of(self.base.rows(table), now)

    def deletions(self) -> Iterable[Row]:
        """For an increment, after all rows were read: what is in the base and no longer in the archive's."""
        erased = frozenset(self.snapshot.takedowns())
        return in_order(row for changes in self.changes.values() for row in changes.deletions(erased))


def tables_of(wish: Wish) -> tuple[Table, ...]:
    """The tables of a dataset, articles first."""
    split = wish.split is not None
    beside = (*((REVISIONS,) if wish.revisions else ()), *((PICTURES,) if wish.pictures else ()))
    articles = articles_with(wish.columns, text=wish.text, split=split)
    return (articles, *(table_with(table, text=wish.text, split=split) for table in beside))
