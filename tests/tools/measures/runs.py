"""What a year of the shipped jobs costs in runs and due times: ``python -m tests.tools.measures.runs [DAYS]``.

With and without thinning: the size of the database, and how long it takes to ask for what is open, what was last, and
how everything fares.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.article.timestamps import stamp
from archive.monitoring.retention import thin
from archive.monitoring.status import read_status
from archive.runs.due_times import RAN, DueTime, DueTimes
from archive.store import Archive
from schedules.timetable.apscheduler import between
from schedules.timetable.jobs import SHIPPED, Job, read_jobs_file

JOBS = [
    job
    for job in read_jobs_file(SHIPPED, ("crawl", "recheck", "verify", "backup", "export")).jobs.values()
    if job.enabled
]
START = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
COUNTS = (
    '{"listed":840,"known":822,"fetched":18,"new":15,"changed":2,"same":1,"copies":1,"gone":0,"dropped":3,'
    '"pages":56,"sources":28,"captured":74,"pictures":0,"waiting":0}'
)
BECAUSE = "18 articles were fetched and 17 kept"


def live(archive: Archive, job: Job, day: datetime) -> None:
    """One day of a job, each run a good one."""
    for due in between(job.timetable, day, day + DAY):
        values = (job.name, stamp(due), stamp(due), stamp(due + timedelta(seconds=40)), COUNTS, BECAUSE)
        run = archive.database.connection.execute(_RUN, values).fetchone()[0]
        DueTimes(archive).write([DueTime(job.name, due, RAN, run_id=run, attempts=1)], due)


_RUN = """
    INSERT INTO runs (job, due_at, started_at, ended_at, verdict, exit_code, counts, because, host, pid)
    VALUES (?, ?, ?, ?, 'ok', 0, ?, ?, 'archive.example.org', 123456) RETURNING id
"""


def took(call: Callable[[], object]) -> float:
    """The seconds that a call takes; the fastest of five."""
    found = []
    for _ in range(5):
        started = time.perf_counter()
        call()
        found.append(time.perf_counter() - started)
    return min(found)


def measure(days: int, *, thinned: bool) -> None:
    """Live through the days; what the database holds then, and how quickly it answers."""
    slowest = 0.0
    with tempfile.TemporaryDirectory() as name, Archive.open(Path(name)) as archive:
        ledger = DueTimes(archive)
        for job in JOBS:
            ledger.watch(job.name, job.identity, START)
        for day in (START + timedelta(days=number) for number in range(days)):
            with archive.transaction():
                for job in JOBS:
                    live(archive, job, day)
            started = time.perf_counter()
            if thinned:
                thin(archive, day + DAY)
            slowest = max(slowest, time.perf_counter() - started)
        archive.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        rows = [archive.database.connection.execute(query).fetchone()[0] for query in _COUNTS]
        size = (Path(name) / "archive.db").stat().st_size / 1e6
        how = f"thinned, {slowest:.2f} s a day" if thinned else "whole"
        print(f"{days} days of {len(JOBS)} jobs: {size:.1f} MB {how}; {rows[0]:,} runs, {rows[1]:,} due times")
        asked = {
            "open rows of hot": took(lambda: ledger.open_rows("hot")),
            "history": took(lambda: ledger.history(None, 20)),
            "state": took(lambda: read_status(Path(name))),
        }
        print("    " + ", ".join(f"{what} {seconds * 1000:.2f} ms" for what, seconds in asked.items()))


_COUNTS = ("SELECT count(*) FROM runs", "SELECT count(*) FROM due_times")

if __name__ == "__main__":
    for choice in (False, True):
        measure(int((sys.argv[1:] or ["365"])[0]), thinned=choice)
