"""The hot ranking: a day of it as a picture and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from sqlite3 import Connection, Row
from typing import Final

import orjson

from archive.article.model import BEIJING
from archive.article.timestamps import stamp
from archive.database.row_readers import read_moment, readable_rows
from archive.store import Archive
from archive.web.http import Answer, BadRequest, Page, PageRequest
from archive.web.i18n.dates import minute
from archive.web.rank_chart import chart
from archive.web.ranking import Poll, Polls, RankHistory, Sighting, polls_between, rank_histories

SOURCE: Final = "hot"
RANKS: Final = 10
"""Places that are drawn."""
LINES: Final = 12
"""Articles that are drawn; the table has more."""
IN_TABLE: Final = 50
_AROUND: Final = timedelta(days=1)
"""So long before and after the day polls are read: they tell where an outage began, and the usual pause."""
_AFTER_LAST: Final = timedelta(minutes=15)
"""So much of the picture is free behind the last poll: lines end there with a number."""


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


def hot(asked: PageRequest, archive: Archive) -> Answer:
    """A day of the ranking, the last one if none is named."""
    connection = archive.database.connection
    last = _last_look(archive)
    if last is None:
        return Page(template="hot.html", context={"here": "hot", "chart": None})
    begin, end = _span(asked.arg("day"), last + _AFTER_LAST)
    until = min(end, last)
    sightings = _sightings(archive, begin - _AROUND, end + _AROUND)
    polls = Polls(_polls(archive, begin - _AROUND, end + _AROUND), sightings)
    found = rank_histories(sightings, polls, begin, end, RANKS)[:IN_TABLE]
    day = begin.astimezone(BEIJING).date()
    is_last = day >= last.astimezone(BEIJING).date()
    return Page(
        template="hot.html",
        context={
            "here": "hot",
            "chart": chart(found[:LINES], polls.outages(begin, until), begin, end, RANKS) if found else None,
            "ranked": _table(connection, found, polls.last_until(end)),
            "day": day.isoformat(),
            "until": minute(until),
            "earlier": (day - timedelta(days=1)).isoformat(),
            "later": None if is_last else (day + timedelta(days=1)).isoformat(),
        },
    )


def _span(day: str | None, last: datetime) -> tuple[datetime, datetime]:
    """A day of Beijing's from midnight on, up to the last look. Raises ``BadRequest``."""
    try:
        chosen = datetime.fromisoformat(day).date() if day else last.astimezone(BEIJING).date()
        begin = datetime.combine(chosen, time(), BEIJING)
        end = begin + timedelta(days=1)
        begin.astimezone(UTC) - _AROUND
        end.astimezone(UTC) + _AROUND
    except (ValueError, OverflowError) as error:
        raise BadRequest("bad day") from error
    return begin, min(end, last) if begin < last else end


def _sightings(archive: Archive, since: datetime, until: datetime) -> list[Sighting]:
    """What was noted of the articles that stood in the ranking then."""
    ranks = orjson.dumps(list(range(1, RANKS + 1))).decode()
    values = {"source": SOURCE, "ranks": ranks, "since": stamp(since), "until": stamp(until)}
    rows = archive.database.connection.execute(_SEEN, values)
    return list(readable_rows(rows, "sightings", "article_id", _sighting, archive.pass_over))


def _sighting(row: Row) -> Sighting:
    return Sighting(row["article_id"], row["rank"], read_moment(row["seen_at"]))


def _polls(archive: Archive, since: datetime, until: datetime) -> list[Poll]:
    rows = archive.database.connection.execute(_POLLS, (SOURCE, stamp(since), stamp(until)))
    return [poll for found in readable_rows(rows, "polls", "source", _polls_in, archive.pass_over) for poll in found]


def _polls_in(row: Row) -> list[Poll]:
    """The polls for which a row stands."""
    at = read_moment(row["polled_at"])
    if row["first_at"] and row["times"] > 1:
        return list(polls_between(read_moment(row["first_at"]), at, row["times"]))
    return [Poll(at, row["listed"])]


def _table(connection: Connection, found: list[RankHistory], end: datetime | None) -> list[Ranked]:
    asked = orjson.dumps([course.article_id for course in found]).decode()
    titles: dict[str, str] = dict(map(tuple, connection.execute(_TITLES, (asked,))))
    return [
        Ranked(
            number=number,
            id=course.article_id,
            title=titles.get(course.article_id, ""),
            rank=course.rank_at(end) if end else None,
            best=course.best,
            begin=minute(course.stays[0].begin)[11:],
            end=_until(course.stays[-1].end),
        )
        for number, course in enumerate(found, 1)
    ]


def _until(moment: datetime) -> str:
    """A time of the day; its end is none of the next."""
    return {"00:00": "24:00"}.get(clock := minute(moment)[11:], clock)


def _last_look(archive: Archive) -> datetime | None:
    connection = archive.database.connection
    found = [
        next(readable_rows(connection.execute(query, (SOURCE,)), table, "source", _moment, archive.pass_over), None)
        for table, query in (("sightings", _LAST_SIGHTING), ("polls", _LAST_POLL))
    ]
    return max(filter(None, found), default=None)


def _moment(row: Row) -> datetime:
    return read_moment(row["at"])


_LAST_SIGHTING: Final = """
    SELECT source, seen_at AS at FROM sightings WHERE source = ? AND rank IS NOT NULL ORDER BY seen_at DESC
"""
_LAST_POLL: Final = "SELECT source, polled_at AS at FROM polls WHERE source = ? ORDER BY polled_at DESC"
# Whoever stood at a rank before that time may stand there still, however long ago that was noted; of each article
# only what was noted since then matters.
_SEEN: Final = """
    WITH near AS (
        SELECT article_id, :since AS since FROM sightings
        WHERE source = :source AND rank IN (SELECT value FROM json_each(:ranks)) AND seen_at BETWEEN :since AND :until
        UNION
        SELECT article_id, seen_at FROM sightings WHERE rowid IN (
            SELECT (
                SELECT rowid FROM sightings WHERE source = :source AND rank = value AND seen_at < :since
                ORDER BY seen_at DESC, rowid DESC LIMIT 1
            ) FROM json_each(:ranks)
        )
    )
    SELECT article_id, rank, seen_at FROM sightings WHERE rowid IN (
        SELECT seen.rowid FROM near CROSS JOIN sightings AS seen USING (article_id)
        WHERE seen.source = :source AND seen.rank IS NOT NULL AND seen.seen_at BETWEEN near.since AND :until
    )
    ORDER BY seen_at, rowid LIMIT 20000
"""
_POLLS: Final = """
    SELECT source, polled_at, first_at, times, listed FROM polls WHERE source = ? AND polled_at BETWEEN ? AND ?
    ORDER BY polled_at
"""
_TITLES: Final = """
    SELECT id, title FROM articles WHERE id IN (SELECT value FROM json_each(?)) AND status <> 'taken_down'
"""
