"""The line for cron, and a user's crontab with and without it. Pure, but for asking ``crontab``."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from archive.errors import ExitCode, QQNewsError
from schedules.config.env_file import ensure_plain
from schedules.timetable.jobs import Job


class CrontabUntouched(QQNewsError):
    """The crontab was left as it is; the reason says why."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, reason: str) -> None:
        super().__init__(f"the crontab was not touched: {reason}")


def block(data: Path, words: Sequence[str], jobs: Iterable[Job]) -> str:
    """Our lines, between two marks that name the archive. Raises ``Unquotable``.

    One line for all jobs, every minute: cron knows one time zone, no seconds and no summer time of another
    country, and forgets what it missed. The time-table and the ledger decide what is due.
    """
    for word in (str(data), *words):
        ensure_plain(f"the path or option {word!r}", word)
    lines = [begin_mark(data), *(f"#   {job.name}: {job.when} {job.zone.key}" for job in jobs if job.enabled)]
    # Cron turns a bare % into a line's end.
    lines += ["* * * * * " + shlex.join(words).replace("%", r"\%"), end_mark(data)]
    return "".join(f"{line}\n" for line in lines)


def words_of(block: str) -> list[str]:
    """The words of the command in our lines. Raises ``CrontabUntouched``."""
    line = next((line for line in lines_of(block) if not line.startswith("#")), "")
    try:
        return shlex.split(line.replace(r"\%", "%"))[5:]
    except ValueError as error:
        raise CrontabUntouched(f"its line cannot be read ({error})") from error


def lines_of(crontab: str) -> list[str]:
    """The lines, each with its end. Only a line feed ends one: a path may hold what other readers take for an end."""
    return re.findall(r"[^\n]*\n|[^\n]+$", crontab)


def begin_mark(data: Path) -> str:
    """The comment above our lines."""
    return f"# qqnews {data} begin: kept by 'qqnews schedule cron install'"


def end_mark(data: Path) -> str:
    """The comment below our lines."""
    return f"# qqnews {data} end"


def without_block(crontab: str, data: Path) -> str:
    """The crontab without our lines for this archive; every other line as it was. Raises ``CrontabUntouched``."""
    lines = lines_of(crontab)
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
    lines = lines_of(crontab)
    begin = next(number for number, line in enumerate(lines) if line.rstrip() == begin_mark(data))
    return "".join(lines[begin : begin + len(lines) - len(lines_of(others))])


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


def _crontab(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Bytes go to and fro as they are: lines of others may end as they like, and need not be UTF-8."""
    try:
        # The user's own crontab program, found the user's own way.
        ended = subprocess.run(  # noqa: S603
            ["crontab", *arguments],  # noqa: S607
            input=given.encode("utf-8", "surrogateescape"),
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise CrontabUntouched("there is no program 'crontab' here: install cron") from error
    said, complained = (text.decode("utf-8", "surrogateescape") for text in (ended.stdout, ended.stderr))
    return subprocess.CompletedProcess(ended.args, ended.returncode, said, complained)
