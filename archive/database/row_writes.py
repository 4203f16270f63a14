"""How a reading of an article is written: its row, and its revision where there is a new one."""

from __future__ import annotations

from dataclasses import dataclass
from sqlite3 import Connection
from typing import Final

import orjson

from archive.article.decide import Decision, Judgement
from archive.article.edits import PARTS
from archive.article.model import Article, completed
from archive.database.article_rows import FACTS, Archived, facts_of
from archive.database.learned_facts import fill_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading of an article, judged. Times are ISO 8601 in UTC."""

    article: Article
    content_hash: str
    decision: Decision
    seen: str
    next_check: str | None
    raw_ref: str | None
    kind: str = "first"
    """Of the revision that it makes: first, edited or reparsed."""
    changes: frozenset[str] = frozenset()


def add_article(connection: Connection, reading: Reading, markdown_path: str) -> None:
    """The row and first revision of an article that was not known."""
    decision, article = reading.decision, reading.article
    kept = (article.id, reading.content_hash, decision.revision, decision.copy_of, reading.seen, reading.seen)
    late = (reading.next_check, reading.raw_ref, markdown_path)
    connection.execute(_ADD_ARTICLE, (*kept, *late, *facts_of(article)))
    add_revision(connection, reading)


def add_revision(connection: Connection, reading: Reading) -> None:
    """The text as it was read now; those before it stay as they are."""
    article = reading.article
    changes = orjson.dumps([part for part in PARTS if part in reading.changes]).decode()
    text = (article.title, article.summary, article.body)
    values = (article.id, reading.decision.revision, reading.seen, reading.content_hash, *text, reading.raw_ref)
    connection.execute(_ADD_REVISION, (*values, reading.kind, changes, article.author))


def update_article(connection: Connection, reading: Reading, known: Archived) -> Article:
    """What a known article's new reading says; the article as it is kept now."""
    if reading.decision.verdict is not Judgement.SAME:
        _add_next(connection, reading, known)
        return reading.article
    # What is known stays; what was not known yet is filled in.
    article, raw_ref = completed(known.article, reading.article), known.raw_ref or reading.raw_ref
    if article != known.article or raw_ref != known.raw_ref:
        fill_in(connection, known, article, raw_ref)
    return article


def see_article(connection: Connection, reading: Reading) -> None:
    """Note that the site showed a known article."""
    connection.execute(_SEE_ARTICLE, (reading.seen, reading.next_check, reading.article.id))


def reparse_article(connection: Connection, reading: Reading, known: Archived) -> None:
    """What an old capture says now. When and whether the article is there is another matter."""
    if reading.decision.verdict is not Judgement.SAME:
        _add_next(connection, reading, known)
        return
    fill_in(connection, known, reading.article, reading.raw_ref)


def _add_next(connection: Connection, reading: Reading, known: Archived) -> None:
    # An earlier version kept no author with a revision; from the newest one the article's own was never parted.
    connection.execute(_KEEP_AUTHOR, (known.article.author, known.article.id, known.revision))
    add_revision(connection, reading)
    _rewrite(connection, reading)


def _rewrite(connection: Connection, reading: Reading) -> None:
    decision, article = reading.decision, reading.article
    kept = (reading.content_hash, decision.revision, decision.copy_of, reading.raw_ref)
    connection.execute(_REWRITE_ARTICLE, (*kept, *facts_of(article), article.id))


_COLUMNS: Final = (
    "id",
    "content_hash",
    "revision",
    "copy_of",
    "first_seen",
    "last_seen",
    "next_check",
    "raw_ref",
    "markdown_path",
    *FACTS,
)
# The statements below are put together from these constant names alone.
_ADD_ARTICLE: Final = f"INSERT INTO articles ({', '.join(_COLUMNS)}, status) VALUES ({'?, ' * len(_COLUMNS)}'live')"  # noqa: S608
_SET_FACTS: Final = ", ".join(f"{name} = ?" for name in FACTS)
_REWRITE_ARTICLE: Final = (
    f"UPDATE articles SET content_hash = ?, revision = ?, copy_of = ?, raw_ref = ?, {_SET_FACTS} WHERE id = ?"  # noqa: S608
)
_SEE_ARTICLE: Final = """
    UPDATE articles SET last_seen = max(last_seen, ?), next_check = ?,
        status = 'live', missing_since = NULL, gone_at = NULL, doubt = NULL
    WHERE id = ?
"""
_ADD_REVISION: Final = """
    INSERT INTO revisions
        (article_id, revision, seen_at, content_hash, title, summary, body, raw_ref, kind, changes, author)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_KEEP_AUTHOR: Final = "UPDATE revisions SET author = ? WHERE article_id = ? AND revision = ? AND author IS NULL"
