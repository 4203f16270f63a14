"""From wall clocks to real moments: what becomes of hours that a zone skips or repeats. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

NextWall = Callable[[datetime], datetime]
"""The first wall-clock time (naive) of a time-table after another one."""

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def next_named(next_wall: NextWall, after: datetime, zone: ZoneInfo) -> datetime:
    """The next moment (UTC) of a job due at named times: each is due once.

    A time the clock skips is due when the skipping ends; of a time that comes twice, the first counts.
    """
    wall = _wall(after, zone)
    while True:
        wall = next_wall(wall)
        moment = _once(wall, zone)
        if moment > after:
            return moment


def next_elapsed(next_wall: NextWall, after: datetime, zone: ZoneInfo) -> datetime:
    """The next moment (UTC) of a job that follows the hours that really pass: skipped times are none, repeated
    ones are two."""
    moment = after
    while True:
        offset = _offset(moment, zone)
        candidate = (next_wall((moment + offset).replace(tzinfo=None)) - offset).replace(tzinfo=UTC)
        change = _first_change(moment, candidate, zone)
        if change is None:
            return candidate
        if (first := _at_change(next_wall, change, zone)) is not None:
            return first
        moment = change


def _at_change(next_wall: NextWall, change: datetime, zone: ZoneInfo) -> datetime | None:
    """``change`` itself, if the wall clock then shows a due time."""
    wall = _wall(change, zone)
    return change if next_wall(wall - _SECOND) == wall else None


def _once(wall: datetime, zone: ZoneInfo) -> datetime:
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if _wall(moment, zone) == wall:
        return moment
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _bisect(before, moment, zone)


def _first_change(after: datetime, until: datetime, zone: ZoneInfo) -> datetime | None:
    """The first second in ``(after, until]`` at which the zone's offset is another one."""
    moment = after
    while moment < until:
        later = min(moment + _DAY, until)
        if _offset(moment, zone) != _offset(later, zone):
            return _bisect(moment, later, zone)
        moment = later
    return None


def _bisect(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second at which the offset changes, which it does between the two."""
    low, high, old = int(before.timestamp()), int(after.timestamp()), _offset(before, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(datetime.fromtimestamp(middle, UTC), zone) == old:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    return offset if offset is not None else timedelta()
