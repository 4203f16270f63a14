"""The commands that hand the clock to cron or systemd."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import click

from archive.asked import Asked
from archive.errors import ExitCode, QQNewsError
from schedules import crontab
from schedules.asking import Jobs, with_jobs, with_jobs_file
from schedules.keeper import program
from schedules.reach import closed_to_others, needed, said_of
from schedules.systemd import STATE, environment_file, units
from schedules.telling import SILENT, Telling

_CARRIED: Final = ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "ssl_cert_file", "ssl_cert_dir")
"""Variables, in small or capital letters, that a job needs and that cron and systemd would not hand on."""


class NotWritten(QQNewsError):
    """The unit files could not be written."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"cannot write to {path} ({reason}): name another directory with --to")


def carried_environment(telling: Telling = SILENT) -> dict[str, str]:
    """What of our environment the jobs need: proxies, certificates, our own settings, and what addresses of
    messages name."""
    named = {name for to in telling.addresses for name in to.variables if name in os.environ}
    own = {name for name in os.environ if name.startswith("QQNEWS_")} - {"QQNEWS_DATA", "QQNEWS_JOBS"}
    wanted = own | named | {name for name in os.environ if name.lower() in _CARRIED}
    return {name: os.environ[name] for name in wanted if os.environ[name]}


@click.command("cron")
@click.argument("action", type=click.Choice(["print", "install", "remove"]), default="print")
@with_jobs_file
def cron(asked: Asked, *, jobs_file: Path | None, action: str) -> None:
    """Print the line for cron, or put it into your crontab, or take it out; other lines are left alone.

    Proxies, certificates and QQNEWS_ settings of this shell go into the line, for cron hands none of them on.
    """
    data = asked.data.absolute()
    if action == "remove":
        _change(partial(crontab.without_block, data=data), "removed")
        return
    ours = cron_block(data, Jobs(jobs_file))
    if action == "install":
        _change(partial(crontab.with_block, data=data, ours=ours), "installed")
    else:
        click.echo(ours, nl=False)


def _change(changed: Callable[[str], str], done: str) -> None:
    """Change the crontab, and say so."""
    before = crontab.read_crontab()
    after = changed(before)
    if after != before:
        crontab.write_crontab(after)
    click.echo("unchanged" if after == before else done)


def cron_block(data: Path, jobs: Jobs) -> str:
    """Our lines for cron, as they are today."""
    words = [*program(), "--data", str(data), "schedule", "tick", "--quiet"]
    words += ["--jobs", str(jobs.path)] if jobs.path else []
    return crontab.block(data, words, jobs.enabled(), carried_environment(jobs.telling))


@click.command("systemd")
@click.option("--to", "directory", type=click.Path(path_type=Path, file_okay=False), help="Where the files go.")
@click.option("--user", is_flag=True, help="For your own systemd and the archive in --data, not for the system's.")
@with_jobs
def systemd(asked: Asked, jobs: Jobs, directory: Path | None, *, user: bool) -> None:
    """Write units for systemd: the daemon, a timer for each job, a run by hand.

    The system's units keep their archive in /var/lib/qqnews and run as a user of their own.
    """
    usual = usual_place(user=user)
    if directory is None and usual is None:
        raise click.UsageError("HOME is not set: say with --to where the files go")
    place = (directory or usual or Path()).absolute()
    data = asked.data.absolute() if user else None
    variables = place / "qqnews.env"
    written = units_for(jobs, data, variables, user=user)
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, text in written.items():
            (place / name).write_text(text, encoding="utf-8")
        # Proxies may hold passwords.
        os.close(os.open(variables, os.O_CREAT | os.O_WRONLY, 0o600))
        variables.write_text(environment_file(carried_environment(jobs.telling)), encoding="utf-8")
    except OSError as error:
        raise NotWritten(place, error.strerror or str(error)) from error
    for name in (*written, variables.name):
        click.echo(place / name)
    click.echo(_advice(jobs, data, user=user), err=True)


def units_for(jobs: Jobs, data: Path | None, variables: Path, *, user: bool) -> dict[str, str]:
    """The unit files, as they are today; see ``units``."""
    return units(program(), jobs.path, data, variables, user=user, metrics_file=jobs.telling.metrics_file)


def usual_place(*, user: bool) -> Path | None:
    """Where systemd looks for units; None where that rests on a HOME that is not set."""
    if not user:
        return Path("/etc/systemd/system")
    if configured := os.environ.get("XDG_CONFIG_HOME"):
        return Path(configured, "systemd/user")
    if home := os.environ.get("HOME"):
        return Path(home, ".config/systemd/user")
    return None


def _advice(jobs: Jobs, data: Path | None, *, user: bool) -> str:
    control = "systemctl --user" if user else "systemctl"
    timers = " ".join(f"qqnews-tick@{job.name}.timer" for job in jobs.enabled())
    lines = [
        f"The archive: {data or STATE}. Then: {control} daemon-reload",
        f"Either the daemon:  {control} enable --now qqnews.service",
        f"or the timers:      {control} enable --now {timers}",
    ]
    if not user and (closed := closed_to_others(needed(jobs))):
        what, cure = said_of(closed)
        lines.append(f"They cannot start yet: {what}: {cure}")
    return "\n".join(lines)
