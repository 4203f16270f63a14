"""What the daemon, and whoever looks at the clock once, makes of an error: one table.

An error ends it, or passes and is tried again with growing pauses, or goes away when the program is started anew.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import Enum
from typing import Final

from archive.errors import (
    ArchiveBusy,
    ArchiveNotWritable,
    BadSetting,
    DiskFloor,
    ExitCode,
    NewerArchive,
    NoArchive,
    NotAnArchive,
    OtherArchive,
    QQNewsError,
)
from archive.runs.locks import Locked
from schedules.config.env_file import BadEnvironmentFile
from schedules.config.program import ProgramChanged
from schedules.timetable.jobs import BadJobs

FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 300.0
"""Seconds between tries of what failed for a passing reason: twice as long each time, from the first to this."""
PATIENCE: Final = 120.0
"""Seconds that a passing error may last before people are told of it, where it is not told at once."""


class Response(Enum):
    """What is done about an error."""

    END = "end"
    """Nothing gets better by itself: whoever runs the program is to do something."""
    RETRY = "retry"
    """It may pass: a full disk, a disk that is away, rights, a program that is just being installed."""
    RESTART = "restart"
    """It is gone once the program has started itself anew: it was updated while it ran."""


NOT_UNDERSTOOD: Final = "not understood"
"""What a time-table is called that was changed while it is at work, and is no time-table any more."""


class Trouble(Enum):
    """What people are told, where work comes to a halt: how it stands with the archive."""

    MISSING = "missing"
    OTHER = "replaced by another"
    FULL = "out of room"
    NOT_WRITABLE = "not writable"
    DAMAGED = "no sound archive"
    NEWER = "newer than the program"
    STUCK = "not worked on"


@dataclass(frozen=True, slots=True)
class Rule:
    """What is done about an error of a kind."""

    kind: type[Exception]
    response: Response
    trouble: Trouble | None = None
    """What people are told; None: nothing, for whoever started it hears of it."""
    at_once: bool = False
    """Whether they are told at once, and not only after it has lasted for ``PATIENCE``."""
    ends_start: bool = False
    """Whether it ends a daemon that has not been at work yet: whoever starts one is there to mend it."""
    of_archive: bool = False
    """Whether the archive that is open is not the one that stands there: it is to be opened again."""


class ArchiveReplaced(QQNewsError):
    """The database is another file than the one that was opened, of the same archive: restored, or built anew."""

    exit_code = ExitCode.ARCHIVE

    def __init__(self) -> None:
        super().__init__("the archive's database was replaced by a copy of it: it is opened again")


class LostLock(QQNewsError):
    """Another daemon took our lock over while we were stopped."""

    exit_code = ExitCode.LOCKED

    def __init__(self) -> None:
        super().__init__("another daemon took over while this one was stopped: it goes on, this one ends")


class PartDied(QQNewsError):
    """A thread of the daemon ended that should not."""

    def __init__(self, part: str) -> None:
        super().__init__(f"the daemon's {part} ended without a word: please report it")


RULES: Final = (
    Rule(OtherArchive, Response.END, Trouble.OTHER, at_once=True),
    Rule(NoArchive, Response.RETRY, Trouble.MISSING, at_once=True, ends_start=True, of_archive=True),
    Rule(NewerArchive, Response.RESTART, Trouble.NEWER, at_once=True, ends_start=True),
    Rule(ProgramChanged, Response.RESTART),
    Rule(PartDied, Response.RESTART, Trouble.STUCK, at_once=True),
    Rule(Locked, Response.END),
    Rule(LostLock, Response.END),
    Rule(BadJobs, Response.END),
    Rule(BadSetting, Response.END),
    Rule(BadEnvironmentFile, Response.END),
    Rule(ArchiveReplaced, Response.RETRY, of_archive=True),
    Rule(DiskFloor, Response.RETRY, Trouble.FULL, at_once=True),
    Rule(ArchiveNotWritable, Response.RETRY, Trouble.NOT_WRITABLE),
    Rule(NotAnArchive, Response.RETRY, Trouble.DAMAGED, at_once=True, ends_start=True),
    Rule(ArchiveBusy, Response.RETRY, Trouble.STUCK),
    Rule(QQNewsError, Response.RETRY, Trouble.STUCK),
    Rule(OSError, Response.RETRY, Trouble.STUCK),
    Rule(MemoryError, Response.RETRY, Trouble.STUCK),
    Rule(sqlite3.OperationalError, Response.RETRY, Trouble.STUCK),
    Rule(Exception, Response.END, Trouble.STUCK, at_once=True),
)
"""The first that fits an error holds."""


def rule_for(error: Exception) -> Rule:
    """Return the rule that holds for an error."""
    return next(rule for rule in RULES if isinstance(error, rule.kind))


def pause_before(tries: int) -> float:
    """Return the seconds to wait before the next try, after so many that failed."""
    return min(FIRST_PAUSE * 2.0 ** min(tries - 1, 20), LONGEST_PAUSE)
