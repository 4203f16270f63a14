"""Jobs that leave the time-table: what is still open of them is settled, and nobody waits for them any more.

Several time-tables may share an archive, so each job bears a mark of the file that named it last.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from hashlib import sha256

from archive.errors import ExitCode
from archive.monitoring.notices import Notices
from archive.runs.due_times import DueTimes
from archive.runs.locks import Locks
from archive.store import Archive
from schedules.runner.runner import mark_of
from schedules.runner.subprocess_limit import end_orphan
from schedules.timetable.job_file import JobFile
from schedules.timetable.jobs import SHIPPED


def note_named(archive: Archive, jobs: JobFile, now: datetime) -> None:
    """Note which jobs and recipients the time-table names, settle the jobs that it no longer does."""
    ledger, locks, mark = DueTimes(archive), Locks(archive), _mark_of(jobs)
    named = ledger.named()
    left = [job for job in retired_jobs(named, mark, jobs.by_name) if _is_idle(locks, f"job:{job}")]
    new = [job for job in jobs.by_name if named.get(job, mark) != mark]
    if left or new:
        with ledger.transaction():
            ledger.name(new, mark)
            for job in left:
                _settle(ledger, locks, job, now)
    Notices(archive).name(jobs.telling.recipients, mark, alone={*named.values(), mark} <= {mark, None})


def retired_jobs(named: Mapping[str, str | None], mark: str, names: Collection[str]) -> list[str]:
    """The jobs that a time-table named and does no longer; of others it cannot know whether they are still at work.

    ``named``: each job's mark of who named it last.
    """
    return [job for job, by in named.items() if by == mark and job not in names]


def _is_idle(locks: Locks, lock: str) -> bool:
    """Whether nobody is at the job. What a keeper that died left at work is ended."""
    if locks.holder(lock) is not None:
        return False
    remains = locks.remains(lock)
    return remains is None or remains.child is None or end_orphan(remains.child, mark_of(remains.token))


def _settle(ledger: DueTimes, locks: Locks, job: str, now: datetime) -> None:
    """Settle what is open of a job that nobody is at."""
    remains = locks.remains(f"job:{job}")
    runs = {row.run_id for row in ledger.open_rows(job)} | {remains.run_id if remains else None}
    for run in filter(None, runs):
        ledger.bury_run(run, "failed", ExitCode.FAILED, now, "its keeper died or fell silent")
    if remains is not None:
        locks.release(remains.token)
    ledger.leave(job, now)


def _mark_of(jobs: JobFile) -> str:
    """What tells this time-table from others: a digest of its path."""
    return sha256(bytes(jobs.path or SHIPPED)).hexdigest()[:16]
