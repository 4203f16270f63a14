"""Parquet: real timestamps and lists, Zstandard, row groups of a fixed size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from archive.export.errors import BadValue
from archive.export.read.schema import Column, Row, Table, Type, Value
from archive.export.write.hashing_file import HashingFile
from archive.export.write.tabular import Tabular

GROUP: Final = 2048
"""Rows of a row group: all that is held in memory."""

LEVEL: Final = 3

_TYPES: Final = {
    Type.STRING: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.BEIJING: pa.timestamp("us", tz="+08:00"),
    Type.UTC: pa.timestamp("us", tz="UTC"),
    Type.LIST: pa.list_(pa.string()),
}
_TIMES: Final = (Type.BEIJING, Type.UTC)
_LONG: Final = frozenset({"body", "summary", "provenance", "title"})


def schema_of(table: Table) -> Any:
    """The Arrow schema of a table, with each column's meaning."""
    return pa.schema([_field(column) for column in table.columns])


def _field(column: Column) -> Any:
    return pa.field(column.name, _TYPES[column.type], metadata={"description": column.meaning})


class _Groups:
    """Writes rows, a group at a time."""

    def __init__(self, file: HashingFile, table: Table) -> None:
        self._table, self._schema, self._rows = table, schema_of(table), list[Row]()
        small = [name for name in table.names if name not in _LONG]
        # A dictionary or the least and greatest of long texts would cost much and tell nothing.
        self._writer = pq.ParquetWriter(
            file,
            self._schema,
            compression="zstd",
            compression_level=LEVEL,
            use_dictionary=small,
            write_statistics=small,
        )

    def write(self, row: Row) -> None:
        """Write one row, or hold it until the group is full."""
        self._rows.append(row)
        if len(self._rows) == GROUP:
            self._write_group()

    def close(self) -> None:
        """Write what is held back, and the footer."""
        if self._rows:
            self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        columns = zip(*self._rows, strict=True)
        arrays = [
            self._array(place, list(values), field.type)
            for place, (values, field) in enumerate(zip(columns, self._schema, strict=True))
        ]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema), row_group_size=GROUP)
        self._rows.clear()

    def _array(self, place: int, values: list[Value], kind: Any) -> Any:
        if self._table.columns[place].type not in _TIMES:
            return pa.array(values, kind)
        try:
            return pa.array(values, pa.string()).cast(kind)
        except pa.ArrowInvalid as error:
            row = next(row for row in self._rows if not _is_time(row[place]))
            raise BadValue(self._table.name, str(row[0]), self._table.names[place], "not a time") from error


def _is_time(value: Value) -> bool:
    try:
        return value is None or datetime.fromisoformat(str(value)).tzinfo is not None
    except ValueError:
        return False


class Parquet:
    """How rows lie in a Parquet file."""

    suffix = ".parquet"
    media_type = "application/vnd.apache.parquet"

    def writer(self, file: HashingFile, table: Table) -> _Groups:
        """A writer of rows."""
        return _Groups(file, table)

    def read(self, path: Path, table: Table) -> Iterator[Row]:
        """The rows of a file."""
        times = [column.type in _TIMES for column in table.columns]
        for batch in pq.ParquetFile(path).iter_batches(GROUP // 4, columns=list(table.names)):
            columns = [
                list(map(_iso, column.to_pylist())) if time else column.to_pylist()
                for column, time in zip(batch.columns, times, strict=True)
            ]
            yield from zip(*columns, strict=True)

    def versions(self) -> dict[str, str]:
        """Of the libraries on which the bytes depend."""
        return {"pyarrow": version("pyarrow")}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


MONTHS: Final = Tabular("parquet", Parquet(), months=True)
WHOLE: Final = Tabular("huggingface", Parquet())
