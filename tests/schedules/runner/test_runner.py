"""A run that is told to stop: by a keeper of this process, with a program of the test's own."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.runs.due_times import DueTimes
from archive.store import Archive
from schedules.runner import runner as keeper
from schedules.runner.runner import FinishedRun, JobRunner
from schedules.timetable.jobs import Job, read_jobs_file
from tests.schedules.conftest import until

WHOLE = '{"verdict": "thin", "exit_code": 11, "because": "few", "counts": {"listed": 1}}'
CUT = '{"verdict": "partial", "exit_code": 14, "because": "stopped", "counts": {"stopped": 1}}'
PROGRAM = """
import os, signal, sys

def stop(*_):
    print({said!r}, flush=True)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    {last}

signal.signal(signal.SIGTERM, stop)
open("ready", "w").close()
while True:
    signal.pause()
"""
KILLED = "os.kill(os.getpid(), signal.SIGTERM)"


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "jobs.toml").write_text('[a]\ncommand = "crawl"\nevery = "1h"\n')
    return read_jobs_file(tmp_path / "jobs.toml", ["crawl"]).jobs["a"]


def stopped(data: Path, job: Job, program: str, monkeypatch: pytest.MonkeyPatch) -> FinishedRun:
    """How a run of the program ended that was told to stop once it was at work."""
    monkeypatch.setattr(keeper, "program", lambda: (sys.executable, "-c", program))
    with Archive.open(data) as archive:
        DueTimes(archive).watch(job.name, job.identity, datetime.now(UTC) - timedelta(hours=2))
    at_work, results = JobRunner(data, "test", tell=print), list[object]()
    runs = threading.Thread(target=lambda: results.extend(at_work.turn(job, by_hand=True)))
    runs.start()
    until((data / "ready").exists)
    at_work.stop.set()
    runs.join(60)
    (done,) = results
    assert isinstance(done, FinishedRun)
    return done


@pytest.mark.parametrize(
    ("said", "last", "ended", "state"),
    [
        ("done", "sys.exit(0)", ("ok", 0, ""), "ran"),
        (WHOLE, "sys.exit(11)", ("thin", 11, "few"), "ran"),
        (WHOLE, KILLED, ("thin", 11, "few"), "ran"),
        (CUT, KILLED, ("partial", 143, "told to stop"), "waiting"),
        ("not done", KILLED, ("partial", 143, "told to stop"), "waiting"),
    ],
)
def test_what_came_to_its_end_has_run_though_it_was_told_to_stop(
    tmp_path: Path,
    job: Job,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    last: str,
    ended: tuple[str, int, str],
    state: str,
) -> None:
    done = stopped(tmp_path, job, PROGRAM.format(said=said, last=last), monkeypatch)
    assert (done.verdict, done.exit_code, done.because) == ended
    with Archive.existing(tmp_path) as archive:
        row = DueTimes(archive).history("a")[0]
        ((because,),) = archive.database.connection.execute("SELECT because FROM runs")
    assert (row["state"], row["verdict"], row["exit_code"], because) == (state, *ended)
