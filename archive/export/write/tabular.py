"""Formats of rows: which file a row belongs to, and the files read back as tables."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from archive.export.read.schema import DELETED, Row, Table
from archive.export.select.splits import NAMES
from archive.export.write.dataset import Dataset
from archive.export.write.hashing_file import HashingFile
from archive.export.write.increment import order_of
from archive.export.write.manifest import Part
from archive.export.write.picture_files import Copies, archived, exported, with_copies

if TYPE_CHECKING:
    from archive.export.write.dataset import Chain

UNDATED: Final = "undated"
"""A word like any month, not Hive's name for null: pandas asks Arrow for a dictionary, and it makes none with nulls."""


class RowWriter(Protocol):
    """Takes rows one by one."""

    def write(self, row: Row) -> None: ...
    def close(self) -> None: ...


class Encoding(Protocol):
    """How rows lie in one file."""

    @property
    def suffix(self) -> str: ...
    @property
    def media_type(self) -> str: ...
    def writer(self, file: HashingFile, table: Table) -> RowWriter: ...
    def read(self, path: Path, table: Table) -> Iterator[Row]: ...
    def versions(self) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class Tabular:
    """A format whose files hold rows. With ``months``, articles are partitioned by month of publishing."""

    name: str
    encoding: Encoding
    months: bool = False

    def versions(self) -> dict[str, str]:
        """Of the libraries on which the bytes depend."""
        return self.encoding.versions()

    def write(self, dataset: Dataset, folder: Path) -> list[Part]:
        """Every table into files of its own; for an increment the deletions, too."""
        copies = archived(dataset.data, dataset.snapshot.leave_out)
        parts = [p for table in dataset.tables for p in self.write_rows(folder, table, dataset.rows(table), copies)]
        if dataset.base:
            parts += self.write_rows(folder, DELETED, dataset.deletions(), copies)
        return parts

    def read(self, folder: Path, parts: Iterable[Part], table: Table) -> Iterator[Row]:
        """All rows of a table in their order."""
        mine = sorted((part for part in parts if part.table == table.name), key=_file_order)
        splits = [
            chain.from_iterable(self.encoding.read(folder / part.path, table) for part in list(same))
            for _, same in groupby(mine, key=lambda part: part.split)
        ]
        return splits[0] if len(splits) == 1 else heapq.merge(*splits, key=order_of(table))

    def merge(self, chain: Chain, folder: Path) -> list[Part]:
        """Every table whole again."""
        copies = exported(chain.folders)
        tables = chain.newest.manifest.tables
        return [part for table in tables for part in self.write_rows(folder, table, chain.rows(table), copies)]

    def write_rows(self, folder: Path, table: Table, rows: Iterable[Row], copies: Copies) -> list[Part]:
        """The rows of one table into its files; ``copies`` are those of pictures."""
        months = self.months and table.name == "articles"
        rows = with_copies(rows, copies, folder) if table.name == "pictures" else rows
        with ExitStack() as stack:
            files = _Files(self.encoding, folder, table, months, stack)
            files.take(rows)
            return files.close()


def _file_order(part: Part) -> tuple[str, str]:
    return part.split or "", part.month or ""


class _Files:
    """The files of one table: of each split, the one that is being written."""

    def __init__(self, encoding: Encoding, folder: Path, table: Table, months: bool, stack: ExitStack) -> None:
        self._encoding, self._folder, self._table, self._stack = encoding, folder, table, stack
        self._month = table.names.index("published_at") if months else None
        self._split = table.names.index("split") if "split" in table.names else None
        self._open: dict[str | None, _File] = {}
        self._parts: list[Part] = []

    def take(self, rows: Iterable[Row]) -> None:
        """Write every row where it belongs."""
        if self._month is None:
            for split in [None] if self._split is None else NAMES:
                self._begin(split, None)
        if self._month is None and self._split is None:
            only = self._open[None]
            for only.rows, row in enumerate(rows, 1):
                only.writer.write(row)
            return
        for row in rows:
            self._write(row)

    def close(self) -> list[Part]:
        """Finish the files; what was written, in the order of paths."""
        for split in list(self._open):
            self._finish(split)
        return sorted(self._parts, key=lambda part: part.path)

    def _write(self, row: Row) -> None:
        split = None if self._split is None else str(row[self._split])
        month = None if self._month is None else str(row[self._month] or "")[:7]
        file = self._open.get(split)
        if file is None or file.month != month:
            self._finish(split)
            file = self._begin(split, month)
        file.writer.write(row)
        file.rows += 1

    def _begin(self, split: str | None, month: str | None) -> _File:
        path = _path(self._table.name, split, month, self._encoding.suffix)
        sink = HashingFile(self._folder / path)
        self._stack.callback(sink.abandon)
        self._open[split] = _File(path, month, sink, self._encoding.writer(sink, self._table))
        return self._open[split]

    def _finish(self, split: str | None) -> None:
        file = self._open.pop(split, None)
        if file is None:
            return
        file.writer.close()
        self._parts.append(
            Part(
                path=file.path,
                table=self._table.name,
                rows=file.rows,
                sha256=file.sink.settle(),
                media_type=self._encoding.media_type,
                split=split,
                month=file.month,
            )
        )


@dataclass(slots=True)
class _File:
    path: str
    month: str | None
    sink: HashingFile
    writer: RowWriter
    rows: int = 0


def _path(table: str, split: str | None, month: str | None, suffix: str) -> str:
    name = table if split is None else f"{table}-{split}"
    return f"data/{name}{suffix}" if month is None else f"data/{name}/month={month or UNDATED}/{name}{suffix}"
