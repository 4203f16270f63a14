"""Jobs that leave the time-table leave nothing behind that waits or alarms, and those of other time-tables stay."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.monitoring.health import judged
from archive.monitoring.metrics import metrics
from archive.monitoring.status import read_status
from archive.runs.due_times import GONE, RUNNING, WAITING, DueTime, DueTimes
from archive.runs.locks import Locks
from archive.runs.process import Process
from archive.store import Archive
from schedules.runner.claims import Claims, NothingDue
from schedules.runner.retired_jobs import note_named, retired_jobs
from schedules.runner.runner import mark_of
from schedules.timetable.due import next_due
from schedules.timetable.job_file import JobFile
from tests.schedules.conftest import Machine

NOW = datetime.now(UTC).replace(microsecond=0)
DUE = NOW - timedelta(minutes=5)
LEFT = "the time-table no longer names it"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.open(tmp_path / "data")


def table(*names: str, off: str = "") -> str:
    made = (f'[{name}]\ncommand = "stats"\nevery = "1h"\nenabled = {str(name != off).lower()}\n' for name in names)
    return "".join(made)


def jobs(path: Path, *names: str, off: str = "") -> JobFile:
    """The time-table at that path, which names these now."""
    path.write_text(table(*names, off=off))
    return JobFile(path)


def look(archive: Archive, named: JobFile) -> None:
    """What a tick does where nothing is due."""
    for job in named.chosen(()):
        assert isinstance(Claims(DueTimes(archive), Locks(archive), "salt").begin(job, NOW, "tick"), NothingDue)
    note_named(archive, named, NOW)


def waits(archive: Archive, job: str) -> None:
    DueTimes(archive).write([DueTime(job, DUE, WAITING)], DUE)


def measured(archive: Archive) -> str:
    state = read_status(archive.data)
    return metrics(state, judged(state, next_due))


def known(archive: Archive) -> set[str]:
    return {job.name for job in read_status(archive.data).jobs}


def test_what_waits_of_a_job_that_left_is_settled_and_nothing_alarms_for_it(archive: Archive, tmp_path: Path) -> None:
    look(archive, jobs(tmp_path / "a.toml", "hot", "long"))
    ledger = DueTimes(archive)
    run = ledger.start_run("long", DUE, DUE)
    ledger.end_run(run, "partial", 143, {}, DUE)
    waits(archive, "long")
    assert 'job="long"' in measured(archive)
    look(archive, jobs(tmp_path / "a.toml", "hot"))
    (row,) = ledger.history("long")
    assert (row["state"], row["reason"]) == ("skipped", LEFT)
    assert known(archive) == {"hot"}
    assert 'job="long"' not in measured(archive)


def test_a_job_that_is_off_and_those_of_another_time_table_stay(archive: Archive, tmp_path: Path) -> None:
    look(archive, jobs(tmp_path / "a.toml", "hot", "long"))
    look(archive, jobs(tmp_path / "b.toml", "other"))
    waits(archive, "other")
    look(archive, jobs(tmp_path / "a.toml", "hot", "long", off="long"))
    assert known(archive) == {"hot", "long", "other"}
    assert len(DueTimes(archive).open_rows("other")) == 1


def test_time_tables_that_share_a_name_leave_each_others_jobs_alone(archive: Archive, tmp_path: Path) -> None:
    one, other = jobs(tmp_path / "a.toml", "mine", "shared"), jobs(tmp_path / "b.toml", "theirs", "shared")
    for _ in range(3):
        look(archive, one)
        look(archive, other)
    waits(archive, "mine")
    look(archive, other)
    assert known(archive) == {"mine", "shared", "theirs"}
    assert len(DueTimes(archive).open_rows("mine")) == 1


@pytest.mark.parametrize(
    ("named", "names", "left"),
    [
        ({}, {"a"}, []),
        ({"a": "ours", "b": "ours"}, {"a"}, ["b"]),
        ({"a": "ours", "b": "theirs"}, {"a"}, []),
        ({"a": "theirs", "b": "theirs"}, {"a"}, []),
        ({"a": None, "b": None, "c": "ours"}, {"a", "c"}, []),
    ],
)
def test_who_is_left_behind(named: dict[str, str | None], names: set[str], left: list[str]) -> None:
    assert retired_jobs(named, "ours", names) == left


def test_a_job_that_comes_back_counts_from_then_on(archive: Archive, tmp_path: Path) -> None:
    look(archive, jobs(tmp_path / "a.toml", "hot", "long"))
    look(archive, jobs(tmp_path / "a.toml", "hot"))
    watched = DueTimes(archive).watched("long")
    assert watched is not None
    assert watched.timetable == GONE
    look(archive, jobs(tmp_path / "a.toml", "hot", "long"))
    assert known(archive) == {"hot", "long"}
    (job,) = (it for it in read_status(archive.data).jobs if it.name == "long")
    assert job.is_scheduled


def test_one_that_is_run_after_it_left_is_shown_as_any_that_no_time_table_has(archive: Archive, tmp_path: Path) -> None:
    look(archive, jobs(tmp_path / "a.toml", "hot", "long"))
    look(archive, jobs(tmp_path / "a.toml", "hot"))
    DueTimes(archive).start_run("long", None, NOW + timedelta(minutes=1))
    (job,) = (it for it in read_status(archive.data).jobs if it.name == "long")
    assert not job.is_scheduled


def test_a_run_under_way_is_waited_for_and_one_whose_keeper_died_is_ended(archive: Archive, tmp_path: Path) -> None:
    look(archive, jobs(tmp_path / "a.toml", "hot", "long"))
    ledger, locks = DueTimes(archive), Locks(archive)
    run = ledger.start_run("long", DUE, DUE)
    ledger.write([DueTime("long", DUE, RUNNING, run_id=run, attempts=1)], DUE)
    token = locks.take("job:long", "daemon", NOW, run_id=run)
    shorter = jobs(tmp_path / "a.toml", "hot")
    look(archive, shorter)
    assert [row.state for row in ledger.open_rows("long")] == [RUNNING]
    locks.release(token)
    dead = Locks(archive, me=replace(Process.current(), pid=2**22 - 3))
    dead.take("job:long", "daemon", NOW, run_id=run)
    look(archive, shorter)
    (row,) = ledger.history("long")
    assert (row["state"], row["reason"], row["verdict"]) == ("skipped", LEFT, "failed")
    assert locks.remains("job:long") is None


def test_what_a_dead_keeper_left_at_work_is_ended_first(archive: Archive, tmp_path: Path) -> None:
    look(archive, jobs(tmp_path / "a.toml", "hot", "long"))
    dead = Locks(archive, me=replace(Process.current(), pid=2**22 - 3))
    token = dead.take("job:long", "daemon", NOW, run_id=DueTimes(archive).start_run("long", DUE, DUE))
    marked = dict([mark_of(token).split("=", 1)])
    with subprocess.Popen(["sleep", "600"], start_new_session=True, env={**os.environ, **marked}) as orphan:
        dead.name_child(token, Process.numbered(orphan.pid))
        look(archive, jobs(tmp_path / "a.toml", "hot"))
        assert orphan.wait(timeout=20) == -signal.SIGKILL
    assert Locks(archive).remains("job:long") is None


def test_whoever_ticks_settles_it_and_who_runs_one_by_hand_does_not(machine: Machine) -> None:
    machine.jobs.write_text(table("hot", "long"))
    assert machine.call("tick").returncode == 0
    with Archive.existing(machine.data) as archive:
        waits(archive, "long")
    machine.jobs.write_text(table("hot"))
    assert machine.call("once", "hot").returncode == 0
    assert [row["state"] for row in machine.history("long")] == ["waiting"]
    assert machine.call("tick").returncode == 0
    assert [(row["state"], row["reason"]) for row in machine.history("long")] == [("skipped", LEFT)]
