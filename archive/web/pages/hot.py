"""The hot ranking: a day of it as a picture and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from sqlite3 import Connection, Row
from typing import Final

import orjson

from archive.article import BEIJING
from archive.reading import read_moment, readable
from archive.record import stamp
from archive.store import Archive
from archive.web.answer import Answer, Asked, BadRequest, Page
from archive.web.chart import chart
from archive.web.moments import minute
from archive.web.ranking import Course, Sighting, courses

SOURCE: Final = "hot"
RANKS: Final = 10
"""Places that are drawn."""
LINES: Final = 12
"""Articles that are drawn; the table has more."""
IN_TABLE: Final = 50
_LOOK_BACK: Final = timedelta(days=1)
"""So long before the day who stood where is looked for: only changes are noted."""
_AFTER_LAST: Final = timedelta(minutes=15)
"""So long what was seen last is drawn: it has to be seen."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A line of the table."""

    number: int
    id: str
    title: str
    """'' for an article that was listed and is not in the archive."""
    rank: int | None
    best: int
    begin: str
    end: str


def hot(asked: Asked, archive: Archive) -> Answer:
    """A day of the ranking, the last one if none is named."""
    connection = archive.database.connection
    last = next(readable(connection.execute(_LAST, (SOURCE,)), "sightings", "source", _moment, archive.pass_over), None)
    if last is None:
        return Page(template="hot.html", context={"here": "hot", "chart": None})
    begin, end = _span(asked.arg("day"), last + _AFTER_LAST)
    found = courses(_sightings(archive, begin - _LOOK_BACK, end), begin, end)[:IN_TABLE]
    day = begin.astimezone(BEIJING).date()
    is_last = day >= last.astimezone(BEIJING).date()
    return Page(
        template="hot.html",
        context={
            "here": "hot",
            "chart": chart(found[:LINES], begin, end, RANKS) if found else None,
            "ranked": _table(connection, found, end),
            "day": day.isoformat(),
            "until": minute(min(end, last)),
            "earlier": (day - timedelta(days=1)).isoformat(),
            "later": None if is_last else (day + timedelta(days=1)).isoformat(),
        },
    )


def _span(day: str | None, last: datetime) -> tuple[datetime, datetime]:
    """A day of Beijing's from midnight on, up to the last sighting. Raises ``BadRequest``."""
    try:
        chosen = datetime.fromisoformat(day).date() if day else last.astimezone(BEIJING).date()
        begin = datetime.combine(chosen, time(), BEIJING)
        end = begin + timedelta(days=1)
        begin.astimezone(UTC) - _LOOK_BACK
    except (ValueError, OverflowError) as error:
        raise BadRequest("bad day") from error
    return begin, min(end, last) if begin < last else end


def _sightings(archive: Archive, begin: datetime, end: datetime) -> list[Sighting]:
    rows = archive.database.connection.execute(_SEEN, (SOURCE, stamp(begin), stamp(end), RANKS))
    return list(readable(rows, "sightings", "article_id", _sighting, archive.pass_over))


def _sighting(row: Row) -> Sighting:
    return Sighting(row["article_id"], row["rank"], read_moment(row["seen_at"]))


def _table(connection: Connection, found: list[Course], end: datetime) -> list[Ranked]:
    asked = orjson.dumps([course.article_id for course in found]).decode()
    titles: dict[str, str] = dict(map(tuple, connection.execute(_TITLES, (asked,))))
    return [
        Ranked(
            number=number,
            id=course.article_id,
            title=titles.get(course.article_id, ""),
            rank=course.rank_at(end),
            best=course.best,
            begin=minute(course.stays[0].begin)[11:],
            end=minute(course.stays[-1].end)[11:],
        )
        for number, course in enumerate(found, 1)
    ]


def _moment(row: Row) -> datetime:
    return read_moment(row["seen_at"])


_LAST: Final = "SELECT source, seen_at FROM sightings WHERE source = ? AND rank IS NOT NULL ORDER BY seen_at DESC"
_SEEN: Final = """
    SELECT article_id, rank, seen_at FROM sightings
    WHERE source = ? AND seen_at >= ? AND seen_at <= ? AND rank BETWEEN 1 AND ? ORDER BY seen_at, rowid LIMIT 20000
"""
_TITLES: Final = """
    SELECT id, title FROM articles WHERE id IN (SELECT value FROM json_each(?)) AND status <> 'taken_down'
"""
