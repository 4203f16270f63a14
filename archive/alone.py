"""One takedown or repair at a time: both overwrite in place and clear away what an earlier one left."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.errors import MenderAtWork, NoArchive


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Hold the directory's lock, which leaves no file and ends with the process. Raises ``MenderAtWork``."""
    try:
        handle = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NoArchive(data / "archive.db") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise MenderAtWork(data) from error
        yield
    finally:
        os.close(handle)
