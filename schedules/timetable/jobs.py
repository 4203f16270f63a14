"""The jobs: what is to run, when, and under which limits, read from a TOML file that is taken at its word."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from archive.errors import ExitCode, QQNewsError
from archive.monitoring.health import next_start, start_of
from archive.redaction.secrets import redacted, without_password
from schedules.config.durations import duration_text
from schedules.config.notification_policy import NO_NOTIFICATIONS, TABLE, VERDICTS, NotificationPolicy, read_policy
from schedules.config.toml_lines import line_of
from schedules.config.toml_schema import Readers, Wrong, length_between, read_table, read_zone, words_of
from schedules.timetable.apscheduler import CronTimetable, IntervalTimetable, Timetable
from schedules.timetable.cron import read_cron
from schedules.timetable.due import EVERY

SHIPPED: Final = Path(__file__).parents[1] / "jobs.toml"
"""The jobs that come with the program."""
LONGEST_JITTER: Final = timedelta(days=1)
ON_TIME: Final = timedelta(seconds=90)
"""A start so long after its moment is not late: cron looks once a minute."""


class Missed(StrEnum):
    """What becomes of due times that passed while nobody could run them."""

    ONCE = "once"
    """One run, for the latest of them; the others are coalesced into it."""
    SKIP = "skip"
    """None is run late."""
    ALL = "all"
    """Each is run, one after another, oldest first."""


@dataclass(frozen=True)
class Job:
    """One job of the time-table."""

    name: str
    command: tuple[str, ...]
    """Words after ``qqnews``."""
    when: str
    """The cron expression, or ``every`` and an interval; for people and as the time-table's identity."""
    timetable: Timetable
    zone: ZoneInfo
    jitter: timedelta
    """Starts are spread over so long after the due time."""
    limit: timedelta
    """A run that lasts longer is ended."""
    missed: Missed
    grace: timedelta
    """A due time older than this is not made up for."""
    floor: int | None
    """Articles that a run should list at least."""
    enabled: bool
    notify: frozenset[str] | None
    """Verdicts that somebody is told of; None: those of [notify]."""

    @property
    def lock(self) -> str:
        """The name of its lock."""
        return f"job:{self.name}"

    @property
    def patience(self) -> timedelta:
        """A due time older than this is not made up for: the grace, but never so little that none is on time."""
        return max(self.grace, self.jitter + ON_TIME)

    @cached_property
    def identity(self) -> str:
        """What its due times depend on: another identity is another time-table."""
        return f"{self.when} {self.zone.key}" if self.enabled else "off"

    def words(self, due: datetime) -> tuple[str, ...]:
        """The command for a due time, the time put into its places, in the job's zone."""
        return filled(self.command, due.astimezone(self.zone))

    def starts_at(self, due: datetime, salt: str) -> datetime:
        """When the run for ``due`` begins: always the same for the same installation (``salt``), never random."""
        return start_of(self.name, due, self.jitter, salt)

    def next_start(self, after: datetime, salt: str) -> datetime:
        """The first start after a moment."""
        return next_start(self.timetable.next_after, self.name, self.jitter, salt, after)


@dataclass(frozen=True)
class JobsFile:
    """What a file of jobs says."""

    jobs: dict[str, Job]
    """By name, in their order."""
    telling: NotificationPolicy
    """Who is told what, and how."""
    notify: dict[str, Any] | None
    """The table that says so, as it was written; None: there is none."""


class BadJobs(QQNewsError):
    """The jobs cannot be used; file, line and reason say why."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, path: Path, line: int, reason: str) -> None:
        reason = redacted(reason)
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


class NoSuchJob(QQNewsError):
    """There is no job of that name."""

    exit_code = ExitCode.NOT_FOUND

    def __init__(self, name: str, known: Collection[str]) -> None:
        super().__init__(f"no job {name!r}: there are {', '.join(known)}")
        self.name = name


def read_jobs_file(path: Path, commands: Collection[str]) -> JobsFile:
    """What stands in a TOML file. ``commands``: the names that a job may call.

    Raises ``BadJobs`` at the first thing that is not understood.
    """
    try:
        text = path.read_text("utf-8")
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadJobs(path, *_located(str(error), text)) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise BadJobs(path, 0, reason or str(error)) from error
    jobs, telling = {}, NO_NOTIFICATIONS
    for name, table in tables.items():
        try:
            if name == TABLE:
                telling = read_policy(table)
            else:
                jobs[name] = _job(name, table, commands)
        except Wrong as wrong:
            raise BadJobs(path, line_of(text, (name, *wrong.key)), f"{name}: {wrong.reason}") from wrong
    if not jobs:
        raise BadJobs(path, 0, "there is no job in it")
    return JobsFile(jobs, telling, tables.get(TABLE))


def _located(message: str, text: str) -> tuple[int, str]:
    """The line that tomllib names in its message, which before Python 3.14 is the only place for it, and the rest."""
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", message, re.DOTALL)
    if found is None:
        return 0, message
    twice = re.fullmatch(r"Cannot declare \('(.*)',\) twice", found[1])
    reason = f"{twice[1]}: there are two tables of that name" if twice else found[1]
    return int(found[2] or len(text.splitlines())), reason


def _job(name: str, table: Any, commands: Collection[str]) -> Job:
    if not _is_name(name):
        raise Wrong("a job's name is made of letters, digits, - and _, at most 40")
    read = read_table(table, _READERS, "[channels]")
    if "command" not in table:
        raise Wrong("it has no command")
    if ("cron" in table) == ("every" in table):
        raise Wrong("it needs either cron or every")
    if read["enabled"] and read["command"][0] not in commands:
        raise Wrong(f"unknown command {read['command'][0]!r} (there are {', '.join(commands)})", "command")
    cron, every = read.pop("cron"), read.pop("every")
    zone = read["zone"] = read.pop("timezone")
    timetable = CronTimetable(cron, zone) if cron else IntervalTimetable(every, zone)
    when = " ".join(table["cron"].split()) if cron else f"{EVERY}{duration_text(every)}"
    return Job(name=name, when=when, timetable=timetable, **read)


def _is_name(name: str) -> bool:
    return 0 < len(name) <= 40 and name.isascii() and name.replace("-", "a").replace("_", "a").isalnum()


def _command(text: str) -> tuple[str, ...]:
    words = tuple(shlex.split(text))
    filled(words, datetime(2025, 1, 1, tzinfo=UTC))
    if not words or words[0] == "schedule":
        raise ValueError("expected the words after 'qqnews', such as crawl --source hot")
    if any(redacted(word) != word for word in without_password(words)[0]):
        raise ValueError("a password in an address would stand in the list of processes: only --proxy may have one")
    return words


def filled(words: tuple[str, ...], due: datetime) -> tuple[str, ...]:
    """The words with ``{due}``, ``{due:%Y-%m-%d}`` and the like replaced. Raises ``ValueError``."""
    try:
        return tuple(word.format(due=due) for word in words)
    except (LookupError, AttributeError, ValueError) as error:
        raise ValueError("braces may hold the due time only, such as {due:%Y-%m-%d}") from error


def _missed(text: str) -> Missed:
    try:
        return Missed(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is none of {', '.join(Missed)}") from error


def _floor(number: int) -> int:
    if number < 0:
        raise ValueError("it must not be negative")
    return number


_ZERO, _ONE, _YEAR = timedelta(), timedelta(seconds=1), timedelta(days=366)
_READERS: Final[Readers] = {
    "command": (str, _command, None),
    "cron": (str, read_cron, None),
    "every": (str, length_between(_ONE, _YEAR), None),
    "timezone": (str, read_zone, "Asia/Shanghai"),
    "jitter": (str, length_between(_ZERO, LONGEST_JITTER), "0s"),
    "limit": (str, length_between(_ONE, timedelta(days=7)), "30m"),
    "missed": (str, _missed, "once"),
    "grace": (str, length_between(_ZERO, timedelta(days=31)), "12h"),
    "floor": (int, _floor, None),
    "enabled": (bool, bool, True),
    "notify": (list, words_of(*VERDICTS), None),
}
