"""The archive's fsck: database, Markdown tree, raw captures, pictures and exports against each other."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from archive.captures.references import capture_files
from archive.errors import NoArchive, NotAnArchive
from archive.runs.directory_lock import undisturbed
from archive.store import Archive
from archive.verify.captures import check_capture_files, check_captures
from archive.verify.database import check_database
from archive.verify.erasures import check_erasures
from archive.verify.exports import check_exports
from archive.verify.findings import DamageKind, Finding
from archive.verify.media import check_media
from archive.verify.search import check_search
from archive.verify.tree import check_tree

__all__ = ["DamageKind", "Finding", "is_cut_off_from_captures", "verify"]


UnknownIn = Callable[[Archive], Iterable[tuple[str, str]]]
"""Where raw captures hold what no row knows, and what that is. The archive itself knows no pages."""


def verify(data: Path, *, deep: bool = False, unknown_in: UnknownIn | None = None) -> Iterator[Finding]:
    """Everything that is wrong in the archive, one by one; nothing is mended.

    ``deep``: also unpack every raw capture and hash every picture and export, which reads all files; and, with
    ``unknown_in``, look for what captures hold that no row knows. What seems wrong while a takedown or repair is at
    work is looked at again when that is over. Length and digest of capture files that were not noted before are noted.
    Raises ``NoArchive``, ``NewerArchive``.
    """
    try:
        archive = Archive.existing(data)
    except NoArchive:
        if not any((data / name).exists() for name in ("articles", "raw", "media")):
            raise
        yield Finding("database", DamageKind.MISSING, "archive.db")
        yield from check_capture_files(data)
        return
    except (NotAnArchive, sqlite3.Error) as error:
        # SQLite's own words come where the notes on the migrations are damaged, and one is applied a second time.
        reason = error.reason if isinstance(error, NotAnArchive) else f"its schema cannot be told: {error}"
        yield Finding("database", DamageKind.DAMAGED, "archive.db", reason)
        yield from check_capture_files(data)
        return
    with archive, Archive.existing(data) as again:
        yield from _leftovers(data)
        yield from check_database(archive.database, again.database, calm=partial(undisturbed, data))
        yield from _against_rows(archive, again, deep=deep)
        for where, what in unknown_in(archive) if deep and unknown_in else ():
            yield Finding("captures", DamageKind.UNREAD, where, what)


def is_cut_off_from_captures(data: Path) -> bool:
    """Whether there are raw captures, and no text refers to any of them: as after the loss of the database."""
    if not capture_files(data):
        return False
    with Archive.existing(data) as archive:
        queries = (f"SELECT 1 FROM {table} WHERE raw_ref IS NOT NULL LIMIT 1" for table in ("articles", "revisions"))  # noqa: S608
        return not any(archive.database.connection.execute(query).fetchone() for query in queries)


def _against_rows(archive: Archive, again: Archive, *, deep: bool) -> Iterator[Finding]:
    calm = partial(undisturbed, archive.data)
    try:
        yield from check_tree(archive, again, calm=calm)
        yield from check_captures(archive, again, deep=deep, calm=calm)
        yield from check_media(archive, again, deep=deep, calm=calm)
        yield from check_erasures(archive, deep=deep, calm=calm)
        yield from check_exports(archive.data, deep=deep, calm=calm)
        yield from check_search(archive, calm=calm)
    except (NotAnArchive, sqlite3.Error, LookupError) as error:
        # SQLite cannot read on, or a column is not there any more: what follows is not looked at.
        yield Finding("database", DamageKind.DAMAGED, "archive.db", f"rows that cannot be read: {error}")


def _leftovers(data: Path) -> Iterator[Finding]:
    """What a process that died in the midst of making a database or a backup left behind."""
    if _left_aside(data):
        with undisturbed(data):
            left = _left_aside(data)
        yield from (Finding("database", DamageKind.LEFTOVER, name) for name in left)


def _left_aside(data: Path) -> list[str]:
    """Of a database, the log of erasures or a takedown, what was written aside and not put in its place."""
    names = sorted(path.name for path in data.glob(".*.*"))
    return [name for name in names if name.startswith((".archive.db.", ".search.db.", ".erasures.", ".takedown."))]
