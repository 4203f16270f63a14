"""Whether all is well: the one judgement that the command, the page, the metrics and messages share. Pure.

It needs the archive alone. Each clock notes in ``timetables`` what it computes due times from, so that everybody can
tell that one has stopped, whatever file of jobs lies here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from archive.errors import ExitCode
from archive.monitoring.notices import Recipient
from archive.monitoring.status import ArchiveStatus, JobState

LATE_AFTER: Final = timedelta(minutes=5)
"""A start that so long after its moment has left no trace: nobody looks at the clock."""

NextDue = Callable[[str, datetime], datetime]
"""Returns the first due time after a moment, by a time-table as ``timetables`` names it. Raises ``ValueError``."""


class Trouble(StrEnum):
    """What can be wrong."""

    DISK_SHORT = "disk short"
    NO_CLOCK = "no clock"
    JOB_LATE = "job late"
    JOB_UNSEEN = "job unseen"
    """The time-table that was asked about names it, and no clock has seen it."""
    TIMETABLE_UNKNOWN = "time-table unknown"
    JOB_MISSED = "job missed"
    JOB_FAILED = "job failed"
    UNREADABLE = "unreadable"
    """A row of the archive that cannot be read: all that is told is without it."""
    NOT_REACHED = "not reached"


_EXIT_CODES: Final = {Trouble.DISK_SHORT: ExitCode.DISK_FLOOR, Trouble.NO_CLOCK: ExitCode.FAILED}
_SENTENCES: Final[Mapping[Trouble, str]] = {
    Trouble.DISK_SHORT: "only {free} are free, {floor} are to stay free",
    Trouble.NO_CLOCK: "nobody looks at the clock: start 'qqnews schedule run', or install cron's line or the units",
    Trouble.JOB_LATE: "{job} should have begun {since}",
    Trouble.JOB_UNSEEN: "{job} was not seen by any clock yet",
    Trouble.TIMETABLE_UNKNOWN: "{job} has a time-table that this program does not understand: {timetable}",
    Trouble.JOB_MISSED: "{job} was not run for {times} due times, the first {since}",
    Trouble.JOB_FAILED: "{job}: {verdict} ({code}){because}",
    Trouble.UNREADABLE: "{number} rows of the archive cannot be read ('qqnews verify' names them){because}",
    Trouble.NOT_REACHED: "{to} cannot be reached ({times} times){because}",
}


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that needs attention. ``facts``: numbers, names, aware moments."""

    trouble: Trouble
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def exit_code(self) -> ExitCode:
        """What a command that finds it ends with."""
        return _EXIT_CODES.get(self.trouble, ExitCode.PARTIAL)

    @property
    def is_critical(self) -> bool:
        """Whether it stops the work."""
        return self.trouble in _EXIT_CODES

    @property
    def job(self) -> str | None:
        """The job that it is about."""
        name = self.facts.get("job")
        return name if isinstance(name, str) else None

    def __str__(self) -> str:
        return _SENTENCES[self.trouble].format(**{name: _told(name, fact) for name, fact in self.facts.items()})


def _told(name: str, fact: object) -> object:
    if isinstance(fact, datetime):
        return f"{fact:%Y-%m-%d %H:%M} UTC"
    if name in ("free", "floor") and isinstance(fact, int):
        return size_text(fact)
    return f": {fact}" if name == "because" and fact else fact


def size_text(number: int) -> str:
    """Bytes for people: ``1.5 GB``."""
    return f"{number / 1e9:,.1f} GB" if number >= 1e9 else f"{number / 1e6:,.1f} MB"


@dataclass(frozen=True, slots=True)
class JobHealth:
    """How a job stands that is due at times. Moments are aware."""

    state: JobState
    is_under_way: bool
    next_start: datetime | None
    """None: its time-table is not understood."""
    late_since: datetime | None
    """When it should have begun and did not, though nobody is running it."""

    @property
    def is_bad(self) -> bool:
        """Whether its last run that ended did not go well."""
        last = self.state.last_ended
        return last is not None and last.exit_code != 0


@dataclass(frozen=True, slots=True)
class Health:
    """What `judged` found."""

    jobs: tuple[JobHealth, ...]
    """Those that are due at times."""
    concerns: tuple[Concern, ...]
    """Everything that is wrong, the worst first; none: all is well."""
    verified_at: datetime | None
    """When a job last checked the archive and found it sound; None: never."""
    backed_up_at: datetime | None
    """When a job last made a backup; None: never."""

    @property
    def exit_code(self) -> ExitCode:
        """What ``qqnews status`` ends with."""
        return max((concern.exit_code for concern in self.concerns), default=ExitCode.OK)

    def concerns_of(self, job: str) -> list[Concern]:
        """Return those about a job."""
        return [concern for concern in self.concerns if concern.job == job]


def judged(state: ArchiveStatus, next_due: NextDue, *, unseen: Collection[str] = (), named: int = 0) -> Health:
    """Return how everything fares at the moment the state was read.

    Of the time-table that somebody asks about, ``named`` jobs are due at times and no clock has seen those in
    ``unseen``; where none is named, the archive's own is judged alone.
    """
    held = {lock.name for lock in state.locks}
    scheduled = [job for job in state.jobs if job.is_scheduled]
    jobs = tuple(_health(job, next_due, state, busy=f"job:{job.name}" in held) for job in scheduled)
    concerns = (
        *_of_disk(state),
        *_of_clock(jobs, unseen, named, has_clock=any(job.timetable is not None for job in state.jobs)),
        *(concern for job in jobs for concern in _of_job(job)),
        *_of_rows(state),
        *_of_recipients(state.recipients),
    )
    return Health(jobs, concerns, _last_ok_of(state.jobs, "verify"), _last_ok_of(state.jobs, "backup"))


def start_of(job: str, due: datetime, jitter: timedelta, salt: str) -> datetime:
    """Return when the run for ``due`` begins: always the same for the same installation (``salt``), never random."""
    spread = int(jitter.total_seconds())
    if not spread:
        return due
    digest = sha256(f"{salt} {job} {due.timestamp():.0f}".encode()).digest()
    return due + timedelta(seconds=int.from_bytes(digest[:8]) % (spread + 1))


def next_start(
    next_due: Callable[[datetime], datetime], job: str, jitter: timedelta, salt: str, after: datetime
) -> datetime:
    """Return the first start of a job after a moment."""
    due = next_due(after - jitter)
    while (start := start_of(job, due, jitter, salt)) <= after:
        due = next_due(due)
    return start


def _health(job: JobState, next_due: NextDue, state: ArchiveStatus, *, busy: bool) -> JobHealth:
    def due_after(moment: datetime) -> datetime:
        return next_due(job.timetable or "", moment)

    now = state.read_at
    try:
        expected = start_of(job.name, due_after(job.settled_until or now), job.jitter, state.salt)
        coming = next_start(due_after, job.name, job.jitter, state.salt, now)
    except ValueError:
        return JobHealth(job, busy, None, None)
    is_late = not busy and expected + LATE_AFTER < now
    return JobHealth(job, busy, coming, expected if is_late else None)


def _of_disk(state: ArchiveStatus) -> Iterator[Concern]:
    if state.disk.is_short:
        yield Concern(Trouble.DISK_SHORT, {"free": state.disk.free, "floor": state.disk.floor})


def _of_rows(state: ArchiveStatus) -> Iterator[Concern]:
    if state.unreadable:
        yield Concern(Trouble.UNREADABLE, {"number": len(state.unreadable), "because": str(state.unreadable[0])})


def _of_clock(
    jobs: Collection[JobHealth], unseen: Collection[str], named: int, *, has_clock: bool
) -> Iterator[Concern]:
    if not has_clock or _is_stopped(jobs) or (named and len(unseen) == named):
        yield Concern(Trouble.NO_CLOCK)
        return
    for job in jobs:
        if job.late_since is not None:
            yield Concern(Trouble.JOB_LATE, {"job": job.state.name, "since": job.late_since})
    for name in unseen:
        yield Concern(Trouble.JOB_UNSEEN, {"job": name})


def _is_stopped(jobs: Iterable[JobHealth]) -> bool:
    """Whether a clock was at work once and is no more: none has looked since the first job was late."""
    jobs = list(jobs)
    late = [job.late_since for job in jobs if job.late_since is not None]
    looked = [job.state.settled_until for job in jobs if job.state.settled_until is not None]
    return bool(late) and not any(job.is_under_way for job in jobs) and max(looked) < min(late)


def _of_job(job: JobHealth) -> Iterator[Concern]:
    name, last, missed = job.state.name, job.state.last_ended, job.state.not_run
    if job.next_start is None:
        yield Concern(Trouble.TIMETABLE_UNKNOWN, {"job": name, "timetable": job.state.timetable})
    if missed is not None and not job.is_under_way:
        yield Concern(Trouble.JOB_MISSED, {"job": name, "times": missed.times, "since": missed.first})
    if last is not None and job.is_bad:
        facts = {"job": name, "verdict": last.verdict, "code": last.exit_code, "because": last.because}
        yield Concern(Trouble.JOB_FAILED, facts)


def _of_recipients(recipients: Iterable[Recipient]) -> Iterator[Concern]:
    for to in recipients:
        if to.is_failing:
            yield Concern(Trouble.NOT_REACHED, {"to": to.label, "times": to.tries, "because": to.last_error})


def _last_ok_of(jobs: Iterable[JobState], command: str) -> datetime | None:
    """When a job of that command last ended well."""
    ended = [job.last_ok_at for job in jobs if (job.command or job.name) == command and job.last_ok_at is not None]
    return max(ended, default=None)
