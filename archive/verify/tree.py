"""The Markdown tree against the rows: every file is there, says what its row says, and none is foreign."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from archive.article.markdown import to_markdown
from archive.database.article_rows import Archived
from archive.files.regular_files import files_below, open_regular
from archive.store import Archive
from archive.verify.findings import DamageKind, Finding
from archive.verify.write_lock import Calm, quietly


def check_tree(archive: Archive, again: Archive, *, calm: Calm = nullcontext) -> Iterator[Finding]:
    """Every row's file, then every file's row. ``again``: the same archive, opened for second looks; ``calm``: inside
    it no takedown is at work.
    """
    for article_id in _ids(archive):
        if (archived := _readable(archive, article_id)) and _wrong(archive.data, archived):
            with calm():
                found = _still_wrong(again, archived.article.id)
            yield from found
    for path in files_below(archive.data / "articles"):
        if not has_row(archive, "articles", "markdown_path", path):
            with calm():
                found = _stranger(again, path)
            yield from found


def _ids(archive: Archive) -> Iterator[bytes | None]:
    """The ids of all articles, some at a time: who reads on for hours keeps the database's log from being folded up."""
    last = -1
    while rows := archive.database.connection.execute(_NEXT_IDS, (last,)).fetchall():
        yield from (row[1] for row in rows)
        last = rows[-1][0]


_NEXT_IDS: Final = "SELECT rowid, CAST(id AS BLOB) FROM articles WHERE rowid > ? ORDER BY rowid LIMIT 500"


def has_row(archive: Archive, table: str, column: str, path: Path) -> bool:
    """Whether the table has a row for the file. A name that is no UTF-8 has none."""
    query = f"SELECT 1 FROM {table} WHERE {column} = CAST(? AS TEXT)"  # noqa: S608  (names in our own schema)
    name = os.fsencode(path.relative_to(archive.data))
    return archive.database.connection.execute(query, (name,)).fetchone() is not None


def _readable(archive: Archive, article_id: bytes | None) -> Archived | None:
    """The article; None where its row cannot be read back: which one that is, its seal says."""
    try:
        return archive.find(article_id.decode("utf-8", "replace")) if article_id is not None else None
    except (sqlite3.Error, ValueError, TypeError, LookupError):
        return None


def _wrong(data: Path, archived: Archived) -> Finding | None:
    if archived.status == "taken_down":
        return None  # Its takedown was interrupted: that is what the check of the database says.
    expected = to_markdown(archived.article).encode()
    try:
        with open_regular(data / archived.markdown_path) as file:
            content = file.read(len(expected) + 1)
    except (FileNotFoundError, NotADirectoryError):
        return Finding("tree", DamageKind.MISSING, archived.markdown_path)
    except OSError as error:
        return Finding("tree", DamageKind.DAMAGED, archived.markdown_path, error.strerror or str(error))
    return (
        None
        if content == expected
        else Finding("tree", DamageKind.DAMAGED, archived.markdown_path, "not what its row says")
    )


def _still_wrong(archive: Archive, article_id: str) -> list[Finding]:
    """Look again while nobody writes: files are put in place a moment before their rows."""
    with quietly(archive.database):
        archived = archive.find(article_id)
        found = _wrong(archive.data, archived) if archived else None
    return [found] if found else []


def _owner_lives(path: Path) -> bool:
    """Whether the process that put the file aside is at work: it drops second names after it gave the lock back."""
    owner = path.name.partition("-")[0]
    return owner.isdigit() and Path("/proc", owner).exists()


def _stranger(archive: Archive, path: Path) -> list[Finding]:
    with quietly(archive.database):
        if not path.is_symlink() and (not path.exists() or has_row(archive, "articles", "markdown_path", path)):
            return []
    if path.parent.name == ".aside" and _owner_lives(path):
        return []
    name = path.relative_to(archive.data).as_posix()
    hidden = any(part.startswith(".") for part in path.relative_to(archive.data).parts)
    return [Finding("tree", DamageKind.LEFTOVER if hidden else DamageKind.FOREIGN, name)]
