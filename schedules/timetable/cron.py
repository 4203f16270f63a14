"""Cron expressions as crontab(5) has them: read strictly, into plain numbers. Pure."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from typing import Final

_NICKNAMES: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS: Final = {
    name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
_WEEKDAYS: Final = {name: number for number, name in enumerate("sun mon tue wed thu fri sat".split())}
_LONGEST_MONTHS: Final = {month: 29 if month == 2 else calendar.monthrange(2001, month)[1] for month in range(1, 13)}


class BadCron(ValueError):
    """No cron expression, or one that never comes true; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Cron:
    """When a job is due, as sorted numbers per field."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    """Sunday is 0, as in crontab(5); a 7 was read as 0."""
    either_day: bool
    """Day and weekday are both restricted: either of them suffices, as in crontab(5)."""
    every_hour: bool
    """The minute or the hour field begins with ``*``. Like cron, such a job follows the hours that really pass;
    any other is due once at each named time, even where the clock skips or repeats it."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    names: dict[str, int]


_FIELDS: Final = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day", 1, 31, {}),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 7, _WEEKDAYS),
)


def read_cron(text: str) -> Cron:
    """The expression in ``text``: five fields or a nickname such as ``@daily``. Raises ``BadCron``."""
    parts = _NICKNAMES.get(text.strip(), text).split()
    if len(parts) != len(_FIELDS):
        raise BadCron(f"{text!r} has {len(parts)} fields, not minute, hour, day, month, weekday")
    minutes, hours, days, months, weekdays = (_read(field, part) for field, part in zip(_FIELDS, parts, strict=True))
    starred = [part.startswith("*") for part in parts]
    cron = Cron(
        minutes,
        hours,
        days,
        months,
        tuple(sorted({day % 7 for day in weekdays})),
        either_day=not (starred[2] or starred[4]),
        every_hour=starred[0] or starred[1],
    )
    if not cron.either_day and all(min(days) > _LONGEST_MONTHS[month] for month in months):
        raise BadCron(f"{text!r} never comes: no day {days[0]} in month {', '.join(map(str, months))}")
    return cron


def _read(field: _Field, text: str) -> tuple[int, ...]:
    return tuple(sorted({number for part in text.split(",") for number in _part(field, part)}))


def _part(field: _Field, part: str) -> range:
    span, slash, step_text = part.partition("/")
    low, dash, high = span.partition("-")
    if span == "*":
        first, last = field.low, field.high
    elif dash:
        first, last = _number(field, low), _number(field, high)
    elif slash:
        raise BadCron(f"{field.name} {part!r}: a step needs a range, such as {span}-{field.high}/{step_text}")
    else:
        first = last = _number(field, low)
    if first > last:
        raise BadCron(f"{field.name} {part!r}: {low} comes after {high}")
    step = _step(field, part, step_text) if slash else 1
    return range(first, last + 1, step)


def _step(field: _Field, part: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) <= field.high:
        raise BadCron(f"{field.name} {part!r}: the step must be a number from 1 to {field.high}")
    return int(text)


def _number(field: _Field, text: str) -> int:
    if (named := field.names.get(text.lower())) is not None:
        return named
    if not (text.isascii() and text.isdecimal()):
        raise BadCron(f"{field.name} {text!r} is no number{' or name' if field.names else ''}")
    if not field.low <= int(text) <= field.high:
        raise BadCron(f"{field.name} {text} is not between {field.low} and {field.high}")
    return int(text)
