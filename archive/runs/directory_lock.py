"""One takedown or repair at a time: both overwrite in place and clear away what an earlier one left.

Who only looks, and must not mistake their work for damage, waits for them and lets none begin meanwhile.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from archive.errors import MenderAtWork, NoArchive

_PATIENCE: Final = 600.0
"""Seconds that a takedown or repair waits for those who look: a look takes seconds, but its process may be stopped."""
_TRY_EVERY: Final = 0.05


@contextmanager
def exclusive(data: Path) -> Iterator[None]:
    """Hold the directory's lock, which leaves no file and ends with the process. Raises ``MenderAtWork``."""
    handle = _opened(data)
    try:
        if not _lock_for_work(handle):
            raise MenderAtWork(data)
        yield
    finally:
        os.close(handle)


@contextmanager
def undisturbed(data: Path) -> Iterator[None]:
    """Wait for a takedown or repair that is under way; inside, none begins. To be held for a look at a few things.

    Never inside `exclusive`, or a transaction: those who are waited for need both.
    """
    handle = _opened(data)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def _opened(data: Path) -> int:
    try:
        return os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NoArchive(data / "archive.db") from error


def _lock_for_work(handle: int) -> bool:
    """Take the lock, after those who only look; False where another one works, or they do not come to an end."""
    end = time.monotonic() + _PATIENCE
    while not _try(handle, fcntl.LOCK_EX):
        if not _try(handle, fcntl.LOCK_SH) or time.monotonic() > end:
            return False
        fcntl.flock(handle, fcntl.LOCK_UN)
        time.sleep(_TRY_EVERY)
    return True


def _try(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
