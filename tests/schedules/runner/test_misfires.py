"""What becomes of due times, by policy, lateness and who is at work."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.runs.due_times import DueTime
from schedules.runner.misfires import apply_misfire_policy
from schedules.timetable.jobs import Job, Missed, read_jobs_file

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "jobs.toml").write_text('[a]\ncommand = "crawl"\nevery = "10m"\ngrace = "1h"\n')
    return read_jobs_file(tmp_path / "jobs.toml", ["crawl"]).jobs["a"]


def states(job: Job, policy: str, minutes: tuple[int, ...], busy: str | None = None, *, by_hand: bool = False) -> str:
    due = [DueTime("a", NOON - timedelta(minutes=n), "waiting") for n in minutes]
    settled = apply_misfire_policy(replace(job, missed=Missed(policy)), due, NOON, busy, by_hand=by_hand)
    assert [row.due_at for row in settled] == [row.due_at for row in due]
    assert all(row.reason for row in settled if row.state != "running")
    return " ".join(row.state for row in settled)


@pytest.mark.parametrize(
    ("policy", "minutes", "expected"),
    [
        ("once", (), ""),
        ("once", (0,), "running"),
        ("once", (59,), "running"),
        ("once", (20, 10, 0), "coalesced coalesced running"),
        ("once", (70, 60, 50), "missed coalesced running"),
        ("once", (90, 80), "missed missed"),
        ("skip", (0,), "running"),
        ("skip", (1,), "running"),
        ("skip", (2,), "skipped"),
        ("skip", (20, 10, 0), "skipped skipped running"),
        ("skip", (90, 20), "missed skipped"),
        ("all", (20, 10, 0), "running waiting waiting"),
        ("all", (70, 20), "missed running"),
    ],
)
def test_policies(job: Job, policy: str, minutes: tuple[int, ...], expected: str) -> None:
    assert states(job, policy, minutes) == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("once", "missed skipped skipped"), ("skip", "missed skipped skipped"), ("all", "missed waiting waiting")],
)
def test_while_somebody_runs_the_job(job: Job, policy: str, expected: str) -> None:
    assert states(job, policy, (70, 10, 0), "busy: somebody") == expected


def test_by_hand_is_never_too_late(job: Job) -> None:
    assert states(job, "skip", (20, 10), by_hand=True) == "skipped running"


def test_without_any_grace_the_present_is_still_on_time(job: Job) -> None:
    assert states(replace(job, grace=timedelta()), "once", (1,)) == "running"
    assert states(replace(job, grace=timedelta()), "once", (2,)) == "missed"
