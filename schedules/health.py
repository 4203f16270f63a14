"""How each job of the time-table stands: what its last run came to, and whether anybody looks at the clock. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from archive.monitoring.metrics import Metric
from archive.monitoring.state import JobState, State
from schedules.jobs import Job
from schedules.telling import Telling, word_of

LATE_AFTER: Final = timedelta(minutes=5)
"""A start that so long after its moment has left no trace: nobody looks at the clock."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A job of the time-table that is due at times, and how it stands."""

    job: Job
    state: JobState | None
    """None: nothing is known of it."""
    next_start: datetime
    is_under_way: bool
    is_seen: bool
    """Whether its due times are looked after as this time-table has them."""
    late_since: datetime | None
    """When it should have begun and did not, though nobody is running it."""

    @property
    def is_bad(self) -> bool:
        """Whether its last run that ended did not go well."""
        last = self.state.last_ended if self.state else None
        return last is not None and last.exit_code != 0

    @property
    def needs_attention(self) -> bool:
        """Whether anything is wrong with it."""
        return self.is_bad or not self.is_seen or self.late_since is not None

    def is_told_of(self, telling: Telling) -> bool:
        """Whether it is bad in a way that somebody wants to be told of."""
        last = self.state.last_ended if self.state else None
        wanted = telling.verdicts if self.job.notify is None else self.job.notify
        return self.is_bad and last is not None and word_of(last.verdict or "") in wanted

    def __str__(self) -> str:
        last = self.state.last_ended if self.state else None
        said = f"{last.verdict} ({last.exit_code})" if last else "never run"
        return f"{self.job.name}: {said}{f': {last.because}' if last and last.because else ''}"


def nobody_looks(jobs: Iterable[Standing]) -> bool:
    """Whether no clock is at work: no job was ever seen by one, or none since the first that is late."""
    jobs = list(jobs)
    seen = [job.state.settled_until for job in jobs if job.is_seen and job.state and job.state.settled_until]
    late = [job.late_since for job in jobs if job.late_since is not None]
    if any(job.is_under_way for job in jobs):
        return False
    return not seen if not late else max(seen) < min(late)


def standings(state: State, jobs: Iterable[Job], salt: str) -> list[Standing]:
    """How each job stands at the moment the state was read."""
    known = {each.name: each for each in state.jobs}
    held = {lock.name for lock in state.locks}
    return [_standing(job, known.get(job.name), state.read_at, salt, busy=job.lock in held) for job in jobs]


def _standing(job: Job, known: JobState | None, now: datetime, salt: str, *, busy: bool) -> Standing:
    settled = known.settled_until if known and known.timetable == job.identity else None
    late = None
    if settled is not None and not busy:
        start = job.starts_at(job.timetable.next_after(settled), salt)
        late = start if start + LATE_AFTER < now else None
    return Standing(job, known, job.next_start(now, salt), busy, settled is not None, late)


def job_metrics(jobs: Iterable[Standing]) -> Iterator[Metric]:
    """What the time-table adds to the archive's metrics."""
    jobs = list(jobs)
    coming = [({"job": job.job.name}, job.next_start.timestamp()) for job in jobs]
    yield "job_next_start_timestamp_seconds", "When the job is to begin next.", coming
    late = [({"job": job.job.name}, job.late_since is not None or not job.is_seen) for job in jobs]
    yield "job_late", "Whether its due times pass and no clock looks at them.", late
