"""A copy of the database while others write: SQLite's online backup, proven whole, then put in its place."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from archive.database import Database
from archive.errors import BackupRefused, NotAnArchive, QQNewsError
from archive.failures import named_failures
from archive.schema import applied_migrations
from archive.tree import sync_directory


def back_up(database: Database, target: Path) -> int:
    """Write a copy of ``database`` to ``target``; its size in bytes.

    An earlier backup there is replaced, all at once; nothing else is. Raises ``BackupRefused``,
    ``ArchiveNotWritable``.
    """
    _refuse_what_is_no_place(database, target)
    aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    with named_failures(target):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(database.connection, aside)
            _sync(aside)
            aside.replace(target)
            sync_directory(target.parent)
        finally:
            for leftover in (aside, aside.with_name(f"{aside.name}-journal")):
                with suppress(OSError):  # Why the backup failed is being reported already.
                    leftover.unlink(missing_ok=True)
        return target.stat().st_size


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


def _refuse_what_is_no_place(database: Database, target: Path) -> None:
    if target.is_dir():
        raise BackupRefused(target, "that is a directory, name a file in it")
    if not target.exists():
        return
    beside = database.path.with_name(f"{database.path.name}-wal"), database.path.with_name(f"{database.path.name}-shm")
    if any(each.exists() and target.samefile(each) for each in (database.path, *beside)):
        raise BackupRefused(target, "that is the archive itself")
    try:
        applied_migrations(target)
    except QQNewsError as error:
        raise BackupRefused(target, "something that is no backup stands there") from error
    except sqlite3.Error as error:
        raise BackupRefused(target, "something that is no backup stands there") from error
