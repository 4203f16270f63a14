"""Keeps the index up with the archive: after the commit, by the number of the newest change that it has seen.

A crash between the two leaves the index behind, never wrong: the next run or search goes on where it stopped.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Final

from archive.article import SAFE_ID
from archive.errors import UnreadableRow
from archive.reading import Told, decoding, each_row
from archive.record import archived_from
from archive.search.index import Index, StaleIndex, remove
from archive.store import Archive

BATCH: Final = 200
"""Articles in one transaction of the index."""

Progress = Callable[[int, int], None]
"""Told how many articles were indexed and how many are left."""


def _in_silence(_: UnreadableRow) -> None:
    """Who searches later, or verifies, is told."""


def catch_up(
    archive: Archive, *, seconds: float | None = None, progress: Progress | None = None, told: Told = _in_silence
) -> int:
    """Index what changed since the last time, for ``seconds`` at most; how many articles are still left.

    An index that is missing, damaged or does not fit is made anew. Where another process is at it, what it has
    not done yet is left. ``told`` of articles whose rows cannot be read. Raises `sqlite3.Error` where the file cannot
    be written.
    """
    end = None if seconds is None else time.monotonic() + seconds
    try:
        return _catch_up(archive, end, progress, told)
    except StaleIndex:
        pass
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
    remove(archive.data)
    return _catch_up(archive, end, progress, told)


def keep_up(archive: Archive) -> int:
    """`catch_up` at the end of a run, for a short while; how many articles are left, all of them where it failed.

    What was archived is safe: that it cannot be searched yet is no failure of the run. The next search says why.
    """
    try:
        return catch_up(archive, seconds=RUN_SECONDS)
    except (sqlite3.Error, OSError):
        return int(archive.database.connection.execute("SELECT count(*) FROM article_changes").fetchone()[0])


RUN_SECONDS: Final = 10.0
"""A run indexes for so long at its end: some 2,000 articles."""


def rebuild(archive: Archive, progress: Progress | None = None, told: Told = _in_silence) -> None:
    """Make the index anew. Raises `sqlite3.Error` where the file cannot be written."""
    remove(archive.data)
    _catch_up(archive, None, progress, told)


def forget(archive: Archive, article_id: str) -> int:
    """Erase an article from the index, so that no trace is left in its file; how many entries that were.

    To be called while the archive still has its texts. Where they are gone already, the whole index is removed.
    """
    if not (archive.data / "search.db").exists():
        return 0
    try:
        with Index.open(archive.data) as index:
            index.connection.execute("BEGIN IMMEDIATE")
            was_there = index.take_out(article_id, _texts_of(archive, article_id))
            if was_there:
                # The index keeps what is deleted until its parts are merged.
                index.connection.execute("INSERT INTO words (words) VALUES ('optimize')")
            index.connection.execute("COMMIT")
            busy = index.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if not busy:
            return int(was_there)
    except (StaleIndex, sqlite3.Error):
        pass  # Not to be mended: an index that cannot be cleaned must not stay.
    remove(archive.data)
    return 1


def _catch_up(archive: Archive, end: float | None, progress: Progress | None, told: Told) -> int:
    with Index.open(archive.data) as index:
        total = left = _behind(archive, index)
        while left and (end is None or time.monotonic() < end):
            try:
                _index_batch(archive, index, told)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                return left
            left = _behind(archive, index)
            if progress is not None:
                progress(total - left, left)
        return left


def _behind(archive: Archive, index: Index) -> int:
    """How many articles changed since; raises `StaleIndex` where the index cannot be of this archive."""
    # The index first: what the archive gains meanwhile is only one change more.
    seen, indexed = index.connection.execute(_INDEXED).fetchone()
    behind, there, newest, erasing = archive.database.connection.execute(_THERE, (seen,)).fetchone()
    if seen > newest or (not behind and abs(there - indexed) > erasing):
        raise StaleIndex(f"it has {indexed} articles and change {seen}, the archive {there} and {newest}")
    return int(behind)


def _index_batch(archive: Archive, index: Index, told: Told) -> None:
    index.connection.execute("BEGIN IMMEDIATE")
    try:
        # Read under the lock: another process may have done a part meanwhile.
        changed = list(each_row(archive.database.connection, _CHANGED, (index.seen, BATCH)))
        for row in changed:
            _index(archive, index, row, told)
        if changed:
            index.connection.execute("UPDATE state SET seen = ?", (changed[-1]["seq"],))
        index.connection.execute("COMMIT")
    except BaseException:
        if index.connection.in_transaction:
            index.connection.execute("ROLLBACK")
        raise


def _index(archive: Archive, index: Index, row: sqlite3.Row, told: Told) -> None:
    name = row["id"] if SAFE_ID.fullmatch(row["id"]) else f"change {row['seq']}"
    index.take_out(name, _texts_of(archive, name))
    try:
        archived = archived_from(row)
    except UnreadableRow as error:
        index.put_unreadable(name)
        told(error)
        return
    if archived.status != "taken_down":
        index.put(archived)


def _texts_of(archive: Archive, article_id: str) -> list[sqlite3.Row]:
    """Every title, summary and text that the article had or has, newest first."""
    with decoding(archive.database.connection, "replace"):
        return archive.database.connection.execute(_TEXTS, (article_id,)).fetchall()


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    # A table that is missing or has other columns is SQLITE_ERROR: the file is none of ours.
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


_INDEXED: Final = "SELECT seen, (SELECT count(*) FROM entries) FROM state"
_THERE: Final = """
    SELECT (SELECT count(*) FROM article_changes WHERE seq > ?), (SELECT count(*) FROM article_changes),
        coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'article_changes'), 0),
        (SELECT count(*) FROM erasures WHERE finished_at IS NULL)
"""
_CHANGED: Final = """
    SELECT c.seq, a.* FROM article_changes c JOIN articles a ON a.id = c.article_id
    WHERE c.seq > ? ORDER BY c.seq LIMIT ?
"""
# A summary may be filled in later than its revision was kept.
_TEXTS: Final = """
    SELECT r.title, s.summary, r.body
    FROM revisions r JOIN (
        SELECT summary FROM articles WHERE id = ?1 UNION SELECT summary FROM revisions WHERE article_id = ?1
        UNION SELECT ''
    ) s WHERE r.article_id = ?1 ORDER BY r.revision DESC
"""
