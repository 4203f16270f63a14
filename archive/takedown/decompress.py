"""What is inside a packed file, as chunks of bytes: gzip, zip, Zstandard, Parquet, SQLite; told by its first bytes."""

from __future__ import annotations

import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from errno import EIO
from functools import partial
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any, Final

from archive.files.regular_files import UnusableFile, open_regular

CHUNK: Final = 1 << 20
_LARGEST_RATIO: Final = 200
"""Of what is unpacked to what is packed. Texts come to twenty; what is beyond was made to fill memory or time."""
_SQLITE: Final = b"SQLite format 3\0"


class Opaque(Exception):
    """Not all of a file could be unpacked; the text says why."""


def unpacked(path: Path, head: bytes) -> Iterator[bytes]:
    """The file's inside, by its first bytes; nothing for a file that is not packed. Raises `Opaque`, OSError."""
    unpack = next((unpack for magic, unpack in _UNPACKERS.items() if head.startswith(magic)), None)
    if unpack is None:
        return
    most = _LARGEST_RATIO * path.stat().st_size + CHUNK
    try:
        for chunk in unpack(path):
            yield chunk
            most -= len(chunk)
            if most < 0:
                raise Opaque(f"it unpacks to more than {_LARGEST_RATIO} times its size")
    except (zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, sqlite3.Error, ValueError) as error:
        raise Opaque(str(error)) from error
    except ModuleNotFoundError as error:
        raise Opaque(f"{error.name} is missing: install qqnews[export]") from error


def as_it_lies(path: Path) -> Generator[bytes]:
    """The bytes of the file. Raises OSError.

    Those of a database and of what lies beside it are read by another process. One that closes a file gives back every
    lock that it has on it, those of SQLite's connections among them (POSIX has it so); and whoever closes the database
    next would believe to be the last, and take the log away from them.
    """
    if ".db" not in path.name:
        with open_regular(path) as file:
            yield from iter(lambda: file.read(CHUNK), b"")
        return
    if not path.is_file():
        raise UnusableFile(path, "no regular file")
    with Popen(["cat", "--", str(path)], stdout=PIPE) as reader:  # noqa: S603, S607
        if reader.stdout:
            yield from iter(partial(reader.stdout.read, CHUNK), b"")
        if reader.wait():
            raise OSError(EIO, "cannot be read", str(path))


def is_database(path: Path) -> bool:
    """Whether a file is one of SQLite's. Raises OSError."""
    return _head(path).startswith(_SQLITE)


def _head(path: Path) -> bytes:
    with closing(as_it_lies(path)) as chunks:
        return next(chunks, b"")


def _from_gzip(path: Path) -> Iterator[bytes]:
    """All members one after another; raises zlib.error where one is broken or torn."""
    unpacker = zlib.decompressobj(wbits=31)
    for chunk in as_it_lies(path):
        waiting = chunk
        while waiting:
            if unpacker.eof:
                unpacker = zlib.decompressobj(wbits=31)
            yield unpacker.decompress(waiting, CHUNK)
            waiting = unpacker.unconsumed_tail or unpacker.unused_data
    if not unpacker.eof:
        raise zlib.error("it ends in the midst of a record")


def _from_zip(path: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(path) as packed:
        for name in packed.namelist():
            yield b"\0" + name.encode() + b"\0"
            with packed.open(name) as entry:
                yield from iter(lambda: entry.read(CHUNK), b"")


def _from_zstandard(path: Path) -> Iterator[bytes]:
    import zstandard

    try:
        with (
            path.open("rb") as file,
            zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as reader,
        ):
            yield from iter(lambda: reader.read(CHUNK), b"")
    except zstandard.ZstdError as error:
        raise Opaque(str(error)) from error


def _from_parquet(path: Path) -> Iterator[bytes]:
    """The values of every column, one after another."""
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(path).iter_batches(512):
        yield from _in_chunks(value for column in batch.columns for value in column.to_pylist())


def _from_sqlite(path: Path) -> Iterator[bytes]:
    """Every cell: a long text lies in pieces, pages apart, and a search of the bytes finds no sentence on a seam."""
    # Without a write-ahead log nothing may be made beside the file, nor can anybody be writing.
    mode = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)) as database:
        database.text_factory = bytes
        for (table,) in database.execute(_TABLES).fetchall():
            rows = database.execute(f'SELECT * FROM "{table.decode()}"')  # noqa: S608  (a name from the schema)
            yield from _in_chunks(value for row in rows for value in row)


_TABLES: Final = """
    SELECT name FROM sqlite_schema
    WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite_%'
"""


def _in_chunks(values: Iterable[Any]) -> Iterator[bytes]:
    """Values as text, none touching the next, some thousands in a chunk."""
    waiting, size = list[bytes](), 0
    for value in values:
        if isinstance(value, list):
            waiting += (str(each).encode() for each in value)
        elif isinstance(value, (str, bytes)) and value:
            waiting.append(value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape"))
            size += len(waiting[-1])
        if size >= CHUNK:
            yield b"\0".join([*waiting, b""])
            waiting, size = [], 0
    yield b"\0".join([*waiting, b""])


_UNPACKERS: Final[dict[bytes, Callable[[Path], Iterator[bytes]]]] = {
    b"\x1f\x8b": _from_gzip,
    b"PK\x03\x04": _from_zip,
    b"\x28\xb5\x2f\xfd": _from_zstandard,
    b"PAR1": _from_parquet,
    _SQLITE: _from_sqlite,
}
"""First bytes → how to unpack."""
