"""The tables, as numbered migrations that are never edited once released, and the opening of the file."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from archive.database.migrations import _STEPS, _apply
from archive.database.row_checksums import keep_sealed, reseal
from archive.errors import NewerArchive, NoArchive, NotAnArchive
from archive.files.io_errors import BUSY_SECONDS, named_failures

if TYPE_CHECKING:
    pass


# sqlite-utils is imported only where there is something to apply: it takes pandas along where that is installed, and
# most of a second.


def open_database(path: Path) -> sqlite3.Connection:
    """A connection to the existing archive at ``path``, with every migration applied.

    Raises ``NoArchive``, ``NotAnArchive`` or ``NewerArchive``; in these cases the file was only read.
    """
    if not path.is_file():
        raise NoArchive(path)
    try:
        with named_failures(path):
            if _pending(path):
                _migrate(path)
            connection = _connect(path)
            keep_sealed(connection)
            return connection
    except UnicodeDecodeError as error:  # What SQLite says of a damaged schema quotes it, bytes that are no text too.
        raise NotAnArchive(path, "its schema is damaged") from error


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write to the archive at ``path``, which may be of an earlier version: no migration is
    applied, and its newest tables may be missing. What is not UTF-8 is read as U+FFFD.

    Raises ``NoArchive``, ``NotAnArchive`` or ``NewerArchive``.
    """
    if not path.is_file():
        raise NoArchive(path)
    try:
        with named_failures(path):
            _pending(path)
            connection = sqlite3.connect(_read_only(path), uri=True, timeout=BUSY_SECONDS, isolation_level=None)
            connection.text_factory = lambda content: content.decode("utf-8", "replace")
    except UnicodeDecodeError as error:
        raise NotAnArchive(path, "its schema is damaged") from error
    connection.row_factory = sqlite3.Row
    return connection


def create_database(path: Path) -> None:
    """Make an empty archive at ``path`` unless there is one. Built aside: nobody ever sees half of it."""
    if path.exists():
        return
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with named_failures(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(_connect(aside)) as connection:
                _apply(connection)
                reseal(connection)
                # Closing moves everything from the WAL into the file, too, but says nothing where the disk is full.
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            os.link(aside, path)
        except FileExistsError:
            return  # Another process was faster; its archive is as good as ours.
        finally:
            for suffix in ("", "-wal", "-shm"):
                aside.with_name(aside.name + suffix).unlink(missing_ok=True)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    # A copy made with VACUUM INTO comes back in another mode; where it is WAL already this costs nothing.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA journal_size_limit = 67108864")  # A WAL that once grew does not stay big.
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    _be_quick(connection)
    return connection


def _be_quick(connection: sqlite3.Connection) -> None:
    """A quarter of the time of keeping in an archive of 10,000: each article touches forty pages anywhere in it."""
    connection.execute("PRAGMA cache_size = -32768")  # KiB. A batch fits, and no page goes to the log twice.
    connection.execute("PRAGMA wal_autocheckpoint = 8192")  # Pages, 32 MiB. Else every batch waits for a checkpoint.
    connection.execute("PRAGMA temp_store = MEMORY")  # Savepoints put pages aside: not into files.


@cache
def schema_of_newest() -> dict[str, str]:
    """Name → SQL of every table and index that this version makes."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _apply(connection)
        return dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall())


def _pending(path: Path) -> bool:
    """Whether known migrations are still to be applied; judged through a connection that cannot write."""
    applied = applied_migrations(path)
    if applied == list(_STEPS)[: len(applied)]:
        return len(applied) < len(_STEPS)
    if set(_STEPS) <= set(applied):
        raise NewerArchive(path, tuple(name for name in applied if name not in _STEPS))
    # A newer version has all of ours; where one is missing between others, a name is not as it was written.
    raise NotAnArchive(path, "its list of migrations is damaged: 'qqnews repair' mends it")


def applied_migrations(path: Path) -> list[str]:
    """Names of the migrations that the file at ``path`` has; it is only read. Raises ``NotAnArchive``."""
    query = "SELECT name FROM _sqlite_migrations WHERE migration_set = 'qqnews' ORDER BY id"
    with closing(sqlite3.connect(_read_only(path), uri=True, timeout=BUSY_SECONDS)) as connection:
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        try:
            applied = [str(name) for (name,) in connection.execute(query)]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:  # It is SQLITE_ERROR where there is no such table.
                raise
            applied = []
    if not applied:
        raise NotAnArchive(path, "a database of something else")
    return applied


def archive_identity(connection: sqlite3.Connection) -> str:
    """What is the same for an archive and its backups, and for no other: when it was made, to the microsecond."""
    query = "SELECT applied_at FROM _sqlite_migrations WHERE migration_set = 'qqnews' ORDER BY id LIMIT 1"
    row = connection.execute(query).fetchone()
    return str(row[0]) if row else ""


def _read_only(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=ro"


def _migrate(path: Path) -> None:
    with closing(_connect(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")  # What is pending is judged again under the lock.
        _apply(connection)
        reseal(connection)
        connection.execute("COMMIT")
