"""The Markdown tree against the rows: every file is there, says what its row says, and none is foreign."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from archive.markdown import to_markdown
from archive.record import Archived
from archive.store import Archive
from archive.verify.findings import Finding, What
from archive.verify.quiet import quietly


def check_tree(archive: Archive, again: Archive) -> Iterator[Finding]:
    """Every row's file, then every file's row. ``again``: the same archive, opened for second looks."""
    for (article_id,) in archive.database.connection.execute("SELECT CAST(id AS BLOB) FROM articles ORDER BY rowid"):
        if (archived := _readable(archive, article_id)) and _wrong(archive.data, archived):
            yield from _still_wrong(again, archived.article.id)
    for path in files_below(archive.data / "articles"):
        if not _has_row(archive, path):
            yield from _stranger(again, path)


def files_below(directory: Path) -> Iterator[Path]:
    """Everything below that is no directory, one directory after another."""
    for folder, folders, files in os.walk(directory):
        folders.sort()
        links = [name for name in folders if Path(folder, name).is_symlink()]
        yield from (Path(folder, name) for name in sorted(files + links))


def _readable(archive: Archive, article_id: bytes) -> Archived | None:
    """The article; None where its row cannot be read back: which one that is, its seal says."""
    try:
        return archive.find(article_id.decode("utf-8", "replace"))
    except (sqlite3.Error, ValueError, TypeError, LookupError):
        return None


def _wrong(data: Path, archived: Archived) -> Finding | None:
    path = data / archived.markdown_path
    if archived.status == "taken_down":
        return None  # Its takedown was interrupted: that is what the check of the database says.
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Finding("tree", What.MISSING, archived.markdown_path)
    except OSError as error:
        return Finding("tree", What.DAMAGED, archived.markdown_path, error.strerror or str(error))
    if content == to_markdown(archived.article).encode():
        return None
    return Finding("tree", What.DAMAGED, archived.markdown_path, "not what its row says")


def _still_wrong(archive: Archive, article_id: str) -> Iterator[Finding]:
    """Look again while nobody writes: files are put in place a moment before their rows."""
    with quietly(archive.database):
        archived = archive.find(article_id)
        found = _wrong(archive.data, archived) if archived else None
    if found:
        yield found


def _has_row(archive: Archive, path: Path) -> bool:
    name = path.relative_to(archive.data).as_posix()
    query = "SELECT 1 FROM articles WHERE markdown_path = ?"
    return archive.database.connection.execute(query, (name,)).fetchone() is not None


def _owner_lives(path: Path) -> bool:
    """Whether the process that put the file aside is at work: it drops second names after it gave the lock back."""
    owner = path.name.partition("-")[0]
    return owner.isdigit() and Path("/proc", owner).exists()


def _stranger(archive: Archive, path: Path) -> Iterator[Finding]:
    with quietly(archive.database):
        if not path.is_symlink() and (not path.exists() or _has_row(archive, path)):
            return
    if path.parent.name == ".aside" and _owner_lives(path):
        return
    name = path.relative_to(archive.data).as_posix()
    hidden = any(part.startswith(".") for part in path.relative_to(archive.data).parts)
    yield Finding("tree", What.LEFTOVER if hidden else What.FOREIGN, name)
