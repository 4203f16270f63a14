"""The command ``status``: how everything fares, on one screen, with an exit code for those who watch."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final

import click
import orjson

from archive.cli.context import CommandContext
from archive.cli.output import printable
from archive.errors import QQNewsError
from archive.files.readable_names import readable
from archive.monitoring.health import Concern, Health, JobHealth, Trouble, judged, size_text
from archive.monitoring.metrics import metrics
from archive.monitoring.status import ArchiveStatus, JobRun, read_status
from archive.store import Archive
from schedules.cli.options import with_jobs_option
from schedules.config.durations import duration_text
from schedules.timetable.due import next_due
from schedules.timetable.job_file import JobFile

_MOST_GAPS: Final = 5
_MOST_REASONS: Final = 4
_WIDTH: Final = 70


class Nagios(IntEnum):
    """The exit codes that Nagios, Icinga and their like read."""

    OK = 0
    WARNING = 1
    CRITICAL = 2


@click.command("status")
@click.option("--nagios", is_flag=True, help="One line, and exit code 0, 1 or 2 as Nagios and Icinga read it.")
@click.option("--metrics", "as_metrics", is_flag=True, help="The text form of Prometheus; exit code 0.")
@with_jobs_option
def status(asked: CommandContext, jobs: JobFile, *, nagios: bool, as_metrics: bool) -> None:
    """How everything fares: the last run of each job, what is due next, locks, disk, gaps, whom messages do not reach.

    The time-table at work is known from the archive; with --jobs or QQNEWS_JOBS it is also told which jobs of that file
    no clock has seen.

    Exit code 0: all is well; 14: something needs attention; 15: nobody looks at the clock; 24: the disk is too full.
    """
    try:
        state = read_status(asked.data)
    except QQNewsError as error:
        if not nagios:
            raise
        click.echo(f"QQNEWS CRITICAL - {error}")
        sys.exit(Nagios.CRITICAL)
    health = _judged(state, jobs)
    if as_metrics:
        click.echo(metrics(state, health), nl=False)
        return
    if nagios:
        sys.exit(_for_nagios(health.concerns))
    if asked.json:
        click.echo(orjson.dumps(_facts(state, health)))
    else:
        click.echo("\n".join(_screen(state, health)))
    sys.exit(health.exit_code)


def _judged(state: ArchiveStatus, jobs: JobFile) -> Health:
    """How everything fares; where a time-table was named, with what it knows."""
    if jobs.path is None:
        return judged(state, next_due)
    # Others are told by another time-table, or were by an earlier one.
    ours = tuple(to for to in state.recipients if to.id in jobs.telling.recipients)
    at_work = {job.name: job.timetable for job in state.jobs}
    named = jobs.enabled()
    unseen = [job.name for job in named if at_work.get(job.name) != job.identity]
    return judged(replace(state, recipients=ours), next_due, unseen=unseen, named=len(named))


def _for_nagios(concerns: Iterable[Concern]) -> Nagios:
    level = Nagios.OK
    said = [printable(str(concern)) for concern in concerns]
    if said:
        level = Nagios.CRITICAL if any(concern.is_critical for concern in concerns) else Nagios.WARNING
    click.echo(f"QQNEWS {level.name} - {'; '.join(said) or 'all is well'}")
    return level


def _screen(state: ArchiveStatus, health: Health) -> Iterator[str]:
    held, disk, now = state.contents, state.disk, state.read_at
    counted = ", ".join(f"{number:,} {status}" for status, number in held.articles.items()) or "none"
    newest = f"; the newest came in {_ago(held.last_article_at, now)}" if held.last_article_at else ""
    queued = f"{held.links_waiting:,} links waiting, {held.rechecks_due:,} rechecks due"
    yield f"archive   {readable(state.data.absolute())}{' (of an earlier version)' if state.is_older else ''}"
    yield f"articles  {counted}; {held.revisions:,} texts; {queued}{newest}"
    if held.links_given_up:
        yield f"given up  {_given_up(held.links_given_up)}; 'qqnews links list' names them"
    log = f"database {size_text(disk.database)} and {size_text(disk.wal)} not yet merged, logs {size_text(disk.runs)}"
    yield f"disk      {size_text(disk.free)} free of {size_text(disk.size)}; {log}"
    checked, copied = (_ago(at, now) or "never by a job" for at in (health.verified_at, health.backed_up_at))
    yield f"care      verified {checked}, backed up {copied}"
    yield ""
    yield f"  {'job':<14}{'last run':<34}{'next':<12}why"
    yield from (_job_line(job, health, now) for job in health.jobs)
    yield from _listed("locks", map(str, state.locks))
    yield from _listed("resting", (f"{rest.host} until {_clock(rest.until)}" for rest in state.resting))
    yield from _listed("missed", _missed(health.jobs))
    gaps = [str(gap) for gap in state.gaps]
    yield from _listed(
        "gaps", [*gaps[:_MOST_GAPS], *([f"and {len(gaps) - _MOST_GAPS} more"] if gaps[_MOST_GAPS:] else [])]
    )
    yield from _listed("attention", map(str, health.concerns))
    if not health.concerns:
        yield from ("", "all is well")


def _given_up(by_reason: Mapping[str, int]) -> str:
    """How many links stand given up, and for which reasons."""
    commonest = [f"{number:,} {reason or 'for no stated reason'}" for reason, number in by_reason.items()]
    others = [f"{len(commonest) - _MOST_REASONS} more reasons"] if commonest[_MOST_REASONS:] else []
    return f"{sum(by_reason.values()):,} links ({', '.join([*commonest[:_MOST_REASONS], *others])})"


def _missed(jobs: Iterable[JobHealth]) -> Iterator[str]:
    """Due times of late that no clock was there for: they are past, and no fault of now."""
    for job in jobs:
        if missed := job.state.missed:
            between = f"between {_clock(missed.first)} and {_clock(missed.last)}"
            yield f"{job.state.name}: nobody was there for {missed.times:,} due times {between}"


def _job_line(job: JobHealth, health: Health, now: datetime) -> str:
    last = job.state.last_ended
    said = f"{last.verdict} ({last.exit_code}) {_ago(last.ended_at, now)}" if last else "never run"
    coming = "under way" if job.is_under_way else f"in {_length(job.next_start - now)}" if job.next_start else "?"
    why = printable(last.because) if last and job.is_bad else ""
    why = why if len(why) <= _WIDTH else f"{why[:_WIDTH]}…"
    mark = "! " if health.concerns_of(job.state.name) else "  "
    return f"{mark}{job.state.name:<14}{said:<34}{coming:<12}{why}".rstrip()


def _listed(name: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines under a name, where there are any."""
    for number, line in enumerate(lines):
        if number == 0:
            yield ""
        yield f"{name if number == 0 else '':<10}{printable(line)}"


def _facts(state: ArchiveStatus, health: Health) -> dict[str, Any]:
    disk, held = state.disk, state.contents
    with Archive.to_read(state.data) as archive:
        identity = archive.identity
    return {
        "exit_code": health.exit_code,
        "attention": [str(concern) for concern in health.concerns],
        "data": readable(state.data.absolute()),
        "identity": identity,
        "schema": state.schema,
        "jobs": [_job_facts(job, health) for job in health.jobs],
        "locks": [{"name": it.name, "purpose": it.purpose, "holder": str(it)} for it in state.locks],
        "disk": {name: getattr(disk, name) for name in ("size", "free", "floor", "database", "wal", "runs")},
        "articles": held.articles,
        "revisions": held.revisions,
        "links_waiting": held.links_waiting,
        "links_given_up": held.links_given_up,
        "rechecks_due": held.rechecks_due,
        "last_article_at": held.last_article_at,
        "verified_at": health.verified_at,
        "backed_up_at": health.backed_up_at,
        "resting": [{"host": rest.host, "until": rest.until} for rest in state.resting],
        "gaps": [str(gap) for gap in state.gaps],
        "recipients": [
            {"label": it.label, "told_at": it.told_at, "failures": it.tries, "error": it.last_error}
            for it in state.recipients
        ],
    }


def _job_facts(job: JobHealth, health: Health) -> dict[str, Any]:
    concerns = health.concerns_of(job.state.name)
    return {
        "job": job.state.name,
        "needs_attention": bool(concerns),
        "is_under_way": job.is_under_way,
        "is_seen": not any(concern.trouble is Trouble.JOB_UNSEEN for concern in concerns),
        "late_since": job.late_since,
        "next_start": job.next_start,
        "waiting": len(job.state.waiting),
        "not_run": job.state.not_run.times if job.state.not_run else 0,
        "missed": job.state.missed.times if job.state.missed else 0,
        "last_ok_at": job.state.last_ok_at,
        "last_run": _run_facts(job.state.last_ended),
    }


def _run_facts(run: JobRun | None) -> dict[str, Any] | None:
    if run is None:
        return None
    names = ("due_at", "started_at", "ended_at", "verdict", "exit_code", "because", "counts")
    return {name: getattr(run, name) for name in names}


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _ago(moment: datetime | None, now: datetime) -> str:
    return f"{_length(now - moment)} ago" if moment else ""


def _length(length: timedelta) -> str:
    """A length of time, no finer than is of use."""
    seconds = max(0, int(length.total_seconds()))
    for unit in (86_400, 3_600, 60):
        if seconds >= 2 * unit:
            return duration_text(timedelta(seconds=seconds // unit * unit))
    return f"{seconds}s"
