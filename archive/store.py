"""The archive: the only door to the database and the Markdown tree. What is kept is judged in ``decide``."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from os import getpid
from pathlib import Path
from sqlite3 import Connection, Row
from types import TracebackType
from typing import Final, Self

import orjson

from archive.article.decide import Judgement
from archive.article.markdown import to_markdown
from archive.article.model import BEIJING, SAFE_ID, Article
from archive.article.recheck_schedule import LADDER
from archive.article.timestamps import stamp
from archive.database.article_rows import Archived, Revision, archived_from, revision_from
from archive.database.connection import Database
from archive.database.queries import Filter, archive_stats, selection
from archive.database.row_readers import Told, decoding, each_row, readable_rows
from archive.database.row_writes import Reading, add_article, reparse_article, see_article, update_article
from archive.database.schema import create_database, open_database, open_to_read
from archive.errors import ArticleNotFound, Erased, RevisionLost, UnreadableRow, UnsafeId
from archive.files.disk_floor import disk_floor, ensure_room
from archive.files.io_errors import named_sqlite_failures
from archive.identity import ensure_meant, expected_identity, identity_of
from archive.judge_reading import had_text, judged, judged_again
from archive.redaction.erasure_log import missing_erasures, take_up_erasures
from archive.redaction.erasures import any_erased, erased_among, without_erased

__all__ = ["SAFE_ID", "Archive", "Kept", "numbered"]


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an article handed to ``Archive.keep``."""

    id: str
    verdict: Judgement
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
        self.pass_over: Told = _raise
        """Told of each row that cannot be read, where many are walked over; as it is, it raises ``UnreadableRow``."""

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

        Bytes that are not UTF-8 are read as U+FFFD. Raises ``NoArchive``, ``OtherArchive``, ``NotAnArchive``,
        ``NewerArchive``.
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
            reading = self._judged(article, known, seen_at, raw_ref)
            kept = self._write(reading, known, seen_at)
            if known:
                see_article(connection, reading)
            if source is not None:
                _note_sighting(connection, article.id, source, rank, seen_at)
        return kept

    def take_in(self, article: Article, *, seen_at: datetime, source: str | None = None) -> Kept:
        """Keep what a file says of ``article``: a text that it never had, else what is not known of it yet.

        An old file does not undo a newer text, and none says that the site still shows a known article: the last look,
        the next one and a tombstone stay as they are. Raises as ``keep``.
        """
        self.ensure_room()
        with self.transaction() as connection:
            known = self.find(article.id)
            if known is None:
                return self.keep(article, seen_at=seen_at, source=source)
            article = self._lawful(article, known)
            if had_text(article, [known.article, *self._earlier_texts(known)]):
                article = replace(article, title=known.article.title, body=known.article.body)
            kept = self._write(self._judged(article, known, seen_at, None), known, seen_at)
            if source is not None:
                _note_sighting(connection, article.id, source, None, seen_at)
        return kept

    def reparse(self, article: Article, *, read_at: datetime, raw_ref: str) -> Kept:
        """Let a known article say what its capture says to a mended parser. That is no edit, and no look at the site.

        Another title, summary or text makes a revision of kind ``reparsed``. Raises ``ArticleNotFound``.
        """
        with self.transaction() as connection:
            known = self.article(article.id)
            article = self._lawful(article, known)
            reading = judged_again(article, known, read_at=read_at, raw_ref=raw_ref, first_with=self._first_with)
            reparse_article(connection, reading, known)
            self.put_in_place(reading.article, known.markdown_path)
        decision = reading.decision
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
        """What is archived under the id, or None. Raises ``UnreadableRow``."""
        row = next(self._rows("SELECT * FROM articles WHERE id = ?", (article_id,)), None)
        return archived_from(row) if row else None

    def article(self, article_id: str) -> Archived:
        """What is archived under the id. Raises ``ArticleNotFound``, ``UnreadableRow``."""
        found = self.find(article_id)
        if found is None:
            raise ArticleNotFound(article_id)
        return found

    def articles(self, wanted: Filter | None = None) -> Iterator[Archived]:
        """The articles that pass the filter, newest first, read one by one. Unreadable rows are passed over."""
        query, values = selection(wanted or Filter())
        return readable_rows(self._rows(query, values), "articles", "id", archived_from, self.pass_over)

    def every_article(self, seen_since: str = "") -> Iterator[Archived]:
        """All articles, or those last seen then or later, in the order in which they came. Unreadable rows are passed
        over. They are read a page at a time: a longer look would keep the database's log from being folded up.
        """
        last = 0
        while page := list(self._rows(_NEXT_PAGE, (last, seen_since, _PAGE))):
            last = page[-1]["number"]
            yield from readable_rows(page, "articles", "id", archived_from, self.pass_over)

    def revisions(self, article_id: str) -> list[Revision]:
        """All revisions of the article, oldest first; those that cannot be read are passed over.

        Raises ``ArticleNotFound``; ``UnreadableRow`` where none can be read.
        """
        rows = self._rows("SELECT * FROM revisions WHERE article_id = ? ORDER BY revision", (article_id,))
        unreadable = list[UnreadableRow]()
        found = list(readable_rows(rows, "revisions", "article_id", revision_from, unreadable.append))
        if not found:
            raise unreadable[0] if unreadable else ArticleNotFound(article_id)
        for error in unreadable:
            self.pass_over(error)
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
            yield from each_row(self.database.connection, query, values)

    def _first_with(self, digest: str) -> str | None:
        query = "SELECT article_id FROM revisions WHERE content_hash = ? ORDER BY rowid LIMIT 1"
        row = next(self._rows(query, (digest,)), None)
        return row[0] if row else None

    def _judged(self, article: Article, known: Archived | None, seen_at: datetime, raw_ref: str | None) -> Reading:
        return judged(
            article,
            known,
            seen_at=seen_at,
            raw_ref=raw_ref,
            first_with=self._first_with,
            last_edit=self._last_edit(known),
            ladder=self.ladder,
        )

    def _write(self, reading: Reading, known: Archived | None, seen_at: datetime) -> Kept:
        """The row, a revision where there is a new one, and the Markdown file. To be called in a transaction."""
        connection, decision = self.database.connection, reading.decision
        if known:
            article, path = update_article(connection, reading, known), known.markdown_path
        else:
            article, path = reading.article, _markdown_path(reading.article, seen_at)
            add_article(connection, reading, path)
        if known is None or article != known.article:
            self._place(article)
        self._write_file(path, article)
        return Kept(article.id, decision.verdict, decision.revision, self.data, path)

    def _earlier_texts(self, known: Archived) -> list[Article]:
        """The article as each of its revisions has it, but for those that are lost."""
        found = (each for each in self.revisions(known.article.id) if not each.is_lost)
        return [replace(known.article, title=it.title, body=it.body, author=it.author or "") for it in found]

    def _place(self, article: Article) -> None:
        """Put the article into its cluster of near-duplicates."""
        # numpy takes longer to import than most commands take to run.
        from archive.duplicates.clusters import place

        with decoding(self.database.connection, "replace"):  # It reads what is like it, too.
            place(self.database.connection, article.id, article.body)

    def _last_edit(self, known: Archived | None) -> str | None:
        row = next(self._rows(_LAST_EDIT, (known.article.id,)), None) if known else None
        return row[0] if row else None

    def put_in_place(self, article: Article, path: str) -> None:
        """Let the clusters and the Markdown file follow an article's row. To be called in its transaction."""
        self._place(article)
        self._write_file(path, article)

    def _write_file(self, path: str, article: Article) -> None:
        content = to_markdown(article).encode()
        if not self.database.tree.holds(path, content):
            self.database.tree.stage(path, content)


def _raise(error: UnreadableRow) -> None:
    raise error


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


def _markdown_path(article: Article, seen_at: datetime) -> str:
    """By the month of publishing, in Beijing; of first sight where the page names no date."""
    month = (article.published_at or seen_at).astimezone(BEIJING)
    return f"articles/{month:%Y/%m}/{article.id}.md"


_PAGE: Final = 200
_NEXT_PAGE: Final = "SELECT rowid AS number, * FROM articles WHERE rowid > ? AND last_seen >= ? ORDER BY rowid LIMIT ?"
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
