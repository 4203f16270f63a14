"""How everything fares, on one screen: and an exit code that can fail."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.monitoring.notices import Notices
from archive.runs.due_times import DueTimes
from archive.runs.locks import Locks
from archive.store import Archive
from qqnews import FrontDoor
from schedules.cli.status import status
from schedules.config.notification_policy import Address
from schedules.timetable.job_file import JobFile
from tests.archive.samples import NOON, an_article

JOBS = '[hot]\ncommand = "crawl"\nevery = "5m"\n[weekly]\ncommand = "verify"\ncron = "0 0 * * 0"\n'
URL = "json://127.0.0.1/"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An archive whose clock was looked at just now, and whose jobs went well."""
    (tmp_path / "jobs.toml").write_text(f'{JOBS}[notify]\nurls = ["{URL}"]\n')
    now = datetime.now(UTC)
    with Archive.open(tmp_path / "data") as archive:
        archive.keep(an_article(1), seen_at=NOON)
        for job in JobFile(tmp_path / "jobs.toml").enabled():
            DueTimes(archive).watch(job.name, job.identity, now)
            note_run(archive, job.name, "ok", 0)
    return tmp_path / "data"


def note_run(archive: Archive, job: str, verdict: str, code: int, because: str = "") -> None:
    run = DueTimes(archive).start_run(job, None, datetime.now(UTC))
    DueTimes(archive).end_run(run, verdict, code, {"listed": 7}, datetime.now(UTC), because)


def asked(data: Path, *options: str) -> Result:
    words = ["--jobs", str(data.parent / "jobs.toml"), *options]
    return CliRunner().invoke(status, words, obj=FrontDoor(data, json=False))


def test_all_is_well(data: Path) -> None:
    ended = asked(data)
    assert ended.exit_code == 0
    assert ended.stdout.endswith("\nall is well\n")
    assert len(ended.stdout.splitlines()) < 24
    assert re.search(r"^  hot +ok \(0\) \ds ago +in ", ended.stdout, re.M)
    assert "articles  1 live; 1 texts; 0 links waiting" in ended.stdout
    facts = json.loads(asked(data, "--json").stdout)
    assert (facts["exit_code"], facts["attention"], facts["articles"]) == (0, [], {"live": 1})
    with Archive.existing(data) as archive:
        assert facts["identity"] == archive.identity
    assert facts["jobs"][0]["last_run"]["counts"] == {"listed": 7}
    assert asked(data, "--nagios").stdout == "QQNEWS OK - all is well\n"


def test_a_job_that_failed(data: Path) -> None:
    with Archive.existing(data) as archive:
        note_run(archive, "hot", "blocked", 12, "3 refusals")
    ended = asked(data)
    assert ended.exit_code == 14
    assert re.search(r"^! hot +blocked \(12\) .* 3 refusals$", ended.stdout, re.M)
    assert "attention hot: blocked (12): 3 refusals" in ended.stdout
    warned = asked(data, "--nagios")
    assert (warned.exit_code, warned.stdout) == (1, "QQNEWS WARNING - hot: blocked (12): 3 refusals\n")
    with Archive.existing(data) as archive:
        note_run(archive, "hot", "ok", 0)
    assert asked(data).exit_code == 0


def test_a_run_under_way_is_shown_with_who_does_it(data: Path) -> None:
    with Archive.existing(data) as archive:
        DueTimes(archive).start_run("hot", None, datetime.now(UTC))
        Locks(archive).take("job:hot", "daemon", datetime.now(UTC))
        ended = asked(data)
    assert ended.exit_code == 0
    assert re.search(r"^  hot +ok \(0\) .* under way$", ended.stdout, re.M)
    assert re.search(r"^locks +job:hot, daemon by process \d+ on ", ended.stdout, re.M)


def look_long_ago(data: Path, *names: str) -> None:
    long_ago = (datetime.now(UTC) - timedelta(days=8)).isoformat(timespec="seconds")
    with Archive.existing(data) as archive, archive.transaction() as connection:
        for name in names:
            connection.execute("UPDATE timetables SET settled_until = ? WHERE job = ?", (long_ago, name))


def test_nobody_looks_at_the_clock(data: Path) -> None:
    look_long_ago(data, "hot")
    ended = asked(data)
    assert (ended.exit_code, "attention hot should have begun" in ended.stdout) == (14, True)
    look_long_ago(data, "hot", "weekly")
    ended = asked(data)
    assert (ended.exit_code, "attention nobody looks at the clock" in ended.stdout) == (15, True)
    assert asked(data, "--nagios").exit_code == 2


def test_a_job_that_no_clock_has_seen(data: Path) -> None:
    with (data.parent / "jobs.toml").open("a") as file:
        file.write('[new]\ncommand = "stats"\nevery = "1h"\n')
    ended = asked(data)
    assert (ended.exit_code, "new was not seen by any clock yet" in ended.stdout) == (14, True)
    (data.parent / "jobs.toml").write_text('[new]\ncommand = "stats"\nevery = "1h"\n')
    assert asked(data).exit_code == 15


def test_whom_messages_do_not_reach(data: Path) -> None:
    to = Address(URL)
    with Archive.existing(data) as archive:
        notices = Notices(archive)
        assert notices.claim(to.id, to.label, NOON, NOON)
        notices.called(to.id, "500", NOON)
        notices.claim("other", "of an earlier time-table", NOON, NOON)
        notices.called("other", "500", NOON)
    ended = asked(data)
    assert (ended.exit_code, "json cannot be reached (1 times): 500" in ended.stdout) == (14, True)
    assert "earlier" not in ended.stdout


def test_a_full_disk(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "QQNEWS_DISK_FLOOR", "9000T")
    assert asked(data).exit_code == 24
    assert asked(data, "--nagios").exit_code == 2


def test_gaps_are_shown(data: Path) -> None:
    with Archive.existing(data) as archive, archive.transaction() as connection:
        for hour in range(7):
            moments = [f"2026-11-26T0{hour}:{minute}:00+00:00" for minute in ("00", "30")]
            values = ("channel:tech", *moments, 12, moments[1], moments[0])
            connection.execute(
                "INSERT INTO gaps (source, after_at, before_at, most, found_at, known_until) VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )
    ended = asked(data)
    assert ended.exit_code == 0
    assert "gaps      channel:tech: between 2026-11-26 00:00 and" in ended.stdout
    assert "and 2 more" in ended.stdout


def test_metrics_are_printed(data: Path) -> None:
    look_long_ago(data, "hot")
    ended = asked(data, "--metrics")
    assert ended.exit_code == 0
    assert 'qqnews_job_late{job="hot"} 1.0\n' in ended.stdout
    assert 'qqnews_job_next_start_timestamp_seconds{job="weekly"}' in ended.stdout


def test_no_archive_an_older_and_a_newer_one(data: Path, tmp_path: Path) -> None:
    nothing = asked(tmp_path / "none", "--nagios")
    assert (nothing.exit_code, nothing.stdout.startswith("QQNEWS CRITICAL - no archive at")) == (2, True)
    with closing(sqlite3.connect(data / "archive.db")) as later, later:
        later.execute("INSERT INTO _sqlite_migrations VALUES (99, 'qqnews', '0099_of_tomorrow', '2030-01-01')")
    newer = asked(data)
    assert getattr(newer.exception, "exit_code", None) == 21
    dump = Path(__file__).parents[2] / "archive/database/schemas/0004_evidence.sql"
    (tmp_path / "old").mkdir()
    with closing(sqlite3.connect(tmp_path / "old/archive.db", isolation_level=None)) as connection:
        connection.executescript(dump.read_text("utf-8"))
    (tmp_path / "jobs.toml").write_text(JOBS)
    older = asked(tmp_path / "old")
    assert (older.exit_code, "(of an earlier version)" in older.stdout) == (15, True)
