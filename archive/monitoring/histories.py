"""The histories that `archive.monitoring.expectation` judges by, as the database keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from math import sqrt
from sqlite3 import Row
from typing import Final

import orjson

from archive.monitoring.expectation import (
    HISTORY,
    History,
    Hour,
    Polled,
    Shares,
    Surprise,
    surprises_of_lists,
    surprises_of_pages,
)
from archive.record import stamp
from archive.store import Archive

_MOST_RUNS: Final = 1500


def surprises(archive: Archive, run: int, coverage: Mapping[str, Shares], floor: int, now: datetime) -> list[Surprise]:
    """What is surprising about a run: about the polls that it noted, and what its pages stated, by layout."""
    polls = [_polled(archive, row) for row in archive.database.connection.execute(_POLLS, (run,)).fetchall()]
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
    since = stamp(datetime.fromisoformat(row["polled_at"]) - HISTORY)
    values = {"source": row["source"], "since": since, "id": row["id"]}
    before, fresh = archive.database.connection.execute(_BEFORE, values).fetchone()
    return Polled(
        source=row["source"],
        at=datetime.fromisoformat(row["polled_at"]),
        pages=row["pages"],
        listed=row["listed"],
        fresh=row["fresh"],
        before=datetime.fromisoformat(before) if before and row["overlapped"] is not None else None,
        last_fresh=datetime.fromisoformat(fresh) if fresh and row["overlapped"] is not None else None,
    )


def _history(archive: Archive, run: int, source: str, now: datetime) -> History:
    rows = archive.database.connection.execute(_HOURS, (source, stamp(now - HISTORY), run))
    return History(map(_hour, rows))


def _hour(row: Row) -> Hour:
    spread = sqrt(max(0.0, row["squares"] - row["listed"] ** 2))
    start = datetime.fromisoformat(f"{row['hour']}:00:00+00:00")
    return Hour(start, row["pages"], row["listed"], spread, row["fresh"])


def _earlier(archive: Archive, run: int, layout: str, now: datetime) -> list[Shares]:
    rows = archive.database.connection.execute(_COVERAGE, (layout, stamp(now - HISTORY), run, _MOST_RUNS))
    return [{name: (yes, asked) for name, (yes, asked) in orjson.loads(row[0]).items()} for row in rows]


_POLLS: Final = "SELECT * FROM polls WHERE run_id = ? ORDER BY id"
_BEFORE: Final = """
    SELECT max(polled_at), max(iif(fresh > 0, polled_at, NULL)) FROM polls
    WHERE source = :source AND polled_at >= :since AND id < :id
"""
# The first poll of a source finds everything fresh; it says nothing about the pace.
_HOURS: Final = """
    SELECT substr(polled_at, 1, 13) AS hour, avg(pages) AS pages, avg(listed) AS listed,
        avg(listed * listed) AS squares, total(iif(overlapped IS NULL, 0, fresh)) AS fresh
    FROM polls WHERE source = ? AND polled_at >= ? AND run_id IS NOT ? GROUP BY 1
"""
_COVERAGE: Final = """
    SELECT fields FROM coverage WHERE layout = ? AND read_at >= ? AND run_id IS NOT ? ORDER BY read_at DESC LIMIT ?
"""
_ADD_COVERAGE: Final = "INSERT INTO coverage (run_id, layout, read_at, pages, fields) VALUES (?, ?, ?, ?, ?)"
