"""The raw captures behind the chosen articles, copied record by record into one WARC file."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final

from archive.export.dataset import Dataset, Part
from archive.export.errors import BadOption
from archive.export.sink import Sink, sink
from archive.raw import first_of
from archive.warc import RawRef, Record, read_record, read_ref

_SLICE: Final = 1 << 16
FILE: Final = "captures.warc.gz"


class Warc:
    """Writes ``captures.warc.gz`` and ``missing.txt``: references to captures that cannot be read."""

    name = "warc"
    incremental = False

    def versions(self) -> dict[str, str]:
        """Records are copied as they are packed."""
        return {}

    def write(self, dataset: Dataset, folder: Path) -> list[Part]:
        """Both files. Raises `BadOption` where no article has a capture."""
        refs, missing = set(dataset.snapshot.captures(revisions=dataset.wish.revisions)), list[str]()
        if not refs:
            raise BadOption("none of these articles has a raw capture in the archive")
        with sink(folder / FILE) as file:
            copied = set[tuple[str, int]]()
            for raw_ref in sorted(refs, key=_place):
                if not _copy(dataset.data, raw_ref, copied, file):
                    missing.append(raw_ref)
            file.settle()
        with sink(folder / "missing.txt") as file:
            file.write("".join(f"{each}\n" for each in missing).encode())
            file.settle()
        return []


def _place(raw_ref: str) -> tuple[str, int]:
    try:
        ref = read_ref(raw_ref)
    except ValueError:
        return "", 0
    return ref.file, ref.offset


def _copy(data: Path, raw_ref: str, copied: set[tuple[str, int]], file: Sink) -> bool:
    """Copy a capture, its request and metadata; for a revisit the body that it refers to, before it."""
    try:
        group = list(_group(data, read_ref(raw_ref)))
        first = first_of(group[0][1]) if group[0][1].kind == "revisit" else None
        before = list(_group(data, first)) if first else []
    except (ValueError, KeyError, OSError):
        return False
    for ref, record in ((first, before), (read_ref(raw_ref), group)):
        if ref and (ref.file, ref.offset) not in copied:
            copied.add((ref.file, ref.offset))
            for packed, _ in record:
                file.write(packed)
    return True


def _group(data: Path, ref: RawRef) -> Iterator[tuple[bytes, Record]]:
    """The response or revisit at a reference and the records beside it, packed and read. Raises ``ValueError``."""
    with (data / "raw" / ref.file).open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        offset = ref.offset
        while offset < len(content):
            packed, plain = _member(content, offset)
            record = read_record(plain)
            if offset == ref.offset and record.kind not in ("response", "revisit"):
                raise ValueError(f"a record of kind {record.kind} lies there")
            if offset != ref.offset and record.headers.get("WARC-Concurrent-To") is None:
                return
            yield packed, record
            offset += len(packed)


def _member(content: mmap, offset: int) -> tuple[bytes, bytes]:
    opened = zlib.decompressobj(zlib.MAX_WBITS | 16)
    plain, position = bytearray(), offset
    while not opened.eof:
        piece = content[position : position + _SLICE]
        if not piece:
            raise ValueError("the file ends within a record")
        position += len(piece)
        try:
            plain += opened.decompress(piece)
        except zlib.error as error:
            raise ValueError(f"broken gzip member: {error}") from error
    return content[offset : position - len(opened.unused_data)], bytes(plain)


WARC: Final = Warc()
