"""The one door to APScheduler: its triggers say when jobs are due, its executor runs their turns."""

# mypy: disable-error-code="import-untyped"
# APScheduler has no types.

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import Protocol
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from schedules.timetable.cron import Cron
from schedules.timetable.dst import next_elapsed, next_named

_THREAD = "APScheduler"
"""What the library calls its thread."""
_TICK = timedelta(microseconds=1)
MOST_AT_ONCE = 8
"""Turns of different jobs at a time; more wait for a free thread."""


class Timetable(Protocol):
    """When something is due."""

    def next_after(self, moment: datetime) -> datetime:
        """The first due time (UTC) after ``moment``."""


def between(timetable: Timetable, after: datetime, until: datetime) -> Iterator[datetime]:
    """The due times in ``(after, until]``, oldest first."""
    due = timetable.next_after(after)
    while due <= until:
        yield due
        due = timetable.next_after(due)


class CronTimetable:
    """Due times of a cron expression in a zone.

    APScheduler is asked in a zone without summer time, for what the wall clock shows; which moments these are
    is said in `schedules.timetable.dst`. Its own way over such a change loses and doubles times.
    """

    def __init__(self, cron: Cron, zone: ZoneInfo) -> None:
        self.cron = cron
        self.zone = zone

    def next_after(self, moment: datetime) -> datetime:
        """See `Timetable`."""
        find = next_elapsed if self.cron.every_hour else next_named
        return find(self._next_wall, moment, self.zone)

    def _next_wall(self, wall: datetime) -> datetime:
        found: datetime = self._trigger.get_next_fire_time(None, wall.replace(tzinfo=UTC) + _TICK)
        return found.replace(tzinfo=None)

    @cached_property
    def _trigger(self) -> BaseTrigger:
        cron = self.cron
        if cron.either_day:
            return OrTrigger([_cron_trigger(cron, weekdays=range(7)), _cron_trigger(cron, days=range(1, 32))])
        return _cron_trigger(cron)


def _cron_trigger(cron: Cron, *, days: Iterable[int] = (), weekdays: Iterable[int] = ()) -> CronTrigger:
    # APScheduler's week begins on Monday.
    weekday_numbers = sorted((number - 1) % 7 for number in (weekdays or cron.weekdays))
    return CronTrigger(
        month=_listed(cron.months, 12),
        day=_listed(days or cron.days, 31),
        day_of_week=_listed(weekday_numbers, 7),
        hour=_listed(cron.hours, 24),
        minute=_listed(cron.minutes, 60),
        second="0",
        timezone=UTC,
    )


def _listed(numbers: Iterable[int], all_of_them: int) -> str:
    chosen = list(numbers)
    return "*" if len(chosen) == all_of_them else ",".join(map(str, chosen))


class IntervalTimetable:
    """Due times at equal distances of real time, counted from a midnight of the zone."""

    def __init__(self, every: timedelta, zone: ZoneInfo) -> None:
        self.every = every
        midnight = datetime(2000, 1, 1, tzinfo=zone)
        self._trigger = IntervalTrigger(seconds=int(every.total_seconds()), start_date=midnight, timezone=UTC)

    def next_after(self, moment: datetime) -> datetime:
        """See `Timetable`."""
        found: datetime = self._trigger.get_next_fire_time(None, moment + _TICK)
        return found.astimezone(UTC)


class _Starts(BaseTrigger):  # type: ignore[misc]
    """A trigger from a plain function: the next start after a moment."""

    def __init__(self, next_start: Callable[[datetime], datetime]) -> None:
        self._next_start = next_start

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The next start after now; whether an earlier one was lost is the ledger's business."""
        return self._next_start(now)


class Clockwork:
    """Calls a function for each name at its starts, each call in a thread of its own.

    A call that comes late still comes. A call that raises ends the clockwork: ``failure`` holds what it raised.
    """

    def __init__(self) -> None:
        defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 4}
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(MOST_AT_ONCE)}, job_defaults=defaults, timezone=UTC
        )
        self.failure: Exception | None = None

    def add(self, name: str, next_start: Callable[[datetime], datetime], call: Callable[[], object]) -> None:
        """Call ``call`` at once, and then at every start; instead of what was called under that name."""
        self._scheduler.add_job(
            partial(self._call, call),
            _Starts(next_start),
            id=name,
            name=name,
            next_run_time=datetime.now(UTC),
            replace_existing=True,
        )

    def keep_only(self, names: Collection[str]) -> None:
        """Call nothing else any more; calls under way go on."""
        for job in self._scheduler.get_jobs():
            if job.id not in names:
                job.remove()

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def call_all(self, names: Collection[str] | None = None) -> None:
        """Call everything (or these) now, and count anew from now: after a step of the clock, or to be sure."""
        for job in self._scheduler.get_jobs():
            if names is None or job.id in names:
                job.modify(next_run_time=datetime.now(UTC))

    @property
    def is_alive(self) -> bool:
        """Whether the thread that looks at the clock is at work."""
        return any(thread.name == _THREAD for thread in threading.enumerate())

    def stop(self) -> None:
        """Begin no more calls; returns when those under way have ended."""
        self._scheduler.shutdown(wait=True)

    def _call(self, call: Callable[[], object]) -> None:
        """Whoever asks for ``failure`` says what went wrong; APScheduler would say it, too, in many lines."""
        try:
            call()
        except Exception as error:
            self.failure = error
