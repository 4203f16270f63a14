"""Length and digest of each capture file that was closed, in the database.

The records of a file have digests of their own. These say that none is missing: a file that is cut at a record's
border, or emptied, is whole in all that is left of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from archive.captures.gzip_members import is_being_written
from archive.captures.raw_files import ClosedFile
from archive.database.connection import Database
from archive.files.regular_files import sha256_of


class CaptureFile(NamedTuple):
    """What is known of a file below ``raw``. ``bytes`` and ``sha256`` are None where it was not measured yet."""

    name: str
    bytes: int | None
    sha256: str | None


def note_closed_files(database: Database, files: Iterable[ClosedFile]) -> None:
    """Note files as their writer closed them. One that was rewritten meanwhile stays to be measured."""
    if rows := list(files):
        with database.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO capture_files VALUES (?, ?, ?)", rows)


def note_capture_file(database: Database, path: Path) -> None:
    """Note a file as it is now, whatever was noted before. One that is still written to stays to be measured.

    To be called when a file's records were overwritten, or its end was cut. Raises ``OSError``.
    """
    now = CaptureFile(path.name, None, None)
    if not is_being_written(path):
        size = path.stat().st_size
        now = CaptureFile(path.name, size, sha256_of(path, size))
    if noted_capture_files(database).get(path.name) != now:
        with database.transaction() as connection:
            connection.execute(_NOTE, now)


@contextmanager
def rewriting_capture_file(database: Database, path: Path) -> Iterator[None]:
    """Inside, records of the file may be overwritten. If that does not come to its end, the file is measured later."""
    with database.transaction() as connection:
        connection.execute(_NOTE, (path.name, None, None))
    yield
    with suppress(FileNotFoundError):  # Somebody removed the whole file meanwhile.
        note_capture_file(database, path)


def note_measured(database: Database, name: str, size: int, digest: str | None) -> None:
    """Note what was measured of a closed file, as far as it was not known."""
    with database.transaction() as connection:
        connection.execute(_NOTE_UNKNOWN, (name, size, digest))


def forget_capture_file(database: Database, name: str) -> None:
    """The file is not missed any more."""
    with database.transaction() as connection:
        connection.execute("DELETE FROM capture_files WHERE name = ?", (name,))


def noted_capture_files(database: Database) -> dict[str, CaptureFile]:
    """What is known of all files, by name. An archive of an earlier version, opened to be read, knows of none."""
    rows = database.connection.execute("SELECT name, bytes, sha256 FROM capture_files")
    return {row["name"]: CaptureFile(*row) for row in rows}


_NOTE: Final = """
    INSERT INTO capture_files VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes, sha256 = excluded.sha256
"""
_NOTE_UNKNOWN: Final = """
    INSERT INTO capture_files VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET bytes = coalesce(bytes, excluded.bytes), sha256 = coalesce(sha256, excluded.sha256)
    WHERE bytes IS NULL OR bytes = excluded.bytes
"""
