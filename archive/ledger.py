"""The ledger of due times: each one has exactly one row, whoever was there to see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Connection, Row
from typing import Final

import orjson

from archive.record import stamp
from archive.store import Archive

WAITING, RUNNING, RAN, COALESCED, SKIPPED, MISSED = "waiting", "running", "ran", "coalesced", "skipped", "missed"
"""What becomes of a due time: to be run yet, under way; run, merged into a later one, left out, nobody there."""


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


@dataclass(frozen=True, slots=True)
class Watched:
    """Since when the due times of a time-table count, and up to where each has its row."""

    timetable: str
    since: datetime
    settled_until: datetime


class Ledger:
    """The due times of an archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._connection = archive.database.connection

    def transaction(self) -> AbstractContextManager[Connection]:
        """All or nothing. After a power cut the last ones may be undone, and are then settled again."""
        return self._archive.database.light_transaction()

    def watched(self, job: str) -> Watched | None:
        """The job's time-table as it was last seen."""
        row = self._connection.execute("SELECT * FROM timetables WHERE job = ?", (job,)).fetchone()
        if row is None:
            return None
        return Watched(row["timetable"], _moment(row["since"]), _moment(row["settled_until"]))

    def watch(self, job: str, timetable: str, since: datetime) -> None:
        """From ``since`` on the due times of this time-table count; what waited under another one is skipped."""
        with self.transaction() as connection:
            connection.execute(_WATCH, (job, timetable, stamp(since), stamp(since)))
            connection.execute(_DROP_WAITING, ("the time-table was changed", stamp(since), job))

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
        return self._read("job = ? AND state IN ('waiting', 'running') ORDER BY due_at", (job,))

    def rows(self, job: str, after: datetime, until: datetime) -> dict[datetime, DueTime]:
        """The rows of a job with due times in ``(after, until]``."""
        found = self._read("job = ? AND due_at > ? AND due_at <= ? ORDER BY due_at", (job, stamp(after), stamp(until)))
        return {row.due_at: row for row in found}

    def history(self, job: str | None = None, limit: int | None = None) -> list[dict[str, object]]:
        """Due times with their runs, and runs without a due time (by hand), newest first."""
        return [
            dict(row)
            for row in self._connection.execute(_HISTORY, {"job": job, "limit": -1 if limit is None else limit})
        ]

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

    def _read(self, condition: str, values: tuple[object, ...]) -> list[DueTime]:
        query = f"SELECT * FROM due_times WHERE {condition}"  # noqa: S608  # The conditions are the constants above.
        return [_due_time(row) for row in self._connection.execute(query, values)]


def _due_time(row: Row) -> DueTime:
    facts = dict(row)
    for name in ("due_at", "settled_at"):
        facts[name] = _moment(facts[name])
    return DueTime(**facts)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


_WATCH: Final = """
    INSERT INTO timetables (job, timetable, since, settled_until) VALUES (?, ?, ?, ?)
    ON CONFLICT (job) DO UPDATE SET
        timetable = excluded.timetable, since = excluded.since, settled_until = excluded.settled_until
"""
_DROP_WAITING: Final = (
    "UPDATE due_times SET state = 'skipped', reason = ?, settled_at = ? WHERE job = ? AND state = 'waiting'"
)
_WRITE: Final = """
    INSERT INTO due_times (job, due_at, state, reason, run_id, attempts, settled_at) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (job, due_at) DO UPDATE SET
        state = excluded.state, reason = excluded.reason, run_id = excluded.run_id,
        attempts = excluded.attempts, settled_at = excluded.settled_at
"""
_AMEND_RUN: Final = """
    UPDATE runs SET ended_at = ?, verdict = ?, exit_code = ?, counts = coalesce(?, counts), because = ? WHERE id = ?
"""
_HISTORY: Final = """
    SELECT * FROM (
    SELECT due_times.job, due_times.due_at, due_times.state, due_times.reason, due_times.attempts,
        runs.started_at, runs.ended_at, runs.verdict, runs.exit_code
    FROM due_times LEFT JOIN runs ON runs.id = due_times.run_id
    WHERE :job IS NULL OR due_times.job = :job
    UNION ALL
    SELECT runs.job, NULL, iif(runs.ended_at IS NULL, 'running', 'ran'), 'by hand', 1,
        runs.started_at, runs.ended_at, runs.verdict, runs.exit_code
    FROM runs JOIN timetables ON timetables.job = runs.job
    WHERE runs.due_at IS NULL AND (:job IS NULL OR runs.job = :job)
    ) ORDER BY coalesce(due_at, started_at) DESC, job LIMIT :limit
"""
