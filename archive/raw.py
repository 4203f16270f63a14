"""Raw captures on disk: what the site answered, kept before anybody reads it, in WARC files that only grow.

A file belongs to one process and is never opened again for writing. What a crash leaves behind its last whole
record is passed over by the readers.
"""

from __future__ import annotations

import fcntl
import os
import re
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from importlib.metadata import version
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from archive.errors import CaptureLost
from archive.failures import named_disk_failures
from archive.warc import (
    REDACTED,
    Capture,
    RawRef,
    Record,
    capture_from,
    digest_of,
    read_record,
    read_ref,
    records_of,
    warcinfo,
)

FILE_BYTES: Final = 256 * 1024 * 1024
"""A file that has grown beyond this is closed, and another one begun."""

LARGEST_RECORD: Final = 256 * 1024 * 1024
"""Bytes, unpacked. Pages are bounded to a tenth of it; more is a damaged or hostile file."""

_NAME: Final = re.compile(r"(\d{8})T\d{6}\d*Z-[\w.-]+\.warc\.gz")
_MEMBER: Final = b"\x1f\x8b\x08"
_SLICE: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Member:
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


class RawWriter:
    """Appends captures to files of its own. May be used from several threads."""

    def __init__(self, data: Path, job: str, *, file_bytes: int = FILE_BYTES) -> None:
        self._directory = data / "raw"
        self._job = job
        self._file_bytes = file_bytes
        self._lock = threading.Lock()
        self._handle: int | None = None
        self._name = ""
        self._day: date | None = None
        self._offset = 0
        self._synced = 0

    def write(self, capture: Capture, first: str | None = None) -> str:
        """Append a capture; its reference. ``first``: that of an earlier one with the same body.

        It is on the disk after the next ``sync``. Raises ``ArchiveNotWritable``; then nothing was written.
        """
        digest = digest_of(capture.body)
        with self._lock, named_disk_failures(self._directory):
            self._make_room(capture.fetched_at)
            ref = RawRef(self._name, self._offset, digest)
            self._append(records_of(capture, ref, read_ref(first) if first else None))
        return str(ref)

    def sync(self) -> None:
        """Everything that was written is on the disk now. Raises ``ArchiveNotWritable``."""
        with self._lock, named_disk_failures(self._directory):
            if self._handle is not None and self._synced < self._offset:
                os.fsync(self._handle)
                self._synced = self._offset

    def close(self) -> None:
        """Make durable and close what is open."""
        self.sync()
        with self._lock:
            self._leave()

    def _make_room(self, at: datetime) -> None:
        day = at.astimezone(UTC).date()
        if self._handle is not None and (self._offset >= self._file_bytes or day != self._day):
            os.fsync(self._handle)
            self._leave()
        if self._handle is None:
            self._begin(at.astimezone(UTC))

    def _begin(self, at: datetime) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        while self._handle is None:
            self._name = f"{at:%Y%m%dT%H%M%S%f}Z-{self._job}-{os.getpid()}.warc.gz"
            with suppress(FileExistsError):
                self._handle = os.open(self._directory / self._name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            at = at.replace(microsecond=(at.microsecond + 1) % 1_000_000)
        self._day, self._offset, self._synced = at.date(), 0, 0
        with suppress(OSError):  # Not every file system has locks: then what was captured last may seem unread.
            fcntl.flock(self._handle, fcntl.LOCK_EX)
        self._append(warcinfo(self._name, f"qqnews/{version('qqnews')}", at))
        _sync_directory(self._directory)

    def _append(self, content: bytes) -> None:
        if self._handle is None:
            raise ValueError("no file is open")
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(self._handle, left) :]
        except OSError:
            # Half a record must not stand in the way of the next: the file ends here.
            with suppress(OSError):
                os.ftruncate(self._handle, self._offset)
            self._leave()
            raise
        self._offset += len(content)

    def _leave(self) -> None:
        if self._handle is not None:
            handle, self._handle = self._handle, None
            os.close(handle)


def raw_files(data: Path, since: date | None = None, until: date | None = None) -> list[Path]:
    """The files of captures, oldest first; with days (UTC, both included) only those that may hold some of them."""
    found = ((match[1], path) for path in (data / "raw").glob("*.warc.gz") if (match := _NAME.fullmatch(path.name)))
    first, last = (f"{day:%Y%m%d}" if day else "" for day in (since, until))
    return sorted(path for day, path in found if (not first or day >= first) and (not last or day <= last))


def is_being_written(path: Path) -> bool:
    """Whether a process is at work on the file. Raises ``OSError`` where it cannot be opened."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # A file system without locks.
            return False
    return False


def members(path: Path) -> Iterator[Member | Damage]:
    """Every record of a file in its order, and every stretch of it that is none."""
    if path.stat().st_size == 0:
        return
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        offset = 0
        while offset < len(content):
            found = _member(content, offset)
            yield found
            offset = found.offset + found.length


def _member(content: mmap, offset: int) -> Member | Damage:
    try:
        plain, end = _unpacked(content, offset)
        return Member(offset, end - offset, read_record(plain))
    except ValueError as error:
        following = _next_member(content, offset + 1)
        end = len(content) if following is None else following
        return Damage(offset, end - offset, following is None, str(error))


def _unpacked(content: mmap, offset: int) -> tuple[bytes, int]:
    """The gzip member at ``offset``, and where the next one begins. Raises ``ValueError``."""
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
        if len(plain) > LARGEST_RECORD:
            raise ValueError("a record beyond all bounds")
    return bytes(plain), position - len(opened.unused_data)


def _next_member(content: mmap, start: int) -> int | None:
    """Where the next whole record begins; None: there is none up to the end."""
    while (found := content.find(_MEMBER, start)) >= 0:
        with suppress(ValueError):
            read_record(_unpacked(content, found)[0])
            return found
        start = found + 1
    return None


def read_capture(data: Path, raw_ref: str) -> Capture:
    """The capture at a reference, its body checked against the digest. Raises ``CaptureLost``."""
    try:
        ref = read_ref(raw_ref)
        group = _group_at(data, ref)
        capture = _whole(data, group, raw_ref)
    except (ValueError, OSError, KeyError, IndexError) as error:
        raise CaptureLost(raw_ref, str(error)) from error
    # A revisit's body was checked where it lies.
    stated = group[0].headers.get(REDACTED, f"sha256:{ref.digest}")
    if group[0].kind == "response" and f"sha256:{digest_of(capture.body)}" != stated:
        raise CaptureLost(raw_ref, "the body does not have the digest of the reference")
    return capture


def captures(
    data: Path, *, since: date | None = None, until: date | None = None, host: str | None = None
) -> Iterator[Capture]:
    """All captures that can be read, oldest file first; of these days (UTC) and this host where they are given."""
    for path in raw_files(data, since, until):
        for group, ref in _groups(path):
            if host is not None and urlsplit(group[0].headers.get("WARC-Target-URI", "")).hostname != host:
                continue
            with suppress(CaptureLost, ValueError, KeyError, IndexError):  # `verify` names what is lost.
                yield _whole(data, group, str(ref))


def _groups(path: Path) -> Iterator[tuple[list[Record], RawRef]]:
    """Each response or revisit with the records that were written beside it."""
    group: list[Record] = []
    ref: RawRef | None = None
    for found in members(path):
        record = found.record if isinstance(found, Member) else None
        starts = record is None or record.kind in ("response", "revisit", "warcinfo")
        if starts and group and ref is not None:
            yield group, ref
            group = []
        if record is not None and record.kind in ("response", "revisit"):
            group, ref = [record], RawRef(path.name, found.offset, _payload_digest(record))
        elif record is not None and group and not starts:
            group.append(record)
    if group and ref is not None:
        yield group, ref


def _group_at(data: Path, ref: RawRef) -> list[Record]:
    with (data / "raw" / ref.file).open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        plain, offset = _unpacked(content, ref.offset)
        group = [read_record(plain)]
        if group[0].kind not in ("response", "revisit"):
            raise ValueError(f"a record of kind {group[0].kind} lies there")
        while offset < len(content) and len(group) < 3:
            found = _member(content, offset)
            if isinstance(found, Damage) or found.record.headers.get("WARC-Concurrent-To") is None:
                break
            group.append(found.record)
            offset += found.length
    return group


def _whole(data: Path, group: list[Record], raw_ref: str) -> Capture:
    """The capture, with the body that a revisit refers to."""
    capture = capture_from(group[0], group[1:], raw_ref)
    if group[0].kind == "response":
        return capture
    first = first_of(group[0])
    if str(first) == raw_ref:
        raise ValueError("a revisit that refers to itself")
    return replace(capture, body=read_capture(data, str(first)).body)


def first_of(revisit: Record) -> RawRef:
    """Where the body lies that a revisit refers to. Raises ``KeyError`` or ``ValueError``."""
    headers = revisit.headers
    offset = int(headers["WARC-Refers-To-File-Offset"])
    return RawRef(headers["WARC-Refers-To-Filename"], offset, _payload_digest(revisit))


def _payload_digest(record: Record) -> str:
    return record.headers.get("WARC-Payload-Digest", "").removeprefix("sha256:")


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
