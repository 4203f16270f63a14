"""What the ledger is asked costs what it answers, however many due times it holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import store
from archive.article.timestamps import stamp
from archive.database import schema
from archive.monitoring.status import read_status
from archive.runs.due_times import COALESCED, RAN, RUNNING, WAITING, DueTime, DueTimes
from archive.store import Archive

START = datetime(2026, 1, 1, tzinfo=UTC)
MANY = 5000
FEW = 500
"""Steps of SQLite's machine, in tens; a look at each row takes several for each."""


def due(number: int) -> datetime:
    return START + timedelta(minutes=number)


@pytest.fixture
def ledger(archive: Archive) -> DueTimes:
    """Two jobs with many due times each; one of them was run by hand, too, and is under way."""
    made = DueTimes(archive)
    for name in ("a", "b"):
        made.watch(name, "every 1m", START)
        with archive.transaction() as connection:
            rows = [(number, name, stamp(due(number)), stamp(due(number))) for number in range(MANY)]
            connection.executemany(
                "INSERT INTO runs (job, due_at, started_at, ended_at, verdict, exit_code, host, pid)"
                " VALUES (?2, ?3, ?4, ?4, 'ok', 0, 'here', 1)",
                rows,
            )
        made.write([DueTime(name, due(number), RAN, attempts=1) for number in range(MANY)], START)
    made.write([DueTime("a", due(MANY), RUNNING), DueTime("a", due(MANY + 1), WAITING)], START)
    made.start_run("a", None, due(MANY - 2) + timedelta(seconds=30))
    return made


@pytest.fixture
def steps(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How far SQLite's machine went, here and wherever an archive is opened to be read."""
    counted = [0]

    def count() -> int:
        counted[0] += 1
        return 0

    def opened(path: Path) -> sqlite3.Connection:
        connection = before(path)
        connection.set_progress_handler(count, 10)
        return connection

    before = schema.open_to_read
    monkeypatch.setattr(store, "open_to_read", opened)
    archive.database.connection.set_progress_handler(count, 10)
    return lambda: counted[0]


def test_open_rows_are_found_without_looking_at_the_others(ledger: DueTimes, steps: Callable[[], int]) -> None:
    before = steps()
    assert [row.due_at for row in ledger.open_rows("a")] == [due(MANY), due(MANY + 1)]
    assert ledger.open_rows("b") == []
    assert steps() - before < FEW


def test_the_state_is_read_without_looking_at_every_row(
    ledger: DueTimes, archive: Archive, steps: Callable[[], int]
) -> None:
    before = steps()
    assert [job.name for job in read_status(archive.data).jobs] == ["a", "b"]
    assert steps() - before < FEW


def test_the_newest_are_shown_without_sorting_all(ledger: DueTimes, steps: Callable[[], int]) -> None:
    before = steps()
    shown = [(row["job"], row["due_at"], row["state"]) for row in ledger.history(None, 6)]
    assert shown == [
        ("a", stamp(due(MANY + 1)), "waiting"),
        ("a", stamp(due(MANY)), "running"),
        ("a", stamp(due(MANY - 1)), "ran"),
        ("b", stamp(due(MANY - 1)), "ran"),
        ("a", None, "running"),
        ("a", stamp(due(MANY - 2)), "ran"),
    ]
    assert [row["due_at"] for row in ledger.history("b", 2)] == [stamp(due(MANY - 1)), stamp(due(MANY - 2))]
    assert steps() - before < FEW
    assert len(ledger.history()) == 2 * MANY + 3


def test_the_jobs_are_those_that_have_due_times_or_a_time_table(ledger: DueTimes) -> None:
    ledger.write([DueTime("c", due(1), COALESCED)], START)
    ledger.watch("d", "off", START)
    assert ledger.jobs() == ["a", "b", "c", "d"]
