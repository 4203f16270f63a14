"""What cron or systemd are to run: the line, the units, their places."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from archive.errors import ArchiveNotWritable
from archive.store import Archive
from schedules.config.env_file import (
    carried_environment,
    is_ours,
)
from schedules.config.program import program
from schedules.deploy import crontab
from schedules.deploy.systemd import units
from schedules.timetable.job_file import JobFile

UNIT_VARIABLES: Final = "qqnews.env"
"""The file of variables beside units: ours, whatever an earlier version has written there."""


def cron_block(data: Path, jobs: JobFile, variables: Path) -> str:
    """Our lines for cron, as they are today. ``variables``: the file of variables, named if it is needed."""
    words = [*program(), "--data", str(data), "schedule", "tick", "--quiet"]
    words += ["--archive", identity] if (identity := identity_at(data)) else []
    words += ["--env", str(variables)] if is_needed(variables, jobs) else []
    words += ["--jobs", str(jobs.path)] if jobs.path else []
    return crontab.block(data, words, jobs.enabled())


def is_needed(variables: Path, jobs: JobFile) -> bool:
    """Whether the file of variables holds anything that the jobs need: what this shell has, or what is its owner's."""
    return bool(carried_environment(jobs.telling)) or not is_ours(variables)


def identity_at(data: Path) -> str:
    """The identity of the archive in ``data``; '' where there is none, or none that we may read. Raises as
    ``Archive.to_read``."""
    try:
        if not (data / "archive.db").exists():
            return ""
        with Archive.to_read(data) as archive:
            return archive.identity
    except (PermissionError, ArchiveNotWritable):  # Of the system's archive, to one who only looks at the units.
        return ""


def units_for(jobs: JobFile, data: Path, variables: Path, *, user: bool) -> dict[str, str]:
    """The unit files, as they are today; see ``units``."""
    return units(
        program(),
        jobs.path,
        data,
        variables,
        user=user,
        archive=identity_at(data),
        metrics_file=jobs.telling.metrics_file,
    )


def usual_place(*, user: bool) -> Path | None:
    """Where systemd looks for units; None where that rests on a HOME that is not set."""
    if not user:
        return Path("/etc/systemd/system")
    if configured := os.environ.get("XDG_CONFIG_HOME"):
        return Path(configured, "systemd/user")
    if home := os.environ.get("HOME"):
        return Path(home, ".config/systemd/user")
    return None
