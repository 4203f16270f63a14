"""How commands are called that nobody watches: run, tick, once. They make no archive, and take no other for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial, wraps
from pathlib import Path
from typing import Any, Final

import click

from archive.cli.context import CommandContext
from archive.identity import SETTING, expected_identity
from schedules.cli.options import telling_known, with_jobs_file
from schedules.config.env_file import EnvironmentFile
from schedules.notify.alarms import TIMETABLE, Alarms
from schedules.notify.troubles import Troubles
from schedules.runner.recovery import NOT_UNDERSTOOD, Trouble
from schedules.runner.runner import JobRunner
from schedules.timetable.job_file import JobFile
from schedules.timetable.jobs import BadJobs

_FILE: Final = "qqnews.environment"
"""Under which the file of variables is found in click's context."""


def _take_variables(ctx: click.Context, _: click.Parameter, path: Path | None) -> None:
    if path is not None:
        file = EnvironmentFile(path.absolute())
        file.load()
        ctx.meta[_FILE] = file


def _name_archive(_ctx: click.Context, _: click.Parameter, identity: str | None) -> None:
    """Whatever this process opens, and whatever it starts, is to be that archive."""
    if identity:
        os.environ[SETTING] = identity
    expected_identity(os.environ)  # What is none is refused now.


_ENV: Final = click.option(
    "--env",
    type=click.Path(path_type=Path, dir_okay=False),
    is_eager=True,
    expose_value=False,
    callback=_take_variables,
    help="A file of variables (NAME=value), readable by you alone; what the environment says holds.",
)
_ARCHIVE: Final = click.option(
    "--archive",
    metavar="UUID",
    expose_value=False,
    callback=_name_archive,
    help=f"The archive that must be there, by its identity (default: {SETTING}, else any). None is ever made.",
)


def unattended(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--jobs``, ``--env``, ``--archive``, ``--data`` and ``--json``; it takes ``CommandContext`` and
    ``JobFile`` first. A time-table that cannot be read, because it lies on the archive's disk, is told to whom it last
    named."""

    @wraps(command)
    def wrapped(asked: CommandContext, *, jobs_file: Path | None, **options: Any) -> None:
        try:
            jobs = JobFile(jobs_file)
        except BadJobs as error:
            _tell_last_known(asked.data, jobs_file, error)
            raise
        remember_recipients(asked.data, jobs)
        command(asked, jobs, **options)

    return _ENV(_ARCHIVE(with_jobs_file(wrapped)))


def variables_of(ctx: click.Context) -> EnvironmentFile | None:
    """The file of variables that the command was given."""
    found: EnvironmentFile | None = ctx.meta.get(_FILE)
    return found


def remember_recipients(data: Path, jobs: JobFile) -> None:
    """Keep who is told of jobs elsewhere, if the time-table is gone when the archive's disk is."""
    alarms = Alarms(data)
    alarms.remember(jobs.notify if jobs.path is not None and _goes_with(jobs.path, data.absolute()) else None)
    alarms.over(TIMETABLE, datetime.now(UTC))


def _goes_with(path: Path, data: Path) -> bool:
    """Whether a file lies in the archive's directory, or on its disk and that is not the one of the program's user."""
    if data.resolve() in path.resolve().parents:
        return True
    try:
        return path.stat().st_dev == data.stat().st_dev != Path("~").expanduser().stat().st_dev
    except (OSError, RuntimeError):
        return False


def _tell_last_known(data: Path, jobs_file: Path | None, error: BadJobs) -> None:
    try:
        telling = telling_known(data, jobs_file)
    except BadJobs:
        return  # Nobody is known.
    keeper = JobRunner(data, "telling", tell=partial(click.echo, err=True), telling=telling)
    troubles = Troubles(keeper, jobs_file, telling, keeper.stop)
    is_there = jobs_file is not None and jobs_file.exists()
    troubles.note(TIMETABLE, NOT_UNDERSTOOD if is_there else Trouble.MISSING.value, str(error))
    troubles.send()
