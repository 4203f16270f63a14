"""Pictures against their rows: every file has the SHA-256 of its name, every row its file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from sqlite3 import Row
from typing import Final

from archive.database.row_checksums import printable_key
from archive.database.row_readers import each_row
from archive.files.regular_files import files_below, open_regular, sha256_of
from archive.media.picture_copies import COPY
from archive.store import Archive
from archive.verify.findings import DamageKind, Finding
from archive.verify.tree import has_row
from archive.verify.write_lock import Calm, quietly


def check_media(
    archive: Archive,
    again: Archive,
    *,
    deep: bool,
    calm: Calm = nullcontext,
) -> Iterator[Finding]:
    """Every row's file, then every file's row. ``again``: the same archive, opened for second looks; ``calm``: inside
    it no takedown is at work; ``deep``: read the files too, not only their sizes.
    """
    for row in _all_rows(archive):
        if _wrong(archive.data, row, deep=deep):
            with calm():
                found = [each for now in _rows(again, row["number"]) if (each := _wrong(again.data, now, deep=deep))]
            yield from found
    for path in files_below(archive.data / "media"):
        if not has_row(archive, "media", "path", path):
            with calm():
                found = _strange(again, path)
            yield from found


def _all_rows(archive: Archive) -> Iterator[Row]:
    """The rows, some at a time: no state of the database is held for long."""
    last = -1
    while rows := list(each_row(archive.database.connection, _NEXT_ROWS, (last,))):
        yield from rows
        last = rows[-1]["number"]


_NEXT_ROWS: Final = """
    SELECT rowid AS number, sha256, path, bytes FROM media WHERE rowid > ? ORDER BY rowid LIMIT 500
"""


def _rows(archive: Archive, number: int) -> list[Row]:
    """The row as it is now, by its number: its digest may be no text."""
    query = "SELECT sha256, path, bytes FROM media WHERE rowid = ? ORDER BY rowid"
    return list(each_row(archive.database.connection, query, (number,)))


def _wrong(data: Path, row: Row, *, deep: bool) -> Finding | None:
    if not COPY.fullmatch(row["path"]):
        where = f"media/{printable_key(row['sha256'])}"
        return Finding("media", DamageKind.DAMAGED, where, f"{row['path']!r} is no path of a copy")
    name, path = row["path"], data / row["path"]
    try:
        with open_regular(path):
            size = path.stat().st_size
        if size != row["bytes"]:
            return Finding("media", DamageKind.DAMAGED, name, f"{size} bytes instead of {row['bytes']}")
        if deep and sha256_of(path) != row["sha256"]:
            return Finding("media", DamageKind.DAMAGED, name, "not the bytes of its name")
    except (FileNotFoundError, NotADirectoryError):
        return Finding("media", DamageKind.MISSING, name)
    except OSError as error:
        return Finding("media", DamageKind.DAMAGED, name, error.strerror or str(error))
    return None


def _strange(archive: Archive, path: Path) -> list[Finding]:
    with quietly(archive.database):
        if not path.is_symlink() and not path.exists():
            return []
        if has_row(archive, "media", "path", path):
            return []
    name = path.relative_to(archive.data).as_posix()
    return [Finding("media", DamageKind.LEFTOVER if "/." in name else DamageKind.FOREIGN, name)]
