"""When jobs are due by the time-table that an archive names: what its clock computes from, read without any file."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Final

from schedules.config.durations import read_duration
from schedules.config.toml_schema import read_zone
from schedules.timetable.apscheduler import CronTimetable, IntervalTimetable, Timetable
from schedules.timetable.cron import read_cron

EVERY: Final = "every "
"""Stands before an interval in the place of a cron expression."""


def next_due(timetable: str, after: datetime) -> datetime:
    """Return the first due time after a moment, by a time-table as `Job.identity` names it. Raises ``ValueError``."""
    return _read(timetable).next_after(after)


@cache
def _read(timetable: str) -> Timetable:
    when, _, zone = timetable.rpartition(" ")
    if when.startswith(EVERY):
        return IntervalTimetable(read_duration(when.removeprefix(EVERY)), read_zone(zone))
    return CronTimetable(read_cron(when), read_zone(zone))
