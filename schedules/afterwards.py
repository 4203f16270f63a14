"""What is done after runs, and now and then: messages, the dead-man's switch, the file of metrics, old logs.

Nothing here fails or holds up a run: each step is bounded in time, and what goes wrong is one line for people.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from archive.errors import ExitCode, NoArchive, QQNewsError
from archive.logs import prune_now_and_then
from archive.monitoring.metrics import metrics
from archive.monitoring.notices import Notices
from archive.monitoring.state import State, disk_of, read_state
from archive.store import Archive
from schedules.asking import Jobs
from schedules.health import job_metrics, standings
from schedules.keeper import Keeper, program
from schedules.leaving import note_named
from schedules.ping import failure_of, ping
from schedules.supervise import started_group, supervise
from schedules.telling import MissingVariable

LOOK_EVERY: Final = 5.0
"""Seconds between two looks of the daemon at what is to be told."""
METRICS_EVERY: Final = 60.0
SENDING: Final = 60.0
"""Seconds after which whoever sends messages is ended; what was not sent is sent later."""
PING: Final = "ping"
"""What the dead-man's switch is called among the recipients."""


class Afterwards:
    """Does after runs what is to be done, for the jobs of one time-table on one archive."""

    def __init__(self, keeper: Keeper, jobs: Jobs) -> None:
        self._keeper = keeper
        self._jobs = jobs
        self._telling = jobs.telling
        self._measured = float("-inf")

    def keep_looking(self, call: Callable[[], int]) -> None:
        """Look again and again until the keeper stops. ``call``: the number of runs that have ended."""
        ended = -1  # At the first look everything is done as after a run.
        while not self._keeper.stop.wait(LOOK_EVERY):
            before, ended = ended, call()
            self.look(ran=ended != before)

    def take_leave(self) -> None:
        """At the end of a daemon: the file of metrics tells of its last runs, and that it holds no lock any more."""
        self._do(lambda: self._measure(ran=True))

    def look(self, *, ran: bool, by_clock: bool = True) -> None:
        """Do what is to be done now. ``ran``: whether a run has ended since the last look.

        ``by_clock``: whether the jobs are those of the time-table that is at work here.
        """
        named = (self._note_named,) if ran and by_clock else ()
        for step in (*named, self._send, self._ping, lambda: self._measure(ran=ran), self._prune):
            self._do(step)

    def _do(self, step: Callable[[], None]) -> None:
        try:
            step()
        except (QQNewsError, OSError) as error:
            self._keeper.tell(f"afterwards: {error}")

    def _note_named(self) -> None:
        """Jobs that left the time-table are settled."""
        # Where nothing could be begun there may be no archive yet.
        with suppress(NoArchive), Archive.existing(self._keeper.data) as archive:
            archive.pass_over = self._keeper.pass_over
            note_named(archive, self._jobs, datetime.now(UTC))

    def _send(self) -> None:
        """Messages, by a process of their own: what is sent through has time limits of its own making."""
        if not self._telling.urls or self._jobs.path is None or not self._is_time_to_send():
            return
        words = [*program(), "--data", str(self._keeper.data), "schedule", "notify", "--jobs", str(self._jobs.path)]
        with tempfile.TemporaryFile() as said:
            with started_group(words, cwd=self._keeper.data, env=os.environ, out=said, err=said) as process:
                finished = supervise(process, SENDING, lambda seconds: _told_to_stop(self._keeper.stop, seconds))
            if finished.exit_code not in (ExitCode.OK, ExitCode.LOCKED):  # Somebody else is sending.
                said.seek(0)
                lines = said.read(2000).decode("utf-8", "replace").splitlines()
                self._keeper.tell(f"afterwards: messages: {finished.stopped or '; '.join(lines)}")

    def _is_time_to_send(self) -> bool:
        now, ours = datetime.now(UTC), {to.id for to in self._telling.urls}
        with Archive.existing(self._keeper.data) as archive:
            archive.pass_over = self._keeper.pass_over
            notices = Notices(archive)
            return any(
                self._telling.is_time(each, notices.pending(each.id), now)
                for each in notices.recipients()
                if each.id in ours
            )

    def _ping(self) -> None:
        """Call the dead-man's switch, unless the disk is too full to work on: then the call is to be missed."""
        if self._telling.ping is None or not self._claims_ping():
            return
        bad = self._bad_jobs()
        short = disk_of(self._keeper.data).is_short
        if short and not self._telling.ping_failures:
            return
        try:
            url = self._telling.ping.filled(os.environ)
            failing = self._telling.ping_failures and (bad or short)
            told = "\n".join(bad) or "too little free space"
            error = ping(failure_of(url), told) if failing else ping(url)
        except MissingVariable as missing:
            error = str(missing)
        with Archive.existing(self._keeper.data) as archive:
            Notices(archive).called(PING, error, datetime.now(UTC))

    def _claims_ping(self) -> bool:
        now = datetime.now(UTC)
        with Archive.existing(self._keeper.data) as archive:
            return Notices(archive).claim(PING, PING, now, now + self._telling.ping_every)

    def _bad_jobs(self) -> list[str]:
        if not self._telling.ping_failures:
            return []
        found = standings(self._state(), self._jobs.enabled(), self._keeper.salt)
        return [str(standing) for standing in found if standing.is_told_of(self._telling)]

    def _state(self) -> State:
        return read_state(self._keeper.data)

    def _measure(self, *, ran: bool) -> None:
        """Write the file of metrics, aside and then into its place: its reader never sees half of it."""
        path = self._telling.metrics_file
        if path is None or (not ran and time.monotonic() < self._measured + METRICS_EVERY):
            return
        self._measured = time.monotonic()
        state = self._state()
        write_metrics(path, metrics(state, job_metrics(standings(state, self._jobs.enabled(), self._keeper.salt))))

    def _prune(self) -> None:
        """Remove old reports and logs."""
        prune_now_and_then(self._keeper.data, os.environ)


def write_metrics(path: Path, text: str) -> None:
    """Write a file for Prometheus's node_exporter. Raises ``OSError``."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_text(text, "utf-8")
        aside.chmod(0o644)  # The exporter is somebody else.
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _told_to_stop(stop: threading.Event, seconds: float) -> str:
    return "told to stop" if stop.wait(seconds) else ""
