"""Weeks of all jobs under a fake clock: whatever befalls the machine, each due time has one row and one run at most.

``QQNEWS_SOAK_DAYS`` and ``QQNEWS_SOAK_SEED`` make it longer, or another one.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise, takewhile
from pathlib import Path

from archive.monitoring.notices import STILL
from archive.runs.due_times import COALESCED, MISSED, RAN, RUNNING, SKIPPED, WAITING, DueTimes
from archive.store import Archive
from schedules.runner.claims import RunEnded
from schedules.timetable.apscheduler import between
from schedules.timetable.jobs import Job, read_jobs_file
from tests.schedules.world import Actor, World

DAYS = float(os.environ.get("QQNEWS_SOAK_DAYS", "9"))
SEED = int(os.environ.get("QQNEWS_SOAK_SEED", "1"))
# Nine days on from here hold the changes in Berlin, Lord Howe and Santiago; thirty, from three weeks earlier, also
# those in New York and Casablanca.
BEGIN = datetime(2026, 4, 6, tzinfo=UTC) - timedelta(days=DAYS)
HOUR = 3600.0


class Fate:
    """Keeps a daemon going in a world, and lets things happen to it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.daemon: Actor | None = None
        self.starts()

    def starts(self) -> None:
        self.daemon = self.world.born()
        for job in self.world.jobs:
            self.wakes(self.daemon, job)
        self.sweeps(self.daemon)

    def wakes(self, daemon: Actor, job: Job) -> None:
        """The daemon's timer for one job."""
        if daemon is not self.daemon:
            return
        self.world.turn(daemon, job)
        pause = (job.next_start(self.world.at, "salt") - self.world.at).total_seconds()
        self.world.later(pause, self.wakes, daemon, job)

    def sweeps(self, daemon: Actor) -> None:
        """The daemon's look at everything (once an hour here, to save time)."""
        if daemon is self.daemon:
            for job in self.world.jobs:
                self.world.turn(daemon, job)
            self.world.later(HOUR, self.sweeps, daemon)

    def tells(self) -> None:
        """Every ten minutes somebody looks whether there is anything to be told."""
        self.world.tells()
        self.world.later(600, self.tells)

    def befalls(self) -> None:
        """One thing after another, some hours apart; the last two days are quiet."""
        world = self.world
        if world.at > BEGIN + timedelta(days=DAYS - 2):
            return
        happening = world.random.choice([self.kill, self.sleep, self.stop, self.step, self.tick, self.tick, self.hand])
        world.befallen[happening.__name__] += 1
        happening()
        world.later(world.random.expovariate(1 / (1.5 * HOUR)), self.befalls)

    def kill(self) -> None:
        """kill -9, and a new daemon some time later; meanwhile cron may look."""
        if self.daemon is not None:
            self.world.dies(self.daemon)
            self.daemon = None
            self.world.later(self.world.random.choice([1, 30, HOUR, 5 * HOUR]), self.starts)

    def sleep(self) -> None:
        """The machine is suspended; in one case of six for days."""
        hours = self.world.random.choice([0.1, 0.5, 1, 3, 9, 30])
        self.world.set_clock(timedelta(hours=hours))

    def stop(self) -> None:
        """SIGSTOP for some time, while cron goes on looking."""
        if self.daemon is not None:
            daemon, pause = self.daemon, self.world.random.choice([20, 300, HOUR])
            daemon.stopped = True
            self.world.later(pause / 2, self.tick)
            self.world.later(pause, partial(setattr, daemon, "stopped", False))

    def step(self) -> None:
        """The clock is set, forward or back."""
        seconds = self.world.random.choice([-7200, -3600, -60, -1, 1, 60, 3600])
        self.world.set_clock(timedelta(seconds=seconds))

    def tick(self) -> None:
        """Cron looks once, in the same second as the daemon."""
        cron = self.world.born()
        for job in self.world.jobs:
            self.world.turn(cron, job)
        self.world.forget_idle(cron)

    def hand(self) -> None:
        """Somebody runs a job by hand."""
        somebody = self.world.born()
        self.world.turn(somebody, self.world.random.choice(self.world.jobs), by_hand=True)
        self.world.forget_idle(somebody)


def _come(job: Job, since: datetime, now: datetime) -> list[datetime]:
    """The due times whose starts have come."""
    return list(takewhile(lambda due: job.starts_at(due, "salt") <= now, between(job.timetable, since, now)))


def _changes(ends: list[RunEnded]) -> list[str]:
    """The verdicts that are another than the one before; it begins well."""
    verdicts = ["ok", *(ended.verdict for ended in ends)]
    return [now for before, now in pairwise(verdicts) if now != before]


def _told(world: World) -> dict[str, int]:
    """Every change for the worse or the better was noted once, and told; what it came to."""
    notices = world.archive.database.connection.execute("SELECT * FROM notices ORDER BY id").fetchall()
    for job, ends in world.verdicts.items():
        ours = [row for row in notices if row["job"] == job]
        # A run that was given up after its third keeper died is news, too; the world does not count it.
        if not any("keeper" in row["because"] for row in ours):
            assert [row["verdict"] for row in ours if row["kind"] != STILL] == _changes(ends), job
    until = [number for _, number in world.told]
    assert until == sorted(set(until))
    recent = sum(datetime.fromisoformat(row["at"]) > world.at - timedelta(hours=9) for row in notices)
    assert len(notices) - until[-1] <= recent  # What quiet hours hold back.
    return {"notices": len(notices), "messages": len(until), "held back": len(notices) - until[-1]}


def test_every_due_time_has_one_row_and_one_run_at_most(tmp_path: Path) -> None:
    jobs = list(read_jobs_file(Path(__file__).with_name("soak.toml"), ["crawl", "stats", "list"]).jobs.values())
    with Archive.open(tmp_path) as archive:
        world = World(archive, jobs, BEGIN, SEED)
        fate = Fate(world)
        world.later(HOUR, fate.befalls)
        world.later(HOUR, fate.tells)
        while world.at < BEGIN + timedelta(days=DAYS):
            world.live(HOUR)
        assert fate.daemon is not None
        for job in jobs:
            world.turn(fate.daemon, job)
        ledger, states = DueTimes(archive), Counter[str]()
        for job in jobs:
            watched = ledger.watched(job.name)
            assert watched is not None
            rows = ledger.rows(job.name, BEGIN - timedelta(days=1), world.at + timedelta(days=9))
            come = _come(job, watched.since, world.at)
            assert sorted(rows) == come, job.name
            states.update(row.state for row in rows.values())
            for due, row in rows.items():
                assert world.full_runs[job.name, due] <= (row.state == RAN), (job.name, due, row)
        at_work = sum(run.due is not None for actor in world.actors for run in actor.runs.values())
        told = _told(world)
    print(f"{DAYS} days, {states.total()} due times: {dict(states)}; befallen: {dict(world.befallen)}")
    print(f"told: {told}")
    assert states[RUNNING] == at_work
    assert states[WAITING] <= at_work
    assert min(states[each] for each in (RAN, COALESCED, SKIPPED, MISSED)) > 0
