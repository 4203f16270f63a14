"""A year must cost no more than a month: of days long ago, a source's polls become one row, in time, and a job's runs;
so many rows as there were stretches without an outage.

Nothing that is judged by is lost: gaps have rows of their own, a poll that did not reach the one before it stays as
it is (and so does a row that cannot be read), expectations look back over less time than rows are kept whole, and a
source that fell silent keeps the polls that tell its pace until it speaks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from sqlite3 import Connection, Row
from typing import Any, Final

import orjson

from archive.article.timestamps import stamp
from archive.database.row_readers import (
    at_least,
    each_row,
    has_a_day,
    moment_text,
    moment_text_or_none,
    readable_rows,
    values_of,
)
from archive.errors import UnreadableRow
from archive.monitoring.baselines import OF_COVERAGE
from archive.monitoring.expected_yield import HISTORY
from archive.monitoring.poll_times import stretches
from archive.monitoring.polls import PACE_OVER
from archive.monitoring.run_retention import OLDEST_RUN, Day, thin_runs
from archive.store import Archive

Poll = dict[str, Any]
"""The columns of a row of ``polls``."""

KEPT_WHOLE: Final = HISTORY + timedelta(days=7)
"""So long each poll and each run has a row of its own."""


def thin(archive: Archive, now: datetime) -> int:
    """Thin the oldest day that is due of polls, of coverage and of runs, where there is one; how many rows went.

    One day at a time: a run that finds a year of them does not wait for all, the runs after it do the others.
    """
    until = stamp(now - KEPT_WHOLE)[:10]
    return sum(_thin_oldest(archive, query, until, by) for query, by in _KINDS.items())


def _thin_oldest(archive: Archive, query: str, until: str, thin_day: Callable[[Connection, Day], int]) -> int:
    if _oldest(archive.database.connection, query, until) is None:
        return 0
    with archive.transaction() as connection:  # Another process may have been faster.
        day = _oldest(connection, query, until)
        return thin_day(connection, day) if day else 0


def _oldest(connection: Connection, query: str, until: str) -> Day | None:
    """The day, as the bounds of what is to be thinned."""
    row = connection.execute(query, (until,)).fetchone()
    if row is None:
        return None
    day = date.fromisoformat(row[0][:10])
    return {"first": day.isoformat(), "after": (day + timedelta(days=1)).isoformat()}


def _thin_polls(connection: Connection, day: Day) -> int:
    """A row ends where nobody looked for long: that is told of old days, too."""
    unreadable = list[UnreadableRow]()
    rows = list(readable_rows(each_row(connection, _POLLS, day), "polls", "id", _poll, unreadable.append))
    connection.executemany(_KEEP_POLL, ((int(error.key),) for error in unreadable))
    connection.execute(_KEEP_BROKEN, day)
    joined = {row["id"] for row in connection.execute(_TO_BE_JOINED, day)}
    dropped = connection.execute(_DROP_POLLS, day).rowcount
    alike = [same for _, polls in groupby(rows, key=itemgetter("source")) for same in _alike(list(polls), joined)]
    connection.executemany(_ADD_POLLS, map(_joined_polls, alike))
    return dropped - len(alike)


def _poll(row: Row) -> Poll:
    read = {"polled_at": moment_text, "newest_at": moment_text_or_none, "oldest_at": moment_text_or_none}
    return values_of("polls", "id", row, read)


def _alike(polls: list[Poll], joined: Set[int]) -> Iterator[list[Poll]]:
    """One source's polls that a row may stand for: without an outage between them, and reaching each other alike."""
    for stretch in stretches([datetime.fromisoformat(row["polled_at"]) for row in polls]):
        for overlapped in (1, None):
            alike = (row for row in polls[stretch] if row["overlapped"] == overlapped)
            if same := [row for row in alike if row["id"] in joined]:
                yield same


def _joined_polls(polls: list[Poll]) -> tuple[object, ...]:
    first, last = polls[0], polls[-1]
    sums = [sum(row[name] for row in polls) for name in ("pages", "listed", "fresh", "times")]
    newest = max((row["newest_at"] for row in polls if row["newest_at"]), default=None)
    oldest = min((row["oldest_at"] for row in polls if row["oldest_at"]), default=None)
    run = max((row["run_id"] for row in polls if row["run_id"] is not None), default=None)
    return (run, last["source"], last["polled_at"], *sums, last["overlapped"], newest, oldest, first["polled_at"])


def _thin_coverage(connection: Connection, day: Day) -> int:
    unreadable = list[UnreadableRow]()
    found = each_row(connection, _COVERAGE, day)
    rows = list(readable_rows(found, "coverage", "id", _coverage, unreadable.append))
    connection.executemany(_KEEP_UNREADABLE, ((int(error.key),) for error in unreadable))
    connection.execute(_DROP_COVERAGE, day)
    layouts = sorted({row["layout"] for row in rows})
    for layout in layouts:
        same = [row for row in rows if row["layout"] == layout]
        moments = [row["read_at"] for row in same]
        fields = orjson.dumps(_summed(same)).decode()
        values = (same[-1]["run_id"], layout, max(moments), sum(row["pages"] for row in same), fields)
        connection.execute(_ADD_COVERAGE, (*values, len(same), min(moments)))
    return len(rows) - len(layouts)


def _coverage(row: Row) -> dict[str, Any]:
    return values_of("coverage", "id", row, {**OF_COVERAGE, "read_at": moment_text, "pages": at_least(0)})


def _summed(rows: Iterable[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    sums: dict[str, tuple[int, int]] = {}
    for row in rows:
        for name, (yes, asked) in row["fields"].items():
            before = sums.get(name, (0, 0))
            sums[name] = (before[0] + yes, before[1] + asked)
    return sums


_PACE_IS_TOLD: Final = f"""
    first_at IS NULL AND polled_at < (
        SELECT date(max(later.polled_at), '-{PACE_OVER.days} days') FROM polls AS later
        WHERE later.source = polls.source
    )
"""  # noqa: S608
_OF_THE_DAY: Final = f"{_PACE_IS_TOLD} AND polled_at >= :first AND polled_at < :after"
_READ_THEN: Final = "first_at IS NULL AND read_at >= :first AND read_at < :after"
# Constants of this module, and nothing else, become part of a query.
_OLDEST_POLL: Final = f"""
    SELECT polled_at FROM polls WHERE {_PACE_IS_TOLD} AND polled_at < ? AND {has_a_day("polled_at")}
    ORDER BY polled_at LIMIT 1
"""  # noqa: S608
_OLDEST_COVERAGE: Final = f"""
    SELECT read_at FROM coverage WHERE first_at IS NULL AND read_at < ? AND {has_a_day("read_at")}
    ORDER BY read_at LIMIT 1
"""  # noqa: S608
# Also those with numbers that cannot be summed.
_KEEP_BROKEN: Final = f"""
    UPDATE polls SET first_at = polled_at
    WHERE {_OF_THE_DAY} AND (
        overlapped <> 1 OR times NOT BETWEEN 1 AND 1e9 OR pages NOT BETWEEN 0 AND 1e9
        OR listed NOT BETWEEN 0 AND 1e9 OR fresh NOT BETWEEN 0 AND 1e9
    )
"""  # noqa: S608
_KEEP_UNREADABLE: Final = "UPDATE coverage SET first_at = read_at WHERE id = ?"
_KEEP_POLL: Final = "UPDATE polls SET first_at = polled_at WHERE id = ?"
_POLLS: Final = f"SELECT * FROM polls WHERE {_OF_THE_DAY} ORDER BY source, polled_at, id"  # noqa: S608
_TO_BE_JOINED: Final = f"SELECT id FROM polls WHERE {_OF_THE_DAY}"  # noqa: S608
_ADD_POLLS: Final = """
    INSERT INTO polls
        (run_id, source, polled_at, pages, listed, fresh, times, overlapped, newest_at, oldest_at, first_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_DROP_POLLS: Final = f"DELETE FROM polls WHERE {_OF_THE_DAY}"  # noqa: S608
_COVERAGE: Final = f"SELECT * FROM coverage WHERE {_READ_THEN} ORDER BY id"  # noqa: S608
_DROP_COVERAGE: Final = f"DELETE FROM coverage WHERE {_READ_THEN}"  # noqa: S608
_ADD_COVERAGE: Final = """
    INSERT INTO coverage (run_id, layout, read_at, pages, fields, times, first_at) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_KINDS: Final[dict[str, Callable[[Connection, Day], int]]] = {
    _OLDEST_POLL: _thin_polls,
    _OLDEST_COVERAGE: _thin_coverage,
    OLDEST_RUN: thin_runs,
}
"""The query for the oldest moment that is to be thinned, and what thins its day."""
