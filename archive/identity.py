"""Which archive it is: an identity in its database, which moves, is copied and restored with it.

An unattended caller names the archive that it means, so that an empty directory, or another archive, at that place is
not taken for it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4, uuid5

from archive.errors import ArchiveMissing, BadSetting, OtherArchive

SETTING: Final = "QQNEWS_ARCHIVE"
"""The variable that names the identity of the one archive that may be opened. While it is set none is made."""
IDENTITY_TABLE: Final = """
    CREATE TABLE identity (
        id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
        archive TEXT NOT NULL
    ) STRICT
"""
_OF_OLD_ARCHIVES: Final = UUID("6f0c2a5e-2f0b-4d39-9d0e-5a3f1c1d7b42")
_FIRST_MIGRATION: Final = "SELECT applied_at FROM _sqlite_migrations WHERE migration_set = 'qqnews' ORDER BY id LIMIT 1"


def new_identity(connection: sqlite3.Connection) -> str:
    """Return an identity for an archive that has none.

    One that is in use gets it from the moment at which it was made: so do the backups that were made of it before it
    had an identity, and they stay backups of the same archive.
    """
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    used = (f"SELECT 1 FROM {table} LIMIT 1" for table in ("articles", "links", "runs") if table in tables)  # noqa: S608
    if any(connection.execute(query).fetchone() for query in used):
        return str(uuid5(_OF_OLD_ARCHIVES, str(connection.execute(_FIRST_MIGRATION).fetchone()[0])))
    return str(uuid4())


def identity_of(connection: sqlite3.Connection) -> str:
    """Return the identity of an archive; of one of an earlier version, the one that it will get if it is in use."""
    try:
        row = connection.execute("SELECT archive FROM identity").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:  # It is SQLITE_ERROR where there is no such table.
            raise
        return new_identity(connection)
    return str(row[0]) if row else ""


def expected_identity(environment: Mapping[str, str]) -> str | None:
    """Return the identity that the environment names; None where any archive will do. Raise ``BadSetting``."""
    stated = environment.get(SETTING, "").strip()
    if not stated:
        return None
    try:
        return str(UUID(stated))
    except ValueError as error:
        raise BadSetting(SETTING, stated, "the identity of an archive, as 'qqnews --json status' shows it") from error


def ensure_meant(path: Path, identity: str | None = None) -> None:
    """Raise ``ArchiveMissing`` or ``OtherArchive`` where the archive at ``path`` is not the one that is meant.

    ``identity``: the one that is meant (default: what the environment names; where it names none, any will do). What
    stands there is only read. A file that cannot be read is left to whoever opens it, who names what is wrong with it.
    """
    meant = identity or expected_identity(os.environ)
    if meant is None:
        return
    if not path.is_file():
        raise ArchiveMissing(path, meant, what_stands_at(path))
    # Where nobody has it open it is read without leaving anything beside it, which a later writer would have to clear.
    how = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as there:
        if (found := identity_of(there)) != meant:
            raise OtherArchive(path, found, meant)


def make_below(data: Path, *names: str) -> Path:
    """Make a directory of the archive in ``data`` if there is none, and return it.

    The archive's own is never made: where it is gone in the midst of the work, nothing is to grow in its place. Raise
    ``ArchiveMissing``.
    """
    path = data.joinpath(*names)
    if not path.is_dir():
        if not data.is_dir():
            there = data / "archive.db"
            raise ArchiveMissing(there, expected_identity(os.environ) or "", what_stands_at(there))
        path.mkdir(parents=True, exist_ok=True)
    return path


def what_stands_at(path: Path) -> str:
    """Say what is there instead of the database."""
    directory = path.parent
    if not directory.exists():
        return "there is no such directory"
    try:
        return "the directory holds other files" if any(directory.iterdir()) else "the directory is empty"
    except OSError as error:
        return f"the directory cannot be read: {error.strerror}"
