"""One takedown or repair at a time: both overwrite in place and clear away what an earlier one left.

Whoever only reads can tell whether one was at work meanwhile, and look again.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from archive.erasure_log import LOG
from archive.errors import MenderAtWork, NoArchive

_TRIES: Final = 10
_PAUSE: Final = 0.05
"""Seconds. Whoever asks whether somebody is at work holds the lock for an instant; that must not turn anybody away."""
PATIENCE: Final = 600.0
"""Seconds for which a reader waits until a takedown or repair has ended."""


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Hold the directory's lock, which leaves no file and ends with the process. Raises ``MenderAtWork``."""
    try:
        handle = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NoArchive(data / "archive.db") from error
    try:
        for left in reversed(range(_TRIES)):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if not left:
                    raise MenderAtWork(data) from error
                time.sleep(_PAUSE)
        yield
    finally:
        os.close(handle)


def is_held(data: Path) -> bool:
    """Whether a takedown or repair is under way."""
    handle = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def wait_until_free(data: Path) -> object:
    """Wait until no takedown or repair is under way; what `was_held_since` compares with. Raises ``MenderAtWork``."""
    end = time.monotonic() + PATIENCE
    while is_held(data):
        if time.monotonic() > end:
            raise MenderAtWork(data)
        time.sleep(_PAUSE)
    return _written(data)


def was_held_since(data: Path, since: object) -> bool:
    """Whether a takedown or repair is under way, or a takedown has ended since `wait_until_free`."""
    return is_held(data) or _written(data) != since


def _written(data: Path) -> object:
    try:
        found = (data / LOG).stat()  # Written anew at the end of every takedown.
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns
