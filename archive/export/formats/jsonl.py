"""JSON Lines: one object per row, keys in the order of the columns."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import orjson

from archive.export.read.schema import Row, Table
from archive.export.write.hashing_file import HashingFile
from archive.export.write.tabular import Tabular

_GZIP_LEVEL: Final = 6
_ZSTD_LEVEL: Final = 6


class _Lines:
    """Writes rows as lines."""

    def __init__(self, file: HashingFile, table: Table, packing: str) -> None:
        self._names = table.names
        self._packed: Any = _packed(file, packing)
        self._write = self._packed.write

    def write(self, row: Row) -> None:
        """Write one row."""
        self._write(orjson.dumps(dict(zip(self._names, row, strict=True)), option=orjson.OPT_APPEND_NEWLINE))

    def close(self) -> None:
        """Write what is still held back."""
        self._packed.close()


@dataclass(frozen=True, slots=True)
class JsonLines:
    """How rows lie in a file; ``packing`` is "", gzip or zstd."""

    packing: str
    suffix: str
    media_type: str = "application/jsonl"

    def writer(self, file: HashingFile, table: Table) -> _Lines:
        """A writer of rows."""
        return _Lines(file, table, self.packing)

    def read(self, path: Path, table: Table) -> Iterator[Row]:
        """The rows of a file."""
        names = table.names
        with _unpacked(path, self.packing) as lines:
            for line in lines:
                found = orjson.loads(line)
                yield tuple([found[name] for name in names])

    def versions(self) -> dict[str, str]:
        """Of the libraries on which the bytes depend."""
        if self.packing == "zstd":
            import zstandard

            return {"zstd": ".".join(map(str, zstandard.ZSTD_VERSION)), "zstandard": version("zstandard")}
        return {"zlib": zlib.ZLIB_RUNTIME_VERSION} if self.packing else {}


def _packed(file: HashingFile, packing: str) -> Any:
    if packing == "gzip":
        # No name and no time: they would be all that differs between two exports of the same state.
        return gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0)
    if packing == "zstd":
        import zstandard

        target: Any = file
        return zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=True).stream_writer(target, closefd=False)
    return file


@contextmanager
def _unpacked(path: Path, packing: str) -> Iterator[Iterable[bytes]]:
    with path.open("rb") as file:
        if packing == "gzip":
            yield gzip.GzipFile(fileobj=file)
        elif packing == "zstd":
            import zstandard

            yield io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(file))
        else:
            yield file


PLAIN: Final = Tabular("jsonl", JsonLines("", ".jsonl"))
GZIP: Final = Tabular("jsonl-gz", JsonLines("gzip", ".jsonl.gz", "application/gzip"))
ZSTD: Final = Tabular("jsonl-zst", JsonLines("zstd", ".jsonl.zst", "application/zstd"))
