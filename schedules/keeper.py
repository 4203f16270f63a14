"""A turn with all that belongs to it: the subprocess, its log and report in ``runs/``, the heartbeat."""

from __future__ import annotations

import fcntl
import os
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

import orjson

from archive.errors import (
    ArchiveBusy,
    ArchiveMoved,
    ArchiveNotWritable,
    DiskFloor,
    ExitCode,
    QQNewsError,
    UnreadableRow,
)
from archive.ledger import Ledger
from archive.lock import BEAT_EVERY, Holder, Locks
from archive.monitoring.notices import Notices
from archive.naming import readable
from archive.process import Process
from archive.record import stamp
from archive.store import Archive
from schedules.jobs import Job
from schedules.supervise import Finished, end_orphan, started_group, supervise
from schedules.telling import SILENT, Judged, Telling
from schedules.turns import Begun, Busy, Ended, Idle, News, Turns

_REPORT_BYTES: Final = 4 << 20
_LINE_BYTES: Final = 500
_LOCK_NAMED_BY: Final = "QQNEWS_LOCK"
_SIGNALLED: Final = 128
"""Added to the number of the signal that ended a process."""
_VERDICTS: Final[dict[int, str]] = {code: code.word for code in ExitCode}


@dataclass(frozen=True, slots=True)
class Done:
    """A run that this process did."""

    job: Job
    due_at: datetime | None
    verdict: str
    exit_code: int
    because: str
    report: Path


Result = Done | Busy | Idle
Tell = Callable[[str], None]
"""Is given one line, when a run begins and when it ends."""


class Keeper:
    """Takes turns for jobs on the archive in ``data``, each with a connection of its own; threads may share it."""

    def __init__(self, data: Path, purpose: str, *, tell: Tell, telling: Telling = SILENT) -> None:
        """``purpose`` names the caller to others; ``telling``: who hears of runs."""
        self.data = data.absolute()
        self.telling = telling
        self.purpose = purpose
        self.stop = threading.Event()
        """Set to end what is under way and begin nothing more."""
        self.tell = tell
        self.ended = 0
        """Runs that have ended."""
        self._unreadable = set[str]()
        self.salt = salt_of(data)
        self._file: tuple[int, int] | None = None
        """Device and number of the archive's file, once it was made sure of."""

    def turn(self, job: Job, *, by_hand: bool = False, until: datetime | None = None) -> list[Result]:
        """Run what is due of a job, one after another; what was done, at least one result.

        ``until``: leave what became due after it to others, so that this ends.
        """
        results: list[Result] = []
        with self._opened([job]) as archive:
            locks = Locks(archive)
            turns = Turns(Ledger(archive), locks, self.salt, News(Notices(archive), self.telling))
            while not self.stop.is_set():
                if (orphan := _orphan_left(locks, job)) is not None:
                    return [*results, Busy(job, orphan, wanted=True)]
                hand = by_hand and not results
                begun = turns.begin(job, datetime.now(UTC), self.purpose, by_hand=hand, until=until)
                if not isinstance(begun, Begun):
                    return results or [begun]
                results.append(self._run(turns, locks, begun))
        return results or [Idle(job)]

    def ensure_archive(self, jobs: Iterable[Job]) -> None:
        """Make the archive, or bring it up to date, before threads do. Raises as ``Archive.open``."""
        self._opened(jobs).close()
        self._file = self._file_there()

    def pass_over(self, error: UnreadableRow) -> None:
        """Tell of a row that cannot be read, once; the work goes on without it."""
        if str(error) not in self._unreadable:
            self._unreadable.add(str(error))
            self.tell(str(error))

    def check_archive(self) -> None:
        """Raises ``ArchiveMoved`` where the archive is not the one that was made sure of: nobody makes it anew."""
        if self._file not in (None, self._file_there()):
            raise ArchiveMoved(self.data / "archive.db")

    def _file_there(self) -> tuple[int, int]:
        try:
            found = (self.data / "archive.db").stat()
        except FileNotFoundError:
            return (0, 0)
        return found.st_dev, found.st_ino

    def _opened(self, jobs: Iterable[Job]) -> Archive:
        """The archive. That the disk is too full to run these jobs is news of each of them."""
        self.check_archive()
        try:
            archive = Archive.open(self.data)
            archive.pass_over = self.pass_over
            return archive
        except DiskFloor as error:
            with suppress(QQNewsError), Archive.existing(self.data) as archive:
                news = News(Notices(archive), self.telling)
                for job in jobs:
                    news.note(job, Judged(error.exit_code.word, readable(str(error)), datetime.now(UTC), is_ok=False))
            raise

    def _run(self, turns: Turns, locks: Locks, begun: Begun) -> Done:
        job, started = begun.job, datetime.now(UTC)
        due_at = begun.due.due_at if begun.due else None
        self.tell(f"{job.name}: begins{_for_due(due_at, job)}")
        path = self.data / "runs" / f"{started:%Y%m%dT%H%M%S.%fZ}-{job.name}.json"
        words = [*program(), "--data", str(self.data), "--json", *job.words(due_at or started)]
        with _outputs(path.with_suffix(".log")) as (out, log):
            with started_group(words, cwd=self.data, env=_environment(begun), out=out, err=log) as process:
                locks.name_child(begun.token, Process.numbered(process.pid))
                finished = supervise(process, job.limit.total_seconds(), _Watch(self.stop, locks, begun.token))
            complaint = _last_line(log)
            own_report = _last_report(out, log)
        ended = _ended(finished, own_report, stopping=self.stop.is_set())
        ended = replace(
            ended,
            because=_because(ended, own_report) or (ended.exit_code and complaint) or _little(ended.exit_code),
            log=path.with_suffix(".log").name,
        )
        now = datetime.now(UTC)
        done = Done(job, due_at, ended.verdict, ended.exit_code, ended.because, path)
        _write_report(path, done, started, now, words, own_report)
        if not turns.end(begun, ended, now):
            self.tell(f"{job.name}: somebody took its lock over; what it did is not counted")
        self.ended += 1
        self.tell(f"{job.name}: {done.verdict} ({done.exit_code}){_for_due(due_at, job)}. {done.because}".rstrip(". "))
        return done


class _Watch:
    """Waits with a run, beats its lock, and says why it must stop."""

    def __init__(self, stop: threading.Event, locks: Locks, token: str) -> None:
        self._stop = stop
        self._locks = locks
        self._token = token
        self._next_beat = time.monotonic() + BEAT_EVERY

    def __call__(self, seconds: float) -> str:
        if self._stop.wait(seconds):
            return "told to stop"
        if time.monotonic() < self._next_beat:
            return ""
        self._next_beat = time.monotonic() + BEAT_EVERY
        try:
            return "" if self._locks.beat(self._token, datetime.now(UTC)) else "its lock was taken over"
        except (ArchiveBusy, ArchiveNotWritable):
            return ""  # The next beat may come through, and our process may still do its work.


def salt_of(data: Path) -> str:
    """What jitter depends on: this machine and this archive."""
    return f"{os.uname().nodename} {data.absolute()}"


def program() -> tuple[str, ...]:
    """How this program is called, by absolute paths."""
    scripts = (Path(sys.argv[0]).absolute(), Path(sysconfig.get_path("scripts"), "qqnews"))
    for script in scripts:
        if script.name == "qqnews" and os.access(script, os.X_OK):
            return (str(script),)
    return (sys.executable, "-P", "-c", "from qqnews import main; main()")


def _orphan_left(locks: Locks, job: Job) -> Holder | None:
    """A keeper that died or fell silent may have left its process at work: it is ended first.

    The keeper's lock, if that process cannot be ended by us.
    """
    remains = locks.remains(job.lock)
    if remains is None or remains.child is None or end_orphan(remains.child, mark_of(remains.token)):
        return None
    return remains


def mark_of(token: str) -> str:
    """What is in the environment of all processes of a run, and of no other: its lock's token."""
    return f"{_LOCK_NAMED_BY}={token}"


def _environment(begun: Begun) -> dict[str, str]:
    told = {
        "QQNEWS_JOB": begun.job.name,
        "QQNEWS_RUN": str(begun.run_id),
        "PYTHONUTF8": "1",
        _LOCK_NAMED_BY: begun.token,
    }
    if begun.due is not None:
        told["QQNEWS_DUE_AT"] = stamp(begun.due.due_at)
    if begun.job.floor is not None:
        told["QQNEWS_FLOOR"] = str(begun.job.floor)
    return {**os.environ, **told}


@contextmanager
def _outputs(log: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Where a run's results and its complaints go; in the end both are in the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=log.parent) as out, log.open("ab+") as err:
        # Nobody removes it meanwhile; what we start inherits it, and holds it if we are killed.
        fcntl.flock(err, fcntl.LOCK_SH)
        yield out, err


def _last_line(log: IO[bytes]) -> str:
    """The last thing that a run complained of: where it has no report, that is why it failed."""
    log.seek(max(0, log.seek(0, os.SEEK_END) - _LINE_BYTES))
    lines = log.read().decode("utf-8", "replace").splitlines()
    return lines[-1].removeprefix("qqnews: ") if lines else ""


def _last_report(out: IO[bytes], log: IO[bytes]) -> dict[str, Any]:
    """The last line of the results, if it is a JSON object; all results are added to the log."""
    size = out.seek(0, os.SEEK_END)
    out.seek(max(0, size - _REPORT_BYTES))
    tail = out.read()
    log.write(tail)
    lines = tail.splitlines()
    try:
        found = orjson.loads(lines[-1]) if lines else {}
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _ended(finished: Finished, own_report: dict[str, Any], *, stopping: bool) -> Ended:
    """The run's own verdict, unless it was stopped; its exit code says it where there is none."""
    counts = {name: n for name, n in own_report.get("counts", {}).items() if isinstance(n, int)}
    told_whole = "verdict" in own_report and not counts.get("stopped")
    if not finished.stopped or (stopping and (told_whole or finished.exit_code == ExitCode.OK)):
        # What came to its end before it heard the signal may yet have been killed on its way out.
        code = int(own_report["exit_code"]) if finished.stopped and told_whole else finished.exit_code
        return Ended(str(own_report.get("verdict") or _VERDICTS.get(code, "failed")), code, counts)
    if stopping:
        return Ended("partial", finished.exit_code, counts, interrupted=finished.stopped)
    return Ended("failed", ExitCode.FAILED, counts, reason=finished.stopped)


def _because(ended: Ended, own_report: dict[str, Any]) -> str:
    return ended.reason or ended.interrupted or str(own_report.get("because", ""))


def _little(exit_code: int) -> str:
    """What there is to say of a run that said nothing itself."""
    if exit_code > _SIGNALLED:
        return f"it was ended by signal {exit_code - _SIGNALLED}"
    return f"it ended with exit code {exit_code} and did not say why" if exit_code else ""


def _write_report(
    path: Path, done: Done, started: datetime, now: datetime, words: list[str], own_report: dict[str, Any]
) -> None:
    content = {
        "job": done.job.name,
        "due_at": stamp(done.due_at) if done.due_at else None,
        "started_at": stamp(started),
        "ended_at": stamp(now),
        "seconds": round((now - started).total_seconds(), 3),
        "verdict": done.verdict,
        "exit_code": done.exit_code,
        "because": done.because,
        "command": [readable(word) for word in words],
        "floor": done.job.floor,
        "log": path.with_suffix(".log").name,
        "report": own_report or None,
    }
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    aside.replace(path)


def _for_due(due_at: datetime | None, job: Job) -> str:
    return f", due {due_at.astimezone(job.zone):%Y-%m-%d %H:%M:%S}" if due_at else ", by hand"
