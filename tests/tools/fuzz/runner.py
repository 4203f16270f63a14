"""Runs mutations in processes of their own, each page under a limit of time and of memory."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from queue import Empty
from types import FrameType
from typing import Any, TypeVar

SECONDS = 2.0
"""Of processor time, for one page. Wall time would blame a page for its neighbours."""
MEGABYTES = 300
DEADLINE = 60.0
"""Seconds of wall time after which a worker that does not answer is ended."""
CHUNK = 200
TRIES = 3

Result = TypeVar("Result")


class Hang(BaseException):
    """A page took too long. Not an Exception: nothing on the way may swallow it."""


@dataclass(slots=True)
class Failure:
    """One page that broke something: its number, the seed it was made of, what happened, and the page."""

    number: int
    seed: str
    what: str
    detail: str
    body: bytes


@dataclass(slots=True)
class Figures:
    """What was done. ``outcomes`` by name; ``slowest`` in seconds of processor time; ``peak`` in MB of memory."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    slowest: float = 0.0
    peak: int = 0

    def add(self, other: Figures) -> None:
        """Add another worker's figures."""
        self.outcomes += other.outcomes
        self.failures += other.failures
        self.slowest = max(self.slowest, other.slowest)
        self.peak = max(self.peak, other.peak)

    @property
    def mutations(self) -> int:
        return self.outcomes.total()


def peak_megabytes() -> int:
    """The most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def limit_memory() -> None:
    """From here on no more than ``MEGABYTES`` in all: beyond, Python raises MemoryError and libxml2 gives up."""
    held = {name: int(kilobytes) for name, kilobytes in _status()}
    limit = held["VmSize"] * 1024 + MEGABYTES * 2**20 - held["VmRSS"] * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _status() -> Iterator[tuple[str, str]]:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(("VmSize:", "VmRSS:")):
            name, _, value = line.partition(":")
            yield name, value.split()[0]


def in_time(work: Callable[[], Result]) -> Result:
    """What ``work`` gives; raises `Hang` if it takes too long three times: once may be a neighbour's fault."""
    for _ in range(TRIES - 1):
        with contextlib.suppress(Hang):
            return _timed(work)
    return _timed(work)


def _timed(work: Callable[[], Result]) -> Result:
    def stop(number: int, frame: FrameType | None) -> None:
        raise Hang(f"more than {SECONDS} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _try(number: int, salt: int, seeds: Any, figures: Figures) -> None:
    from tests.tools.fuzz.mutate import mutated
    from tests.tools.fuzz.target import tried

    seed, body = mutated(seeds, number, salt)
    try:
        name, took = tried(body, seed.url)
        figures.outcomes[name] += 1
        figures.slowest = max(figures.slowest, took)
    except (Exception, Hang) as error:
        figures.outcomes["failed"] += 1
        where = "".join(traceback.format_exception(error)[-4:])
        figures.failures.append(Failure(number, f"{seed.name} {seed.url}", type(error).__name__, where, body))


def _next(tasks: Queue[int | None], parent: int) -> int | None:
    """The next chunk's first number; None when there is none, or when nobody is left to tell."""
    while os.getppid() == parent:
        with contextlib.suppress(Empty):
            return tasks.get(timeout=5)
    return None


def _work(tasks: Queue[int | None], answers: Queue[Figures], current: Synchronized[int], salt: int, only: str) -> None:
    from tests.tools.fuzz.seeds import all_seeds

    # Asked for before the work: later it may be another one already.
    parent, seeds = os.getppid(), all_seeds(only)
    _try(0, salt, seeds, Figures())
    limit_memory()
    while (first := _next(tasks, parent)) is not None:
        figures = Figures()
        for number in range(first, first + CHUNK):
            current.value = number
            _try(number, salt, seeds, figures)
        current.value = -1
        figures.peak = peak_megabytes()
        answers.put(figures)


class Worker:
    """One process, and the number of the page it is at."""

    def __init__(self, tasks: Queue[int | None], answers: Queue[Figures], salt: int, only: str = "") -> None:
        context = multiprocessing.get_context("spawn")
        self.current: Any = context.Value("q", -1)
        self.process = context.Process(target=_work, args=(tasks, answers, self.current, salt, only), daemon=True)
        self.process.start()
        self._seen, self._since = -1, time.monotonic()

    def stuck_at(self) -> int | None:
        """The page this worker does not come back from, or died of; None while all is well."""
        number = self.current.value
        if number != self._seen:
            self._seen, self._since = number, time.monotonic()
        over = time.monotonic() - self._since > DEADLINE
        return number if number >= 0 and (over or not self.process.is_alive()) else None
