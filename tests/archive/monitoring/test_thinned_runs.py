"""Old runs that went well become a row for each job and day; everything else, and every sum, stays."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from archive.article.timestamps import stamp
from archive.monitoring import run_retention as thinned_runs
from archive.monitoring.retention import KEPT_WHOLE, thin
from archive.monitoring.status import read_status
from archive.runs.due_times import COALESCED, MISSED, RAN, DueTime, DueTimes
from archive.store import Archive
from archive.verify.verify import verify

NOW = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)
FIRST = NOW - timedelta(days=45)
HOUR = timedelta(hours=1)
WELL, AGAIN, BY_HAND = "well", "again", "by hand"


def fates() -> Iterator[tuple[datetime, str]]:
    """A due time every hour, and what became of it: mostly it was run, and all went well."""
    odd = {5: MISSED, 11: COALESCED, 17: "failed", 29: AGAIN, 41: BY_HAND}
    for number in range(45 * 24):
        yield FIRST + number * HOUR, odd.get(number % 48, WELL)


def fill(archive: Archive, job: str = "hot") -> None:
    """The runs and due times of 45 days, and a poll by each run."""
    ledger = DueTimes(archive)
    ledger.watch(job, "every 1h", FIRST)
    with archive.transaction():
        for due, fate in fates():
            if fate in (MISSED, COALESCED):
                ledger.write([DueTime(job, due, fate, "a reason")], due)
                continue
            run = ledger.start_run(job, None if fate == BY_HAND else due, due)
            bad = fate == "failed"
            verdict, code = ("failed", 15) if bad else ("ok", 0)
            ledger.end_run(run, verdict, code, {"listed": 7, "new": due.hour}, due + timedelta(minutes=2), "it went so")
            if fate != BY_HAND:
                ledger.write([DueTime(job, due, RAN, run_id=run, attempts=1 + (fate == AGAIN))], due)
            archive.database.connection.execute(_POLL, (run, stamp(due)))


_POLL = """
    INSERT INTO polls (run_id, source, polled_at, pages, listed, fresh, overlapped) VALUES (?, 'hot', ?, 1, 7, 0, 1)
"""


def thin_all(archive: Archive) -> None:
    while thin(archive, NOW):
        pass


def rows(archive: Archive, query: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in archive.database.connection.execute(query)]


SUMS = (
    """
    SELECT job, due_at IS NULL, verdict, sum(times), sum(json_extract(counts, '$.listed')),
        sum(json_extract(counts, '$.new')), min(coalesce(first_at, started_at)), max(started_at), max(ended_at)
    FROM runs GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """,
    """
    SELECT job, state, sum(times), sum(attempts), min(coalesce(first_at, due_at)), max(due_at)
    FROM due_times GROUP BY 1, 2 ORDER BY 1, 2
    """,
)
ODD = (
    "SELECT * FROM runs WHERE verdict <> 'ok' ORDER BY id",
    "SELECT * FROM due_times WHERE state <> 'ran' OR attempts > 1 AND times = 1 ORDER BY due_at",
    "SELECT runs.* FROM due_times JOIN runs ON run_id = runs.id WHERE attempts > 1 AND due_times.times = 1",
)
RECENT = (
    "SELECT * FROM runs WHERE started_at >= '2026-10-23' ORDER BY id",
    "SELECT * FROM due_times WHERE due_at >= '2026-10-23' ORDER BY due_at",
)


def test_every_sum_stays_and_whatever_did_not_simply_run_well(archive: Archive) -> None:
    fill(archive)
    fill(archive, "channels")
    before = [rows(archive, query) for query in SUMS + ODD + RECENT]
    assert all(before)
    stats = archive.stats()
    thin_all(archive)
    assert [rows(archive, query) for query in SUMS + ODD + RECENT] == before
    assert archive.stats() == stats
    assert list(verify(archive.data)) == []


def test_one_row_stays_for_each_job_and_day(archive: Archive) -> None:
    fill(archive)
    thin_all(archive)
    assert stamp(NOW - KEPT_WHOLE)[:10] == "2026-10-22"
    days = rows(archive, "SELECT substr(due_at, 1, 10), times FROM due_times WHERE first_at IS NOT NULL")
    assert len(days) == len(set(days)) == 10
    runs = rows(archive, "SELECT DISTINCT substr(started_at, 1, 10) FROM runs WHERE times > 1 AND due_at IS NOT NULL")
    assert len(runs) == 10
    left = "runs.first_at IS NULL AND verdict = 'ok' AND started_at < '2026-10-22'"
    attempts = f"SELECT DISTINCT attempts FROM due_times JOIN runs ON run_id = runs.id WHERE {left}"
    assert rows(archive, attempts) == [(2,)]


def test_what_names_a_run_names_the_one_that_stands_for_it(archive: Archive) -> None:
    fill(archive)
    with archive.transaction() as connection:
        connection.execute("UPDATE polls SET first_at = polled_at")  # Polls are thinned already, for this test.
    named = "SELECT polled_at, substr(started_at, 1, 10), due_at IS NULL FROM polls JOIN runs ON runs.id = run_id"
    before = rows(archive, named)
    thin_all(archive)
    assert rows(archive, named) == before


def test_the_newest_run_of_a_job_stays_whole_however_old(archive: Archive) -> None:
    fill(archive)
    with archive.transaction() as connection:
        connection.execute("DELETE FROM due_times WHERE due_at > '2026-10-15T12'")
        connection.execute("DELETE FROM polls")
        connection.execute("DELETE FROM runs WHERE started_at > '2026-10-15T12'")
    before = read_status(archive.data, NOW).jobs
    thin_all(archive)
    assert read_status(archive.data, NOW).jobs == before
    (job,) = before
    assert job.last_ended is not None
    assert job.last_ended.because == "it went so"


def test_the_history_says_for_how_many_a_row_stands(archive: Archive) -> None:
    fill(archive)
    thin_all(archive)
    shown = DueTimes(archive).history("hot")
    assert sum(int(str(row["times"])) for row in shown) == 45 * 24
    assert max(int(str(row["times"])) for row in shown) > 15


def test_a_run_thins_one_day_and_two_at_once_lose_none(archive: Archive) -> None:
    fill(archive)
    before = [rows(archive, query) for query in SUMS]
    whole = len(rows(archive, "SELECT * FROM runs"))
    thin(archive, NOW)
    assert 0 < whole - len(rows(archive, "SELECT * FROM runs")) <= 24
    with Archive.existing(archive.data) as other:
        for _ in range(3):
            thin(archive, NOW)
            thin(other, NOW)
    assert [rows(archive, query) for query in SUMS] == before


def test_a_crash_in_the_middle_leaves_the_day_as_it_was(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(archive)
    tables = ("SELECT * FROM runs", "SELECT * FROM due_times", "SELECT * FROM polls WHERE polled_at > '2026-10-23'")
    before = [rows(archive, query) for query in tables]
    monkeypatch.setattr(thinned_runs, "_STAND_FOR_RUNS", "INSERT INTO nothing VALUES (?, ?, ?, ?, ?, ?)")
    with pytest.raises(sqlite3.OperationalError, match="nothing"):
        thin(archive, NOW)
    assert [rows(archive, query) for query in tables] == before
    assert list(verify(archive.data)) == []
