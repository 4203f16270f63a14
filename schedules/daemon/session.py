"""The daemon at work on one opened archive: it holds the daemon's lock and gives every job its turns."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from archive.errors import ArchiveBusy, ArchiveNotWritable, QQNewsError
from archive.runs.locks import BEAT_EVERY, Locks
from archive.runs.process import Process, is_alive
from archive.store import Archive
from schedules.config.program import ProgramWatch
from schedules.daemon.after_run import AfterRun
from schedules.notify.troubles import Troubles
from schedules.runner.life_sign import LifeSign
from schedules.runner.recovery import LostLock, PartDied, Response, rule_for
from schedules.runner.retries import Retries
from schedules.runner.runner import JobRunner, NotStarted
from schedules.timetable.apscheduler import Clockwork
from schedules.timetable.job_file import JobFile
from schedules.timetable.jobs import Job

LOCK: Final = "daemon"
"""The daemon's own lock: one per archive."""
LOOK_EVERY: Final = 5.0
"""Seconds between two looks at the archive, the clock and the lock."""
SURELY_EVERY: Final = 60.0
"""Seconds after which every job gets a turn in any case: nothing rests on a timer alone."""
STEP: Final = 2.0
"""Seconds by which the clock on the wall and the one nobody sets may differ between two looks."""


class Session:
    """What the daemon does from the opening of the archive until an error ends it, or the keeper is told to stop."""

    def __init__(
        self, keeper: JobRunner, jobs: JobFile, troubles: Troubles, program: ProgramWatch, wait: Callable[[float], None]
    ) -> None:
        """``wait``: returns after so many seconds, or earlier."""
        self._keeper = keeper
        self._jobs = jobs
        self._troubles = troubles
        self._wait = wait
        self._clockwork = Clockwork()
        self._retries = Retries()
        self._afterwards = AfterRun(keeper, jobs, troubles)
        self._program = program
        self._failure: Exception | None = None
        """What ended the thread beside us."""

    def run(self, archive: Archive, begun: Callable[[], None]) -> None:
        """Be at work on the opened archive. ``begun`` is called once the daemon's lock is held.

        Raises ``Locked`` if a daemon is at work on it already, ``LostLock``, ``ArchiveMissing``, ``OtherArchive`` or
        ``ArchiveReplaced`` if this one cannot go on with it, ``ProgramChanged``, and what a turn or the thread beside
        raised that ends it.
        """
        with archive, self._held(archive) as (locks, token):
            self._troubles.over()
            begun()
            self._give_turns(locks, token)
        self._afterwards.take_leave()

    def take(self, jobs: JobFile) -> None:
        """Go on with another time-table; what is under way ends as it began."""
        self._jobs = self._afterwards.jobs = jobs
        self._keeper.telling = jobs.telling
        for job in jobs.by_name.values():
            start = partial(job.next_start, salt=self._keeper.salt)
            self._clockwork.add(job.name, start, partial(self._turn, job))
        self._clockwork.keep_only(jobs.by_name)
        self._retries.keep_only(set(jobs.by_name))
        self._troubles.keep_only(jobs.by_name)

    @contextmanager
    def _held(self, archive: Archive) -> Iterator[tuple[Locks, str]]:
        """Hold the daemon's lock. One that starts itself anew keeps it: nobody is to come in between."""
        locks = self._keeper.locks(archive)
        with _life_sign(self._keeper.data) as sign:
            holder = locks.holder(LOCK)
            if sign and holder and holder.token == sign.left and _is_out_of_sight(holder.process):
                self._keeper.dead = holder.process
            locks.forget_mine()
            token = locks.take(LOCK, self._keeper.purpose, datetime.now(UTC))
            if sign is not None:
                with suppress(OSError):  # Then nobody will know sooner that we are dead.
                    sign.name(token)
            try:
                yield locks, token
            except Exception as error:
                if rule_for(error).response is not Response.RESTART:
                    _release(locks, token)
                raise
            _release(locks, token)

    def _give_turns(self, locks: Locks, token: str) -> None:
        beside = threading.Thread(target=self._keep_looking, name="beside")
        self._clockwork.start()
        self.take(self._jobs)
        beside.start()
        try:
            self._watch(locks, token)
        finally:
            self._keeper.stop.set()
            self._clockwork.stop()
            beside.join()
        for failure in (self._clockwork.failure, self._failure):
            if failure is not None:
                raise failure

    def _keep_looking(self) -> None:
        try:
            self._afterwards.keep_looking()
        except Exception as error:  # Raised again in the thread that waits for us.
            self._failure = error

    def _watch(self, locks: Locks, token: str) -> None:
        """Beat the lock, and call all jobs when the clock was set, when the machine woke up, and now and then."""
        beaten = called = time.monotonic()
        difference = time.time() - called
        while not self._keeper.stop.is_set() and self._clockwork.failure is None and self._failure is None:
            self._wait(LOOK_EVERY)
            self._keeper.check_archive()
            self._program.ensure_unchanged()
            if not self._clockwork.is_alive:
                raise PartDied("clock")
            moment = time.monotonic()
            if moment - beaten >= BEAT_EVERY:
                beaten = moment
                _beat(locks, token)
            stepped = abs(time.time() - moment - difference) > STEP
            if stepped or moment - called >= SURELY_EVERY:
                called, difference = moment, time.time() - moment
                self._clockwork.call_all()
            elif due := self._retries.due():
                self._clockwork.call_all(due)

    def _turn(self, job: Job) -> None:
        """A job's turn. An error that passes is this job's alone: the others go on, and it is tried again."""
        if not self._retries.is_time(job.name):
            return
        try:
            self._keeper.turn(job)
        except Exception as error:
            rule = rule_for(error)
            if rule.response is not Response.RETRY or rule.of_archive:
                raise
            pause, lasted = self._retries.failed(job.name)
            of_job = "" if isinstance(error, NotStarted) else f"{job.name}: "
            self._keeper.tell(f"{of_job}{error}; tried again in {pause:.0f} s")
            self._troubles.met(error, lasted=lasted, job=job.name)
        else:
            self._retries.succeeded(job.name)
            self._troubles.over(job.name)
            self._troubles.over()


@contextmanager
def _life_sign(data: Path) -> Iterator[LifeSign | None]:
    """The sign by which others know that we live; None where there is no place for it."""
    try:
        (data / "runs").mkdir(exist_ok=True)
        sign = LifeSign.open(data / "runs")
    except OSError:
        yield None
        return
    with closing(sign):
        yield sign


def _is_out_of_sight(process: Process) -> bool:
    """Whether a process of this machine can be neither seen nor missed: it has, or had, a name space of its own."""
    boot = Process.current().boot
    return boot != "" and process.boot == boot and is_alive(process) is None


def _beat(locks: Locks, token: str) -> None:
    with suppress(ArchiveBusy, ArchiveNotWritable):  # The next beat may come through.
        if not locks.beat(token, datetime.now(UTC)):
            raise LostLock


def _release(locks: Locks, token: str) -> None:
    with suppress(QQNewsError):  # Where the archive is gone, its lock is, too.
        locks.release(token)
