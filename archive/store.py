"""The archive: the only door to the database and the Markdown tree. What is kept is judged in ``decide``."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Iterator, Mapping
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
from archive.database import Database
from archive.decide import Decision, KnownArticle, Verdict, decide
from archive.errors import ArticleNotFound, UnsafeId
from archive.failures import named_sqlite_failures
from archive.markdown import to_markdown
from archive.queries import Filter, archive_stats, selection
from archive.record import FACTS, Archived, Revision, archived_from, facts_of, stamp
from archive.schema import create_database, open_database

_SAFE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an article handed to ``Archive.keep``."""

    id: str
    verdict: Verdict
    revision: int
    path: Path
    """The Markdown file; it is there as soon as the transaction has committed."""


class Archive:
    """One directory: ``archive.db`` and the Markdown tree beside it. To be used from one thread."""

    def __init__(self, data: Path, database: Database) -> None:
        self.data = data
        self.database = database

    @classmethod
    def open(cls, data: Path) -> Self:
        """The archive in ``data``, made if there is none.

        Raises ``NotAnArchive``, ``NewerArchive``, ``ArchiveNotWritable``.
        """
        create_database(data / "archive.db")
        return cls.existing(data)

    @classmethod
    def existing(cls, data: Path) -> Self:
        """The archive in ``data``. Raises as ``open``, and ``NoArchive`` where there is none."""
        path = data / "archive.db"
        return cls(data, Database(path, open_database(path)))

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

        Facts that this reading does not state stay as they were known. Raises ``UnsafeId``.
        """
        if not _SAFE_ID.fullmatch(article.id):
            raise UnsafeId(article.id)
        seen = stamp(seen_at)
        with self.transaction():
            known = self.find(article.id)
            article = completed(storable(article), known.article) if known else storable(article)
            digest = content_hash(article)
            decision = decide(article, digest, _known_facts(known), self._first_with(digest))
            if known:
                path = known.markdown_path
                article = self._update(known, article, digest, decision, seen, raw_ref)
            else:
                path = _markdown_path(article, seen_at)
                self._add(article, digest, decision, seen, raw_ref, path)
            self._write_file(path, article)
            if source is not None:
                self.sighting(article.id, source, rank, seen_at)
        return Kept(article.id, decision.verdict, decision.revision, self.data / path)

    def sighting(self, article_id: str, source: str, rank: int | None, seen_at: datetime) -> bool:
        """Note that ``source`` listed the article; whether that was news: a new source, or another rank."""
        with self.database.light_transaction() as connection:
            last = connection.execute(_LAST_RANK, (article_id, source)).fetchone()
            if last is not None and rank in (None, last[0]):
                return False
            connection.execute(_ADD_SIGHTING, (article_id, source, rank, stamp(seen_at)))
        return True

    def known(self, ids: Iterable[str]) -> set[str]:
        """Those of ``ids`` that the archive holds."""
        asked = orjson.dumps(list(ids)).decode()
        query = "SELECT id FROM articles WHERE id IN (SELECT value FROM json_each(?))"
        return {row["id"] for row in self._rows(query, (asked,))}

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
        found = [Revision(**dict(row)) for row in self._rows(query, (article_id,))]
        if not found:
            raise ArticleNotFound(article_id)
        return found

    def revision(self, article_id: str, number: int) -> Revision:
        """One revision of the article, counted from 1. Raises ``ArticleNotFound``."""
        for revision in self.revisions(article_id):
            if revision.revision == number:
                return revision
        raise ArticleNotFound(article_id, number)

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

    def finish_run(
        self, run: int, verdict: str, exit_code: int, counts: Mapping[str, int], *, ended_at: datetime
    ) -> None:
        """Note how a run ended."""
        with self.transaction() as connection:
            values = (stamp(ended_at), verdict, int(exit_code), orjson.dumps(dict(counts)).decode(), run)
            connection.execute(_END_RUN, values)

    def _rows(self, query: str, values: tuple[object, ...]) -> Iterator[Row]:
        with named_sqlite_failures(self.database.path):
            yield from self.database.connection.execute(query, values)

    def _first_with(self, digest: str) -> str | None:
        query = "SELECT article_id FROM revisions WHERE content_hash = ? ORDER BY rowid LIMIT 1"
        row = next(self._rows(query, (digest,)), None)
        return row[0] if row else None

    def _add(
        self, article: Article, digest: str, decision: Decision, seen: str, raw_ref: str | None, path: str
    ) -> None:
        kept = (article.id, digest, decision.revision, decision.copy_of, seen, seen, raw_ref, path)
        self.database.connection.execute(_ADD_ARTICLE, (*kept, *facts_of(article)))
        self._add_revision(article, digest, decision, seen, raw_ref)

    def _add_revision(self, article: Article, digest: str, decision: Decision, seen: str, raw_ref: str | None) -> None:
        text = (article.title, article.summary, article.body)
        values = (article.id, decision.revision, seen, digest, *text, raw_ref)
        self.database.connection.execute(_ADD_REVISION, values)

    def _update(
        self,
        known: Archived,
        article: Article,
        digest: str,
        decision: Decision,
        seen: str,
        raw_ref: str | None,
    ) -> Article:
        """Write what a known article's new reading says; the article as it is kept now."""
        if decision.verdict is Verdict.SAME:
            # What is known stays; what was not known yet is filled in.
            article, raw_ref = completed(known.article, article), known.raw_ref or raw_ref
        else:
            self._add_revision(article, digest, decision, seen, raw_ref)
        last_seen = max(known.last_seen, seen)
        if decision.verdict is Verdict.SAME and article == known.article and raw_ref == known.raw_ref:
            self.database.connection.execute(_SEE_ARTICLE, (last_seen, article.id))
        else:
            kept = (digest, decision.revision, decision.copy_of, last_seen, raw_ref)
            self.database.connection.execute(_UPDATE_ARTICLE, (*kept, *facts_of(article), article.id))
        return article

    def _write_file(self, path: str, article: Article) -> None:
        content = to_markdown(article).encode()
        if not self.database.tree.holds(path, content):
            self.database.tree.stage(path, content)


def _known_facts(known: Archived | None) -> KnownArticle | None:
    return KnownArticle(known.content_hash, known.revision, known.copy_of) if known else None


def _markdown_path(article: Article, seen_at: datetime) -> str:
    """By the month of publishing, in Beijing; of first sight where the page names no date."""
    month = (article.published_at or seen_at).astimezone(BEIJING)
    return f"articles/{month:%Y/%m}/{article.id}.md"


_KEPT: Final = (
    "id",
    "content_hash",
    "revision",
    "copy_of",
    "first_seen",
    "last_seen",
    "raw_ref",
    "markdown_path",
)
_COLUMNS: Final = (*_KEPT, *FACTS)
# The statements below are put together from these constant names alone.
_ADD_ARTICLE: Final = f"INSERT INTO articles ({', '.join(_COLUMNS)}, status) VALUES ({'?, ' * len(_COLUMNS)}'live')"  # noqa: S608
_SEE_ARTICLE: Final = "UPDATE articles SET last_seen = ?, status = 'live' WHERE id = ?"
_UPDATED: Final = ("content_hash", "revision", "copy_of", "last_seen", "raw_ref", *FACTS)
_UPDATE_ARTICLE: Final = (
    f"UPDATE articles SET {', '.join(f'{name} = ?' for name in _UPDATED)}, status = 'live' WHERE id = ?"  # noqa: S608
)
_ADD_REVISION: Final = """
    INSERT INTO revisions (article_id, revision, seen_at, content_hash, title, summary, body, raw_ref)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_LAST_RANK: Final = (
    "SELECT rank FROM sightings WHERE article_id = ? AND source = ? ORDER BY seen_at DESC, rowid DESC LIMIT 1"
)
_ADD_SIGHTING: Final = "INSERT INTO sightings VALUES (?, ?, ?, ?)"
_ADD_RUN: Final = "INSERT INTO runs (job, due_at, started_at, host, pid) VALUES (?, ?, ?, ?, ?) RETURNING id"
_END_RUN: Final = "UPDATE runs SET ended_at = ?, verdict = ?, exit_code = ?, counts = ? WHERE id = ?"
