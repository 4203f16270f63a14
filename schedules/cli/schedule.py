"""The commands of the clock: ``qqnews schedule …``. Imported when one of them is asked for."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import Final

import click
import orjson

from archive.cli.context import CommandContext
from archive.errors import ExitCode, QQNewsError
from archive.files.readable_names import readable
from archive.redaction.secrets import redacted
from archive.runs.due_times import DueTimes
from schedules.cli.deploy import cron, systemd
from schedules.cli.notify import notify
from schedules.cli.options import with_jobs_file, with_jobs_option
from schedules.cli.unattended import remember_recipients, unattended, variables_of
from schedules.config.durations import duration_text
from schedules.daemon.after_run import AfterRun
from schedules.daemon.daemon_log import daemon_log
from schedules.notify.alarms import ARCHIVE
from schedules.notify.troubles import Troubles
from schedules.runner.claims import LockedByOther
from schedules.runner.runner import FinishedRun, JobRunner, NotDone, Result, Tell
from schedules.timetable.apscheduler import MOST_AT_ONCE
from schedules.timetable.job_file import JobFile
from schedules.timetable.jobs import Job

_MOMENT: Final = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


@click.group("schedule")
def schedule() -> None:
    """When what is done: a daemon, cron or systemd take the same turns from the same time-table."""


@schedule.command("run")
@unattended
def run(asked: CommandContext, jobs: JobFile) -> None:
    """The daemon: run every job when it is due, until SIGTERM or Ctrl-C; what is under way then is ended first.

    SIGHUP has it read the time-table (and the file of variables) anew. It makes no archive. What passes, such as a full
    disk, it waits for, and after an update it starts itself anew.
    """
    from schedules.daemon.daemon import Daemon

    variables = variables_of(click.get_current_context())

    def read() -> JobFile:
        if variables is not None:
            variables.load()
        read_anew = JobFile(jobs.path)
        remember_recipients(asked.data, read_anew)
        return read_anew

    with daemon_log(asked.data) as tell:
        daemon = Daemon(asked.data, read, tell)
        with _handled({signal.SIGTERM: daemon.stop, signal.SIGINT: daemon.stop, signal.SIGHUP: daemon.reload}):
            daemon.run()
        tell("stopped")


@schedule.command("once")
@click.argument("name")
@unattended
def once(asked: CommandContext, jobs: JobFile, name: str) -> None:
    """Run one job now, due or not; its exit code is ours. If somebody is running it already: exit code 23."""
    (job,) = jobs.chosen((name,))
    keeper = JobRunner(asked.data, "by hand", tell=partial(click.echo, err=True), telling=jobs.telling)
    with _stopped_by_signals(keeper) as received:
        results = keeper.turn(job, by_hand=True, until=datetime.now(UTC))
        for result in results:
            _show(result, as_json=asked.json)
        AfterRun(keeper, jobs, _troubles_of(keeper, jobs)).look(ran=True, by_clock=False)
    sys.exit(128 + received[0] if received else _exit_code(results))


@schedule.command("tick")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--quiet", is_flag=True, help="Say nothing but what went wrong.")
@unattended
def tick(asked: CommandContext, jobs: JobFile, names: tuple[str, ...], *, quiet: bool) -> None:
    """One look at the clock: run what is due now, and wait for it. To be called every minute by cron or a timer.

    The exit code is the highest of the runs; 23 if all that was due is being run by somebody else. It makes no archive:
    where none is, or another one than is named, people are told, and it ends with 21.
    """
    chosen = jobs.chosen(names)
    tell: Tell = (lambda line: None) if quiet else partial(click.echo, err=True)
    keeper = JobRunner(asked.data, "tick", tell=tell, telling=jobs.telling)
    troubles, until = _troubles_of(keeper, jobs), datetime.now(UTC)
    with _stopped_by_signals(keeper) as received:
        try:
            keeper.opened().close()  # Brought up to date before threads open it.
        except (QQNewsError, OSError) as error:
            troubles.met(error, lasted=True)
            troubles.send()
            raise
        with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
            results = [result for each in pool.map(partial(_turn, keeper, until), chosen) for result in each]
        for result in results:
            if _is_worth_a_line(result, quiet=quiet):
                _show(result, as_json=asked.json)
        _note_troubles(troubles, jobs, results)
        AfterRun(keeper, jobs, troubles).look(ran=True)
    sys.exit(128 + received[0] if received else _exit_code(results))


def _turn(keeper: JobRunner, until: datetime, job: Job) -> list[Result]:
    """A job's turn; an error of one is no reason for the others to go without."""
    try:
        return keeper.turn(job, until=until)
    except (QQNewsError, OSError) as error:
        return [NotDone(job, error)]


def _note_troubles(troubles: Troubles, jobs: JobFile, results: list[Result]) -> None:
    """Note what kept jobs from their turns, and what does no longer."""
    troubles.keep_only(jobs.by_name)
    failed = [result for result in results if isinstance(result, NotDone)]
    noted = {troubles.met(result.error, lasted=True, job=result.job.name) for result in failed}
    for what in {ARCHIVE, *(result.job.name for result in results)} - noted:
        troubles.over(what)


def _troubles_of(keeper: JobRunner, jobs: JobFile) -> Troubles:
    return Troubles(keeper, jobs.path, jobs.telling, keeper.stop)


@contextmanager
def _stopped_by_signals(keeper: JobRunner) -> Iterator[list[int]]:
    """SIGTERM, SIGINT and SIGHUP stop the keeper; the list holds those that came."""
    with _handled(dict.fromkeys((signal.SIGTERM, signal.SIGINT, signal.SIGHUP), keeper.stop.set)) as received:
        yield received


@contextmanager
def _handled(handlers: Mapping[signal.Signals, Callable[[], None]]) -> Iterator[list[int]]:
    """Inside, signals do what they are to do; the list holds those that came."""
    received: list[int] = []

    def handle(number: int, _: object) -> None:
        received.append(number)
        handlers[signal.Signals(number)]()

    before = {number: signal.signal(number, handle) for number in handlers}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_worth_a_line(result: Result, *, quiet: bool) -> bool:
    if isinstance(result, FinishedRun):
        return result.exit_code != 0 or not quiet
    if isinstance(result, NotDone):
        return True
    return isinstance(result, LockedByOther) and result.wanted and not quiet


def _exit_code(results: list[Result]) -> int:
    done = [result.exit_code for result in results if isinstance(result, FinishedRun | NotDone)]
    if done:
        return max(done)
    return (
        ExitCode.LOCKED
        if any(isinstance(result, LockedByOther) and result.wanted for result in results)
        else ExitCode.OK
    )


def _show(result: Result, *, as_json: bool) -> None:
    facts = _facts(result)
    click.echo(orjson.dumps(facts) if as_json else "  ".join(str(value) for value in facts.values() if value != ""))


def _facts(result: Result) -> dict[str, object]:
    if isinstance(result, FinishedRun):
        due = result.due_at.isoformat(timespec="seconds") if result.due_at else None
        return {
            "job": result.job.name,
            "verdict": result.verdict,
            "exit_code": result.exit_code,
            "due_at": due or "",
            "because": result.because,
            "report": readable(result.report),
        }
    if isinstance(result, NotDone):
        code = result.exit_code
        return {"job": result.job.name, "verdict": code.word, "exit_code": int(code), "because": str(result.error)}
    if isinstance(result, LockedByOther):
        return {"job": result.job.name, "verdict": "locked", "because": str(result.holder)}
    return {"job": result.job.name, "verdict": "idle"}


@schedule.command("list")
@with_jobs_option
def list_jobs(asked: CommandContext, jobs: JobFile) -> None:
    """The jobs: when, what, under which limits."""
    for job in jobs.chosen(()):
        facts = {
            "job": job.name,
            "enabled": job.enabled,
            "when": job.when,
            "timezone": job.zone.key,
            "command": redacted(" ".join(("qqnews", *job.command))),
            "limit": duration_text(job.limit),
            "jitter": duration_text(job.jitter),
            "missed": str(job.missed),
            "grace": duration_text(job.grace),
            "floor": job.floor,
        }
        state = "on " if job.enabled else "off"
        line = f"{state}  {job.name:<12} {job.when:<16} {job.zone.key:<16} limit {facts['limit']:<6} {facts['command']}"
        click.echo(orjson.dumps(facts) if asked.json else line)


@schedule.command("next")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("-n", "number", type=click.IntRange(min=1), default=10, show_default=True, help="So many due times.")
@click.option("--after", type=_MOMENT, help="After this moment (UTC unless it says otherwise) instead of now.")
@with_jobs_option
def next_due(
    asked: CommandContext, jobs: JobFile, names: tuple[str, ...], *, number: int, after: datetime | None
) -> None:
    """The next due times, in each job's own time zone."""
    moment = (after if after.tzinfo else after.replace(tzinfo=UTC)) if after else datetime.now(UTC)
    shown = [job for job in jobs.chosen(names) if job.enabled or names]
    coming = merge(*(_due_times(job, moment) for job in shown))
    for due, name in islice(coming, number):
        local = due.astimezone(jobs.by_name[name].zone)
        facts = {"job": name, "due_at": due.isoformat(), "local": local.isoformat()}
        click.echo(orjson.dumps(facts) if asked.json else f"{local:%a %Y-%m-%d %H:%M:%S %z}  {name}")


def _due_times(job: Job, moment: datetime) -> Iterator[tuple[datetime, str]]:
    while True:
        moment = job.timetable.next_after(moment)
        yield moment, job.name


@schedule.command("history")
@click.argument("name", required=False)
@click.option("-n", "number", type=click.IntRange(min=1), default=20, show_default=True, help="So many, newest first.")
@with_jobs_file
def history(asked: CommandContext, *, jobs_file: Path | None, name: str | None, number: int) -> None:
    """What became of the due times, newest first."""
    with asked.archive() as archive:
        ledger = DueTimes(archive)
        if name is not None and name not in (known := ledger.jobs()):
            JobFile(jobs_file).ensure_known(name, known)
        rows = ledger.history(name, number)
    for row in rows:
        click.echo(orjson.dumps(row) if asked.json else _line_of(row))


def _line_of(row: dict[str, object]) -> str:
    when = row["due_at"] or row["started_at"]
    since = f"{row['times']} times since {row['first_at']}" if row["times"] != 1 else ""
    said = ", ".join(str(each) for each in (row["verdict"], row["reason"], since) if each)
    return f"{when}  {row['job']:<12} {row['state']:<9} {said}".rstrip()


schedule.add_command(notify)
schedule.add_command(cron)
schedule.add_command(systemd)
