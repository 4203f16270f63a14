"""Whether the user that the system's units run as, who owns nothing, can reach what they start."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from shlex import quote
from stat import S_IROTH, S_IXOTH

from schedules.config.program import program
from schedules.deploy.systemd import STATE
from schedules.timetable.job_file import JobFile
from schedules.timetable.jobs import SHIPPED


def needed(jobs: JobFile) -> list[Path]:
    """What the units must reach: the program, the interpreter and its library, the time-table, the archive's place."""
    ours = (program()[0], sys.executable, os.__file__, SHIPPED, jobs.path or SHIPPED)
    # The archive's own directory is made by systemd, for that user.
    return [*(Path(path) for path in ours), Path(STATE).parent]


def closed_to_others(paths: Iterable[Path]) -> dict[Path, Path]:
    """What others may not enter or read → the first of the paths that lies behind it."""
    closed: dict[Path, Path] = {}
    for path in paths:
        for step in steps_to(path.absolute()):
            if not step.stat().st_mode & (S_IXOTH if step.is_dir() else S_IROTH):
                closed.setdefault(step, path)
    return closed


def steps_to(path: Path) -> Iterator[Path]:
    """The directories on the way to a file, and the file, wherever links lead."""
    for step in reversed((path, *path.parents)):
        if step.is_symlink():
            yield from steps_to(step.parent / step.readlink())
        else:
            yield step


def said_of(closed: dict[Path, Path]) -> tuple[str, str]:
    """What is closed, and the cure."""
    what = ", ".join(f"{step} (on the way to {path})" if step != path else str(step) for step, path in closed.items())
    rights = " && ".join(f"chmod o+{'x' if step.is_dir() else 'r'} {quote(str(step))}" for step in closed)
    cure = f"install qqnews and its Python where all may read, such as /opt, or '{rights}'"
    return f"the user of the units, qqnews, may not pass {what}", cure
