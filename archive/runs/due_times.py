"""The ledger of due times: each one has exactly one row, whoever was there to see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from sqlite3 import Connection, Row
from typing import Final

import orjson

from archive.article.timestamps import stamp
from archive.database.row_readers import (
    Readers,
    at_least,
    each_row,
    moment_text_or_none,
    read_moment,
    read_moment_or_none,
    readable_rows,
    utf8_text,
    values_of,
)
from archive.store import Archive

WAITING, RUNNING, RAN, COALESCED, SKIPPED, MISSED = "waiting", "running", "ran", "coalesced", "skipped", "missed"
"""What becomes of a due time: to be run yet, under way; run, merged into a later one, left out, nobody there."""

GONE: Final = "gone"
"""Stands for the time-table of a job that is named no more."""


@dataclass(frozen=True, slots=True)
class DueTime:
    """A due time of a job and what became of it. Moments are aware."""

    job: str
    due_at: datetime
    state: str
    reason: str = ""
    run_id: int | None = None
    attempts: int = 0
    settled_at: datetime | None = None
    times: int = 1
    """So many due times the row stands for; see ``archive.monitoring.retention``."""
    first_at: datetime | None = None
    """The first of them."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """Since when the due times of a time-table count, and up to where each has its row."""

    timetable: str
    since: datetime
    settled_until: datetime
    jitter: timedelta
    """Starts are spread over so long after a due time."""
    command: str
    """What the job calls, without its words: those may hold secrets."""


class DueTimes:
    """The due times of an archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._connection = archive.database.connection

    def transaction(self) -> AbstractContextManager[Connection]:
        """All or nothing. After a power cut the last ones may be undone, and are then settled again."""
        return self._archive.database.light_transaction()

    def watched(self, job: str) -> Timetable | None:
        """The job's time-table as it was last seen."""
        rows = each_row(self._connection, "SELECT * FROM timetables WHERE job = ? ORDER BY job", (job,))
        return next(readable_rows(rows, "timetables", "job", _watched, self._archive.pass_over), None)

    def watch(
        self, job: str, timetable: str, since: datetime, *, jitter: timedelta = timedelta(), command: str = ""
    ) -> None:
        """From ``since`` on the due times of this time-table count; what waited under another one is skipped."""
        with self.transaction() as connection:
            connection.execute(_WATCH, (job, timetable, stamp(since), stamp(since)))
            connection.execute(_DROP_WAITING, ("the time-table was changed", stamp(since), job))
            self.describe(job, jitter, command)

    def describe(self, job: str, jitter: timedelta, command: str) -> None:
        """Note what whoever has no time-table must know to judge how the job stands."""
        with self.transaction() as connection:
            connection.execute(_DESCRIBE, (int(jitter.total_seconds()), command, job))

    def named(self) -> dict[str, str | None]:
        """The jobs that a time-table names, and the mark of the one that did last (None: that was never noted)."""
        return dict(self._connection.execute("SELECT job, named_by FROM timetables WHERE timetable <> ?", (GONE,)))

    def name(self, jobs: Iterable[str], mark: str) -> None:
        """Note that a time-table names these jobs."""
        with self.transaction() as connection:
            values = [(mark, job) for job in jobs]
            connection.executemany("UPDATE timetables SET named_by = ? WHERE job = ?", values)

    def leave(self, job: str, now: datetime) -> None:
        """The job is named no more: nothing of it waits any longer."""
        left = [replace(row, state=SKIPPED, reason="the time-table no longer names it") for row in self.open_rows(job)]
        with self.transaction() as connection:
            self.write(left, now)
            connection.execute(_LEAVE, (GONE, stamp(now), job))

    def settled_until(self, job: str, moment: datetime) -> None:
        """Every due time up to here has its row."""
        with self.transaction() as connection:
            connection.execute("UPDATE timetables SET settled_until = ? WHERE job = ?", (stamp(moment), job))

    def write(self, rows: Iterable[DueTime], now: datetime) -> None:
        """Write what becomes of due times, over what was written before."""
        values = [
            (row.job, stamp(row.due_at), row.state, row.reason, row.run_id, row.attempts, stamp(now)) for row in rows
        ]
        if values:
            with self.transaction() as connection:
                connection.executemany(_WRITE, values)

    def open_rows(self, job: str) -> list[DueTime]:
        """What is waiting or running, oldest first."""
        return self._read(OPEN_ROWS, (job,))

    def rows(self, job: str, after: datetime, until: datetime) -> dict[datetime, DueTime]:
        """The rows of a job with due times in ``(after, until]``."""
        return {row.due_at: row for row in self._read(_ROWS, (job, stamp(after), stamp(until)))}

    def _read(self, query: str, values: tuple[object, ...]) -> list[DueTime]:
        rows = each_row(self._connection, query, values)
        return list(readable_rows(rows, "due_times", "job", due_time_from, self._archive.pass_over))

    def jobs(self) -> list[str]:
        """The jobs that were ever due at times, by name."""
        queries = (jobs_in("due_times"), "SELECT job FROM timetables ORDER BY job")
        rows = (row for query in queries for row in each_row(self._connection, query))
        return sorted({*readable_rows(rows, "timetables", "job", _job, self._archive.pass_over)})

    def history(self, job: str | None = None, limit: int | None = None) -> list[dict[str, object]]:
        """Due times with their runs, and runs without a due time (by hand), newest first.

        Read in the order of the indexes, and no further than is wanted.
        """
        names = self.jobs() if job is None else [job]
        rows = (each_row(self._connection, query, (name,)) for name in names for query in (_HISTORY, _BY_HAND))
        sound = [readable_rows(each, "due_times", "job", _history_of, self._archive.pass_over) for each in rows]
        newest_first = merge(*sound, key=lambda row: str(row["due_at"] or row["started_at"]), reverse=True)
        return list(islice(newest_first, limit))

    def end_run(
        self, run_id: int, verdict: str, exit_code: int, counts: Mapping[str, int], now: datetime, because: str = ""
    ) -> None:
        """Note how a run ended, in ``runs``, over what the command itself noted there; its counts stay if we have none.

        Who watched it knows better: that it was ended by a signal, or by its limit.
        """
        self._archive.finish_run(run_id, verdict, exit_code, counts, ended_at=now, because=because)
        with self.transaction() as connection:
            told = orjson.dumps(dict(counts)).decode() if counts else None
            connection.execute(_AMEND_RUN, (stamp(now), verdict, int(exit_code), told, because, run_id))

    def bury_run(self, run_id: int, verdict: str, exit_code: int, now: datetime, because: str) -> None:
        """Note that nobody saw a run end, unless the command itself noted how it did."""
        self._archive.finish_run(run_id, verdict, exit_code, {}, ended_at=now, because=because)

    def start_run(self, job: str, due_at: datetime | None, now: datetime) -> int:
        """Note in ``runs`` that a run began."""
        return self._archive.start_run(job, started_at=now, due_at=due_at)


def jobs_in(table: str) -> str:
    """The query for the jobs that a table has rows of: from one to the next by its index, not row by row."""
    return f"""
        WITH RECURSIVE jobs (job) AS (
            SELECT min(job) FROM {table}
            UNION ALL SELECT (SELECT min(job) FROM {table} WHERE job > jobs.job) FROM jobs WHERE job IS NOT NULL
        )
        SELECT job FROM jobs WHERE job IS NOT NULL
    """  # noqa: S608  (a table of ours)


def due_time_from(row: Row) -> DueTime:
    """The due time of a row. Raises ``UnreadableRow``."""
    return DueTime(**values_of("due_times", "job", row, OF_DUE_TIMES))


def _job(row: Row) -> str:
    return str(utf8_text(row["job"]))


def _watched(row: Row) -> Timetable:
    values = values_of("timetables", "job", row, OF_TIMETABLES)
    jitter = timedelta(seconds=values["jitter"])
    return Timetable(values["timetable"], values["since"], values["settled_until"], jitter, values["command"])


def _history_of(row: Row) -> dict[str, object]:
    return values_of("due_times", "job", row, dict.fromkeys(_TIMES_OF_HISTORY, moment_text_or_none))


OF_DUE_TIMES: Final[Readers] = {
    "due_at": read_moment,
    "settled_at": read_moment,
    "first_at": read_moment_or_none,
    "attempts": at_least(0),
    "times": at_least(1),
}
OF_TIMETABLES: Final[Readers] = {"since": read_moment, "settled_until": read_moment}
_TIMES_OF_HISTORY: Final = ("due_at", "started_at", "ended_at", "first_at")


_WATCH: Final = """
    INSERT INTO timetables (job, timetable, since, settled_until) VALUES (?, ?, ?, ?)
    ON CONFLICT (job) DO UPDATE SET
        timetable = excluded.timetable, since = excluded.since, settled_until = excluded.settled_until
"""
_DESCRIBE: Final = "UPDATE timetables SET jitter = ?, command = ? WHERE job = ?"
_DROP_WAITING: Final = (
    "UPDATE due_times SET state = 'skipped', reason = ?, settled_at = ? WHERE job = ? AND state = 'waiting'"
)
_LEAVE: Final = "UPDATE timetables SET timetable = ?, settled_until = ? WHERE job = ?"
_WRITE: Final = """
    INSERT INTO due_times (job, due_at, state, reason, run_id, attempts, settled_at) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (job, due_at) DO UPDATE SET
        state = excluded.state, reason = excluded.reason, run_id = excluded.run_id,
        attempts = excluded.attempts, settled_at = excluded.settled_at
"""
_AMEND_RUN: Final = """
    UPDATE runs SET ended_at = ?, verdict = ?, exit_code = ?, counts = coalesce(?, counts), because = ? WHERE id = ?
"""
# Without statistics SQLite takes the primary key to be as good, and looks at every row that the job ever had.
OPEN_ROWS: Final = """
    SELECT * FROM due_times INDEXED BY due_times_open
    WHERE job = ? AND state IN ('waiting', 'running') ORDER BY due_at
"""
"""What is waiting or running of a job, oldest first."""
_ROWS: Final = "SELECT * FROM due_times WHERE job = ? AND due_at > ? AND due_at <= ? ORDER BY due_at"
_HISTORY: Final = """
    SELECT due_times.job, due_times.due_at, due_times.state, due_times.reason, due_times.attempts,
        runs.started_at, runs.ended_at, runs.verdict, runs.exit_code, due_times.times, due_times.first_at
    FROM due_times LEFT JOIN runs ON runs.id = due_times.run_id
    WHERE due_times.job = ? ORDER BY due_times.due_at DESC
"""
_BY_HAND: Final = """
    SELECT runs.job, NULL AS due_at, iif(runs.ended_at IS NULL, 'running', 'ran') AS state, 'by hand' AS reason,
        1 AS attempts, runs.started_at, runs.ended_at, runs.verdict, runs.exit_code, runs.times, runs.first_at
    FROM timetables JOIN runs INDEXED BY runs_by_hand ON runs.job = timetables.job
    WHERE timetables.job = ? AND runs.due_at IS NULL ORDER BY runs.started_at DESC
"""
