"""How the jobs of an archive are started, and whether that is up to date with today's program and environment."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from archive.errors import QQNewsError
from archive.monitoring.health_checks import CheckResult, Level
from archive.monitoring.status import read_status
from schedules.config.env_file import carried_environment, is_ours, place_for, read_environment, text_of
from schedules.config.program import program
from schedules.daemon.session import LOCK
from schedules.deploy import crontab
from schedules.deploy.permissions import closed_to_others, needed, said_of
from schedules.deploy.plan import UNIT_VARIABLES, cron_block, identity_at, units_for, usual_place
from schedules.deploy.systemd import STATE
from schedules.timetable.job_file import JobFile

_AGAIN: Final = "'qqnews schedule cron install' again, from a shell that has the right environment"
_UNITS: Final = "qqnews.service"


def examine_deployment(data: Path) -> Iterator[CheckResult]:
    """The program in an empty environment, the time-table, cron's line, the units, the daemon."""
    data = data.absolute()
    yield _starts_anywhere()
    try:
        jobs = JobFile(Path(table) if (table := os.environ.get("QQNEWS_JOBS")) else None)
    except QQNewsError as error:
        yield CheckResult("time-table", Level.ERROR, str(error), "mend that line, or name another time-table")
        return
    yield from _messages(jobs)
    found = [*_cron(data), *_systemd(data, jobs), *_daemon(data)]
    yield from found
    if not found:
        cure = "'qqnews schedule cron install', or 'qqnews schedule systemd', or 'qqnews schedule run'"
        yield CheckResult("clock", Level.NOTE, "nothing here runs jobs by the clock", cure)


def _starts_anywhere() -> CheckResult:
    """As cron starts it: no environment, another directory, no terminal."""
    words = [*program(), "--version"]
    try:
        # Our own program.
        ended = subprocess.run(  # noqa: S603
            words, env={}, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return CheckResult("program", Level.ERROR, f"{words[0]} does not start ({error})", "install it again")
    if ended.returncode:
        said = ended.stderr.strip().splitlines()[-1:] or [f"exit code {ended.returncode}"]
        cure = "install it where it needs no variables of your shell: 'make install'"
        return CheckResult(
            "program", Level.ERROR, f"{words[0]} does not start in an empty environment: {said[0]}", cure
        )
    return CheckResult("program", Level.FINE, f"{words[0]} starts in an empty environment")


def _messages(jobs: JobFile) -> Iterator[CheckResult]:
    telling = jobs.telling
    missing = [name for to in telling.addresses for name in to.variables if not os.environ.get(name)]
    if missing:
        cure = "export it before the daemon starts, or before cron's line or the units are installed"
        yield CheckResult("messages", Level.WARNING, f"not set: {', '.join(dict.fromkeys(missing))}", cure)
    elif not telling.urls:
        cure = "name an address in [notify] of your time-table, see docs/how-to/monitoring.md"
        yield CheckResult("messages", Level.NOTE, "nobody is told when a job turns bad", cure)
    else:
        cure = "'qqnews schedule notify --test' shows whether they arrive"
        yield CheckResult("messages", Level.FINE, f"go to {', '.join(to.label for to in telling.urls)}", cure)


def _cron(data: Path) -> Iterator[CheckResult]:
    try:
        installed = crontab.block_in(crontab.read_crontab(), data)
        words = crontab.words_of(installed or "")
    except crontab.CrontabUntouched as error:
        if "install cron" not in str(error):
            yield CheckResult("cron", Level.WARNING, str(error), "mend it with 'crontab -e'")
        return
    if installed is None:
        return
    started = next((word for word in words if "=" not in word or word.startswith("/")), "")
    if not os.access(started, os.X_OK):
        yield CheckResult("cron", Level.ERROR, f"its line calls {started or 'nothing'}, which is no program", _AGAIN)
        return
    try:
        jobs = JobFile(Path(named) if (named := _after("--jobs", words)) else None)
        variables = Path(named) if (named := _after("--env", words)) else place_for(data)
        as_today = cron_block(data, jobs, variables)
        held = read_environment(variables) if "--env" in words else {}
    except QQNewsError as error:
        yield CheckResult("cron", Level.ERROR, f"its line cannot do its work: {error}", _AGAIN)
        return
    yield from _archive_meant("cron", _after("--archive", words), data)
    if shown := [word.partition("=")[0] for word in words[: words.index(started)]]:
        said = f"its line shows {', '.join(shown)} to everybody who looks at the list of processes"
        yield CheckResult("cron", Level.WARNING, said, _AGAIN)
    elif differs := _difference(held, carried_environment(jobs.telling)) if is_ours(variables) else "":
        yield CheckResult("cron", Level.WARNING, f"{variables} is not what this shell has: {differs}", _AGAIN)
    elif installed != as_today:
        yield CheckResult(
            "cron", Level.WARNING, "its line is not what it would be today: the jobs or the program", _AGAIN
        )
    else:
        yield CheckResult("cron", Level.FINE, "its line is up to date")
    yield from _rights(variables)


def _after(option: str, words: list[str]) -> str:
    """The word that follows an option; '' where it does not stand there."""
    return words[words.index(option) + 1] if option in words[:-1] else ""


def _archive_meant(area: str, named: str, data: Path) -> Iterator[CheckResult]:
    """Whether the archive that a line or unit names is the one that is there."""
    if named and (found := identity_at(data)) != named:
        said = f"it names the archive {named}, and {f'{found} is' if found else 'none is'} in {data}"
        yield CheckResult(
            area, Level.ERROR, said, "mount its disk or move it back; if this one is meant, install it again"
        )


def _rights(variables: Path) -> Iterator[CheckResult]:
    """Whether others can read the file of variables."""
    if variables.exists() and variables.stat().st_mode & 0o077:
        cure = f"chmod 600 {shlex.quote(str(variables))}"
        yield CheckResult("variables", Level.WARNING, f"others may read {variables}, which may hold passwords", cure)


def _difference(then: Mapping[str, str], now: Mapping[str, str]) -> str:
    """The names of variables that are not as they were. Values may be secret."""
    return ", ".join(sorted(name for name in {*then, *now} if then.get(name) != now.get(name)))


def _systemd(data: Path, jobs: JobFile) -> Iterator[CheckResult]:
    for user in (False, True):
        place = usual_place(user=user)
        if place is None or not (place / _UNITS).exists():
            continue
        archive, variables = data if user else Path(STATE), _variables_of(place)
        written = units_for(jobs, archive, variables, user=user)
        named = re.search(r"^ExecStart=.* --archive ([0-9a-f-]+)", _text(place / _UNITS) or "", re.M)
        yield from _archive_meant("systemd", named[1] if named else "", archive)
        old = [name for name, text in written.items() if _text(place / name) != text]
        again = f"'qqnews schedule systemd{' --user' if user else ''}' again, and 'systemctl daemon-reload'"
        carried = carried_environment(jobs.telling)
        if old:
            yield CheckResult("systemd", Level.WARNING, f"{place}: not as today: {', '.join(old)}", again)
        elif _is_written(place, variables) and _text(variables) not in (None, text_of(carried)):
            yield CheckResult("systemd", Level.WARNING, f"{variables} is not what this shell has", again)
        else:
            yield CheckResult("systemd", Level.FINE, f"the units in {place} are up to date")
        yield from _rights(variables)
        if not user and (closed := closed_to_others(needed(jobs))):
            yield CheckResult("systemd", Level.ERROR, *said_of(closed))


def _is_written(place: Path, variables: Path) -> bool:
    """Whether the file of variables is written with the units."""
    return variables == place / UNIT_VARIABLES or is_ours(variables)


def _variables_of(place: Path) -> Path:
    """The file of variables that the units in ``place`` name."""
    found = re.search(r"^EnvironmentFile=-(.*)$", _text(place / _UNITS) or "", re.M)
    return Path(re.sub(r"\\(.)", r"\1", found[1]).replace("%%", "%")) if found else place / UNIT_VARIABLES


def _text(path: Path) -> str | None:
    """What is in a file; None where we cannot read it."""
    try:
        return path.read_text("utf-8")
    except OSError:
        return None


def _daemon(data: Path) -> Iterator[CheckResult]:
    try:
        locks = read_status(data).locks
    except QQNewsError:
        return  # That was found already.
    for lock in locks:
        if lock.name == LOCK:
            yield CheckResult("daemon", Level.FINE, f"at work: process {lock.process.pid} since {lock.taken_at}")
