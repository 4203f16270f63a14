"""The daemon: the clockwork gives every job its turns until it is told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Final

from archive.errors import ArchiveBusy, ArchiveNotWritable, ExitCode, QQNewsError
from archive.lock import BEAT_EVERY, Locks
from archive.store import Archive
from schedules.clock import Clockwork
from schedules.jobs import Job
from schedules.keeper import Keeper, Tell

LOCK: Final = "daemon"
"""The daemon's own lock: one per archive."""
LOOK_EVERY: Final = 5.0
SURELY_EVERY: Final = 60.0
"""Seconds after which every job gets a turn in any case: nothing rests on a timer alone."""
STEP: Final = 2.0
"""Seconds by which the clock on the wall and the one nobody sets may differ between two looks."""


class LostLock(QQNewsError):
    """Another daemon took our lock over while we were stopped."""

    exit_code = ExitCode.LOCKED

    def __init__(self) -> None:
        super().__init__("another daemon took over while this one was stopped: it goes on, this one ends")


def run_daemon(keeper: Keeper, jobs: Iterable[Job], tell: Tell, beside: Callable[[], None]) -> None:
    """Give all jobs their turns until ``keeper.stop`` is set; what is under way is then ended and waited for.

    ``beside`` is called in a thread of its own, and must return when the keeper stops.

    Raises ``Locked`` if a daemon is at work on this archive already, ``LostLock`` or ``ArchiveMoved`` if this one
    cannot go on, and whatever a turn raised unforeseen.
    """
    clockwork = Clockwork()
    jobs = list(jobs)
    keeper.ensure_archive(jobs)
    with Archive.existing(keeper.data) as archive:
        archive.pass_over = keeper.pass_over
        locks = Locks(archive)
        token = locks.take(LOCK, keeper.purpose, datetime.now(UTC))
        for job in jobs:
            clockwork.add(job.name, partial(job.next_start, salt=keeper.salt), partial(_turn, keeper, job, tell))
        clockwork.start()
        other = threading.Thread(target=beside, name="beside")
        other.start()
        try:
            _watch(keeper, clockwork, locks, token)
        finally:
            keeper.stop.set()
            clockwork.stop()
            other.join()
            with suppress(QQNewsError):  # Where the archive is gone, its lock is, too.
                locks.release(token)
    if clockwork.failure is not None:
        raise clockwork.failure


def _turn(keeper: Keeper, job: Job, tell: Tell) -> None:
    """A job's turn. An archive that cannot be used now may be usable at the next one."""
    try:
        keeper.turn(job)
    except QQNewsError as error:
        tell(f"{job.name}: {error}")


def _beat(locks: Locks, token: str) -> None:
    with suppress(ArchiveBusy, ArchiveNotWritable):  # The next beat may come through.
        if not locks.beat(token, datetime.now(UTC)):
            raise LostLock


def _watch(keeper: Keeper, clockwork: Clockwork, locks: Locks, token: str) -> None:
    """Beat the lock, and call all jobs when the clock was set, when the machine woke up, and now and then."""
    beaten = called = time.monotonic()
    difference = time.time() - called
    while not keeper.stop.wait(LOOK_EVERY) and clockwork.failure is None:
        keeper.check_archive()
        moment = time.monotonic()
        if moment - beaten >= BEAT_EVERY:
            beaten = moment
            _beat(locks, token)
        stepped = abs(time.time() - moment - difference) > STEP
        if stepped or moment - called >= SURELY_EVERY:
            called, difference = moment, time.time() - moment
            clockwork.call_all()
