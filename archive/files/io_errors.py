"""What SQLite and the disk say when they fail, turned into this project's named errors."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from archive.errors import ArchiveBusy, ArchiveNotWritable, NotAnArchive, QQNewsError, UnreadablePlace
from archive.files.regular_files import UnusableFile

BUSY_SECONDS: Final = 60.0
"""How long a writer waits for another one. A batch holds the lock for well under a second."""

_NOT_WRITABLE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_IOERR,
}
_DAMAGED = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DISK = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.EIO,
    errno.EFBIG,
    errno.EXDEV,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.ENAMETOOLONG,
    errno.ELOOP,
}


@contextmanager
def named_failures(path: Path) -> Iterator[None]:
    """Inside, disk and database fail as ``ArchiveNotWritable``, ``NotAnArchive`` or ``ArchiveBusy``."""
    with named_disk_failures(path), named_sqlite_failures(path):
        yield


@contextmanager
def named_sqlite_failures(path: Path) -> Iterator[None]:
    """As ``named_failures``, for the database alone: a caller's own ``OSError`` passes as it is."""
    try:
        yield
    except sqlite3.Error as error:
        if named := _of_sqlite(error, path):
            raise named from error
        raise


@contextmanager
def named_disk_failures(path: Path) -> Iterator[None]:
    """As ``named_failures``, for files alone; ``path`` is named where the system names none.

    What is no regular file, or too large to be read, is ``UnreadablePlace``.
    """
    try:
        yield
    except UnusableFile as error:
        raise UnreadablePlace(Path(error.filename or path), error.strerror or str(error)) from error
    except OSError as error:
        if error.errno not in _DISK:
            raise
        raise ArchiveNotWritable(Path(error.filename or path), error.strerror or str(error)) from error


def may_have_committed(error: sqlite3.Error) -> bool:
    """Whether a COMMIT that failed like this may yet have happened: the log was written, and then not synced, say."""
    primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL)


def _of_sqlite(error: sqlite3.Error, path: Path) -> QQNewsError | None:
    primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if primary in _NOT_WRITABLE:
        return ArchiveNotWritable(path, str(error))
    if primary in _DAMAGED:
        return NotAnArchive(path, str(error))
    if primary in _BUSY:
        return ArchiveBusy(path, BUSY_SECONDS)
    return None
