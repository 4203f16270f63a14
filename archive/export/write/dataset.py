"""What formats are given, and what they give back: the seam between choosing rows and writing them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from archive.export.errors import NotAnExport
from archive.export.format_registry import load
from archive.export.read.schema import (
    Row,
    Table,
    tables_of,
)
from archive.export.read.snapshot import Snapshot
from archive.export.request import ExportRequest
from archive.export.write.checksums import check, export_id, listed
from archive.export.write.increment import Base, Changes, Merged, in_order
from archive.export.write.manifest import Part, read_manifest

Clean = Callable[[Table, Iterator[Row]], Iterator[Row]]


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
    wish: ExportRequest
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


class Exported:
    """One export on the disk, read row by row. Raises `NotAnExport` if it is none, or is damaged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = export_id(folder)
        self.manifest = read_manifest(folder)
        check(folder)
        there = listed(folder)
        if any(there.get(part.path) != part.sha256 for part in self.manifest.parts):
            raise NotAnExport(folder, "its files are not those that its papers describe: export again")
        found = load(self.manifest.facts["format"])
        if not isinstance(found, Incremental):
            raise NotAnExport(folder, f"a {found.name} shows the archive as it is now: it has no increments")
        self.format = found

    def rows(self, table: Table) -> Iterator[Row]:
        """All rows of a table in their order."""
        return self.format.read(self.folder, self.manifest.parts, table)


@dataclass(frozen=True, slots=True)
class Chain:
    """A full export and the increments after it, in order: together they are the newest state."""

    exports: tuple[Exported, ...]

    @classmethod
    def read(cls, folders: tuple[Path, ...]) -> Chain:
        """Raises `NotAnExport` where one is none, or does not go on from those before it."""
        exports = tuple(map(Exported, folders))
        for place, each in enumerate(exports):
            before = tuple(earlier.id for earlier in exports[:place])
            if each.manifest.after != before:
                fits = "a full export" if not before else "an increment after those before it"
                raise NotAnExport(each.folder, f"{fits} is wanted at this place")
            if each.manifest.wish != exports[0].manifest.wish or each.format.name != exports[0].format.name:
                raise NotAnExport(each.folder, "its format or its options are not those of the base")
        return cls(exports)

    @property
    def ids(self) -> tuple[str, ...]:
        """Of all its exports, in order."""
        return tuple(each.id for each in self.exports)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where they lie, in order."""
        return tuple(each.folder for each in self.exports)

    @property
    def newest(self) -> Exported:
        """The last one."""
        return self.exports[-1]

    def rows(self, table: Table) -> Iterator[Row]:
        """All rows of a table as they are after all increments."""
        whole: Base = self.exports[0]
        for increment in self.exports[1:]:
            whole = Merged(whole, increment)
        return whole.rows(table)
