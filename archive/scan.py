"""Looks into every file below a directory, compressed ones unpacked, for what is left of an article."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from archive.traces import Traces

_CHUNK: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Seen:
    """A file that was looked into. ``hits``: traces found; ``opaque``: why not all of it could be read, or ""."""

    path: Path
    hits: int
    opaque: str = ""


def scan(directory: Path, traces: Traces) -> Iterator[Seen]:
    """Every ordinary file below ``directory``, its name included in what is looked at."""
    for path in sorted(directory.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        try:
            seen = look_into(path, traces)
        except FileNotFoundError:
            continue  # A writer's temporary file, gone again.
        named = traces.count(path.relative_to(directory).as_posix().encode())
        yield Seen(path, seen.hits + named, seen.opaque)


def look_into(path: Path, traces: Traces) -> Seen:
    """One file: as it lies there, and unpacked if it is packed. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(0)
        hits = _count(iter(lambda: file.read(_CHUNK), b""), traces)
        file.seek(0)
        try:
            if head.startswith(_GZIP):
                hits += _count(_ungzipped(file), traces)
            elif head == _ZIP:
                hits += _in_zip(file, traces)
        except (zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            return Seen(path, hits, str(error))
    return Seen(path, hits)


def _in_zip(file: IO[bytes], traces: Traces) -> int:
    with zipfile.ZipFile(file) as packed:
        hits = 0
        for name in packed.namelist():
            with packed.open(name) as entry:
                hits += traces.count(name.encode()) + _count(iter(lambda: entry.read(_CHUNK), b""), traces)
    return hits


def _ungzipped(file: IO[bytes]) -> Iterator[bytes]:
    """All members one after another; raises zlib.error where one is broken or torn."""
    unpacker, waiting = zlib.decompressobj(wbits=31), b""
    while chunk := waiting or file.read(_CHUNK):
        if unpacker.eof:
            unpacker = zlib.decompressobj(wbits=31)
        yield unpacker.decompress(chunk)
        waiting = unpacker.unused_data
    if not unpacker.eof:
        raise zlib.error("it ends in the midst of a record")


def _count(chunks: Iterable[bytes], traces: Traces) -> int:
    """Traces in a stream. What lies on the seam of two chunks is counted once."""
    hits, tail = 0, b""
    for chunk in chunks:
        whole = tail + chunk
        hits += traces.count(whole) - traces.count(tail)
        tail = whole[-(traces.longest + 1) :]
    return hits
