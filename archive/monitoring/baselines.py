"""The histories that `archive.monitoring.expected_yield` judges by, as the database keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from math import sqrt
from sqlite3 import Row
from typing import Final

import orjson

from archive.article.timestamps import stamp
from archive.database.row_readers import Readers, at_least, each_row, read_moment, readable_rows
from archive.monitoring.expected_yield import (
    HISTORY,
    History,
    Hour,
    Polled,
    Shares,
    Surprise,
    surprises_of_lists,
    surprises_of_pages,
)
from archive.store import Archive

_MOST_RUNS: Final = 1500


def surprises(archive: Archive, run: int, coverage: Mapping[str, Shares], floor: int, now: datetime) -> list[Surprise]:
    """What is surprising about a run: about the polls that it noted, and what its pages stated, by layout."""
    rows = list(each_row(archive.database.connection, _POLLS, (run,)))
    polls = list(readable_rows(rows, "polls", "source", lambda row: _polled(archive, row), archive.pass_over))
    histories = {poll.source: _history(archive, run, poll.source, now) for poll in polls}
    found = surprises_of_lists(polls, histories, floor)
    for layout, shares in coverage.items():
        found += surprises_of_pages(layout, shares, _earlier(archive, run, layout, now))
    return found


def note_coverage(archive: Archive, run: int, coverage: Mapping[str, Shares], pages: Mapping[str, int]) -> None:
    """Write down what the pages of a run stated, by layout."""
    moment = stamp(datetime.now(UTC))
    rows = [(run, layout, moment, pages[layout], orjson.dumps(shares).decode()) for layout, shares in coverage.items()]
    if rows:
        with archive.transaction() as connection:
            connection.executemany(_ADD_COVERAGE, rows)


def _polled(archive: Archive, row: Row) -> Polled:
    at = read_moment(row["polled_at"])
    since = stamp(at - HISTORY)
    values = {"source": row["source"], "since": since, "id": row["id"]}
    before, fresh = archive.database.connection.execute(_BEFORE, values).fetchone()
    return Polled(
        source=row["source"],
        at=at,
        pages=row["pages"],
        listed=row["listed"],
        fresh=row["fresh"],
        before=read_moment(before) if before and row["overlapped"] is not None else None,
        last_fresh=read_moment(fresh) if fresh and row["overlapped"] is not None else None,
    )


def _history(archive: Archive, run: int, source: str, now: datetime) -> History:
    rows = each_row(archive.database.connection, _HOURS, (source, stamp(now - HISTORY), run))
    return History(readable_rows(rows, "polls", "hour", _hour, archive.pass_over))


def _hour(row: Row) -> Hour:
    spread = sqrt(max(0.0, row["squares"] - row["listed"] ** 2))
    start = read_moment(f"{row['hour']}:00:00+00:00")
    return Hour(start, row["pages"], row["listed"], spread, row["fresh"])


def _earlier(archive: Archive, run: int, layout: str, now: datetime) -> list[Shares]:
    rows = each_row(archive.database.connection, _COVERAGE, (layout, stamp(now - HISTORY), run, _MOST_RUNS))
    return list(readable_rows(rows, "coverage", "layout", _stated, archive.pass_over))


def _stated(row: Row) -> Shares:
    return _shares(row["fields"])


def _shares(text: str) -> Shares:
    found = orjson.loads(text).items()
    return {name: (at_least(0)(yes), at_least(0)(asked)) for name, (yes, asked) in found}


OF_COVERAGE: Final[Readers] = {"read_at": read_moment, "fields": _shares}


_POLLS: Final = "SELECT * FROM polls WHERE run_id = ? ORDER BY id"
_BEFORE: Final = """
    SELECT max(polled_at), max(iif(fresh > 0, polled_at, NULL)) FROM polls
    WHERE source = :source AND polled_at >= :since AND id < :id
"""
# The first poll of a source finds everything fresh; it says nothing about the pace.
_HOURS: Final = """
    SELECT substr(polled_at, 1, 13) AS hour, avg(pages) AS pages, avg(listed) AS listed,
        avg(listed * listed) AS squares, total(iif(overlapped IS NULL, 0, fresh)) AS fresh
    FROM polls WHERE source = ? AND polled_at >= ? AND run_id IS NOT ? GROUP BY 1 ORDER BY 1
"""
_COVERAGE: Final = """
    SELECT layout, fields FROM coverage WHERE layout = ? AND read_at >= ? AND run_id IS NOT ?
    ORDER BY read_at DESC LIMIT ?
"""
_ADD_COVERAGE: Final = "INSERT INTO coverage (run_id, layout, read_at, pages, fields) VALUES (?, ?, ?, ?, ?)"
