"""A job's turn: look into the ledger, take the lock, say what is to be run; and note how it went.

Whoever calls - the daemon, cron through ``tick``, somebody by hand - takes the same turn. What was decided and
who is at work is one transaction, so two callers never run one due time twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Final

from archive.errors import ExitCode
from archive.monitoring.notices import Notices
from archive.runs.due_times import COALESCED, MISSED, RAN, RUNNING, SKIPPED, WAITING, DueTime, DueTimes
from archive.runs.locks import Holder, Locks
from schedules.config.notification_policy import NotificationPolicy, RunOutcome
from schedules.runner.misfires import apply_misfire_policy
from schedules.timetable.apscheduler import between
from schedules.timetable.jobs import Job

MOST_ATTEMPTS: Final = 3
"""A due time whose run was interrupted so often is not tried again."""
EARLIEST: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""A clock that shows an earlier time was not set yet; nothing is decided by it."""
BATCH: Final = 5000
"""Rows written in one transaction while a long absence is made up for."""
_REOPENED: Final = {MISSED, COALESCED, SKIPPED}


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """A run that is to be done now, under a lock that is ours."""

    job: Job
    run_id: int
    due: DueTime | None
    """None: by hand, where nothing was due."""
    token: str


@dataclass(frozen=True, slots=True)
class LockedByOther:
    """Somebody else is running the job."""

    job: Job
    holder: Holder
    wanted: bool
    """Something was due that could not be run for it."""


@dataclass(frozen=True, slots=True)
class NothingDue:
    """Nothing is due."""

    job: Job


@dataclass(frozen=True, slots=True)
class RunEnded:
    """How a run ended. ``interrupted``: why it was stopped before its end by no fault of its own, or ''."""

    verdict: str
    exit_code: int
    counts: Mapping[str, int]
    reason: str = ""
    interrupted: str = ""
    because: str = ""
    """The verdict in a sentence."""
    log: str = ""
    """Name of the run's log."""


class RunNotices:
    """Notes what somebody is to be told of the runs."""

    def __init__(self, notices: Notices, telling: NotificationPolicy) -> None:
        self._notices = notices
        self._telling = telling

    def note(self, job: Job, run: RunOutcome) -> None:
        """Note how a run of the job ended, if that is news."""
        news = self._telling.news(job.name, job.notify, self._notices.last_of(job.name), run)
        if news is not None:
            self._notices.note(news, [(to.id, to.label) for to in self._telling.urls])


class Claims:
    """The turns of all jobs, on one archive, by one process. ``salt`` is what jitter depends on."""

    def __init__(self, ledger: DueTimes, locks: Locks, salt: str, news: RunNotices | None = None) -> None:
        self._ledger = ledger
        self._locks = locks
        self._news = news
        self._salt = salt

    def begin(
        self, job: Job, now: datetime, purpose: str, *, by_hand: bool = False, until: datetime | None = None
    ) -> ClaimedRun | LockedByOther | NothingDue:
        """Settle every due time of ``job`` up to ``now``; what is to be done.

        ``by_hand``: run it also where nothing is due. ``until``: leave what became due after it to others.
        """
        if now >= EARLIEST:
            self._settle_long_ago(job, now)
        with self._ledger.transaction():
            holder = self._locks.holder(job.lock)
            if holder is None:
                self._bury(job, now)
            outstanding = self._outstanding(job, now, until or now) if now >= EARLIEST else []
            busy = f"busy: {holder}" if holder else None
            settled = apply_misfire_policy(job, outstanding, now, busy, by_hand=by_hand)
            chosen = next((row for row in settled if row.state == RUNNING), None)
            self._ledger.write([row for row in settled if row is not chosen], now)
            if holder is not None:
                return LockedByOther(job, holder, bool(outstanding) or self._just_due(job, now))
            if chosen is None and not by_hand:
                return NothingDue(job)
            return self._start(job, chosen, now, purpose)

    def end(self, begun: ClaimedRun, ended: RunEnded, now: datetime) -> bool:
        """Note how a run ended, give the lock back. False: somebody took the lock over, and has noted it."""
        with self._ledger.transaction():
            if not self._locks.release(begun.token):
                return False
            self._ledger.end_run(begun.run_id, ended.verdict, ended.exit_code, ended.counts, now, ended.because)
            if begun.due is not None:
                self._ledger.write([_after(begun.due, begun.run_id, ended)], now)
            self._tell(begun.job, begun.due, ended, now)
        return True

    def withdraw(self, begun: ClaimedRun, reason: str, now: datetime) -> bool:
        """Take back a run of which nothing was done: its due time waits, and that was no try. False as ``end``."""
        with self._ledger.transaction():
            if not self._locks.release(begun.token):
                return False
            self._ledger.end_run(begun.run_id, "failed", ExitCode.FAILED, {}, now, reason)
            if begun.due is not None:
                waits = replace(begun.due, state=WAITING, reason=reason, attempts=begun.due.attempts - 1)
                self._ledger.write([waits], now)
        return True

    def _tell(self, job: Job, due: DueTime | None, ended: RunEnded, now: datetime) -> None:
        """A run that was interrupted and will be done again is no news, and one by hand is whoever's hand it was."""
        final = not ended.interrupted or (due is not None and due.attempts >= MOST_ATTEMPTS)
        if final and self._news is not None:
            ok = ended.exit_code == ExitCode.OK
            judged = RunOutcome(ended.verdict, ended.because, now, is_ok=ok, log=ended.log, counts=ended.counts)
            self._news.note(job, judged)

    def _start(self, job: Job, chosen: DueTime | None, now: datetime, purpose: str) -> ClaimedRun:
        run_id = self._ledger.start_run(job.name, chosen.due_at if chosen else None, now)
        token = self._locks.take(job.lock, purpose, now, run_id=run_id)
        if chosen is not None:
            chosen = replace(chosen, run_id=run_id)
            self._ledger.write([chosen], now)
        return ClaimedRun(job, run_id, chosen, token)

    def _outstanding(self, job: Job, now: datetime, until: datetime) -> list[DueTime]:
        """What was waiting, and what has become due; the latter is noted as seen."""
        mark = self._mark(job, now)
        waiting = [row for row in self._ledger.open_rows(job.name) if row.state == WAITING and row.due_at <= until]
        new = list(self._started(job, mark, until))
        if new:
            self._ledger.settled_until(job.name, new[-1])
        return waiting + self._without_rows(job, mark, now, new)

    def _mark(self, job: Job, now: datetime) -> datetime:
        """Up to where each due time has its row. A new or changed time-table counts from now on."""
        watched = self._ledger.watched(job.name)
        if watched is None or watched.timetable != job.identity:
            self._ledger.watch(job.name, job.identity, now, jitter=job.jitter, command=job.command[0])
            return now
        if (watched.jitter, watched.command) != (job.jitter, job.command[0]):
            self._ledger.describe(job.name, job.jitter, job.command[0])
        if watched.settled_until > now:
            # The clock was put back. Rows of times that come again are there, and `_without_rows` judges them.
            self._ledger.settled_until(job.name, now)
            return now
        return watched.settled_until

    def _started(self, job: Job, mark: datetime, until: datetime) -> Iterator[datetime]:
        """The due times after the mark whose starts have come."""
        if not job.enabled:
            return iter(())
        return takewhile(lambda due: job.starts_at(due, self._salt) <= until, between(job.timetable, mark, until))

    def _without_rows(self, job: Job, mark: datetime, now: datetime, new: list[datetime]) -> list[DueTime]:
        """New due times; also those that were given up under a clock that was ahead of its time."""
        rows = self._ledger.rows(job.name, mark, now) if new else {}
        given_up = {due for due, row in rows.items() if row.state in _REOPENED and _later(row.settled_at, now)}
        return [DueTime(job.name, due, WAITING) for due in new if due not in rows or due in given_up]

    def _settle_long_ago(self, job: Job, now: datetime) -> None:
        """After a long absence: what is past all grace gets its rows, batch by batch."""
        long_ago = now - job.patience - timedelta(seconds=1)
        while self._is_behind(job, long_ago):
            with self._ledger.transaction():
                mark = self._mark(job, now)
                batch = list(islice(self._started(job, mark, long_ago), BATCH))
                if not batch:
                    return
                self._ledger.settled_until(job.name, batch[-1])
                missed = self._without_rows(job, mark, batch[-1], batch)
                self._ledger.write(apply_misfire_policy(job, missed, now, None), now)

    def _is_behind(self, job: Job, moment: datetime) -> bool:
        watched = self._ledger.watched(job.name)
        return watched is not None and watched.timetable == job.identity and watched.settled_until < moment

    def _bury(self, job: Job, now: datetime) -> None:
        """End, in the books, the runs whose keeper died or fell silent. Their due times wait again."""
        broken = [row for row in self._ledger.open_rows(job.name) if row.state == RUNNING]
        remains = self._locks.remains(job.lock)
        runs = {row.run_id for row in broken} | {remains.run_id if remains else None}
        died = "its keeper died or fell silent"
        ended = RunEnded("failed", ExitCode.FAILED, {}, interrupted=died, because=died)
        for run_id in filter(None, runs):
            self._ledger.bury_run(run_id, ended.verdict, ended.exit_code, now, ended.because)
        if remains is not None:
            self._locks.release(remains.token)
        self._ledger.write([_after(row, row.run_id, ended) for row in broken], now)
        for row in broken:
            self._tell(job, row, ended, now)

    def _just_due(self, job: Job, now: datetime) -> bool:
        return job.enabled and job.next_start(now - timedelta(minutes=1), self._salt) <= now


def _after(due: DueTime, run_id: int | None, ended: RunEnded) -> DueTime:
    """The row of a due time after its run."""
    if not ended.interrupted:
        return replace(due, state=RAN, reason=ended.reason, run_id=run_id)
    if due.attempts < MOST_ATTEMPTS:
        return replace(due, state=WAITING, reason=f"to be run again: {ended.interrupted}", run_id=run_id)
    return replace(due, state=RAN, reason=f"interrupted {due.attempts} times: {ended.interrupted}", run_id=run_id)


def _later(settled_at: datetime | None, now: datetime) -> bool:
    return settled_at is not None and settled_at > now
