"""Taking an article down: out of the database, the files, the captures and the exports; and the proof that it is gone.

Each step may be done again. Until the last one the log of erasures says that the takedown has begun, so the
same command finishes what a crash interrupted; from the first one on nobody can keep the article again.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import orjson

from archive.erasures import id_hash
from archive.errors import ArticleNotFound, QQNewsError
from archive.markdown import to_markdown
from archive.raw import raw_files
from archive.record import stamp
from archive.schema import open_database
from archive.search.keeping import forget
from archive.store import Archive
from archive.takedown.exports import erase_exports
from archive.takedown.log import write_erasure_log
from archive.takedown.overwrite import capture_patches, overwrite, plain_patches, replay
from archive.takedown.rows import Erased, erase_rows, held_by_others
from archive.takedown.scan import look_into, scan
from archive.takedown.traces import Traces, own_sentences
from archive.takedown.unpacked import is_database
from archive.verify.captures import reference
from archive.verify.tree import files_below

CHECKPOINT_TRIES: Final = 20


@dataclass(frozen=True, slots=True)
class Taken:
    """How a takedown ended. ``left``: files in which something was still found, with the number of traces."""

    article_id: str
    removed: dict[str, int]
    searched: int
    sentences: int
    left: dict[str, int]
    opaque: dict[str, str]
    """Files that could not be looked into wholly, and why."""
    copies: tuple[str, ...]
    """Articles of the same text that were not asked for and stay."""
    exports: dict[str, str]
    """Exports that held it, by their paths, and what was done to each."""


def take_down(archive: Archive, article_id: str, reason: str, now: datetime) -> Taken:
    """Remove the article from everything below the data directory, or finish doing so.

    Raises ``ArticleNotFound`` where nothing here knows of it.
    """
    replay(archive.data)
    traces, copies = traces_of(archive, article_id)
    _begin(archive, article_id, traces.blotted(reason.encode()).decode(), now)
    removed = _already_removed(archive, article_id)
    removed["search index"] += forget(archive, article_id)
    removed["captures"] += _erase_captures(archive, traces)
    exports = erase_exports(archive.data, traces)
    removed["exports"] += len(exports)
    removed.update(_erase_files(archive.data, traces))
    erased = _erase_rows(archive, traces)
    removed.update(erased.counts)
    removed["files"] += _unlink_pending(archive, article_id)
    fold_up(archive, traces)
    seen = list(scan(archive.data, traces))
    left = {each.path.relative_to(archive.data).as_posix(): each.hits for each in seen if each.hits}
    opaque = {each.path.relative_to(archive.data).as_posix(): each.opaque for each in seen if each.opaque}
    _finish(archive, article_id, removed, now, whole=not left)
    return Taken(article_id, dict(+removed), len(seen), len(traces.sentences), left, opaque, copies, exports)


def traces_of(archive: Archive, article_id: str) -> tuple[Traces, tuple[str, ...]]:
    """What to look for, and the articles that have the same text. Raises ``ArticleNotFound``."""
    connection = archive.database.connection
    row = connection.execute("SELECT * FROM articles WHERE id = ?", (article_id,)).fetchone()
    if row is None:
        if not archive.erased([article_id]) and not _is_mentioned(connection, article_id):
            raise ArticleNotFound(article_id)
        return Traces(article_id), ()
    texts = [row, *connection.execute("SELECT * FROM revisions WHERE article_id = ?", (article_id,))]
    titles = [each["title"] for each in texts]
    bodies = [text for each in texts for text in (each["summary"], each["body"])]
    sentences = own_sentences(titles, bodies, lambda asked: held_by_others(connection, article_id, asked))
    query = "SELECT id FROM articles WHERE id <> ? AND (copy_of = ? OR id = ?) ORDER BY id"
    copies = connection.execute(query, (article_id, article_id, row["copy_of"])).fetchall()
    return Traces(article_id, sentences), tuple(row[0] for row in copies)


def _is_mentioned(connection: sqlite3.Connection, article_id: str) -> bool:
    """Whether it was at least listed: there may be captures of it that could not be read."""
    query = "SELECT 1 FROM links WHERE id = ?1 UNION SELECT 1 FROM sightings WHERE article_id = ?1"
    return connection.execute(query, (article_id,)).fetchone() is not None


def _begin(archive: Archive, article_id: str, reason: str, now: datetime) -> None:
    """From here on the article is refused, whoever brings it."""
    with archive.transaction() as connection:
        row = connection.execute("SELECT content_hash FROM articles WHERE id = ?", (article_id,)).fetchone()
        values = (id_hash(article_id), row[0] if row else "", reason, stamp(now))
        connection.execute(_BEGIN, values)
        connection.execute("UPDATE articles SET status = 'taken_down' WHERE id = ?", (article_id,))
        connection.execute("DELETE FROM links WHERE id = ?", (article_id,))


_BEGIN: Final = """
    INSERT INTO erasures (id_hash, content_hash, reason, begun_at, removed, pending) VALUES (?, ?, ?, ?, '{}', '[]')
    ON CONFLICT (id_hash) DO UPDATE SET finished_at = NULL,
        content_hash = iif(excluded.content_hash = '', content_hash, excluded.content_hash)
"""


def _already_removed(archive: Archive, article_id: str) -> Counter[str]:
    query = "SELECT removed FROM erasures WHERE id_hash = ?"
    return Counter(orjson.loads(archive.database.connection.execute(query, (id_hash(article_id),)).fetchone()[0]))


def _erase_captures(archive: Archive, traces: Traces) -> int:
    own = _own_captures(archive.database.connection, traces.article_id)
    erased = 0
    for path in raw_files(archive.data):
        patches = capture_patches(archive.data, path, traces, own.get(path.name, set()))
        erased += sum(patch.erases for patch in overwrite(archive.data, patches))
    return erased


def _own_captures(connection: sqlite3.Connection, article_id: str) -> dict[str, set[int]]:
    """File → offsets of the captures that the article's rows name."""
    found: dict[str, set[int]] = {}
    for (raw_ref,) in connection.execute(_OWN_REFERENCES, (article_id,)):
        place = reference(raw_ref, "")
        found.setdefault(place.file, set()).add(place.offset)
    return found


_OWN_REFERENCES: Final = """
    SELECT raw_ref FROM articles WHERE id = ?1 AND raw_ref IS NOT NULL
    UNION SELECT raw_ref FROM revisions WHERE article_id = ?1 AND raw_ref IS NOT NULL
"""


def _erase_files(data: Path, traces: Traces) -> Counter[str]:
    """Reports and logs are blotted in place, what lies aside is removed, backups are rid of its rows."""
    removed = Counter[str]()
    for path in files_below(data / "runs"):
        removed["reports and logs"] += bool(overwrite(data, plain_patches(data, path, traces)))
    for path in files_below(data / "damaged"):
        if look_into(path, traces).hits or traces.count(path.name.encode()):
            path.unlink()
            removed["damaged files"] += 1
    for path in sorted({*data.glob("*"), *files_below(data / "backups")} - {data / "archive.db"}):
        if path.is_file() and is_database(path) and look_into(path, traces).hits:
            removed["backups"] += _erase_in_backup(path, traces)
    return removed


def _erase_in_backup(path: Path, traces: Traces) -> bool:
    """Erase in a backup; whether it could be done. One that cannot be opened is named by the proof at the end."""
    with suppress(QQNewsError, sqlite3.Error), closing(open_database(path)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("BEGIN IMMEDIATE")
        erase_rows(connection, traces)
        connection.execute("COMMIT")
        connection.execute("VACUUM")
        connection.execute("PRAGMA journal_mode = DELETE")
        return True
    return False


def _erase_rows(archive: Archive, traces: Traces) -> Erased:
    """Rows of the article and its name in others; the files that go with it are remembered until they are gone."""
    connection = archive.database.connection
    connection.execute("PRAGMA secure_delete = ON")
    with archive.transaction():
        erased = erase_rows(connection, traces)
        for article in erased.blotted:
            archive.database.tree.stage(archive.article(article.id).markdown_path, to_markdown(article).encode())
        waiting = orjson.loads(connection.execute(_PENDING, (id_hash(traces.article_id),)).fetchone()[0])
        pending = orjson.dumps(sorted({*waiting, *erased.files})).decode()
        connection.execute("UPDATE erasures SET pending = ? WHERE id_hash = ?", (pending, id_hash(traces.article_id)))
    return erased


_PENDING: Final = "SELECT pending FROM erasures WHERE id_hash = ?"


def _unlink_pending(archive: Archive, article_id: str) -> int:
    row = archive.database.connection.execute(_PENDING, (id_hash(article_id),)).fetchone()
    # A file that was put there without a row has the id for its name.
    paths = {archive.data / name for name in orjson.loads(row[0])}
    paths |= set((archive.data / "articles").rglob(f"{article_id}.md"))
    found = [path for path in paths if path.exists()]
    for path in found:
        path.unlink()
    with archive.transaction() as connection:
        connection.execute("UPDATE erasures SET pending = '[]' WHERE id_hash = ?", (id_hash(article_id),))
    return len(found)


def fold_up(archive: Archive, traces: Traces) -> None:
    """Leave nothing of deleted rows in the WAL or in unused room of the database file.

    Other processes may be at work: readers of old pages are waited for, a while.
    """
    connection, path = archive.database.connection, archive.database.path
    _checkpoint(connection)
    if any(look_into(each, traces).hits for each in _database_files(path)):
        connection.execute("VACUUM")
        _checkpoint(connection)


def _checkpoint(connection: sqlite3.Connection) -> None:
    for _ in range(CHECKPOINT_TRIES):
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            return


def _database_files(path: Path) -> Iterable[Path]:
    return [each for each in (path, path.with_name(f"{path.name}-wal")) if each.exists()]


def _finish(archive: Archive, article_id: str, removed: Counter[str], now: datetime, *, whole: bool) -> None:
    with archive.transaction() as connection:
        finished = stamp(now) if whole else None
        values = (finished, orjson.dumps(dict(+removed)).decode(), id_hash(article_id))
        connection.execute("UPDATE erasures SET finished_at = ?, removed = ? WHERE id_hash = ?", values)
    write_erasure_log(archive)
