"""Sends messages by a process of its own: what they are sent through has time limits of its own making."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path
from typing import Final

from archive.errors import ExitCode
from archive.redaction.secrets import parts_of, redacted
from schedules.config.notification_policy import MissingVariable, NotificationPolicy
from schedules.config.program import program
from schedules.runner.runner import JobRunner
from schedules.runner.subprocess_limit import started_group, supervise

SENDING: Final = 60.0
"""Seconds after which whoever sends is ended; what was not sent is sent later."""


def send_waiting(keeper: JobRunner, jobs: Path, telling: NotificationPolicy, stop: threading.Event) -> str:
    """Send what is waiting to be sent; what went wrong, or ''. ``stop``: set to leave it. Raise ``OSError``.

    Nothing here needs the archive's disk; where another archive than the keeper's stands there, nothing is noted in it.
    """
    words = [*program(), "--data", str(keeper.data), "schedule", "notify", "--jobs", str(jobs)]
    environment = {**os.environ, **keeper.named_archive()}
    with tempfile.TemporaryFile() as said:
        with started_group(words, cwd=Path("/"), env=environment, out=said, err=said) as process:
            finished = supervise(process, SENDING, lambda seconds: "told to stop" if stop.wait(seconds) else "")
        if finished.exit_code in (ExitCode.OK, ExitCode.LOCKED):  # Somebody else is sending.
            return ""
        said.seek(0)
        lines = said.read(2000).decode("utf-8", "replace").splitlines()
    return redacted(finished.stopped or "; ".join(lines), secrets_of(telling))


def secrets_of(telling: NotificationPolicy) -> frozenset[str]:
    """What may be secret in the addresses of people and of the dead-man's switch, as they are now."""
    found = set[str]()
    for to in telling.addresses:
        try:
            found |= parts_of(to.filled(os.environ))
        except MissingVariable:
            found |= parts_of(to.written)
    return frozenset(found)
