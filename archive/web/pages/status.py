"""How the archive fares: what is broken first, then jobs, hosts, disk and contents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from archive.errors import ExitCode
from archive.monitoring.completeness import Gap, open_gaps
from archive.monitoring.state import JobState, State, read_state
from archive.store import Archive
from archive.web.answer import Answer, Asked, Page
from archive.web.moments import minute


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is to be looked after: a key of ``words`` and its facts."""

    key: str
    facts: dict[str, object]


def status(asked: Asked, archive: Archive) -> Answer:
    """The state of everything, and the gaps in what was seen."""
    state, gaps = read_state(asked.data, datetime.now(UTC)), open_gaps(archive)
    context = {"here": "status", "state": state, "gaps": gaps[:MOST_GAPS], "all_gaps": len(gaps)}
    return Page(template="status.html", context=context | {"troubles": list(troubles(state, gaps))})


MOST_GAPS: Final = 100
"""Gaps that are listed."""
EXIT_NAMES: Final = {int(code): code.name.lower().replace("_", " ") for code in ExitCode}
"""The exit codes as the README names them."""


def troubles(state: State, gaps: Sequence[Gap]) -> Iterator[Trouble]:
    """What somebody should look after, the worst first."""
    if state.disk.is_short:
        yield Trouble("disk short", {})
    if state.unreadable:
        yield Trouble("unreadable", {"number": len(state.unreadable)})
    for job in state.jobs:
        yield from _of_job(job)
    if gaps:
        yield Trouble("gaps", {"number": len(gaps), "most": sum(gap.most for gap in gaps)})
    for rest in state.resting:
        yield Trouble("host rests", {"host": rest.host, "until": minute(rest.until)})


def _of_job(job: JobState) -> Iterator[Trouble]:
    if job.last_ended and job.last_ended.exit_code:
        told = EXIT_NAMES.get(job.last_ended.exit_code, "?")
        yield Trouble("job failed", {"job": job.name, "code": job.last_ended.exit_code, "name": told})
    if job.waiting and job.is_scheduled:
        yield Trouble("job waits", {"job": job.name, "number": len(job.waiting), "since": minute(job.waiting[0])})
