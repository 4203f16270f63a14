"""What is done after runs, and now and then: messages, the dead-man's switch, the file of metrics, old logs.

Nothing here fails or holds up a run: each step is bounded in time, and what goes wrong is one line for people.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from archive.errors import NoArchive, QQNewsError
from archive.monitoring.health import Concern, Trouble, judged
from archive.monitoring.metrics import metrics
from archive.monitoring.notices import Notices
from archive.monitoring.status import disk_of, read_status
from archive.runs.log_retention import prune_now_and_then
from schedules.config.notification_policy import PING, MissingVariable, NotificationPolicy, word_of
from schedules.notify.dead_man_switch import failure_of, ping
from schedules.notify.sending import send_waiting
from schedules.notify.troubles import Troubles
from schedules.runner.retired_jobs import note_named
from schedules.runner.runner import JobRunner
from schedules.timetable.due import next_due
from schedules.timetable.job_file import JobFile

LOOK_EVERY: Final = 5.0
"""Seconds between two looks of the daemon at what is to be told."""
METRICS_EVERY: Final = 60.0


class AfterRun:
    """Does after runs what is to be done, for the jobs of one time-table on one archive."""

    def __init__(self, keeper: JobRunner, jobs: JobFile, troubles: Troubles) -> None:
        self.jobs = jobs
        """The time-table; changes when it is read anew."""
        self._keeper = keeper
        self._troubles = troubles
        self._measured = float("-inf")
        self._complaints: dict[str, str] = {}

    @property
    def _telling(self) -> NotificationPolicy:
        return self.jobs.telling

    def keep_looking(self) -> None:
        """Look again and again until the keeper stops."""
        ended = -1  # At the first look everything is done as after a run.
        while not self._keeper.stop.wait(LOOK_EVERY):
            before, ended = ended, self._keeper.ended
            self.look(ran=ended != before)

    def take_leave(self) -> None:
        """At the end of a daemon: the file of metrics tells of its last runs, and that it holds no lock any more."""
        self._do("metrics", lambda: self._measure(ran=True))

    def look(self, *, ran: bool, by_clock: bool = True) -> None:
        """Do what is to be done now. ``ran``: whether a run has ended since the last look.

        ``by_clock``: whether the jobs are those of the time-table that is at work here.
        """
        if ran and by_clock:
            self._do("jobs", self._note_named)
        self._do("alarms", self._troubles.send)
        self._do("messages", self._send)
        self._do("ping", self._ping)
        self._do("metrics", lambda: self._measure(ran=ran))
        self._do("logs", self._prune)

    def _do(self, what: str, step: Callable[[], None]) -> None:
        """Do one thing; the same complaint is told once."""
        said = ""
        try:
            step()
        except (QQNewsError, OSError) as error:
            said = f"afterwards: {error}"
        if said and said != self._complaints.get(what):
            self._keeper.tell(said)
        self._complaints[what] = said

    def _note_named(self) -> None:
        """Jobs that left the time-table are settled."""
        # Where nothing could be begun there may be no archive.
        with suppress(NoArchive), self._keeper.existing() as archive:
            note_named(archive, self.jobs, datetime.now(UTC))

    def _send(self) -> None:
        if not self._telling.urls or self.jobs.path is None or not self._is_time_to_send():
            return
        if error := send_waiting(self._keeper, self.jobs.path, self._telling, self._keeper.stop):
            self._keeper.tell(f"afterwards: messages: {error}")

    def _is_time_to_send(self) -> bool:
        now, ours = datetime.now(UTC), {to.id for to in self._telling.urls}
        with self._keeper.existing() as archive:
            notices = Notices(archive)
            return any(
                self._telling.is_time(each, notices.pending(each.id), now)
                for each in notices.recipients()
                if each.id in ours
            )

    def _ping(self) -> None:
        """Call the dead-man's switch, unless work has come to a halt: then the call is to be missed."""
        if self._telling.ping is None or self._troubles.is_bad or not self._claims_ping():
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
        with self._keeper.existing() as archive:
            Notices(archive).called(PING, error, datetime.now(UTC))

    def _claims_ping(self) -> bool:
        now = datetime.now(UTC)
        with self._keeper.existing() as archive:
            return Notices(archive).claim(PING, PING, now, now + self._telling.ping_every)

    def _bad_jobs(self) -> list[str]:
        """What is wrong with jobs, as far as somebody wants to be told of it."""
        if not self._telling.ping_failures:
            return []
        concerns = judged(read_status(self._keeper.data), next_due).concerns
        return [str(concern) for concern in concerns if concern.job and self._is_told(concern)]

    def _is_told(self, concern: Concern) -> bool:
        job = self.jobs.by_name.get(concern.job or "")
        wanted = job.notify if job is not None and job.notify is not None else self._telling.verdicts
        return concern.trouble is not Trouble.JOB_FAILED or word_of(str(concern.facts["verdict"])) in wanted

    def _measure(self, *, ran: bool) -> None:
        """Write the file of metrics, aside and then into its place: its reader never sees half of it."""
        path = self._telling.metrics_file
        if path is None or (not ran and time.monotonic() < self._measured + METRICS_EVERY):
            return
        self._measured = time.monotonic()
        state = read_status(self._keeper.data)
        write_metrics(path, metrics(state, judged(state, next_due)))

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
