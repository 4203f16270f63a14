"""What the commands of the clock are asked: an archive, and a time-table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click

from archive.asked import Asked, shared
from schedules.alarms import Alarms
from schedules.jobs import SHIPPED, BadJobs, Job, NoSuchJob, read_jobs_file
from schedules.telling import Telling, read_telling

_JOBS: Final = click.option(
    "--jobs",
    "jobs_file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="QQNEWS_JOBS",
    help="The time-table (default: QQNEWS_JOBS, else the one that comes with the program).",
)


def with_jobs(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--jobs``, ``--data`` and ``--json``; it takes ``Asked`` and ``Jobs`` first."""

    @wraps(command)
    def wrapped(asked: Asked, *, jobs_file: Path | None, **options: Any) -> None:
        command(asked, Jobs(jobs_file), **options)

    return with_jobs_file(wrapped)


def telling_known(data: Path, jobs_file: Path | None) -> Telling:
    """Who hears of the jobs; where the time-table cannot be read, whom it named when it last could. Raises ``BadJobs``.

    That is known only of a time-table that lies on the archive's own disk.
    """
    try:
        return Jobs(jobs_file).telling
    except BadJobs:
        table = Alarms(data).remembered()
        if table is None:
            raise
        return read_telling(table)


def with_jobs_file(command: Callable[..., None]) -> Callable[..., None]:
    """The same for a command that may do without the time-table: it takes its path, ``jobs_file``."""
    return shared(_JOBS(command))


class Jobs:
    """The jobs of a file, or the shipped ones. Raises ``BadJobs``."""

    def __init__(self, path: Path | None) -> None:
        # Imported late: the front door imports us.
        from qqnews import COMMANDS

        self.path = path.absolute() if path else None
        read = read_jobs_file(path or SHIPPED, [name for name in COMMANDS if name != "schedule"])
        self.by_name = read.jobs
        self.telling = read.telling
        """Who hears of them."""
        self.notify = read.notify
        """The table [notify] as it was written."""

    def chosen(self, names: tuple[str, ...]) -> list[Job]:
        """These jobs, or all of them. Raises ``NoSuchJob``."""
        for name in names:
            self.ensure_known(name)
        return [self.by_name[name] for name in names or self.by_name]

    def ensure_known(self, name: str, others: Iterable[str] = ()) -> None:
        """Raises ``NoSuchJob`` for a name that neither the time-table has nor the others are."""
        known = dict.fromkeys([*self.by_name, *others])
        if name not in known:
            raise NoSuchJob(name, known)

    def enabled(self) -> list[Job]:
        """Those that are due at times."""
        return [job for job in self.by_name.values() if job.enabled]
