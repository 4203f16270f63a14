"""CSV: a header line, strings in quotes, lists as JSON, an empty field for null."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson

from archive.export.read.schema import Column, Row, Table, Type, Value
from archive.export.write.hashing_file import HashingFile
from archive.export.write.tabular import Tabular


class _Encoded:
    """A text file for the csv module, which ends in a sink."""

    def __init__(self, file: HashingFile) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write it as UTF-8."""
        return self._file.write(text.encode())


class _Rows:
    """Writes rows as records."""

    def __init__(self, file: HashingFile, table: Table) -> None:
        # All strings quoted: that keeps carriage returns and leading blanks whatever the reader.
        self._writer = csv.writer(_Encoded(file), quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        self._writer.writerow(table.names)
        self._lists = [place for place, column in enumerate(table.columns) if column.type is Type.LIST]

    def write(self, row: Row) -> None:
        """Write one row."""
        values = list(row)
        for place in self._lists:
            values[place] = orjson.dumps(values[place]).decode()
        self._writer.writerow(values)

    def close(self) -> None:
        """Nothing is held back."""


class Csv:
    """How rows lie in a CSV file."""

    suffix = ".csv"
    media_type = "text/csv"

    def writer(self, file: HashingFile, table: Table) -> _Rows:
        """A writer of rows; the header is written at once."""
        return _Rows(file, table)

    def read(self, path: Path, table: Table) -> Iterator[Row]:
        """The rows of a file."""
        csv.field_size_limit(min(sys.maxsize, (1 << 31) - 1))  # The default is less than a long article.
        with path.open(encoding="utf-8", newline="") as file:
            records = csv.reader(file)
            next(records)
            for record in records:
                yield tuple(map(_value, record, table.columns))

    def versions(self) -> dict[str, str]:
        """The bytes depend on no library."""
        return {}


def _value(text: str, column: Column) -> Value:
    if not text and column.nullable:
        return None
    if column.type is Type.INTEGER:
        return int(text)
    if column.type is Type.LIST:
        found: list[str] = orjson.loads(text)
        return found
    return text


CSV: Final = Tabular("csv", Csv())
