"""The time-table is taken at its word, and what is wrong in it is named with its line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.cli.command_table import COMMANDS
from schedules.config.durations import duration_text, read_duration
from schedules.timetable.jobs import SHIPPED, BadJobs, Job, Missed, read_jobs_file

GOOD = """\
# A comment.
[tech]
command = "crawl --source channel:tech --limit 5"
cron = "*/10 * * * *"

[copy]
command = "backup 'my backups/{due:%F}.db'"
every = "1h30m"
timezone = "Europe/Berlin"
jitter = "10m"
limit = "5m"
missed = "all"
grace = "2d"
floor = 3
enabled = false
"""


def read(tmp_path: Path, text: str) -> dict[str, Job]:
    (tmp_path / "jobs.toml").write_text(text, encoding="utf-8")
    return read_jobs_file(tmp_path / "jobs.toml", ["crawl", "backup"]).jobs


def test_what_is_written_is_read(tmp_path: Path) -> None:
    tech, copy = read(tmp_path, GOOD).values()
    assert (tech.command, tech.zone.key, tech.missed, tech.enabled) == (
        ("crawl", "--source", "channel:tech", "--limit", "5"),
        "Asia/Shanghai",
        Missed.ONCE,
        True,
    )
    assert (copy.jitter, copy.limit, copy.grace) == (timedelta(minutes=10), timedelta(minutes=5), timedelta(days=2))
    assert (copy.floor, copy.missed, copy.enabled, copy.when) == (3, Missed.ALL, False, "every 1h30m")


def test_the_due_time_is_put_into_the_command_in_the_job_s_zone(tmp_path: Path) -> None:
    copy = read(tmp_path, GOOD)["copy"]
    assert copy.words(datetime(2026, 11, 22, 23, 30, tzinfo=UTC)) == ("backup", "my backups/2026-11-23.db")


WRONG = {
    'command = "crawl"\ncron = "* * * * *"\ncronn = 1': (4, "unknown key 'cronn'"),
    'command = "crawl"\ncron = "0 0 31 2 *"': (3, "never comes"),
    'command = "crawl"\ncron = "0 25 * * *"': (3, "hour 25 is not between 0 and 23"),
    'command = "crawl"\n\n\ncron = "* * * *"': (5, "has 4 fields"),
    'command = "craw"\ncron = "* * * * *"': (2, "unknown command 'craw'"),
    'command = "schedule run"\ncron = "* * * * *"': (2, "expected the words after"),
    'command = ""\ncron = "* * * * *"': (2, "expected the words after"),
    "command = 'crawl \"'\ncron = '* * * * *'": (2, "No closing quotation"),
    'command = "crawl {x}"\ncron = "* * * * *"': (2, "braces"),
    'command = "crawl {due.__class__.foo}"\ncron = "* * * * *"': (2, "braces"),
    'command = "crawl"': (1, "it needs either cron or every"),
    'command = "crawl"\ncron = "* * * * *"\nevery = "5m"': (1, "it needs either cron or every"),
    'cron = "* * * * *"': (1, "it has no command"),
    'command = "crawl"\nevery = "5 minutes"': (3, "no length of time"),
    'command = "crawl"\nevery = "0s"': (3, "not between 1s and"),
    'command = "crawl"\nevery = 5': (3, "every must be a string"),
    'command = "crawl"\nevery = "5m"\ntimezone = "Asia/Peking"': (4, "unknown time zone"),
    'command = "crawl"\nevery = "5m"\ntimezone = "../../etc/passwd"': (4, "unknown time zone"),
    'command = "crawl"\nevery = "5m"\ntimezone = ""': (4, "unknown time zone"),
    'command = "crawl"\nevery = "5m"\ntimezone = "localtime"': (4, "unknown time zone"),
    'command = "crawl"\nevery = "5m"\ntimezone = "posix/Asia/Shanghai"': (4, "unknown time zone"),
    'command = "crawl"\nevery = "5m"\nlimit = "0s"': (4, "limit"),
    'command = "crawl"\nevery = "5m"\nlimit = "8d"': (4, "limit"),
    'command = "crawl"\nevery = "5m"\nmissed = "never"': (4, "none of once, skip, all"),
    'command = "crawl"\nevery = "5m"\nfloor = -1': (4, "negative"),
    'command = "crawl"\nevery = "5m"\nfloor = true': (4, "whole number"),
    'command = "crawl"\nevery = "5m"\nenabled = "no"': (4, "true or false"),
    'command = "crawl"\nevery = "5m"\nenabled = [\n  "a",\n  "b",\n]': (7, "true or false"),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str) -> None:
    line, reason = WRONG[text]
    with pytest.raises(BadJobs, match=reason) as caught:
        read(tmp_path, f"[tech]\n{text}\n")
    assert str(caught.value).startswith(f"{tmp_path}/jobs.toml:{line}: tech: ")


def test_lines_are_counted_in_the_right_table(tmp_path: Path) -> None:
    with pytest.raises(BadJobs) as caught:
        read(tmp_path, GOOD + '\n[third]\ncommand = "crawl"\ncron = "x * * * *"\n')
    assert caught.value.line == 19


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GOOD + "[tech]\n", r"jobs\.toml:16: tech: there are two tables of that name$"),
        (GOOD + "floor = 4\n", r":16: Cannot overwrite a value$"),
        ("[tech\n", ":1: Expected"),
        ("[tech]\n# \ncommand = ", ":3: Invalid value$"),
        ("", "no job in it"),
        ('tech = "crawl"\n', ":1: tech: expected a table"),
        ('["a b"]\ncommand = "crawl"\n', ":1: a b: a job's name"),
        ("[a.b]\ncommand = 'crawl'\n", ":1: a: unknown key 'b'"),
    ],
)
def test_files_that_are_no_time_table_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(BadJobs, match=reason):
        read(tmp_path, text)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadJobs, match="No such file"):
        read_jobs_file(tmp_path / "nothing.toml", ["crawl"])
    (tmp_path / "jobs.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadJobs):
        read_jobs_file(tmp_path / "jobs.toml", ["crawl"])


def test_the_shipped_jobs_are_right() -> None:
    jobs = read_jobs_file(SHIPPED, COMMANDS).jobs
    assert list(jobs) == ["channels", "hot", "accounts", "recheck", "verify", "backup", "export"]
    assert not jobs["accounts"].enabled
    assert not jobs["export"].enabled
    assert {job.zone.key for job in jobs.values()} == {"Asia/Shanghai"}
    for job in jobs.values():
        assert job.limit >= timedelta(minutes=10)


def test_jitter_is_the_same_each_time_and_within_its_bounds(tmp_path: Path) -> None:
    job = read(tmp_path, '[a]\ncommand = "crawl"\nevery = "1h"\njitter = "10m"\n')["a"]
    dues = [datetime(2026, 11, 23, tzinfo=UTC) + timedelta(hours=n) for n in range(200)]
    offsets = [job.starts_at(due, "here") - due for due in dues]
    assert offsets == [job.starts_at(due, "here") - due for due in dues]
    assert timedelta() <= min(offsets) < timedelta(minutes=1)
    assert timedelta(minutes=9) < max(offsets) <= timedelta(minutes=10)
    assert offsets != [job.starts_at(due, "elsewhere") - due for due in dues]


@given(st.integers(0, 10**7))
def test_lengths_of_time_come_back(seconds: int) -> None:
    assert read_duration(duration_text(timedelta(seconds=seconds))) == timedelta(seconds=seconds)
