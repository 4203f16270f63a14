"""Two and more sides measured in turns, so that a busy machine is busy for all of them alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Spent:
    """What one side took in one round."""

    wall: float
    """Seconds by the clock."""
    cpu: float
    """Seconds of the processor, in all threads and child processes."""
    memory: float = 0
    """MiB that a process of its own had at its greatest; 0 where it was measured in this one."""


Clock = Literal["wall", "cpu"]
Work = Callable[[], Spent]


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of some rounds, and the least and the most that any of them gave."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Figure:
        return cls(statistics.median(values), min(values), max(values))

    def __format__(self, spec: str) -> str:
        return f"{self.middle:{spec}} ({self.least:{spec}}–{self.most:{spec}})"


def in_turns(sides: Mapping[str, Work], rounds: int) -> dict[str, list[Spent]]:
    """Every side once a round, in an order that turns from round to round."""
    spent: dict[str, list[Spent]] = {name: [] for name in sides}
    names = list(sides)
    for number in range(rounds):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            spent[name].append(sides[name]())
    return spent


def timed(work: Callable[[], object], times: int = 1) -> Spent:
    """Work in this process, so many times; the seconds are of one."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(times):
        work()
    return Spent((time.perf_counter() - wall) / times, (time.process_time() - cpu) / times)


def called(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Spent:
    """A program from its start to its end, its children included. Raises `CalledProcessError` where it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    return Spent(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def figure(spent: Sequence[Spent], clock: Clock = "cpu") -> Figure:
    """Seconds of one side."""
    return Figure.of([getattr(each, clock) for each in spent])


def ratio(ours: Sequence[Spent], theirs: Sequence[Spent], clock: Clock = "cpu") -> Figure:
    """How many times as long as ours theirs took, round by round."""
    return Figure.of([getattr(b, clock) / getattr(a, clock) for a, b in zip(ours, theirs, strict=True)])
