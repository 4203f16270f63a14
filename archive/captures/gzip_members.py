"""The gzip members of a WARC file, record by record, whatever has become of the file."""

from __future__ import annotations

import fcntl
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from archive.captures.warc import RawRef, Record, read_record
from archive.files.regular_files import open_regular

LARGEST_RECORD: Final = 64 * 1024 * 1024
"""Bytes, unpacked. Pages are bounded to a third of it; more is a damaged or hostile file."""

LARGEST_GROUP: Final = 3
"""Records of one capture: the answer, what was asked, what the crawler knew."""

LEAST_MEMBER: Final = 20
"""Bytes of the smallest gzip member."""

_SLICE: Final = 1 << 16
_WINDOW: Final = 1 << 18
# No reserved flag, and the levels and systems that there are: bytes that only look alike are passed over quickly.
_MEMBER: Final = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]....[\x00\x02\x04][\x00-\x0d\xff]", re.DOTALL)
_MEMBER_HEAD: Final = 10
_RECORD: Final = b"WARC/1."
_FUTILE: Final = 4 * LARGEST_RECORD
"""Bytes, unpacked, of what looks like records and is none, after which no more are looked for behind a damage."""


@dataclass(frozen=True, slots=True)
class GzipMember:
    """One gzip member of a file: where it lies, how long it is, and its record."""

    offset: int
    length: int
    record: Record = field(repr=False)


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of a file that hold no record. ``torn``: they are its end, as a crash leaves it."""

    offset: int
    length: int
    torn: bool
    reason: str


class Packed(NamedTuple):
    """A record as it lies in its file, and as it is read."""

    content: bytes
    record: Record


def is_being_written(path: Path) -> bool:
    """Whether a process is at work on the file. Raises ``OSError`` where it cannot be opened."""
    with open_regular(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # A file system without locks.
            return False
    return False


def members(path: Path) -> Iterator[GzipMember | Damage]:
    """Every record of a file in its order, and every stretch of it that is none. Raises ``OSError``."""
    with open_regular(path) as file:
        content = _Content(file)
        offset = 0
        while offset < content.size:
            try:
                record, end = _record_at(content, offset)
                yield GzipMember(offset, end - offset, record)
            except _NoRecord as error:
                end = offset + _gap_at(content, offset)
                if end == offset:
                    damage = _damage_at(content, offset, str(error))
                    yield damage
                    end += damage.length
            offset = end


class _Content:
    """The bytes of a file, read where they are wanted, up to where it ended when it was opened.

    Not mapped into memory: a bad sector, or a file that is cut meanwhile, would end the process.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._handle = file.fileno()
        self.size = os.fstat(self._handle).st_size
        self._start = 0
        self._window = b""

    def read(self, start: int, length: int) -> bytes:
        """Up to ``length`` bytes from ``start``; fewer where the file ends. Raises ``OSError``."""
        length = min(length, max(self.size - start, 0))
        at = start - self._start
        if at < 0 or at + length > len(self._window):
            self._start, self._window, at = start, os.pread(self._handle, max(length, _WINDOW), start), 0
        return self._window[at : at + length]


class _NoRecord(ValueError):
    """Bytes that unpack to no record. ``unpacked``: how many there were until that was clear."""

    def __init__(self, reason: str, unpacked: int) -> None:
        super().__init__(reason)
        self.unpacked = unpacked


def _gap_at(content: _Content, offset: int) -> int:
    """How many bytes hold nothing, where something was erased in whose place no record fits: an empty member, or zeros
    that are too few for one. 0: something else is there.
    """
    head = content.read(offset, LEAST_MEMBER)
    zeros = len(head) - len(head.lstrip(b"\0"))
    if zeros:
        return zeros if zeros < LEAST_MEMBER else 0
    try:
        plain, end = _unpacked(content, offset, most=0)
    except _NoRecord:
        return 0
    return 0 if plain else end - offset


def _damage_at(content: _Content, offset: int, reason: str) -> Damage:
    following = _next_member(content, offset + 1)
    end = content.size if following is None else following
    return Damage(offset, end - offset, following is None, reason)


def _record_at(content: _Content, offset: int) -> tuple[Record, int]:
    """The record at ``offset``, and where the next one begins. Raises ``_NoRecord``."""
    plain, end = _unpacked(content, offset)
    try:
        return read_record(plain), end
    except ValueError as error:
        raise _NoRecord(str(error), len(plain)) from error


def _unpacked(content: _Content, offset: int, most: int = LARGEST_RECORD) -> tuple[bytes, int]:
    """The gzip member at ``offset``, of ``most`` bytes, and where the next one begins. Raises ``_NoRecord``."""
    opened = zlib.decompressobj(zlib.MAX_WBITS | 16)
    plain, position = bytearray(), offset
    while not opened.eof:
        piece = content.read(position, _SLICE)
        if not piece:
            raise _NoRecord("the file ends within a record", len(plain))
        position += len(piece)
        try:
            plain += opened.decompress(piece, most + 1 - len(plain))
        except zlib.error as error:
            raise _NoRecord(f"broken gzip member: {error}", len(plain)) from error
        if len(plain) > most:
            raise _NoRecord(f"a record of more than {most // 2**20} MiB", len(plain))
    return bytes(plain), position - len(opened.unused_data)


def _next_member(content: _Content, start: int) -> int | None:
    """Where the next whole record begins; None: there is none up to the end."""
    futile = 0
    for offset in _likely_members(content, start):
        if not _begins_record(content, offset):
            continue
        try:
            _record_at(content, offset)
        except _NoRecord as error:
            futile += error.unpacked
            if futile > _FUTILE:
                return None
        else:
            return offset
    return None


def _likely_members(content: _Content, start: int) -> Iterator[int]:
    """Where bytes stand with which a gzip member may begin."""
    while window := content.read(start, _WINDOW):
        yield from (start + found.start() for found in _MEMBER.finditer(window))
        if len(window) < _WINDOW:
            return
        start += len(window) - _MEMBER_HEAD + 1


def _begins_record(content: _Content, offset: int) -> bool:
    opened = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        return opened.decompress(content.read(offset, 512), len(_RECORD)) == _RECORD
    except zlib.error:
        return False


def group_at(data: Path, ref: RawRef) -> list[Packed]:
    """The response or revisit at a reference, and the records beside it. Raises ``ValueError``, ``OSError``."""
    group = list[Packed]()
    with open_regular(data / "raw" / ref.file) as file:
        content, offset = _Content(file), ref.offset
        while len(group) < LARGEST_GROUP and offset < content.size:
            try:
                record, end = _record_at(content, offset)
            except _NoRecord:
                if not group:
                    raise
                break
            if group and record.headers.get("WARC-Concurrent-To") is None:
                break
            group.append(Packed(content.read(offset, end - offset), record))
            offset = end
    if not group:
        raise ValueError("the file ends before")
    if group[0].record.kind not in ("response", "revisit"):
        raise ValueError(f"a record of kind {group[0].record.kind} lies there")
    return group
