"""Asks the index: which articles, in which order, within which limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from sqlite3 import Connection
from typing import Final

from archive.article.model import BEIJING
from archive.search.document import DATED


class Order(StrEnum):
    """In which order results come."""

    DATE = "date"
    """Newest first."""
    RANK = "rank"
    """Best first, by BM25: a word in the title counts most, a rare word more than a common one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Which results are wanted. Days are Beijing's, both included; an article without a date is on no day."""

    since: date | None = None
    until: date | None = None
    channel: str | None = None
    kind: str | None = None
    media: str | None = None
    """Name or id of the media account."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An article found. ``score``: BM25, higher is better; None in the order of dates."""

    article_id: str
    score: float | None = None


RANKED: Final = 2000
"""The newest so many results are put in order by rank: beyond, a word is too common for its rank to say anything."""
_WEIGHTS: Final = "10, 4, 2, 2, 4, 1, 0.1"
"""Of the columns title, summary, author, media, keywords, body, and of one-character words."""
_SLACK: Final = 86_400
"""Seconds by which a row's number may lie after its article's date, when many share one second."""


def search_articles(
    connection: Connection, match: str, order: Order = Order.RANK, limits: Limits | None = None
) -> Iterator[Hit]:
    """What matches, in FTS5's language, one by one: who wants twenty takes twenty."""
    conditions, values = _conditions(limits or Limits())
    where = "".join(f" AND {condition}" for condition in conditions)
    if order is Order.DATE:
        query = _BY_DATE.format(where=where)
        return (Hit(article_id) for (article_id,) in connection.execute(query, (match, *values)))
    rows = connection.execute(_BY_RANK.format(where=where), (match, *values))
    return (Hit(article_id, -score) for article_id, score in rows)


def _conditions(limits: Limits) -> tuple[list[str], list[object]]:
    after = limits.until + timedelta(days=1) if limits.until and limits.until < date.max else None
    chosen = [
        ("words.rowid >= ?", limits.since and max(_second(limits.since), DATED)),
        ("words.rowid < ?", after and _second(after) + _SLACK),
        ("published_at >= ?", limits.since and limits.since.isoformat()),
        ("published_at < ?", after and after.isoformat()),
        ("channel = ?", limits.channel),
        ("kind = ?", limits.kind),
        ("? IN (entries.media, media_id)", limits.media),
    ]
    given = [(condition, value) for condition, value in chosen if value is not None]
    return [condition for condition, _ in given], [value for _, value in given]


def _second(day: date) -> int:
    midnight = datetime.combine(day, time(), BEIJING)
    return int((midnight - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


# {where} is put together from the constant conditions above. CROSS JOIN: the words lead, the entries follow.
_BY_DATE: Final = """
    SELECT article_id FROM words CROSS JOIN entries ON number = words.rowid
    WHERE words MATCH ?{where} ORDER BY words.rowid DESC
"""
_BY_RANK: Final = f"""
    SELECT article_id, score FROM (
        SELECT article_id, number, bm25(words, {_WEIGHTS}) AS score
        FROM words CROSS JOIN entries ON number = words.rowid
        WHERE words MATCH ?{{where}} ORDER BY words.rowid DESC LIMIT {RANKED}
    ) ORDER BY score, number DESC
"""  # noqa: S608
