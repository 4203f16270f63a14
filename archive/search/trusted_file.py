"""Whether the index's file is as one of ours left it: else it is looked through before it is trusted.

A note beside the file, ``search.checked``, says which file that was, how long, and when it was last changed. Whatever
another program does to the file, or puts in its place, makes it another one. The note is also the lock of those who
put a file in its place.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

import orjson

from archive.files.regular_files import read_regular

_ENDING: Final = ".checked"
_LARGEST: Final = 4096
"""Bytes of the note."""

Mark = list[list[int] | None]
"""Of the file and its log: number, length, and when it was last changed (nanoseconds); None where it is not there."""


class Checked:
    """What is known of the index's file while it is open."""

    def __init__(self, path: Path, *, is_trusted: bool) -> None:
        self._path = path
        self._note = path.with_suffix(_ENDING)
        self.is_trusted = is_trusted
        """Whether nobody but us changed the file since it was sound."""

    @classmethod
    def of(cls, path: Path) -> Self:
        """To be asked before the file is opened."""
        return cls(path, is_trusted=_noted(path.with_suffix(_ENDING)) == _mark(path))

    def trust(self) -> None:
        """The file was looked through, and is sound."""
        self.is_trusted = True

    def note(self) -> None:
        """Note how the file is now, if it is trusted. To be called when it was closed."""
        now = _mark(self._path)
        if self.is_trusted and _noted(self._note) != now:
            _write(self._note, orjson.dumps(now))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Inside, no other process puts a file in its place, or removes it. Raises ``OSError``."""
        handle = os.open(self._note, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def doubt(path: Path) -> None:
    """Something was wrong with the index's file: it is to be looked through before it is trusted again."""
    _write(path.with_suffix(_ENDING), b"")


def _write(note: Path, content: bytes) -> None:
    # In place: it is a lock. Half of it is no note, and where it cannot be written the file is looked through again.
    with suppress(OSError):
        note.write_bytes(content)


def _noted(note: Path) -> Mark | None:
    try:
        found: Mark = orjson.loads(read_regular(note, _LARGEST))
    except (OSError, ValueError):
        return None
    return found


def _mark(path: Path) -> Mark:
    return [_numbers(each) for each in (path, path.with_name(f"{path.name}-wal"))]


def _numbers(path: Path) -> list[int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return [found.st_ino, found.st_size, found.st_ctime_ns]
