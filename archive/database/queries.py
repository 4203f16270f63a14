"""What can be asked of the archive: filters for articles, and the archive in numbers."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from archive.database.row_readers import decoding


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which articles are wanted. What is None does not matter; what is given must all hold."""

    channel: str | None = None
    kind: str | None = None
    media: str | None = None
    """Name or id of the media account."""
    source: str | None = None
    """A source that listed the article at any time."""
    since: date | None = None
    """First day of publishing, Beijing time."""
    until: date | None = None
    """Last day of publishing, Beijing time; the whole day counts."""
    status: str | None = None
    edited: bool | None = None
    """Whether the publisher changed the article after it was first kept."""
    limit: int | None = None


def selection(wanted: Filter) -> tuple[str, tuple[object, ...]]:
    """The query for whole rows of ``articles`` that pass, newest first, and its values."""
    conditions = [(condition, value) for condition, value in _conditions(wanted) if value is not None]
    where = " AND ".join(condition for condition, _ in conditions) or "TRUE"
    query = f"SELECT * FROM articles WHERE {where} ORDER BY published_at DESC, id DESC LIMIT ?"  # noqa: S608
    limit = -1 if wanted.limit is None else wanted.limit
    return query, (*(value for _, value in conditions), limit)


def _conditions(wanted: Filter) -> list[tuple[str, object]]:
    # Dates are ISO text with one offset throughout: to compare the text is to compare the time.
    after = wanted.until + timedelta(days=1) if wanted.until and wanted.until < date.max else None
    return [
        ("channel = ?", wanted.channel),
        ("kind = ?", wanted.kind),
        ("? IN (media, media_id)", wanted.media),
        ("id IN (SELECT article_id FROM sightings WHERE source = ?)", wanted.source),
        ("published_at >= ?", wanted.since and wanted.since.isoformat()),
        ("published_at < ?", after and after.isoformat()),
        ("status = ?", wanted.status),
        (_EDITED, wanted.edited),
    ]


_EDITED: Final = "EXISTS (SELECT 1 FROM revisions WHERE article_id = id AND revisions.kind = 'edited') = ?"

_COUNTS: Final = {
    "articles": "SELECT count(*) FROM articles",
    "copies": "SELECT count(*) FROM articles WHERE copy_of IS NOT NULL",
    "changed": "SELECT count(DISTINCT article_id) FROM revisions WHERE kind = 'edited'",
    "reparsed": "SELECT count(DISTINCT article_id) FROM revisions WHERE kind = 'reparsed' AND changes <> '[\"lost\"]'",
    "gone": "SELECT count(*) FROM articles WHERE status = 'gone'",
    "revisions": "SELECT count(*) FROM revisions",
    "sightings": "SELECT count(*) FROM sightings",
    "media": "SELECT count(*) FROM media",
    "runs": "SELECT CAST(total(times) AS INTEGER) FROM runs",
    "open_gaps": "SELECT count(*) FROM gaps WHERE closed_at IS NULL",
    "first_published": "SELECT min(published_at) FROM articles",
    "last_published": "SELECT max(published_at) FROM articles",
    "last_seen": "SELECT max(last_seen) FROM articles",
}
_GROUPS: Final = {
    "by_status": "SELECT status, count(*) FROM articles GROUP BY status ORDER BY 2 DESC, 1",
    "by_kind": "SELECT kind, count(*) FROM articles GROUP BY kind ORDER BY 2 DESC, 1",
    "by_channel": "SELECT channel, count(*) FROM articles GROUP BY channel ORDER BY 2 DESC, 1",
    "by_layout": "SELECT layout, count(*) FROM articles GROUP BY layout ORDER BY 2 DESC, 1",
    "links": "SELECT state, count(*) FROM links GROUP BY state ORDER BY 2 DESC, 1",
}


def archive_stats(connection: sqlite3.Connection) -> dict[str, object]:
    """Counts and dates by name; a dictionary of counts for each ``by_…`` and for the states of links."""
    with decoding(connection, "replace"):
        single = {name: connection.execute(query).fetchone()[0] for name, query in _COUNTS.items()}
        grouped = {name: dict(map(tuple, connection.execute(query))) for name, query in _GROUPS.items()}
    return {**single, **grouped}
