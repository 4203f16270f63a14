"""Cron expressions: as crontab(5) says, minute by minute, on the days when clocks are changed too."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from shutil import which
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schedules.timetable.apscheduler import CronTimetable, IntervalTimetable, between
from schedules.timetable.cron import BadCron, read_cron

MINUTE = timedelta(minutes=1)
NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@dataclass(frozen=True)
class Field:
    """A field as it is written, and the numbers it stands for."""

    text: str
    numbers: frozenset[int]


def field(low: int, top: int, *, high: int | None = None) -> st.SearchStrategy[Field]:
    """A field of numbers from ``low`` to ``top``, those that are named up to ``high``."""
    high = high or top
    number = st.integers(low, high).map(lambda n: Field(str(n), frozenset({n})))
    pair = st.tuples(st.integers(low, high), st.integers(low, high)).map(sorted)
    span = pair.map(lambda p: Field(f"{p[0]}-{p[1]}", frozenset(range(p[0], p[1] + 1))))
    steps = st.integers(1, high)
    stepped = st.builds(
        lambda p, step: Field(f"{p[0]}-{p[1]}/{step}", frozenset(range(p[0], p[1] + 1, step))), pair, steps
    )
    every = steps.map(lambda step: Field(f"*/{step}", frozenset(range(low, top + 1, step))))
    part = st.one_of(number, span, stepped)
    listed = st.lists(part, min_size=1, max_size=3).map(
        lambda parts: Field(",".join(p.text for p in parts), frozenset().union(*(p.numbers for p in parts)))
    )
    return st.one_of(st.just(Field("*", frozenset(range(low, top + 1)))), every, listed)


MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS = field(0, 59), field(0, 23), field(1, 31, high=28), field(1, 12), field(0, 7)


@dataclass(frozen=True)
class Line:
    """Five fields, and what Debian's cron does with them."""

    fields: tuple[Field, Field, Field, Field, Field]

    @property
    def text(self) -> str:
        return " ".join(each.text for each in self.fields)

    @property
    def follows_hours(self) -> bool:
        return any(each.text.startswith("*") for each in self.fields[:2])

    def matches(self, wall: datetime) -> bool:
        minutes, hours, days, months, weekdays = self.fields
        day, weekday = wall.day in days.numbers, wall.isoweekday() % 7 in {n % 7 for n in weekdays.numbers}
        either = not (days.text.startswith("*") or weekdays.text.startswith("*"))
        in_time = wall.minute in minutes.numbers and wall.hour in hours.numbers and wall.month in months.numbers
        return in_time and (day or weekday if either else day and weekday)

    def due_times(self, zone: ZoneInfo, begin: datetime, minutes: int) -> Iterator[datetime]:
        """Minute by minute: named times are due when the wall clock first reaches or passes them."""
        latest = (begin.astimezone(zone) - MINUTE).replace(tzinfo=None)
        for number in range(minutes):
            moment = begin + number * MINUTE
            wall = moment.astimezone(zone).replace(tzinfo=None, fold=0)
            if self.follows_hours:
                reached = [wall]
            else:
                reached = [latest + n * MINUTE for n in range(1, (wall - latest) // MINUTE + 1)]
            latest = max(latest, wall)
            if any(self.matches(each) for each in reached):
                yield moment


LINES = st.tuples(MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS).map(Line)
BEGINS = st.integers(0, 3_000_000).map(lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + minutes * MINUTE)


@settings(max_examples=30, deadline=None)
@given(LINES, BEGINS)
def test_due_times_are_those_of_cron(line: Line, begin: datetime) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    timetable = CronTimetable(read_cron(line.text), zone)
    end = begin + timedelta(minutes=2879)
    assert list(between(timetable, begin - MINUTE, end)) == list(line.due_times(zone, begin, 2880))


CHANGES = {
    "Europe/Berlin": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
    "America/Santiago": ("2026-04-05", "2026-09-06"),
    "Africa/Casablanca": ("2026-02-15", "2026-03-22"),
    "Pacific/Apia": ("2011-12-30", "2011-12-31"),
}
NIGHT = st.tuples(
    MINUTES, field(0, 23, high=4), field(1, 31), st.just(Field("*", frozenset(range(1, 13)))), WEEKDAYS
).map(Line)


def anything(low: int, top: int) -> Field:
    return Field("*", frozenset(range(low, top + 1)))


NIGHTLY = Line(
    (
        Field("5,35", frozenset({5, 35})),
        Field("0-4", frozenset(range(5))),
        anything(1, 31),
        anything(1, 12),
        anything(0, 7),
    )
)
"""Due at times that the clock skips or repeats, in every zone."""


@pytest.mark.parametrize(("name", "day"), [(name, day) for name, days in CHANGES.items() for day in days])
@settings(max_examples=8, deadline=None)
@example(NIGHTLY)
@given(NIGHT)
def test_no_due_time_is_lost_or_doubled_when_clocks_are_changed(name: str, day: str, line: Line) -> None:
    zone = ZoneInfo(name)
    begin = datetime.fromisoformat(f"{day}T00:00+00:00") - timedelta(hours=20)
    timetable = CronTimetable(read_cron(line.text), zone)
    end = begin + timedelta(minutes=3 * 1440 - 1)
    assert list(between(timetable, begin - MINUTE, end)) == list(line.due_times(zone, begin, 3 * 1440))


@pytest.mark.parametrize(("name", "day"), [(name, day) for name, days in CHANGES.items() for day in days])
def test_the_next_due_time_from_any_moment_of_such_a_night(name: str, day: str) -> None:
    zone = ZoneInfo(name)
    begin = datetime.fromisoformat(f"{day}T00:00+00:00") - timedelta(hours=14)
    dues = list(NIGHTLY.due_times(zone, begin, 3 * 1440))
    timetable = CronTimetable(read_cron(NIGHTLY.text), zone)
    for moment in (begin + number * 10 * MINUTE for number in range(200)):
        assert timetable.next_after(moment) == next(due for due in dues if due > moment)


@pytest.mark.parametrize("name", [*CHANGES, "Asia/Shanghai", "UTC"])
def test_a_daily_job_is_due_once_on_each_day_of_the_year(name: str) -> None:
    zone = ZoneInfo(name)
    timetable = CronTimetable(read_cron("30 2 * * *"), zone)
    begin = datetime(2026, 1, 1, tzinfo=zone)
    days = [due.astimezone(zone).date() for due in between(timetable, begin, begin.replace(year=2027))]
    assert days == [begin.date() + timedelta(days=n) for n in range(365)]


@pytest.mark.parametrize("name", [*CHANGES, "Asia/Shanghai"])
def test_every_half_hour_is_every_half_hour_all_the_year(name: str) -> None:
    timetable = CronTimetable(read_cron("*/30 * * * *"), ZoneInfo(name))
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    dues = list(between(timetable, begin, begin + timedelta(days=365)))
    assert {later - earlier for earlier, later in pairwise(dues)} == {30 * MINUTE}


@pytest.mark.parametrize(
    ("text", "weekday"),
    [
        ("0", "Sun"),
        ("7", "Sun"),
        ("1", "Mon"),
        ("sun", "Sun"),
        ("SAT", "Sat"),
        ("6-7/1", "Sat Sun"),
        ("5-7", "Fri Sat Sun"),
    ],
)
def test_sunday_is_0_and_7(text: str, weekday: str) -> None:
    timetable = CronTimetable(read_cron(f"0 3 * * {text}"), ZoneInfo("UTC"))
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    assert [f"{due:%a}" for due in between(timetable, monday, monday + timedelta(days=7))] == weekday.split()


def test_intervals_are_counted_from_midnight_and_do_not_drift() -> None:
    timetable = IntervalTimetable(timedelta(hours=6), ZoneInfo("Asia/Shanghai"))
    begin = datetime(2026, 11, 23, 1, 2, 3, 456, tzinfo=UTC)
    assert [f"{due:%H:%M:%S}" for due in between(timetable, begin, begin + timedelta(days=1))] == [
        "04:00:00",
        "10:00:00",
        "16:00:00",
        "22:00:00",
    ]


BAD = [
    "",
    "* * * *",
    "* * * * * *",
    "60 * * * *",
    "0 25 * * *",
    "0 24 * * *",
    "0 0 0 * *",
    "0 0 32 * *",
    "0 0 31 2 *",
    "0 0 30 feb *",
    "0 0 31 4,6,9,11 *",
    "0 0 31 2 */2",
    "0 0 * 13 *",
    "0 0 * 0 *",
    "0 0 * * 8",
    "0 0 * * sunday",
    "0 0 * janv *",
    "*/0 * * * *",
    "5-1 * * * *",
    "0 0 * * sat-sun",
    "5/15 * * * *",
    "1,,2 * * * *",
    "-1 * * * *",
    "+1 * * * *",
    "１ * * * *",
    "1.5 * * * *",
    "@reboot",
    "@fortnightly",
    "a * * * *",
]


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_cron_expression_is_refused(text: str) -> None:
    with pytest.raises(BadCron):
        read_cron(text)


GOOD = ["0 0 29 2 *", "0 0 31 2 1", "*/7 0-23/2 1,15 jan,JUL mon-fri", "59 23 31 12 7", "@daily", "@weekly", "@hourly"]


@pytest.mark.parametrize("text", GOOD)
def test_what_is_rare_is_not_refused(text: str) -> None:
    timetable = CronTimetable(read_cron(text), ZoneInfo("Asia/Shanghai"))
    assert timetable.next_after(datetime(2026, 11, 23, tzinfo=UTC)) > datetime(2026, 11, 23, tzinfo=UTC)


LENIENT = {
    "5-1 * * * *",
    "0 0 * * sat-sun",
    "1.5 * * * *",
    "0 0 31 2 *",
    "0 0 30 feb *",
    "0 0 31 4,6,9,11 *",
    "0 0 31 2 */2",
    "5/15 * * * *",
    "@reboot",
    "",
    "* * * * * *",
}
"""What Debian's cron takes without a word although it never comes, or means something else, or is no time."""


@pytest.mark.skipif(which("crontab") is None, reason="Debian's cron is not installed")
@pytest.mark.parametrize("text", sorted({*GOOD, *BAD} - LENIENT))
def test_debians_cron_agrees(tmp_path: Path, text: str) -> None:
    (tmp_path / "crontab").write_text(f"{text} true\n")
    ended = subprocess.run(["crontab", "-n", str(tmp_path / "crontab")], capture_output=True, check=False)
    assert (ended.returncode == 0) == (text in GOOD), ended.stderr
