"""The lines for cron, and a user's crontab with and without them. Pure, but for asking ``crontab``."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from archive.errors import ExitCode, QQNewsError
from schedules.jobs import Job


class CrontabUntouched(QQNewsError):
    """The crontab was left as it is; the reason says why."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, reason: str) -> None:
        super().__init__(f"the crontab was not touched: {reason}")


def block(data: Path, words: Iterable[str], jobs: Iterable[Job], environment: Mapping[str, str]) -> str:
    """Our lines, between two marks that name the archive.

    One line for all jobs, every minute: cron knows one time zone, no seconds and no summer time of another
    country, and forgets what it missed. The time-table and the ledger decide what is due.
    """
    lines = [begin_mark(data), *(f"#   {job.name}: {job.when} {job.zone.key}" for job in jobs if job.enabled)]
    variables = [f"{name}={shlex.quote(value)}" for name, value in sorted(environment.items())]
    lines += [f"* * * * * {_escaped(' '.join([*variables, shlex.join(words)]))}", end_mark(data)]
    return "".join(f"{line}\n" for line in lines)


def _escaped(command: str) -> str:
    """Cron turns a bare ``%`` into a line's end."""
    if "\n" in command:
        raise CrontabUntouched("a path or variable holds a line break, which cron cannot take")
    return command.replace("%", r"\%")


def begin_mark(data: Path) -> str:
    """The comment above our lines."""
    return f"# qqnews {data} begin: kept by 'qqnews schedule cron install'"


def end_mark(data: Path) -> str:
    """The comment below our lines."""
    return f"# qqnews {data} end"


def without_block(crontab: str, data: Path) -> str:
    """The crontab without our lines for this archive; every other line as it was. Raises ``CrontabUntouched``."""
    lines = crontab.splitlines(keepends=True)
    begins = [number for number, line in enumerate(lines) if line.rstrip() == begin_mark(data)]
    ends = [number for number, line in enumerate(lines) if line.rstrip() == end_mark(data)]
    if not begins and not ends:
        return crontab
    if len(begins) != 1 or len(ends) != 1 or begins > ends:
        raise CrontabUntouched(f"the marks of {data} in it are not one pair: mend them with 'crontab -e'")
    return "".join(lines[: begins[0]] + lines[ends[0] + 1 :])


def block_in(crontab: str, data: Path) -> str | None:
    """Our lines for this archive as they stand in the crontab, if they do. Raises ``CrontabUntouched``."""
    others = without_block(crontab, data)
    if others == crontab:
        return None
    begin = crontab.splitlines().index(begin_mark(data))
    length = len(crontab.splitlines()) - len(others.splitlines())
    return "".join(crontab.splitlines(keepends=True)[begin : begin + length])


def with_block(crontab: str, data: Path, ours: str) -> str:
    """The crontab with our lines at its end, instead of those that were there. Raises ``CrontabUntouched``."""
    others = without_block(crontab, data)
    return (others if not others or others.endswith("\n") else f"{others}\n") + ours


def read_crontab() -> str:
    """This user's crontab, '' where there is none. Raises ``CrontabUntouched``."""
    ended = _crontab("-l")
    if ended.returncode == 0:
        return ended.stdout
    if "no crontab" in ended.stderr.lower():
        return ""
    raise CrontabUntouched(ended.stderr.strip() or f"'crontab -l' ended with {ended.returncode}")


def write_crontab(crontab: str) -> None:
    """Make it this user's crontab; an empty one is removed. Raises ``CrontabUntouched``."""
    ended = _crontab("-", given=crontab) if crontab else _crontab("-r")
    if ended.returncode != 0:
        raise CrontabUntouched(ended.stderr.strip() or f"'crontab' ended with {ended.returncode}")


def _crontab(*arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    try:
        # The user's own crontab program, found the user's own way.
        return subprocess.run(  # noqa: S603
            ["crontab", *arguments],  # noqa: S607
            input=given,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except FileNotFoundError as error:
        raise CrontabUntouched("there is no program 'crontab' here: install cron") from error
