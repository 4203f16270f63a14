"""Keeps the index up with the archive: after the commit, by the number of the newest change that it has seen.

A crash between the two leaves the index behind, never wrong: the next run or search goes on where it stopped.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Final

from archive.article.model import SAFE_ID
from archive.database.article_rows import archived_from
from archive.database.parameters import by_number
from archive.database.row_readers import Told, decoding, each_row
from archive.database.schema import archive_identity
from archive.errors import UnreadableRow
from archive.search.faults import fault_of, is_damage
from archive.search.index import NAME, DamagedIndex, Index, StaleIndex, remove
from archive.store import Archive

BATCH: Final = 200
"""Articles in one transaction of the index."""

Progress = Callable[[int, int], None]
"""Told how many articles were indexed and how many are left."""


def _in_silence(_: UnreadableRow) -> None:
    """Who searches later, or verifies, is told."""


def index_new(
    archive: Archive,
    *,
    seconds: float | None = None,
    progress: Progress | None = None,
    on_damage: Callable[[str], object] = lambda fault: None,
    told: Told = _in_silence,
) -> int:
    """Index what changed since the last time, for ``seconds`` at most; how many articles are still left.

    An index that is missing, damaged or does not fit is made anew; ``on_damage`` is told why, if it was damaged. Where
    another process is at it, what it has not done yet is left. ``told`` of articles whose rows cannot be read. Raises
    `sqlite3.Error` where the file cannot be written.
    """
    end = None if seconds is None else time.monotonic() + seconds
    try:
        return _catch_up(archive, end, progress, told)
    except DamagedIndex as error:
        on_damage(error.reason)
    except StaleIndex:
        pass
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        on_damage(str(error))
    remove(archive.data)
    return _catch_up(archive, end, progress, told)


def index_after_run(archive: Archive) -> int:
    """`index_new` at the end of a run, for a short while; how many articles are left, all of them where it failed.

    What was archived is safe: that it cannot be searched yet is no failure of the run. The next search says why.
    """
    try:
        return index_new(archive, seconds=RUN_SECONDS)
    except (sqlite3.Error, OSError, StaleIndex):
        return int(archive.database.connection.execute("SELECT count(*) FROM article_changes").fetchone()[0])


RUN_SECONDS: Final = 10.0
"""A run indexes for so long at its end: some 2,000 articles."""


def rebuild(archive: Archive, progress: Progress | None = None, told: Told = _in_silence) -> None:
    """Make the index anew. Raises `sqlite3.Error` where the file cannot be written."""
    remove(archive.data)
    _catch_up(archive, None, progress, told)


def forget(archive: Archive, *article_ids: str) -> int:
    """Erase articles from the index, so that no trace is left in its file; how many entries that were.

    To be called while the archive still has their texts. Where they are gone already, the whole index is removed.
    """
    if not (archive.data / NAME).exists():
        return 0
    try:
        with Index.open(archive.data) as index:
            _look_through(archive, index)
            with index.batch():
                taken_out = sum(index.take_out(each, _texts_of(archive, each)) for each in article_ids)
                if taken_out:
                    # The index keeps what is deleted until its parts are merged.
                    index.merge()
            busy = index.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if not busy:
            return taken_out
    except (StaleIndex, sqlite3.Error):
        pass  # Not to be mended: an index that cannot be cleaned must not stay.
    remove(archive.data)
    return 1


def _catch_up(archive: Archive, end: float | None, progress: Progress | None, told: Told) -> int:
    with Index.open(archive.data) as index:
        _look_through(archive, index)
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


def _look_through(archive: Archive, index: Index) -> None:
    """Look for what is wrong, unless only one of ours was at the file since that was done. Raises `DamagedIndex`."""
    if not index.checked.is_trusted:
        if fault := fault_of(archive, index.connection):
            raise DamagedIndex(fault)
        index.checked.trust()


def _behind(archive: Archive, index: Index) -> int:
    """How many articles changed since; raises `StaleIndex` where the index cannot be of this archive."""
    # The index first: what the archive gains meanwhile is only one change more.
    of, seen, indexed = index.connection.execute(_INDEXED).fetchone()
    behind, there, newest, erasing = archive.database.connection.execute(_THERE, (seen,)).fetchone()
    if of not in ("", archive_identity(archive.database.connection)):
        raise StaleIndex("it is the index of another archive")
    if seen > newest or (not behind and abs(there - indexed) > erasing):
        raise StaleIndex(f"it has {indexed} articles and change {seen}, the archive {there} and {newest}")
    return int(behind)


def _index_batch(archive: Archive, index: Index, told: Told) -> None:
    with index.batch():
        # Read under the lock: another process may have done a part meanwhile.
        changed = list(each_row(archive.database.connection, _CHANGED, (index.seen, BATCH)))
        for row in changed:
            _index(archive, index, row, told)
        if changed:
            index.saw(changed[-1]["seq"], archive_identity(archive.database.connection))


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
        return archive.database.connection.execute(_TEXTS, by_number(article_id)).fetchall()


_INDEXED: Final = "SELECT archive, seen, (SELECT count(*) FROM entries) FROM state"
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
