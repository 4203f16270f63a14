"""The commands that hand the clock to cron or systemd."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import click

from archive.cli.context import CommandContext
from archive.files.readable_names import readable
from archive.store import Archive
from schedules.cli.options import with_jobs_file, with_jobs_option
from schedules.config.env_file import (
    NotWritable,
    carried_environment,
    is_ours,
    place_for,
    read_environment,
    remove_environment,
    write_environment,
)
from schedules.deploy import crontab
from schedules.deploy.permissions import closed_to_others, needed, said_of
from schedules.deploy.plan import UNIT_VARIABLES, cron_block, units_for, usual_place
from schedules.deploy.systemd import STATE
from schedules.timetable.job_file import JobFile

_ENV = click.option(
    "--env",
    "variables",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file of variables; one that is yours is used as it is.",
)


@click.command("cron")
@click.argument("action", type=click.Choice(["print", "install", "remove"]), default="print")
@_ENV
@with_jobs_file
def cron(asked: CommandContext, *, jobs_file: Path | None, action: str, variables: Path | None) -> None:
    """Print the line for cron, or put it into your crontab, or take it out; other lines are left alone.

    The line names the archive by its identity, and 'install' makes one where there is none. Proxies, certificates and
    QQNEWS_ settings of this shell go into a file that only you can read and that the line names, for cron hands none
    of them on: it is written with the line, printed or installed, and removed with it.
    """
    data = asked.data.absolute()
    if action == "remove":
        _change(partial(crontab.without_block, data=data), "removed")
        remove_environment(variables or place_for(data))
        return
    jobs, place = JobFile(jobs_file), (variables or place_for(data)).absolute()
    # What cron cannot take is refused before anything is made.
    ours, carried = cron_block(data, jobs, place), carried_environment(jobs.telling)
    if action == "install":
        ensure_archive(data)
        ours = cron_block(data, jobs, place)
    write_variables(place, carried)
    if action == "print":
        click.echo(os.fsencode(ours), nl=False)
    else:
        _change(partial(crontab.with_block, data=data, ours=ours), "installed")


def _change(changed: Callable[[str], str], done: str) -> None:
    """Change the crontab, and say so."""
    before = crontab.read_crontab()
    after = changed(before)
    if after != before:
        crontab.write_crontab(after)
    click.echo("unchanged" if after == before else done)


def ensure_archive(data: Path) -> str:
    """The identity of the archive in ``data``, which is made, and said to be, where there is none."""
    is_new = not (data / "archive.db").exists()
    with Archive.open(data) as archive:
        identity = archive.identity
    if is_new:
        click.echo(f"made a new archive, {identity}, in {readable(data)}", err=True)
    return identity


def write_variables(place: Path, carried: Mapping[str, str]) -> None:
    """Write the file of variables, or remove the one that is not needed any more. Somebody's own is left alone: it is
    said which variables of this shell it lacks. Values may be secret."""
    if not is_ours(place):
        held = read_environment(place)
        if lacks := [name for name, value in carried.items() if held.get(name) != value]:
            click.echo(f"qqnews: {readable(place)} is yours and was left alone; it lacks {', '.join(lacks)}", err=True)
    elif carried:
        write_environment(place, carried, "--env")
        click.echo(f"{', '.join(carried)} stand in {readable(place)}, which only you can read", err=True)
    else:
        remove_environment(place)


@click.command("systemd")
@click.option("--to", "directory", type=click.Path(path_type=Path, file_okay=False), help="Where the files go.")
@click.option("--user", is_flag=True, help="For your own systemd and the archive in --data, not for the system's.")
@_ENV
@with_jobs_option
def systemd(
    asked: CommandContext, jobs: JobFile, directory: Path | None, variables: Path | None, *, user: bool
) -> None:
    """Write units for systemd: the daemon, a timer for each job, a run by hand.

    The system's units keep their archive in /var/lib/qqnews and run as a user of their own. The units name the archive
    by its identity; it is made where there is none, of the system's units where they are written to their usual place.
    """
    usual = usual_place(user=user)
    if directory is None and usual is None:
        raise click.UsageError("HOME is not set: say with --to where the files go")
    place = (directory or usual or Path()).absolute()
    data = asked.data.absolute() if user else Path(STATE)
    own, variables = variables is not None, (variables or place / UNIT_VARIABLES).absolute()
    # What cannot be written is refused before anything is made.
    written, carried = units_for(jobs, data, variables, user=user), carried_environment(jobs.telling)
    if user or place == usual:
        ensure_archive(data)
        written = units_for(jobs, data, variables, user=user)
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, text in written.items():
            (place / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise NotWritable(place, error.strerror or str(error), "--to") from error
    if own:
        write_variables(variables, carried)
    else:
        write_environment(variables, carried, "--to")  # Also an empty one: it is the place for what comes later.
    for path in (*(place / name for name in written), variables):
        click.echo(readable(path))
    click.echo(_advice(jobs, data, user=user), err=True)


def _advice(jobs: JobFile, data: Path, *, user: bool) -> str:
    control = "systemctl --user" if user else "systemctl"
    timers = " ".join(f"qqnews-tick@{job.name}.timer" for job in jobs.enabled())
    lines = [
        f"The archive: {readable(data)}. Then: {control} daemon-reload",
        f"Either the daemon:  {control} enable --now qqnews.service",
        f"or the timers:      {control} enable --now {timers}",
    ]
    if not (data / "archive.db").exists():
        lines.append(f"They cannot start yet: there is no archive in {data}. 'qqnews schedule systemd', without --to,")
        lines.append(f"makes it, or 'qqnews --data {data} crawl' does; units written after that name it.")
    if not user and (closed := closed_to_others(needed(jobs))):
        what, cure = said_of(closed)
        lines.append(f"They cannot start yet: {what}: {cure}")
    return "\n".join(lines)
