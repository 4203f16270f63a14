"""What becomes of due times: one is run, the others get a reason. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from archive.runs.due_times import COALESCED, MISSED, RAN, RUNNING, SKIPPED, WAITING, DueTime
from schedules.timetable.jobs import ON_TIME, Job, Missed


def apply_misfire_policy(
    job: Job, outstanding: Sequence[DueTime], now: datetime, busy: str | None, *, by_hand: bool = False
) -> list[DueTime]:
    """Decide about all due times that have come and are not settled, oldest first.

    At most one is ``running``: it is to be run now. ``busy``: who is running the job already, if anybody is.
    ``by_hand``: somebody wants it run in any case, so that being late is no reason against it.
    """
    fresh = [due for due in outstanding if now - due.due_at <= job.patience]
    settled = [_too_old(due, now) for due in outstanding if now - due.due_at > job.patience]
    if busy is not None:
        return settled + [_while_busy(job, due, busy) for due in fresh]
    if not fresh:
        return settled
    if job.missed is Missed.ALL:
        first, *others = fresh
        return [*settled, _run(first), *(replace(due, state=WAITING, reason="its turn comes") for due in others)]
    *earlier, last = fresh
    if job.missed is Missed.SKIP:
        settled += [replace(due, state=SKIPPED, reason=f"late: it is {now:%Y-%m-%d %H:%M} UTC") for due in earlier]
        late = now - last.due_at > job.jitter + ON_TIME and not by_hand
        return [*settled, replace(last, state=SKIPPED, reason=f"late: it is {now:%H:%M} UTC") if late else _run(last)]
    merged = f"run for {last.due_at:%Y-%m-%d %H:%M:%S} UTC"
    return [*settled, *(replace(due, state=COALESCED, reason=merged) for due in earlier), _run(last)]


def _too_old(due: DueTime, now: datetime) -> DueTime:
    if due.attempts:
        return replace(due, state=RAN, reason=f"interrupted, and too old to be run again ({due.reason})")
    return replace(due, state=MISSED, reason=f"nobody was there until {now:%Y-%m-%d %H:%M} UTC")


def _run(due: DueTime) -> DueTime:
    return replace(due, state=RUNNING, reason="", attempts=due.attempts + 1)


def _while_busy(job: Job, due: DueTime, busy: str) -> DueTime:
    if job.missed is Missed.ALL:
        return replace(due, state=WAITING, reason=busy)
    return replace(due, state=SKIPPED, reason=busy)
