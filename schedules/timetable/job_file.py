"""The file of jobs that a command was given."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from archive.cli.command_table import COMMANDS
from schedules.timetable.jobs import SHIPPED, Job, NoSuchJob, read_jobs_file


class JobFile:
    """The jobs of a file, or the shipped ones. Raises ``BadJobs``."""

    def __init__(self, path: Path | None) -> None:
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
