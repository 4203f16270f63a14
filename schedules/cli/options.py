"""What the commands of the clock are asked: an archive, and a time-table."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click

from archive.cli.context import CommandContext, common_options
from schedules.config.notification_policy import NotificationPolicy, read_policy
from schedules.notify.alarms import Alarms
from schedules.timetable.job_file import JobFile
from schedules.timetable.jobs import BadJobs

_JOBS: Final = click.option(
    "--jobs",
    "jobs_file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="QQNEWS_JOBS",
    help="The time-table (default: QQNEWS_JOBS, else the one that comes with the program).",
)


def with_jobs_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--jobs``, ``--data`` and ``--json``; it takes ``CommandContext`` and ``JobFile`` first."""

    @wraps(command)
    def wrapped(asked: CommandContext, *, jobs_file: Path | None, **options: Any) -> None:
        command(asked, JobFile(jobs_file), **options)

    return with_jobs_file(wrapped)


def telling_known(data: Path, jobs_file: Path | None) -> NotificationPolicy:
    """Who hears of the jobs; where the time-table cannot be read, whom it named when it last could. Raises ``BadJobs``.

    That is known only of a time-table that lies on the archive's own disk.
    """
    try:
        return JobFile(jobs_file).telling
    except BadJobs:
        table = Alarms(data).remembered()
        if table is None:
            raise
        return read_policy(table)


def with_jobs_file(command: Callable[..., None]) -> Callable[..., None]:
    """The same for a command that may do without the time-table: it takes its path, ``jobs_file``."""
    return common_options(_JOBS(command))
