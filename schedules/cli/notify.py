"""The command ``schedule notify``: send what is to be told now, or a test."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click
import orjson

from archive.cli.context import CommandContext
from archive.errors import ExitCode, QQNewsError
from schedules.cli.options import telling_known, with_jobs_file
from schedules.timetable.job_file import JobFile


@click.command("notify")
@click.option("--test", is_flag=True, help="Send a test to every address, whatever the hour.")
@with_jobs_file
def notify(asked: CommandContext, *, jobs_file: Path | None, test: bool) -> None:
    """Send the messages that are waiting; whoever runs jobs does so by himself.

    Addresses and hours stand in the time-table, in [notify]. Exit code 14 or 15 if some, or all, could not be reached.
    """
    telling = JobFile(jobs_file).telling if test else telling_known(asked.data, jobs_file)
    if not telling.urls:
        raise click.UsageError("name an address in [notify] of your time-table (docs/how-to/monitoring.md)")
    # Apprise takes long to import.
    from schedules.notify.delivery import deliver, deliver_alarms, try_all

    if test:
        done = try_all(asked.data, telling)
    else:
        done = deliver_alarms(asked.data, telling)
        try:
            done += deliver(asked.data, telling)
        except QQNewsError:
            if not done:
                raise
    for each in done:
        line = f"{each.label}: {each.error or 'taken'}"
        click.echo(orjson.dumps(asdict(each)) if asked.json else line)
    if not done and not asked.json:
        click.echo("nothing is waiting to be sent now")
    failed = sum(bool(each.error) for each in done)
    sys.exit(ExitCode.OK if not failed else ExitCode.PARTIAL if failed < len(done) else ExitCode.FAILED)
