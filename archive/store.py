"""The archive: the only door to the database and the Markdown tree. What is kept is judged in ``decide``."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from os import getpid
from pathlib import Path
from sqlite3 import Connection, Row
from types import TracebackType
from typing import Final, Self

import orjson

from archive.article import BEIJING, Article, completed, content_hash, storable
from archive.changes import classify
from archive.database import Database
from archive.decide import Decision, KnownArticle, Verdict, changed, decide
from archive.erasure_log import missing_erasures, take_up_erasures
from archive.erasures import any_erased, erased_among, without_erased
from archive.errors import ArticleNotFound, Erased, RevisionLost, UnsafeId
from archive.failures import named_sqlite_failures
from archive.identity import ensure_meant, expected_identity, identity_of
from archive.markdown import to_markdown
from archive.queries import Filter, archive_stats, selection
from archive.recheck import LADDER, Look, next_check
from archive.record import Archived, Revision, archived_from, revision_from, stamp
from archive.rows import Reading, add_article, reparse_article, update_article
from archive.schema import create_database, open_database, open_to_read
from archive.space import disk_floor, ensure_room

SAFE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an article handed to ``Archive.keep``."""

    id: str
    verdict: Verdict
    revision: int
    data: Path
    markdown_path: str
    """Relative to ``data``."""

    @property
    def path(self) -> Path:
        """The Markdown file; it is there as soon as the transaction has committed."""
        return self.data / self.markdown_path


class Archive:
    """One directory: ``archive.db`` and the Markdown tree beside it. To be used from one thread."""

    def __init__(self, data: Path, database: Database) -> None:
        self.data = data
        self.database = database
        self.floor = 0
        """Bytes that must stay free on the disk whenever an article is kept or a link taken."""
        self.ladder = LADDER
        """The ages at which an article kept here is to be looked at again."""

    @classmethod
    def open(cls, data: Path) -> Self:
        """The archive in ``data``, made if there is none, to put something into it.

        None is made where the environment names the one that is to be there. Raises as ``to_fill``.
        """
        if expected_identity(os.environ) is None:
            ensure_room(data, disk_floor(os.environ))
            create_database(data / "archive.db")
        return cls.to_fill(data)

    @classmethod
    def to_fill(cls, data: Path, identity: str | None = None) -> Self:
        """The archive in ``data``, to put something into it. Raises as ``existing``, and ``DiskFloor``."""
        floor, path = disk_floor(os.environ), data / "archive.db"
        ensure_meant(path, identity)
        if path.exists():  # Where there is none, that is worse than too little room.
            ensure_room(data, floor)
        opened = cls.existing(data, identity)
        opened.floor = floor
        # A new database, or one from an old backup, must not bring back what was taken down.
        if missing := missing_erasures(opened.database.connection, data):
            with opened.transaction() as connection:
                take_up_erasures(connection, missing)
        return opened

    @classmethod
    def existing(cls, data: Path, identity: str | None = None) -> Self:
        """The archive in ``data``. ``identity``: which one it must be (default: what the environment names).

        Raises ``NoArchive``, ``OtherArchive``, ``NotAnArchive``, ``NewerArchive``, ``ArchiveNotWritable``.
        """
        path = data / "archive.db"
        ensure_meant(path, identity)
        return cls(data, Database(path, open_database(path)))

    @classmethod
    def to_read(cls, data: Path) -> Self:
        """The archive in ``data``, as it is: nothing can be written, and an earlier version stays what it is.

        Raises ``NoArchive``, ``OtherArchive``, ``NotAnArchive``, ``NewerArchive``.
        """
        path = data / "archive.db"
        ensure_meant(path)
        return cls(data, Database(path, open_to_read(path)))

    @property
    def identity(self) -> str:
        """Which archive it is."""
        return identity_of(self.database.connection)

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def transaction(self) -> AbstractContextManager[Connection]:
        """All or nothing, rows and files; see ``Database.transaction``."""
        return self.database.transaction()

    def keep(
        self,
        article: Article,
        *,
        seen_at: datetime,
        source: str | None = None,
        rank: int | None = None,
        raw_ref: str | None = None,
    ) -> Kept:
        """Keep ``article`` as it was seen at ``seen_at``: row, revision, sighting and Markdown file.

        Facts that this reading does not state stay as they were known. Raises ``UnsafeId``, ``Erased``,
        ``DiskFloor``.
        """
        if not SAFE_ID.fullmatch(article.id):
            raise UnsafeId(article.id)
        self.ensure_room()
        with self.transaction() as connection:
            known = self.find(article.id)
            article = self._lawful(article, known)
            reading = self._reading(article, known, seen_at, raw_ref)
            if known:
                article, path = update_article(connection, reading, known), known.markdown_path
            else:
                article, path = reading.article, _markdown_path(reading.article, seen_at)
                add_article(connection, reading, path)
            if known is None or article != known.article:
                self._place(article)
            self._write_file(path, article)
            if source is not None:
                _note_sighting(connection, article.id, source, rank, seen_at)
        return Kept(article.id, reading.decision.verdict, reading.decision.revision, self.data, path)

    def reparse(self, article: Article, *, read_at: datetime, raw_ref: str) -> Kept:
        """Let a known article say what its capture says to a mended parser. That is no edit, and no look at the site.

        Another title, summary or text makes a revision of kind ``reparsed``. Raises ``ArticleNotFound``.
        """
        with self.transaction() as connection:
            known = self.article(article.id)
            article = storable(self._lawful(article, known))
            digest = content_hash(article)
            if digest == known.content_hash and article.summary == known.article.summary:
                decision = Decision(Verdict.SAME, known.revision, known.copy_of)
            else:
                decision = changed(_known_facts(known), self._first_with(digest))
            reading = Reading(
                article=article,
                content_hash=digest,
                decision=decision,
                seen=stamp(read_at),
                next_check=known.next_check,
                raw_ref=raw_ref,
                kind="reparsed",
            )
            reparse_article(connection, reading)
            self._place(article)
            self._write_file(known.markdown_path, article)
        return Kept(article.id, decision.verdict, decision.revision, self.data, known.markdown_path)

    def sighting(self, article_id: str, source: str, rank: int | None, seen_at: datetime) -> bool:
        """Note that ``source`` listed the article; whether that was news: a new source, or another rank."""
        with self.database.light_transaction() as connection:
            return _note_sighting(connection, article_id, source, rank, seen_at)

    def known(self, ids: Iterable[str]) -> set[str]:
        """Those of ``ids`` that the archive holds."""
        asked = orjson.dumps(list(ids)).decode()
        query = "SELECT id FROM articles WHERE id IN (SELECT value FROM json_each(?))"
        return {row["id"] for row in self._rows(query, (asked,))}

    def ids(self) -> list[str]:
        """The ids of all articles, in their own order."""
        return [row["id"] for row in self._rows("SELECT id FROM articles ORDER BY id", ())]

    def erased(self, ids: Iterable[str]) -> set[str]:
        """Those of ``ids`` that were taken down: they are neither fetched nor kept again."""
        with named_sqlite_failures(self.database.path):
            return erased_among(self.database.connection, ids)

    def _lawful(self, article: Article, known: Archived | None) -> Article:
        """The article without those that were taken down. Raises ``Erased`` if it is one of them."""
        connection = self.database.connection
        if not any_erased(connection):
            return article
        if erased_among(connection, [article.id]):
            raise Erased
        return without_erased(connection, article, known.article.kind if known else "")

    def ensure_room(self) -> None:
        """Raises ``DiskFloor`` where less space is free than is to stay free."""
        ensure_room(self.data, self.floor)

    def find(self, article_id: str) -> Archived | None:
        """What is archived under the id, or None."""
        row = next(self._rows("SELECT * FROM articles WHERE id = ?", (article_id,)), None)
        return archived_from(row) if row else None

    def article(self, article_id: str) -> Archived:
        """What is archived under the id. Raises ``ArticleNotFound``."""
        found = self.find(article_id)
        if found is None:
            raise ArticleNotFound(article_id)
        return found

    def articles(self, wanted: Filter | None = None) -> Iterator[Archived]:
        """The articles that pass the filter, newest first, read one by one."""
        query, values = selection(wanted or Filter())
        return map(archived_from, self._rows(query, values))

    def revisions(self, article_id: str) -> list[Revision]:
        """All revisions of the article, oldest first. Raises ``ArticleNotFound``."""
        query = "SELECT * FROM revisions WHERE article_id = ? ORDER BY revision"
        found = [revision_from(row) for row in self._rows(query, (article_id,))]
        if not found:
            raise ArticleNotFound(article_id)
        return found

    def revision(self, article_id: str, number: int) -> Revision:
        """One revision of the article, counted from 1. Raises ``ArticleNotFound``, ``RevisionLost``."""
        return numbered(self.revisions(article_id), number)

    def stats(self) -> dict[str, object]:
        """The archive in numbers; see ``archive_stats``."""
        with named_sqlite_failures(self.database.path):
            return archive_stats(self.database.connection)

    def start_run(self, job: str, *, started_at: datetime, due_at: datetime | None = None) -> int:
        """Note that a run of ``job`` began in this process; the run's id."""
        due = stamp(due_at) if due_at else None
        with self.transaction() as connection:
            values = (job, due, stamp(started_at), socket.gethostname(), getpid())
            return int(connection.execute(_ADD_RUN, values).fetchone()[0])

    def begin_run(self, job: str, *, started_at: datetime) -> int:
        """The id of the run that this process is: the time-table's, where one started us for it, else a new one."""
        given, name = os.environ.get("QQNEWS_RUN", ""), os.environ.get("QQNEWS_JOB", "")
        if given.isdecimal():
            with self.transaction() as connection:
                row = connection.execute(_TAKE_RUN, (socket.gethostname(), getpid(), int(given), name)).fetchone()
            if row is not None:
                return int(row[0])
        return self.start_run(job, started_at=started_at)

    def finish_run(
        self,
        run: int,
        verdict: str,
        exit_code: int,
        counts: Mapping[str, int],
        *,
        ended_at: datetime,
        because: str = "",
    ) -> None:
        """Note how a run ended, unless somebody noted already how it did; ``because``: the verdict in a sentence."""
        with self.transaction() as connection:
            values = (stamp(ended_at), verdict, int(exit_code), orjson.dumps(dict(counts)).decode(), because, run)
            connection.execute(_END_RUN, values)

    def _rows(self, query: str, values: tuple[object, ...]) -> Iterator[Row]:
        with named_sqlite_failures(self.database.path):
            yield from self.database.connection.execute(query, values)

    def _first_with(self, digest: str) -> str | None:
        query = "SELECT article_id FROM revisions WHERE content_hash = ? ORDER BY rowid LIMIT 1"
        row = next(self._rows(query, (digest,)), None)
        return row[0] if row else None

    def _reading(self, article: Article, known: Archived | None, seen_at: datetime, raw_ref: str | None) -> Reading:
        article = storable(article)
        article = completed(article, known.article) if known else article
        seen, digest = stamp(seen_at), content_hash(article)
        changes = frozenset[str]()
        if known and known.content_hash != digest:
            changes = classify(known.article, article)
        facts = _known_facts(known, noise=not changes) if known else None
        decision = decide(article, digest, facts, self._first_with(digest))
        looks = _looks(known, self._last_edit(known), decision, seen_at)
        due = next_check(article.published_at, looks[-1].at, looks, self.ladder)
        return Reading(
            article=article,
            content_hash=digest,
            decision=decision,
            seen=seen,
            next_check=stamp(due) if due else None,
            raw_ref=raw_ref,
            kind="edited" if known else "first",
            changes=changes,
        )

    def _place(self, article: Article) -> None:
        """Put the article into its cluster of near-duplicates."""
        # numpy takes longer to import than most commands take to run.
        from archive.duplicates.clusters import place

        place(self.database.connection, article.id, article.body)

    def _last_edit(self, known: Archived | None) -> str | None:
        row = next(self._rows(_LAST_EDIT, (known.article.id,)), None) if known else None
        return row[0] if row else None

    def _write_file(self, path: str, article: Article) -> None:
        content = to_markdown(article).encode()
        if not self.database.tree.holds(path, content):
            self.database.tree.stage(path, content)


def numbered(revisions: Sequence[Revision], number: int) -> Revision:
    """The one with the number among an article's revisions. Raises ``ArticleNotFound``, ``RevisionLost``."""
    for revision in revisions:
        if revision.revision == number:
            if revision.is_lost:
                raise RevisionLost(revision.article_id, number)
            return revision
    raise ArticleNotFound(revisions[0].article_id, number)


def _note_sighting(connection: Connection, article_id: str, source: str, rank: int | None, seen_at: datetime) -> bool:
    last = connection.execute(_LAST_RANK, (article_id, source)).fetchone()
    if last is not None and (rank is None or (rank == last["rank"] and not _was_taken(connection, source, last))):
        return False
    connection.execute(_ADD_SIGHTING, (article_id, source, rank, stamp(seen_at)))
    return True


def _was_taken(connection: Connection, source: str, last: Row) -> bool:
    """Whether another article stood at that rank since: whoever is there again was away."""
    holder = connection.execute(_LAST_AT_RANK, (source, last["rank"])).fetchone()
    return holder is not None and bool(holder["seen_at"] > last["seen_at"])


def _known_facts(known: Archived, *, noise: bool = False) -> KnownArticle:
    return KnownArticle(known.content_hash, known.revision, known.copy_of, noise)


def _looks(known: Archived | None, last_edit: str | None, decision: Decision, seen_at: datetime) -> tuple[Look, ...]:
    """The looks at an article that matter for the next one: the first, the last edit, the last, this one."""
    changed_now = decision.verdict is Verdict.CHANGED
    if known is None:
        return (Look(seen_at, changed_now),)
    first, last = (datetime.fromisoformat(text) for text in (known.first_seen, known.last_seen))
    edits = (Look(datetime.fromisoformat(last_edit), changed=True),) if last_edit else ()
    return (Look(first), *edits, Look(last), Look(max(seen_at, last), changed_now))


def _markdown_path(article: Article, seen_at: datetime) -> str:
    """By the month of publishing, in Beijing; of first sight where the page names no date."""
    month = (article.published_at or seen_at).astimezone(BEIJING)
    return f"articles/{month:%Y/%m}/{article.id}.md"


_LAST_EDIT: Final = """
    SELECT seen_at FROM revisions WHERE article_id = ? AND kind = 'edited' ORDER BY revision DESC LIMIT 1
"""
_LAST_RANK: Final = (
    "SELECT rank, seen_at FROM sightings WHERE article_id = ? AND source = ? ORDER BY seen_at DESC, rowid DESC LIMIT 1"
)
_LAST_AT_RANK: Final = "SELECT seen_at FROM sightings WHERE source = ? AND rank = ? ORDER BY seen_at DESC LIMIT 1"
_ADD_SIGHTING: Final = "INSERT INTO sightings VALUES (?, ?, ?, ?)"
_ADD_RUN: Final = "INSERT INTO runs (job, due_at, started_at, host, pid) VALUES (?, ?, ?, ?, ?) RETURNING id"
# A number that was inherited from a run that is over, or of another archive, gives us no row.
_TAKE_RUN: Final = """
    UPDATE runs SET host = ?, pid = ? WHERE id = ? AND job = ? AND ended_at IS NULL AND counts IS NULL RETURNING id
"""
_END_RUN: Final = """
    UPDATE runs SET ended_at = ?, verdict = ?, exit_code = ?, counts = ?, because = ?
    WHERE id = ? AND ended_at IS NULL
"""
