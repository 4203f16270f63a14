"""Turns on a real archive: what is begun, what is noted, and what happens after a setback."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.runs.due_times import DueTimes
from archive.runs.locks import Locks
from archive.runs.process import Process
from archive.store import Archive
from schedules.runner.claims import ClaimedRun, Claims, LockedByOther, NothingDue, RunEnded
from schedules.timetable.jobs import Job, read_jobs_file

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OK = RunEnded("ok", 0, {"kept": 3})
STOPPED = RunEnded("partial", 143, {}, interrupted="told to stop")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "jobs.toml").write_text('[a]\ncommand = "crawl"\nevery = "10m"\ngrace = "1h"\n')
    return read_jobs_file(tmp_path / "jobs.toml", ["crawl"]).jobs["a"]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.open(tmp_path)


@pytest.fixture
def turns(archive: Archive, job: Job) -> Claims:
    """Turns that have seen the job's time-table at noon."""
    made = Claims(DueTimes(archive), Locks(archive), "salt")
    assert isinstance(made.begin(job, NOON, "test"), NothingDue)
    return made


def begun(turns: Claims, job: Job, now: datetime) -> ClaimedRun:
    found = turns.begin(job, now, "test")
    assert isinstance(found, ClaimedRun)
    return found


def states(archive: Archive) -> dict[str, str]:
    return {str(row["due_at"])[11:16]: str(row["state"]) for row in reversed(DueTimes(archive).history("a"))}


def test_a_due_time_is_run_once_and_noted(turns: Claims, archive: Archive, job: Job) -> None:
    assert isinstance(turns.begin(job, NOON + 9 * MINUTE, "test"), NothingDue)
    run = begun(turns, job, NOON + 10 * MINUTE)
    assert turns.end(run, OK, NOON + 11 * MINUTE)
    assert isinstance(turns.begin(job, NOON + 11 * MINUTE, "test"), NothingDue)
    (row,) = DueTimes(archive).history("a")
    assert (row["state"], row["verdict"], row["exit_code"], row["attempts"]) == ("ran", "ok", 0, 1)


def test_a_new_time_table_counts_from_now_and_an_old_one_no_more(turns: Claims, archive: Archive, job: Job) -> None:
    other = replace(job, when="every 7m")
    assert isinstance(turns.begin(other, NOON + 60 * MINUTE, "test"), NothingDue)
    off = replace(job, enabled=False)
    assert isinstance(turns.begin(off, NOON + 120 * MINUTE, "test"), NothingDue)
    assert isinstance(turns.begin(job, NOON + 180 * MINUTE, "test"), NothingDue)
    assert states(archive) == {}


def test_what_was_stopped_is_run_again_but_not_for_ever(turns: Claims, archive: Archive, job: Job) -> None:
    for _ in range(3):
        assert turns.end(begun(turns, job, NOON + 11 * MINUTE), STOPPED, NOON + 12 * MINUTE)
    assert isinstance(turns.begin(job, NOON + 13 * MINUTE, "test"), NothingDue)
    (row,) = DueTimes(archive).history("a")
    assert (row["state"], row["reason"]) == ("ran", "interrupted 3 times: told to stop")


def test_a_keeper_whose_lock_was_taken_over_notes_nothing(turns: Claims, archive: Archive, job: Job) -> None:
    old = begun(turns, job, NOON + 10 * MINUTE)
    later = Claims(DueTimes(archive), Locks(archive, stale_after=-1), "salt")
    new = begun(later, job, NOON + 12 * MINUTE)
    assert new.due is not None
    assert new.due.attempts == 2
    assert not turns.end(old, OK, NOON + 13 * MINUTE)
    assert states(archive) == {"12:10": "running"}
    assert turns.end(new, OK, NOON + 14 * MINUTE)
    assert states(archive) == {"12:10": "ran"}
    ended = archive.database.connection.execute("SELECT verdict FROM runs ORDER BY id").fetchall()
    assert [row[0] for row in ended] == ["failed", "ok"]


def test_a_clock_that_was_ahead_leaves_no_due_time_unrun(turns: Claims, archive: Archive, job: Job) -> None:
    ahead = begun(turns, job, NOON + 35 * MINUTE)
    assert turns.end(ahead, OK, NOON + 35 * MINUTE)
    assert states(archive) == {"12:10": "coalesced", "12:20": "coalesced", "12:30": "ran"}
    for minutes in (5, 10, 20, 30):
        found = turns.begin(job, NOON + minutes * MINUTE, "test")
        if isinstance(found, ClaimedRun):
            turns.end(found, OK, NOON + minutes * MINUTE)
    assert states(archive) == {"12:10": "ran", "12:20": "ran", "12:30": "ran"}
    runs = archive.database.connection.execute("SELECT due_at FROM runs").fetchall()
    assert max(Counter(row[0] for row in runs).values()) == 1


def test_a_clock_that_was_never_set_decides_nothing(turns: Claims, archive: Archive, job: Job) -> None:
    assert isinstance(turns.begin(job, datetime(1970, 1, 2, tzinfo=UTC), "test"), NothingDue)
    begun(turns, job, NOON + 10 * MINUTE)
    assert states(archive) == {"12:10": "running"}


def test_a_long_absence_is_written_down(turns: Claims, archive: Archive, job: Job) -> None:
    begun(turns, job, NOON + timedelta(days=60))
    counted = Counter(states_of_all(archive))
    assert counted == {"missed": 60 * 144 - 7, "coalesced": 6, "running": 1}


def states_of_all(archive: Archive) -> list[str]:
    return [str(row["state"]) for row in DueTimes(archive).history("a")]


def test_by_hand_it_is_run_where_nothing_is_due(turns: Claims, archive: Archive, job: Job) -> None:
    run = turns.begin(job, NOON + MINUTE, "test", by_hand=True)
    assert isinstance(run, ClaimedRun)
    assert run.due is None
    assert isinstance(turns.begin(job, NOON + MINUTE, "test", by_hand=True), LockedByOther)
    turns.end(run, OK, NOON + 2 * MINUTE)
    (row,) = DueTimes(archive).history("a")
    assert (row["due_at"], row["state"], row["reason"]) == (None, "ran", "by hand")


def test_the_dead_process_s_run_by_hand_is_ended_in_the_books(turns: Claims, archive: Archive, job: Job) -> None:
    dead = replace(Process.current(), pid=2**22 - 3)
    Claims(DueTimes(archive), Locks(archive, me=dead), "salt").begin(job, NOON + MINUTE, "test", by_hand=True)
    turns.begin(job, NOON + 2 * MINUTE, "test")
    (row,) = DueTimes(archive).history("a")
    assert (row["state"], row["verdict"]) == ("ran", "failed")


RACE = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from archive.runs.due_times import DueTimes
from archive.runs.locks import Locks
from archive.store import Archive
from schedules.timetable.jobs import read_jobs_file
from schedules.runner.claims import ClaimedRun, Claims, RunEnded
job = read_jobs_file(Path(sys.argv[1], "race.toml"), ["crawl"]).jobs["race"]
with Archive.open(Path(sys.argv[1])) as archive:
    claims = Claims(DueTimes(archive), Locks(archive), "salt")
    print("ready", flush=True)
    end = time.monotonic() + 5
    while time.monotonic() < end:
        begun = claims.begin(job, datetime.now(UTC), "race")
        if isinstance(begun, ClaimedRun):
            print(begun.due.due_at.isoformat(), flush=True)
            claims.end(begun, RunEnded("ok", 0, {}), datetime.now(UTC))
        time.sleep(0.001)
"""


def test_four_processes_at_once_run_each_due_time_once(tmp_path: Path) -> None:
    (tmp_path / "race.toml").write_text('[race]\ncommand = "crawl"\nevery = "1s"\n')
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        for _ in range(4)
    ]
    said = [line for racer in racers for line in racer.communicate(timeout=60)[0].splitlines() if line != "ready"]
    assert all(racer.returncode == 0 for racer in racers)
    with Archive.open(tmp_path) as archive:
        rows = DueTimes(archive).history("race")
    assert len(rows) >= 4
    assert sorted(said) == sorted(str(row["due_at"]) for row in rows if row["state"] == "ran")
