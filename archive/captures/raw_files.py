"""Raw captures on disk: what the site answered, kept before anybody reads it, in WARC files that only grow.

A file belongs to one process and is never opened again for writing. What a crash leaves behind its last whole
record is passed over by the readers.
"""

from __future__ import annotations

import fcntl
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from archive.captures.gzip_members import LARGEST_GROUP, Damage, GzipMember, group_at, members
from archive.captures.revisits import first_of, held_at
from archive.captures.warc import (
    UNPACKED,
    Capture,
    RawRef,
    Record,
    RevisitTarget,
    capture_from,
    check_body,
    digest_of,
    payload_digest,
    read_ref,
    records_of,
    warcinfo,
)
from archive.errors import CaptureLost
from archive.files.durable import sync_directory
from archive.files.io_errors import named_disk_failures
from archive.identity import make_below

FILE_BYTES: Final = 256 * 1024 * 1024
"""A file that has grown beyond this is closed, and another one begun."""

_NAME: Final = re.compile(r"(\d{8})T\d{6}\d*Z-[\w.-]+\.warc\.gz")


class ClosedFile(NamedTuple):
    """A file that nobody writes to any more: its name, its length in bytes and its SHA-256 in hex."""

    name: str
    bytes: int
    sha256: str


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
        self._digest = sha256()
        self._closed: list[ClosedFile] = []

    def write(self, capture: Capture, target: RevisitTarget | None = None) -> str:
        """Append a capture; its reference. ``target``: an earlier one with the same body, which is left out then.

        It is on the disk after the next ``sync``. Raises ``ArchiveNotWritable``; then nothing was written.
        """
        digest = digest_of(capture.body)
        with self._lock, named_disk_failures(self._directory):
            self._make_room(capture.fetched_at)
            ref = RawRef(self._name, self._offset, digest)
            self._append(records_of(capture, ref, target))
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

    def take_closed(self) -> list[ClosedFile]:
        """The files that were closed since this was asked last."""
        with self._lock:
            closed, self._closed = self._closed, []
        return closed

    def _make_room(self, at: datetime) -> None:
        day = at.astimezone(UTC).date()
        if self._handle is not None and (self._offset >= self._file_bytes or day != self._day):
            os.fsync(self._handle)
            self._leave()
        if self._handle is None:
            self._begin(at.astimezone(UTC))

    def _begin(self, at: datetime) -> None:
        make_below(self._directory.parent, self._directory.name)
        while self._handle is None:
            self._name = f"{at:%Y%m%dT%H%M%S%f}Z-{self._job}-{os.getpid()}.warc.gz"
            with suppress(FileExistsError):
                self._handle = os.open(self._directory / self._name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            at = at.replace(microsecond=(at.microsecond + 1) % 1_000_000)
        self._day, self._offset, self._synced, self._digest = at.date(), 0, 0, sha256()
        with suppress(
            OSError
        ):  # Not every file system has locks: then its end may look torn, and what came last unread.
            fcntl.flock(self._handle, fcntl.LOCK_EX)
        facts = {"software": f"qqnews/{version('qqnews')}", "robots": "classic", "description": UNPACKED}
        self._append(warcinfo(self._name, at, uuid4(), facts))
        sync_directory(self._directory)

    def _append(self, content: bytes) -> None:
        if self._handle is None:
            raise ValueError("no file is open")
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(self._handle, left) :]
        except OSError:
            # Half a record must not stand in the way of the next: the file ends here.
            self._cut()
            raise
        self._offset += len(content)
        self._digest.update(content)

    def _cut(self) -> None:
        if self._handle is not None:
            with suppress(OSError):
                os.ftruncate(self._handle, self._offset)
                self._leave()
        if self._handle is not None:  # It could not be cut: what it holds now is for `verify` to say.
            handle, self._handle = self._handle, None
            os.close(handle)

    def _leave(self) -> None:
        if self._handle is not None:
            handle, self._handle = self._handle, None
            os.close(handle)
            self._closed.append(ClosedFile(self._name, self._offset, self._digest.hexdigest()))


def raw_files(data: Path, since: date | None = None, until: date | None = None) -> list[Path]:
    """The files of captures, oldest first; with days (UTC, both included) only those that may hold some of them."""
    found = ((match[1], path) for path in (data / "raw").glob("*.warc.gz") if (match := _NAME.fullmatch(path.name)))
    first, last = (f"{day:%Y%m%d}" if day else "" for day in (since, until))
    return sorted(path for day, path in found if (not first or day >= first) and (not last or day <= last))


def read_capture(data: Path, raw_ref: str) -> Capture:
    """The capture at a reference, its body checked against the digest. Raises ``CaptureLost``."""
    try:
        ref = read_ref(raw_ref)
        group = [each.record for each in group_at(data, ref)]
        capture = _whole(data, group, raw_ref)
        if group[0].kind == "response":
            check_body(group[0], ref)
    except (ValueError, OSError) as error:
        raise CaptureLost(raw_ref, _reason(error)) from error
    return capture


def captures(
    data: Path,
    *,
    since: date | None = None,
    until: date | None = None,
    host: str | None = None,
    on_loss: Callable[[CaptureLost], object] = lambda lost: None,
) -> Iterator[Capture]:
    """All captures that can be read, oldest file first; of these days (UTC) and this host where they are given.

    ``on_loss`` is told of those that cannot, but for the torn end that a crash leaves.
    """
    for path in raw_files(data, since, until):
        try:
            for group, ref in _groups(path, on_loss):
                if host is None or _host_of(group[0]) == host:
                    try:
                        yield _whole(data, group, str(ref))
                    except ValueError as error:
                        on_loss(CaptureLost(str(ref), str(error)))
        except OSError as error:
            on_loss(CaptureLost(path.name, _reason(error)))


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _host_of(record: Record) -> str | None:
    try:
        return urlsplit(record.headers.get("WARC-Target-URI", "")).hostname
    except ValueError:
        return None


def _groups(path: Path, on_loss: Callable[[CaptureLost], object]) -> Iterator[tuple[list[Record], RawRef]]:
    """Each response or revisit with the records that were written beside it."""
    group: list[Record] = []
    ref: RawRef | None = None
    for found in members(path):
        if isinstance(found, Damage) and not found.torn:
            on_loss(CaptureLost(f"{path.name}:{found.offset}", found.reason))
        record = found.record if isinstance(found, GzipMember) else None
        starts = record is None or record.kind in ("response", "revisit", "warcinfo")
        if starts and group and ref is not None:
            yield group, ref
            group = []
        if record is not None and record.kind in ("response", "revisit"):
            group, ref = [record], RawRef(path.name, found.offset, payload_digest(record))
        elif record is not None and 0 < len(group) < LARGEST_GROUP and not starts:
            group.append(record)
    if group and ref is not None:
        yield group, ref


def _whole(data: Path, group: list[Record], raw_ref: str) -> Capture:
    """The capture, with the body that a revisit refers to. Raises ``ValueError``."""
    capture = capture_from(group[0], group[1:], raw_ref)
    if group[0].kind == "response":
        return capture
    try:
        held = held_at(data, first_of(group[0]))[0].record
    except OSError as error:
        raise ValueError(f"what it refers to cannot be read: {_reason(error)}") from error
    return replace(capture, body=held.body)
