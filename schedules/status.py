"""The command ``status``: how everything fares, on one screen, with an exit code for those who watch."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final

import click
import orjson

from archive.asked import Asked
from archive.commands import printable
from archive.errors import ExitCode, QQNewsError
from archive.monitoring.metrics import metrics
from archive.monitoring.notices import Recipient
from archive.monitoring.state import Run, State, read_state
from archive.naming import readable
from schedules.asking import Jobs, with_jobs
from schedules.durations import duration_text
from schedules.health import Standing, job_metrics, nobody_looks, standings
from schedules.keeper import salt_of

_MOST_GAPS: Final = 5
_WIDTH: Final = 70


class Nagios(IntEnum):
    """The exit codes that Nagios, Icinga and their like read."""

    OK = 0
    WARNING = 1
    CRITICAL = 2


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that needs attention: what, the exit code that says so, and whether it stops the work."""

    what: str
    exit_code: ExitCode
    is_critical: bool


@click.command("status")
@click.option("--nagios", is_flag=True, help="One line, and exit code 0, 1 or 2 as Nagios and Icinga read it.")
@click.option("--metrics", "as_metrics", is_flag=True, help="The text form of Prometheus; exit code 0.")
@with_jobs
def status(asked: Asked, jobs: Jobs, *, nagios: bool, as_metrics: bool) -> None:
    """How everything fares: the last run of each job, what is due next, locks, disk, gaps, whom messages do not reach.

    Exit code 0: all is well; 14: something needs attention; 15: nobody looks at the clock; 24: the disk is too full.
    """
    try:
        state = read_state(asked.data)
    except QQNewsError as error:
        if not nagios:
            raise
        click.echo(f"QQNEWS CRITICAL - {error}")
        sys.exit(Nagios.CRITICAL)
    found = standings(state, jobs.enabled(), salt_of(asked.data))
    if as_metrics:
        click.echo(metrics(state, job_metrics(found)), nl=False)
        return
    concerns = list(_concerns(state, found, _ours(state, jobs)))
    if nagios:
        sys.exit(_for_nagios(concerns))
    if asked.json:
        click.echo(orjson.dumps(_facts(state, found, concerns)))
    else:
        click.echo("\n".join(_screen(state, found, concerns)))
    sys.exit(max((concern.exit_code for concern in concerns), default=ExitCode.OK))


def _ours(state: State, jobs: Jobs) -> list[Recipient]:
    """Those whom this time-table tells; others were told by an earlier one."""
    ours = {to.id for to in jobs.telling.urls} | ({"ping"} if jobs.telling.ping else set())
    return [recipient for recipient in state.recipients if recipient.id in ours]


def _concerns(state: State, jobs: list[Standing], recipients: Iterable[Recipient]) -> Iterator[Concern]:
    """Everything that is wrong, the worst first."""
    if state.disk.is_short:
        free, floor = _size(state.disk.free), _size(state.disk.floor)
        yield Concern(f"only {free} are free, {floor} are to stay free", ExitCode.DISK_FLOOR, is_critical=True)
    if jobs and nobody_looks(jobs):
        how = "start 'qqnews schedule run', or install cron's line or the units (and name the time-table with --jobs)"
        yield Concern(f"nobody looks at the clock: {how}", ExitCode.FAILED, is_critical=True)
    else:
        for job in (each for each in jobs if not each.is_seen or each.late_since is not None):
            late = f"should have begun {_clock(job.late_since)}" if job.late_since else "was not seen by any clock yet"
            yield Concern(f"{job.job.name} {late}", ExitCode.PARTIAL, is_critical=False)
    yield from (Concern(str(job), ExitCode.PARTIAL, is_critical=False) for job in jobs if job.is_bad)
    yield from (Concern(str(error), ExitCode.PARTIAL, is_critical=False) for error in state.unreadable[:_MOST_GAPS])
    if more := len(state.unreadable[_MOST_GAPS:]):
        yield Concern(f"{more} more rows cannot be read: 'qqnews verify'", ExitCode.PARTIAL, is_critical=False)
    for to in recipients:
        if to.is_failing:
            failing = f"{to.label} cannot be reached ({to.tries} times): {to.last_error}"
            yield Concern(failing, ExitCode.PARTIAL, is_critical=False)


def _for_nagios(concerns: list[Concern]) -> Nagios:
    level = Nagios.OK
    if concerns:
        level = Nagios.CRITICAL if any(concern.is_critical for concern in concerns) else Nagios.WARNING
    click.echo(f"QQNEWS {level.name} - {'; '.join(concern.what for concern in concerns) or 'all is well'}")
    return level


def _screen(state: State, jobs: list[Standing], concerns: list[Concern]) -> Iterator[str]:
    held, disk, now = state.contents, state.disk, state.read_at
    counted = ", ".join(f"{number:,} {status}" for status, number in held.articles.items()) or "none"
    newest = f"; the newest came in {_ago(held.last_article_at, now)}" if held.last_article_at else ""
    yield f"archive   {readable(state.data.absolute())}{' (of an earlier version)' if state.is_older else ''}"
    yield f"articles  {counted}; {held.revisions:,} texts; {held.links_waiting:,} links waiting{newest}"
    log = f"database {_size(disk.database)} and {_size(disk.wal)} not yet merged, logs {_size(disk.runs)}"
    yield f"disk      {_size(disk.free)} free of {_size(disk.size)}; {log}"
    yield ""
    yield f"  {'job':<14}{'last run':<34}{'next':<12}why"
    yield from (_job_line(job, now) for job in jobs)
    yield from _listed("locks", map(str, state.locks))
    yield from _listed("resting", (f"{rest.host} until {_clock(rest.until)}" for rest in state.resting))
    gaps = [str(gap) for gap in state.gaps]
    yield from _listed(
        "gaps", [*gaps[:_MOST_GAPS], *([f"and {len(gaps) - _MOST_GAPS} more"] if gaps[_MOST_GAPS:] else [])]
    )
    yield from _listed("attention", (concern.what for concern in concerns))
    if not concerns:
        yield from ("", "all is well")


def _job_line(job: Standing, now: datetime) -> str:
    last = job.state.last_ended if job.state else None
    said = f"{last.verdict} ({last.exit_code}) {_ago(last.ended_at, now)}" if last else "never run"
    coming = "under way" if job.is_under_way else f"in {_length(job.next_start - now)}"
    why = printable(last.because) if last and job.is_bad else ""
    why = why if len(why) <= _WIDTH else f"{why[:_WIDTH]}…"
    return f"{'! ' if job.needs_attention else '  '}{job.job.name:<14}{said:<34}{coming:<12}{why}".rstrip()


def _listed(name: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines under a name, where there are any."""
    for number, line in enumerate(lines):
        if number == 0:
            yield ""
        yield f"{name if number == 0 else '':<10}{printable(line)}"


def _facts(state: State, jobs: list[Standing], concerns: list[Concern]) -> dict[str, Any]:
    disk, held = state.disk, state.contents
    return {
        "exit_code": max((concern.exit_code for concern in concerns), default=ExitCode.OK),
        "attention": [concern.what for concern in concerns],
        "data": readable(state.data.absolute()),
        "schema": state.schema,
        "jobs": [_job_facts(job) for job in jobs],
        "locks": [{"name": it.name, "purpose": it.purpose, "holder": str(it)} for it in state.locks],
        "disk": {name: getattr(disk, name) for name in ("size", "free", "floor", "database", "wal", "runs")},
        "articles": held.articles,
        "revisions": held.revisions,
        "links_waiting": held.links_waiting,
        "last_article_at": held.last_article_at,
        "resting": [{"host": rest.host, "until": rest.until} for rest in state.resting],
        "gaps": [str(gap) for gap in state.gaps],
        "recipients": [
            {"label": it.label, "told_at": it.told_at, "failures": it.tries, "error": it.last_error}
            for it in state.recipients
        ],
    }


def _job_facts(job: Standing) -> dict[str, Any]:
    return {
        "job": job.job.name,
        "needs_attention": job.needs_attention,
        "is_under_way": job.is_under_way,
        "is_seen": job.is_seen,
        "late_since": job.late_since,
        "next_start": job.next_start,
        "waiting": len(job.state.waiting) if job.state else 0,
        "last_ok_at": job.state.last_ok_at if job.state else None,
        "last_run": _run_facts(job.state.last_ended if job.state else None),
    }


def _run_facts(run: Run | None) -> dict[str, Any] | None:
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


def _size(number: int) -> str:
    return f"{number / 1e9:,.1f} GB" if number >= 1e9 else f"{number / 1e6:,.1f} MB"
