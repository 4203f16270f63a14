"""What is shown of the due times, and of which jobs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.monitoring.retention import KEPT_WHOLE, thin
from archive.runs.due_times import MISSED, RAN, DueTime, DueTimes
from archive.store import Archive
from qqnews import FrontDoor
from schedules.cli.schedule import history
from schedules.timetable.jobs import NoSuchJob
from tests.archive.samples import NOON


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An archive that knows the job ``old``, beside a time-table that names ``hot``."""
    (tmp_path / "jobs.toml").write_text('[hot]\ncommand = "crawl"\nevery = "5m"\n')
    with Archive.open(tmp_path / "data") as archive:
        ledger = DueTimes(archive)
        for hour in range(4):
            due = NOON + timedelta(hours=hour)
            run = ledger.start_run("old", due, due)
            ledger.end_run(run, "ok", 0, {}, due)
            ledger.write([DueTime("old", due, RAN, run_id=run, attempts=1)], due)
        ledger.write([DueTime("old", NOON - timedelta(hours=1), MISSED, "nobody was there")], NOON)
        while thin(archive, NOON + KEPT_WHOLE + timedelta(days=2)):
            pass
    return tmp_path / "data"


def asked(data: Path, *words: str) -> Result:
    table = str(data.parent / "jobs.toml")
    return CliRunner().invoke(history, [*words, "--jobs", table], obj=FrontDoor(data, json=False))


def test_a_row_says_what_became_of_it_and_for_how_many_it_stands(data: Path) -> None:
    assert asked(data, "old").stdout.splitlines() == [
        "2025-02-13T07:00:00+00:00  old          ran       ok",
        "2025-02-13T06:00:00+00:00  old          ran       ok, 3 times since 2025-02-13T04:00:00+00:00",
        "2025-02-13T03:00:00+00:00  old          missed    nobody was there",
    ]
    assert asked(data).stdout == asked(data, "old").stdout


def test_a_job_that_nobody_knows_is_named_with_those_that_there_are(data: Path) -> None:
    error = asked(data, "nosuchjob").exception
    assert isinstance(error, NoSuchJob)
    assert (error.exit_code, str(error)) == (22, "no job 'nosuchjob': there are hot, old")


def test_a_job_of_the_time_table_has_no_history_yet(data: Path) -> None:
    ended = asked(data, "hot")
    assert (ended.exit_code, ended.stdout) == (0, "")


def test_the_history_needs_no_time_table(data: Path) -> None:
    (data.parent / "jobs.toml").unlink()
    assert asked(data, "old").exit_code == asked(data).exit_code == 0
