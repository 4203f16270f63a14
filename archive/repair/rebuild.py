"""A database in the place of one that cannot be used: the newest backup, with every sound row of the old one."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

from archive.article.model import content_hash
from archive.database.article_rows import archived_from
from archive.database.row_checksums import columns_of_table, reseal
from archive.database.schema import create_database, open_database, schema_of_newest
from archive.errors import NoArchive, NotAnArchive
from archive.files.durable import sync_directory
from archive.files.io_errors import named_failures, named_sqlite_failures
from archive.repair.steps import Aside

_BESIDE: Final = ("-wal", "-shm", "-journal")
_STRIDES: Final = 40
"""Doublings of the leap over rows that cannot be read: enough for every row number there is."""


def is_sound(path: Path) -> bool:
    """Whether SQLite has nothing against the file and it is an archive of ours.

    Raises ``NewerArchive``, ``ArchiveNotWritable``, ``ArchiveBusy``: a disk that fails does not make it unsound.
    """
    try:
        with named_sqlite_failures(path), closing(open_database(path)) as connection:
            # A row that breaks a table's rules is mended, not the whole file.
            connection.execute("PRAGMA ignore_check_constraints = ON")
            return [row[0] for row in connection.execute("PRAGMA integrity_check(1)")] == ["ok"]
    except (NoArchive, NotAnArchive, sqlite3.Error):
        return False


def newest_backup(data: Path, named: Path | None) -> Path | None:
    """The backup the user named, else the newest sound one in ``backups``; None: there is none."""
    there = [path for path in (data / "backups").glob("*.db") if path.is_file()]
    found = [named] if named else sorted(there, key=lambda path: -path.stat().st_mtime)
    return next((path for path in found if path.is_file() and _is_sound_copy(path)), None)


def _is_sound_copy(path: Path) -> bool:
    """As `is_sound`, without touching the file: opening an old backup would bring it up to date."""
    with tempfile.TemporaryDirectory(prefix="qqnews-") as folder:
        copy = Path(folder) / "archive.db"
        try:
            shutil.copyfile(path, copy)
        except OSError:
            return False
        return is_sound(copy)


def rebuild(data: Path, backup: Path | None, aside: Aside) -> None:
    """Put a sound database in the place of ``archive.db``; what stood there goes aside.

    Raises as ``create_database``.
    """
    path = data / "archive.db"
    fresh = data / f".archive.db.{secrets.token_hex(8)}"
    with named_failures(path):
        try:
            if backup:
                shutil.copyfile(backup, fresh)
            create_database(fresh)
            with closing(open_database(fresh)) as connection:
                _salvage(path, connection)
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.execute("PRAGMA journal_mode = DELETE")
            aside.copy(path)
            # An old WAL beside a new database would be read into it.
            for suffix in _BESIDE:
                beside = path.with_name(path.name + suffix)
                if beside.exists():
                    aside.move(beside)
            fresh.replace(path)
            sync_directory(data)
        finally:
            for suffix in ("", *_BESIDE):
                fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)


def _salvage(damaged: Path, connection: sqlite3.Connection) -> None:
    """Copy every row that can still be read and is sound, over what the backup has."""
    if not damaged.exists():
        return
    with tempfile.TemporaryDirectory(prefix="qqnews-", dir=damaged.parent) as folder:
        copy = Path(folder) / damaged.name
        for suffix in ("", "-wal"):
            if (source := damaged.with_name(damaged.name + suffix)).exists():
                shutil.copyfile(source, copy.with_name(copy.name + suffix))
        _write_schema_again(copy)
        with closing(sqlite3.connect(copy, isolation_level=None)) as old:
            old.execute("PRAGMA writable_schema = ON")  # Else one damaged table hides all the others.
            old.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = OFF")
            connection.execute("BEGIN IMMEDIATE")
            for table in _TABLES:
                _copy_table(old, connection, table)
            _drop_orphans(connection)
            reseal(connection)
            connection.execute("COMMIT")


def _write_schema_again(copy: Path) -> None:
    """What the schema says of our tables, as we wrote it: rows lie there all the same where its text is damaged."""
    with (
        suppress(sqlite3.Error, UnicodeDecodeError),
        closing(sqlite3.connect(copy, isolation_level=None)) as connection,
    ):
        connection.execute("PRAGMA writable_schema = ON")
        for name, sql in schema_of_newest().items():
            connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ? AND sql <> ?", (sql, name, sql))


_TABLES: Final = (
    *("articles", "revisions", "sightings", "links", "hosts", "media", "pictures", "payloads", "runs", "erasures"),
    *("capture_files",),
    *("timetables", "due_times"),
    *("polls", "gaps", "coverage", "notices", "recipients", "identity", "seals"),
)


def _copy_table(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> None:
    if table == "seals":
        return  # Made anew for the rows as they are now.
    columns = columns_of_table(new, table)
    if table == "sightings" and any(True for _ in readable_rows(old, table)):
        new.execute("DELETE FROM sightings")  # It has no key by which rows could replace each other.
    for row in readable_rows(old, table):
        values = {name: row[name] for name in row.keys() if name in columns}  # noqa: SIM118  (a Row, not a dict)
        if table == "articles" and not _is_whole(row):
            continue
        names, places = ", ".join(values), ", ".join("?" * len(values))
        try:
            new.execute(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({places})", tuple(values.values()))  # noqa: S608
        except sqlite3.Error:
            continue  # A row that breaks the table's own rules is not sound.


def _is_whole(row: sqlite3.Row) -> bool:
    try:
        return content_hash(archived_from(row).article) == str(row["content_hash"])
    except (ValueError, TypeError, LookupError, UnicodeError):
        return False


def _drop_orphans(connection: sqlite3.Connection) -> None:
    """Rows that point to what was lost."""
    connection.execute("UPDATE articles SET copy_of = NULL WHERE copy_of NOT IN (SELECT id FROM articles)")
    connection.execute("DELETE FROM revisions WHERE article_id NOT IN (SELECT id FROM articles)")
    connection.execute("UPDATE pictures SET sha256 = NULL WHERE sha256 NOT IN (SELECT sha256 FROM media)")
    for table in ("polls", "coverage", "due_times"):
        connection.execute(f"UPDATE {table} SET run_id = NULL WHERE run_id NOT IN (SELECT id FROM runs)")  # noqa: S608
    connection.execute(_FIRST_REVISIONS)


_FIRST_REVISIONS: Final = """
    INSERT INTO revisions (article_id, revision, seen_at, content_hash, title, summary, raw_ref, body, author)
    SELECT id, revision, last_seen, content_hash, title, summary, raw_ref, body, author FROM articles
    WHERE NOT EXISTS (SELECT 1 FROM revisions r WHERE r.article_id = articles.id AND r.revision = articles.revision)
"""


def readable_rows(connection: sqlite3.Connection, table: str) -> Iterator[Any]:
    """The rows that SQLite can still read, leaping over those it cannot."""
    last, stride = -1, 1
    for _ in range(100_000):
        try:
            query = f"SELECT rowid AS number_, * FROM {table} WHERE rowid > ? ORDER BY rowid"  # noqa: S608
            for row in connection.execute(query, (last,)):
                last, stride = row["number_"], 1
                yield row
            return
        except UnicodeDecodeError:
            return  # What SQLite says against the table quotes bytes that are no text.
        except sqlite3.OperationalError as error:
            if "no such column: rowid" in str(error):
                yield from _from_both_ends(connection, table)
                return
            if "decode" not in str(error):
                return  # There is no such table.
            last += 1
        except sqlite3.Error:
            last, stride = last + stride, stride * 2
            if stride > 1 << _STRIDES:
                return


def _from_both_ends(connection: sqlite3.Connection, table: str) -> Iterator[Any]:
    for order in ("ASC", "DESC"):
        try:
            yield from connection.execute(f"SELECT * FROM {table} ORDER BY 1 {order}")  # noqa: S608
            return
        except sqlite3.Error:
            continue
