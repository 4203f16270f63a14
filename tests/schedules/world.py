"""A machine in which months pass in seconds: its clocks, its processes, and what befalls them."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from archive.monitoring.notices import Notices
from archive.runs.due_times import DueTimes
from archive.runs.locks import Locks
from archive.runs.process import Process
from archive.store import Archive
from schedules.config.notification_policy import pause_after, read_policy
from schedules.runner.claims import ClaimedRun, Claims, RunEnded, RunNotices
from schedules.timetable.jobs import Job

OK = RunEnded("ok", 0, {})
BAD = (RunEnded("failed", 15, {}), RunEnded("blocked", 12, {}))
TELLING = read_policy({"urls": ["json://somebody"], "quiet": "23:00-07:00", "urgent": ["blocked"]})


@dataclass
class Actor:
    """A process that takes turns: daemon, tick or somebody by hand."""

    process: Process
    turns: Claims
    locks: Locks
    runs: dict[str, ClaimedRun] = field(default_factory=dict)
    stopped: bool = False
    """By SIGSTOP: it exists and does nothing."""


class World:
    """One machine. ``at`` is what its clock shows; ``beat`` is the clock nobody sets."""

    def __init__(self, archive: Archive, jobs: list[Job], at: datetime, seed: int) -> None:
        self.archive, self.jobs, self.at, self.beat = archive, jobs, at, 0.0
        self.random = random.Random(seed)
        self.alive: set[Process] = set()
        self.actors: list[Actor] = []
        self.full_runs: Counter[tuple[str, datetime]] = Counter()
        self.by_hand = 0
        self.befallen: Counter[str] = Counter()
        self.verdicts: dict[str, list[RunEnded]] = {job.name: [] for job in jobs}
        """How the runs of each job ended, as far as that was counted."""
        self.told: list[tuple[datetime, int]] = []
        """When messages went out, and up to which notice."""
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._numbers = itertools.count(1)

    def later(self, seconds: float, call: Callable[..., None], *arguments: Any) -> None:
        """Call something so many seconds of the machine's being awake later."""
        heapq.heappush(self._events, (self.beat + seconds, next(self._numbers), call, arguments))

    def live(self, seconds: float) -> None:
        """Let so many waking seconds pass."""
        end = self.beat + seconds
        while self._events and self._events[0][0] <= end:
            moment, _, call, arguments = heapq.heappop(self._events)
            self._pass(moment - self.beat)
            call(*arguments)
        self._pass(end - self.beat)

    def set_clock(self, step: timedelta) -> None:
        """Somebody sets the clock, or the machine sleeps: the other clock knows nothing of it."""
        self.at += step

    def _pass(self, seconds: float) -> None:
        self.beat += seconds
        self.at += timedelta(seconds=seconds)

    def born(self) -> Actor:
        """A new process."""
        number = next(self._numbers)
        process = Process("machine", "this boot", "pids", 100 + number % 50, str(number))
        self.alive.add(process)
        locks = Locks(self.archive, me=process, alive=self.alive.__contains__, seconds=lambda: self.beat)
        news = RunNotices(Notices(self.archive), TELLING)
        actor = Actor(process, Claims(DueTimes(self.archive), locks, "salt", news), locks)
        self.actors.append(actor)
        return actor

    def dies(self, actor: Actor) -> None:
        """SIGKILL: nothing is noted any more."""
        self.alive.discard(actor.process)
        self.actors.remove(actor)

    def forget_idle(self, actor: Actor) -> None:
        """A process that has nothing to do ends."""
        if not actor.runs:
            self.dies(actor)

    def turn(self, actor: Actor, job: Job, *, by_hand: bool = False) -> None:
        """What ``Keeper.turn`` does, with a run that takes as long as this world's runs take."""
        if actor not in self.actors or actor.stopped:
            return
        self._beat_all()
        begun = actor.turns.begin(job, self.at, "test", by_hand=by_hand)
        if isinstance(begun, ClaimedRun) and self.random.random() < 0.02:
            self.befallen["withdrawn"] += actor.turns.withdraw(begun, "it could not be started", self.at)
            self.later(self.random.choice([5, 300]), self.turn, actor, job)
        elif isinstance(begun, ClaimedRun):
            self._no_other_runs(job)
            actor.runs[begun.token] = begun
            self.later(self._length(job), self._ends, actor, begun)

    def _length(self, job: Job) -> float:
        limit = job.limit.total_seconds()
        return limit if self.random.random() < 0.01 else self.random.uniform(1, min(limit, 400))

    def _ends(self, actor: Actor, begun: ClaimedRun) -> None:
        if actor not in self.actors or begun.token not in actor.runs:
            return
        if actor.stopped:
            self.later(60, self._ends, actor, begun)
            return
        del actor.runs[begun.token]
        ended = self.random.choice(BAD) if self.random.random() < 0.02 else OK
        if actor.turns.end(begun, ended, self.at):
            self.verdicts[begun.job.name].append(ended)
            if begun.due is None:
                self.by_hand += 1
            else:
                self.full_runs[begun.job.name, begun.due.due_at] += 1
        self.turn(actor, begun.job)

    def tells(self) -> None:
        """Whoever ran something sends what is due; the service fails now and then."""
        notices = Notices(self.archive)
        for recipient in notices.recipients():
            pending = notices.pending(recipient.id)
            if not TELLING.is_time(recipient, pending, self.at):
                continue
            if self.random.random() < 0.2:
                notices.not_reached(recipient.id, "500", self.at + pause_after(recipient.tries + 1))
            else:
                self.told.append((self.at, pending[-1].id))
                notices.reached(recipient.id, pending[-1].id, self.at)

    def _beat_all(self) -> None:
        for actor in self.actors:
            for token in list(actor.runs) if not actor.stopped else ():
                if not actor.locks.beat(token, self.at):
                    del actor.runs[token]

    def _no_other_runs(self, job: Job) -> None:
        """Of processes that are at work; a stopped one's run was ended by whoever took its lock over."""
        running = [run for actor in self.actors if not actor.stopped for run in actor.runs.values() if run.job is job]
        assert running == [], f"{job.name} runs twice at {self.at}"
