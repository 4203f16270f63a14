"""A copy of the database while others write: SQLite's online backup, proven whole, then put in its place."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from archive.database.connection import Database
from archive.database.schema import applied_migrations, archive_identity
from archive.errors import BackupRefused, NotAnArchive, QQNewsError
from archive.files.durable import sync_directory
from archive.files.io_errors import named_failures
from archive.files.regular_files import open_regular

_BESIDE: Final = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database that somebody has open, or did not close: it would be read into another one."""
_NAME_OF_ARCHIVES: Final = "archive.db"
_ROOMS: Final = ("articles", "raw", "media", "runs", "exports")
"""Directories of which one lies beside the database of every archive that was ever used."""
_SQLITE: Final = b"SQLite format 3\0"
_HEADER: Final = 20
_WAL: Final = b"\x02\x02"
"""The last two of these first bytes in a database that was opened as an archive. Backups have another mode."""


def back_up(database: Database, target: Path) -> int:
    """Write a copy of ``database`` to ``target``; its size in bytes.

    An earlier backup of the same archive there is replaced, all at once; nothing else is. Links are followed. Raises
    ``BackupRefused``, ``ArchiveNotWritable``.
    """
    with named_failures(target):
        place = _place_of(target)
        _refuse_what_is_no_place(database, place, target)
        aside = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _copy(database.connection, aside)
            _sync(aside)
            aside.replace(place)
            sync_directory(place.parent)
        finally:
            for leftover in (aside, aside.with_name(f"{aside.name}-journal")):
                with suppress(OSError):  # Why the backup failed is being reported already.
                    leftover.unlink(missing_ok=True)
        return place.stat().st_size


def _place_of(target: Path) -> Path:
    try:
        return Path(os.path.realpath(target))
    except FileNotFoundError as error:
        raise BackupRefused(target, "the folder that you are in was removed: go elsewhere") from error


def _copy(source: sqlite3.Connection, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as copy:
        # All pages in one step: one snapshot, which writers in WAL mode neither wait for nor disturb.
        source.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode = DELETE")  # One file, without a WAL beside it.
        # A row that breaks a table's rules is copied like any other: the file is sound, `verify` names the row.
        copy.execute("PRAGMA ignore_check_constraints = ON")
        found = [str(row[0]) for row in copy.execute("PRAGMA integrity_check(5)")]
    if found != ["ok"]:
        raise NotAnArchive(path, f"its copy is damaged: {found[0]}; see 'qqnews verify'")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refuse_what_is_no_place(database: Database, place: Path, named: Path) -> None:
    """Raise ``BackupRefused`` unless nothing stands at ``place``, or an earlier backup of this archive.

    ``named``: how the user called it.
    """
    if place.is_dir():
        raise BackupRefused(named, "that is a directory, name a file in it")
    own = [database.path, *(database.path.with_name(database.path.name + suffix) for suffix in _BESIDE)]
    if any(each.exists() and place.exists() and place.samefile(each) for each in own):
        raise BackupRefused(named, "that is the archive itself")
    for suffix in _BESIDE:
        beside = place.with_name(place.name + suffix)
        if os.path.lexists(beside):
            raise BackupRefused(named, f"{beside.name} lies beside it: somebody works with a database of that name")
    if _is_of_an_archive(place):
        raise BackupRefused(named, f"{place.parent} is the directory of an archive: name another file")
    if os.path.lexists(place) and (reason := _why_no_backup(database, place)):
        raise BackupRefused(named, reason)


def _is_of_an_archive(place: Path) -> bool:
    """Whether the database of an archive stands there, or would."""
    return place.name == _NAME_OF_ARCHIVES and any((place.parent / room).is_dir() for room in _ROOMS)


def _why_no_backup(database: Database, place: Path) -> str:
    """Why what stands at a place is no backup of this archive; "" where it is one."""
    try:
        with open_regular(place) as file:
            head = file.read(_HEADER)
        # Asked first: a live database is not even opened.
        if head.startswith(_SQLITE) and head[18:] == _WAL:
            return "a database that somebody works with stands there, no backup: name another file"
        applied_migrations(place)
        with closing(sqlite3.connect(f"{place.as_uri()}?mode=ro", uri=True)) as there:
            if archive_identity(there) != archive_identity(database.connection):
                return "a backup of another archive stands there: name another file, or move it away"
    except (QQNewsError, sqlite3.Error, OSError):
        return "something that is no backup stands there"
    return ""
