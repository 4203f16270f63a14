"""The daemon: at work in sessions until it is told to stop.

A session ends by an error of the archive as a whole, or of the program. What is done about that says the table in
`schedules.runner.recovery`: the daemon ends, too, or waits and begins another session, or starts itself anew.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from archive.errors import QQNewsError
from archive.files.readable_names import readable
from archive.monitoring.status import salt_of
from schedules.config.program import ProgramWatch, program, start_anew
from schedules.daemon.session import LOOK_EVERY, Session
from schedules.notify.alarms import TIMETABLE
from schedules.notify.troubles import Troubles
from schedules.runner.recovery import NOT_UNDERSTOOD, PATIENCE, Response, pause_before, rule_for
from schedules.runner.runner import JobRunner, Tell
from schedules.runner.service_manager import NAMES, ServiceManager
from schedules.timetable.job_file import JobFile

CHECK: Final = 120.0
"""Seconds that a new program may take to show that it starts."""
LONG_ENOUGH: Final = 60.0
"""Seconds at work after which what ends a session counts as the first error, and not as one more of a row."""


class NotReady(QQNewsError):
    """The program on the disk does not start."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the program on the disk does not start ({problem}): it may be about to be installed")


class Daemon:
    """Gives all jobs of a time-table their turns on the archive in ``data``, session after session."""

    def __init__(self, data: Path, read: Callable[[], JobFile], tell: Tell) -> None:
        """``read``: reads the time-table. Raises ``BadJobs``."""
        self._data = data
        self._read = read
        self._tell = tell
        self._jobs = read()
        self._version = version("qqnews")
        self._program = ProgramWatch()
        self._manager = ServiceManager(os.environ)
        self._stop, self._wake = threading.Event(), threading.Event()
        self._wants_reload = self._was_at_work = False
        self._keeper = JobRunner(data, "daemon", tell=tell)
        self._session: Session | None = None
        self._troubles = Troubles(self._keeper, self._jobs.path, self._jobs.telling, self._stop)

    def stop(self) -> None:
        """End what is under way, wait for it, and end. A signal's handler may call it."""
        self._stop.set()
        self._keeper.stop.set()
        self._wake.set()

    def reload(self) -> None:
        """Read the time-table anew, soon. A signal's handler may call it."""
        self._wants_reload = True
        self._wake.set()

    def run(self) -> None:
        """Be at work until told to stop.

        Raises what ends it, by the table: ``Locked`` if a daemon is at work on this archive already, ``LostLock``,
        ``OtherArchive``, at its start ``ArchiveMissing``, and whatever nobody foresaw.
        """
        tries = 0
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                self._be_at_work()
            except Exception as error:  # Judged by the table: what does not pass is raised again.
                tries = 1 if time.monotonic() - began > LONG_ENOUGH else tries + 1
                self._recover(error, tries)
        self._manager.stopping()

    def _be_at_work(self) -> None:
        """One session."""
        identity = self._keeper.identity
        self._keeper = keeper = JobRunner(self._data, "daemon", tell=self._tell, telling=self._jobs.telling)
        self._troubles.keeper, keeper.identity = keeper, identity
        if self._stop.is_set():
            return
        with self._manager.kept_waiting():  # An archive of an earlier version is brought up to date.
            archive = keeper.opened()
        self._session = Session(keeper, self._jobs, self._troubles, self._program, self._look_around)
        try:
            self._session.run(archive, self._say_what_comes)
        finally:
            self._session = None

    def _say_what_comes(self) -> None:
        """The first line of a session."""
        self._was_at_work = True
        place = f"{readable(self._data.absolute())} ({self._keeper.identity})"
        self._tell(f"qqnews {self._version}, archive {place}: {self._coming()}")
        self._manager.ready(self._coming())

    def _coming(self) -> str:
        """How many jobs are on, and which is next."""
        jobs, now, salt = self._jobs.enabled(), datetime.now(UTC), salt_of(self._data)
        if not jobs:
            return "no job is on"
        start, job = min(((job.next_start(now, salt), job) for job in jobs), key=lambda pair: pair[0])
        return f"{len(jobs)} jobs, next {job.name} at {start.astimezone(job.zone):%Y-%m-%d %H:%M:%S %z}"

    def _recover(self, error: Exception, tries: int) -> None:
        """Do what the table says of an error: raise it again, or return when it is time for the next session."""
        rule = rule_for(error)
        self._troubles.met(error, lasted=tries > 1 or rule.response is Response.END)
        if rule.response is Response.END or (rule.ends_start and not self._was_at_work):
            self._troubles.send()
            raise error
        if rule.response is Response.RESTART:
            self._tell(f"{error}; it starts itself anew")
            self._start_anew()
        else:
            self._pause(error, tries)

    def _start_anew(self) -> None:
        """Replace this process by the program on the disk, once that starts; return if we are told to stop before."""
        began, tries = time.monotonic(), 0
        while not self._stop.is_set():
            problem = self._problem_of_program()
            if not problem:
                try:
                    start_anew()
                except OSError as error:
                    problem = str(error)
            tries += 1
            self._troubles.met(NotReady(problem), lasted=time.monotonic() - began > PATIENCE)
            self._pause(NotReady(problem), tries)

    def _problem_of_program(self) -> str:
        """Why the program on the disk does not start, or cannot read the time-table; '' if it can."""
        words = [*program(), "--data", str(self._data), "schedule", "list"]
        words += ["--jobs", str(self._jobs.path)] if self._jobs.path else []
        variables = {name: value for name, value in os.environ.items() if name not in NAMES}
        with self._manager.kept_waiting():
            try:
                # Our own program.
                ended = subprocess.run(  # noqa: S603
                    words, env=variables, stdin=subprocess.DEVNULL, capture_output=True, timeout=CHECK, check=False
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                return str(error)
        if ended.returncode == 0:
            return ""
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        return said[-1] if said else f"exit code {ended.returncode}"

    def _pause(self, error: Exception, tries: int) -> None:
        """Wait before the next try, and let people know what is waited for."""
        seconds = pause_before(tries)
        said = str(error) or type(error).__name__
        self._tell(f"{said}; tried again in {seconds:.0f} s")
        self._manager.status(f"waiting: {said}")
        with self._manager.kept_waiting():
            self._troubles.send()
        until = time.monotonic() + seconds
        while not self._stop.is_set() and (left := until - time.monotonic()) > 0:
            self._look_around(min(left, LOOK_EVERY))

    def _look_around(self, seconds: float) -> None:
        """Wait so long at most, show that we live, and do what a signal asked for."""
        self._wake.wait(min(seconds, self._manager.watchdog or seconds))
        self._wake.clear()
        self._manager.alive()
        if self._wants_reload and not self._stop.is_set():
            self._wants_reload = False
            self._read_anew()

    def _read_anew(self) -> None:
        """Read the time-table again. One that is not understood is refused, and the old one stays."""
        self._manager.reloading()
        try:
            self._jobs = self._read()
        except QQNewsError as error:
            self._tell(f"the time-table is refused, the old one stays: {error}")
            self._troubles.remember(self._jobs.notify)  # Whoever sends cannot read the file, either.
            self._troubles.note(TIMETABLE, NOT_UNDERSTOOD, str(error))
        else:
            self._troubles.telling = self._jobs.telling
            self._troubles.over(TIMETABLE)
            if self._session is not None:
                self._session.take(self._jobs)
            self._tell(f"the time-table was read anew: {self._coming()}")
        self._manager.ready(self._coming())
