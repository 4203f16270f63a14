"""Taking an article down: out of the database, the files, the captures and the exports; and the proof that it is gone.

What belongs to others stays as it is. Where they name the article, its id becomes zeros; their words are theirs.

Each step may be done again. Until the last one the log of erasures says that the takedown has begun, so the
same command finishes what a crash interrupted; from the first one on nobody can keep the article again.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import orjson

from archive.article.markdown import to_markdown
from archive.article.model import sizeless
from archive.article.timestamps import stamp
from archive.captures.file_checksums import rewriting_capture_file
from archive.captures.references import capture_files, reference
from archive.database.parameters import by_number
from archive.database.schema import open_database
from archive.errors import ArticleNotFound, QQNewsError
from archive.files.readable_names import readable
from archive.files.regular_files import files_below, is_regular
from archive.redaction.erasure_log import write_erasure_log
from archive.redaction.erasures import id_hash
from archive.search.sync import forget
from archive.store import Archive
from archive.takedown.capture_patches import overwrite, plain_patches, replay
from archive.takedown.captures import Owned, capture_patches, survey
from archive.takedown.decompress import is_database
from archive.takedown.files import erase_exports, erase_from_file
from archive.takedown.leftovers import Leftover, look_into, ordinary_files, scan
from archive.takedown.rows import Erased, erase_rows, held_by_others, listing, pictures_shown
from archive.takedown.traces import LEAST_OF_PICTURE, Traces, own_sentences

CHECKPOINT_TRIES: Final = 20


@dataclass(frozen=True, slots=True)
class Near:
    """An article that tells the same story in other words, and stays."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class TakedownResult:
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
    near_duplicates: tuple[Near, ...] = ()
    """Articles of nearly the same text, which stay, too."""


def take_down(archive: Archive, article_id: str, reason: str, now: datetime) -> TakedownResult:
    """Remove the article from everything below the data directory, or finish doing so.

    Raises ``ArticleNotFound`` where nothing here knows of it.
    """
    replay(archive.data)
    traces, copies = traces_of(archive, article_id)
    near = _near_duplicates(archive.database.connection, article_id, copies)
    _begin(archive, article_id, traces.blotted(reason.encode()).decode(), now)
    removed = _already_removed(archive, article_id)
    removed["search index"] += forget(archive, article_id, *traces.lists)
    traces = _erase_captures(archive, traces, removed)
    exports = erase_exports(archive.data, traces)
    removed["exports"] += len(exports)
    removed.update(_erase_files(archive.data, traces))
    erased = _erase_rows(archive, traces)
    removed.update(erased.counts)
    removed["files"] += _unlink_pending(archive, article_id)
    fold_up(archive, traces)
    seen = _looked_through(archive, traces, removed)
    left = {readable(each.path.relative_to(archive.data).as_posix()): each.hits for each in seen if each.hits}
    opaque = {readable(each.path.relative_to(archive.data).as_posix()): each.opaque for each in seen if each.opaque}
    _finish(archive, article_id, removed, now, whole=not left)
    counts = (dict(+removed), len(seen), len(traces.sentences))
    return TakedownResult(article_id, *counts, left, opaque, copies, exports, near)


def traces_of(archive: Archive, article_id: str) -> tuple[Traces, tuple[str, ...]]:
    """What to look for, and the articles that have the same text. Raises ``ArticleNotFound``."""
    connection = archive.database.connection
    row = connection.execute("SELECT * FROM articles WHERE id = ?", (article_id,)).fetchone()
    if row is None:
        if not archive.erased([article_id]) and not _is_mentioned(connection, article_id):
            raise ArticleNotFound(article_id)
        named = Traces(article_id)
        return replace(named, lists=listing(connection, named)), ()
    texts = [row, *connection.execute("SELECT * FROM revisions WHERE article_id = ?", (article_id,))]
    pictures = {sizeless(each).removeprefix("//") for each in pictures_shown(connection, article_id)}
    held: set[str] = set()

    def held_by_another(asked: list[str]) -> set[str]:
        held.update(held_by_others(connection, article_id, [*asked, *pictures]))
        return held

    titles = [each["title"] for each in texts]
    bodies = [text for each in texts for text in (each["summary"], each["body"])]
    sentences = own_sentences(titles, bodies, held_by_another)
    own = tuple(sorted(each for each in pictures - held if len(each) >= LEAST_OF_PICTURE))
    found = Traces(article_id, sentences, own, listing(connection, Traces(article_id)))
    copies = connection.execute(_COPIES, by_number(article_id, row["copy_of"])).fetchall()
    return found, tuple(row[0] for row in copies)


_COPIES: Final = "SELECT id FROM articles WHERE id <> ?1 AND (copy_of IN (?1, ?2) OR id = ?2) ORDER BY id"


def _near_duplicates(connection: sqlite3.Connection, article_id: str, copies: Iterable[str]) -> tuple[Near, ...]:
    rows = connection.execute(_NEAR, by_number(article_id)).fetchall()
    return tuple(Near(row["id"], row["title"]) for row in rows if row["id"] not in copies)


_NEAR: Final = """
    SELECT id, title FROM articles JOIN article_clusters ON article_id = id
    WHERE cluster = (SELECT cluster FROM article_clusters WHERE article_id = ?1) AND id <> ?1
    ORDER BY published_at, id
"""


def _is_mentioned(connection: sqlite3.Connection, article_id: str) -> bool:
    """Whether it was at least listed: there may be captures of it that could not be read."""
    query = "SELECT 1 FROM links WHERE id = ?1 UNION SELECT 1 FROM sightings WHERE article_id = ?1"
    return connection.execute(query, by_number(article_id)).fetchone() is not None


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


def _erase_captures(archive: Archive, traces: Traces, removed: Counter[str]) -> Traces:
    """Erase its captures, and count them; the traces without what turned out to be others'."""
    connection, owned = archive.database.connection, _owned(archive.database.connection, traces.article_id)
    paths = capture_files(archive.data)
    found = survey(paths, traces, owned)
    traces = traces.without(found.theirs)
    with archive.transaction():
        for file, offset in found.erased(owned):
            connection.execute("DELETE FROM payloads WHERE raw_ref GLOB ?", (f"{file}:{offset}:*",))
    for path in paths:
        if patches := list(capture_patches(archive.data, path, found, traces, owned)):
            with rewriting_capture_file(archive.database, path):
                removed["captures"] += sum(patch.erases for patch in overwrite(archive.data, patches))
    return traces


def _owned(connection: sqlite3.Connection, article_id: str) -> Owned:
    """What rows say of captures."""
    own: dict[str, set[int]] = {}
    for (raw_ref,) in connection.execute(_OWN_REFERENCES, by_number(article_id)):
        place = reference(raw_ref, "")
        own.setdefault(place.file, set()).add(place.offset)

    def is_shared(file: str, offset: int) -> bool:
        values = by_number(article_id, f"{file}:{offset}:*")
        return connection.execute(_OTHERS_REFERENCES, values).fetchone() is not None

    def is_kept(other: str) -> bool:
        query = "SELECT 1 FROM articles WHERE id = ? AND id <> ?"
        return connection.execute(query, (other, article_id)).fetchone() is not None

    return Owned(own, is_shared, is_kept)


_OWN_REFERENCES: Final = """
    SELECT raw_ref FROM articles WHERE id = ?1 AND raw_ref IS NOT NULL
    UNION SELECT raw_ref FROM revisions WHERE article_id = ?1 AND raw_ref IS NOT NULL
"""
_OTHERS_REFERENCES: Final = """
    SELECT 1 FROM articles WHERE id <> ?1 AND raw_ref GLOB ?2
    UNION ALL SELECT 1 FROM revisions WHERE article_id <> ?1 AND raw_ref GLOB ?2 LIMIT 1
"""


def _erase_files(data: Path, traces: Traces) -> Counter[str]:
    """Reports and logs are blotted in place, what lies aside and backups are rid of it."""
    removed = Counter[str]()
    for path in ordinary_files(data / "runs"):
        removed["reports and logs"] += bool(overwrite(data, plain_patches(data, path, traces)))
    for path in files_below(data / "damaged"):
        if not (
            is_regular(path) and is_database(path) and look_into(path, traces).hits and _erase_in_backup(path, traces)
        ):
            removed["damaged files"] += erase_from_file(path, traces, data)
    for path in sorted({*data.glob("*"), *ordinary_files(data / "backups")} - {data / "archive.db"}):
        if path.is_file() and is_database(path) and look_into(path, traces).hits:
            removed["backups"] += _erase_in_backup(path, traces)
    return removed


def _looked_through(archive: Archive, traces: Traces, removed: Counter[str]) -> list[Leftover]:
    """Every file, looked into for what is left. What others wrote or put there while we read goes, too."""
    seen = list(scan(archive.data, traces))
    if any(each.hits for each in seen):
        for path in [each.path for each in seen if each.hits and _is_of_nobody(archive, each.path)]:
            erase_from_file(path, traces, archive.data)
        _erase_captures(archive, traces, removed)
        removed.update(_erase_files(archive.data, traces))
        fold_up(archive, traces)
        seen = list(scan(archive.data, traces))
    return seen


def _is_of_nobody(archive: Archive, path: Path) -> bool:
    """Whether a file stands in the Markdown tree without a row that it belongs to."""
    name = path.relative_to(archive.data).as_posix()
    query = "SELECT 1 FROM articles WHERE markdown_path = ?"
    return name.startswith("articles/") and not archive.database.connection.execute(query, (name,)).fetchone()


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
    paths |= {path for path in files_below(archive.data / "articles") if path.name == f"{article_id}.md"}
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
    write_erasure_log(archive.database.connection, archive.data)
