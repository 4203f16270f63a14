"""Tells people when work on the archive comes to a halt, and when it goes on: without its disk, and in bounded time."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from schedules.config.notification_policy import MissingVariable, NotificationPolicy
from schedules.notify.alarms import ARCHIVE, TIMETABLE, Alarms
from schedules.notify.dead_man_switch import failure_of, ping
from schedules.notify.sending import send_waiting
from schedules.runner.recovery import Trouble, rule_for
from schedules.runner.runner import JobRunner


class Troubles:
    """What is wrong with the archive in ``data``, for those whom the time-table names."""

    def __init__(
        self, keeper: JobRunner, jobs: Path | None, telling: NotificationPolicy, stop: threading.Event
    ) -> None:
        """``jobs``: the time-table's file; ``keeper``: knows which archive is meant; ``stop``: hold nobody up."""
        self.keeper = keeper
        """Changes with each session of the daemon."""
        self.telling = telling
        """Who is told; changes when the time-table is read anew."""
        self._jobs = jobs
        self._stop = stop
        self._alarms = Alarms(keeper.data)

    def met(self, error: Exception, *, lasted: bool, job: str = "") -> str:
        """Note an error, if people are to be told of it, and say of what: the archive, or a job. '': of nothing.

        ``lasted``: whether it has been there for some time. ``job``: whose turn it hindered; what may well be this
        job's alone is noted of the job.
        """
        rule = rule_for(error)
        if rule.trouble is None or not (rule.at_once or lasted):
            return ""
        what = job if job and rule.trouble is Trouble.STUCK else ARCHIVE
        self._alarms.note(what, rule.trouble.value, str(error), datetime.now(UTC))
        return what

    def note(self, what: str, verdict: str, because: str) -> None:
        """Note that something else is wrong."""
        self._alarms.note(what, verdict, because, datetime.now(UTC))

    def remember(self, table: dict[str, Any] | None) -> None:
        """Keep whom the time-table named, for those who cannot read it any more."""
        self._alarms.remember(table)

    def over(self, what: str = ARCHIVE) -> None:
        """Note that it is well again."""
        self._alarms.over(what, datetime.now(UTC))

    def keep_only(self, jobs: Collection[str]) -> None:
        """Note that nothing is wrong any more with jobs that there are no longer."""
        for what in self._alarms.standing() - {*jobs, ARCHIVE, TIMETABLE}:
            self.over(what)

    @property
    def is_bad(self) -> bool:
        """Whether something is wrong with the archive now."""
        return self._alarms.stands(ARCHIVE)

    def send(self) -> None:
        """Send what is to be told now, and let whoever watches the dead-man's switch know."""
        try:
            if self._jobs is not None and self._alarms.due(self.telling, datetime.now(UTC)):
                error = send_waiting(self.keeper, self._jobs, self.telling, self._stop)
                if error:
                    self.keeper.tell(f"messages: {error}")
            self._ping()
        except OSError as error:
            self.keeper.tell(f"messages: {error}")

    def _ping(self) -> None:
        telling, now = self.telling, datetime.now(UTC)
        if telling.ping is None or not telling.ping_failures or not self.is_bad:
            return  # The call stays away, which is what it is for.
        if self._alarms.claim_ping(now, telling.ping_every):
            try:
                error = ping(failure_of(telling.ping.filled(os.environ)), self._alarms.because(ARCHIVE))
            except MissingVariable as missing:
                error = str(missing)
            if error:
                self.keeper.tell(f"ping: {error}")
