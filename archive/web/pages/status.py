"""How the archive fares: what is broken first, then jobs, hosts, disk and contents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from archive.errors import ExitCode
from archive.state import JobState, State, read_state
from archive.store import Archive
from archive.web.answer import Answer, Asked, Page
from archive.web.moments import minute


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is to be looked after: a key of ``words`` and its facts."""

    key: str
    facts: dict[str, object]


def status(asked: Asked, _: Archive) -> Answer:
    """The state of everything, read in one go."""
    state = read_state(asked.data, datetime.now(UTC))
    return Page(
        template="status.html",
        context={"here": "status", "state": state, "troubles": list(troubles(state)), "exit_names": EXIT_NAMES},
    )


EXIT_NAMES = {int(code): code.name.lower().replace("_", " ") for code in ExitCode}
"""The exit codes as the README names them."""


def troubles(state: State) -> Iterator[Trouble]:
    """What somebody should look after, the worst first."""
    if state.disk.is_short:
        yield Trouble("disk short", {})
    for job in state.jobs:
        yield from _of_job(job)
    for rest in state.resting:
        yield Trouble("host rests", {"host": rest.host, "until": minute(rest.until)})


def _of_job(job: JobState) -> Iterator[Trouble]:
    if job.last_run and job.last_run.exit_code:
        told = EXIT_NAMES.get(job.last_run.exit_code, "?")
        yield Trouble("job failed", {"job": job.name, "code": job.last_run.exit_code, "name": told})
    if job.waiting and job.is_scheduled:
        yield Trouble("job waits", {"job": job.name, "number": len(job.waiting), "since": minute(job.waiting[0])})
