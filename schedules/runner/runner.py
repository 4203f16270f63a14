"""A turn with all that belongs to it: the subprocess, its log and report in ``runs/``, the heartbeat."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from archive.article.timestamps import stamp
from archive.errors import (
    ArchiveBusy,
    ArchiveMissing,
    ArchiveNotWritable,
    ExitCode,
    NoArchive,
    OtherArchive,
    QQNewsError,
    UnreadableRow,
)
from archive.files.readable_names import readable
from archive.identity import SETTING, ensure_meant, expected_identity, what_stands_at
from archive.monitoring.notices import Notices
from archive.monitoring.status import salt_of
from archive.redaction.erasures import blotted_report
from archive.redaction.secrets import redacted, without_password
from archive.runs.due_times import DueTimes
from archive.runs.locks import BEAT_EVERY, Holder, Locks
from archive.runs.process import Process, is_alive
from archive.store import Archive
from schedules.config.notification_policy import NO_NOTIFICATIONS, NotificationPolicy
from schedules.config.program import program
from schedules.runner.claims import ClaimedRun, Claims, LockedByOther, NothingDue, RunEnded, RunNotices
from schedules.runner.outputs import last_line, last_report, outputs, write_report
from schedules.runner.recovery import ArchiveReplaced, pause_before
from schedules.runner.service_manager import NAMES
from schedules.runner.subprocess_limit import Finished, end_orphan, started_group, supervise
from schedules.timetable.jobs import Job

_LOCK_NAMED_BY: Final = "QQNEWS_LOCK"
_SIGNALLED: Final = 128
"""Added to the number of the signal that ended a process."""
_VERDICTS: Final[dict[int, str]] = {code: code.word for code in ExitCode}


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run that this process did."""

    job: Job
    due_at: datetime | None
    verdict: str
    exit_code: int
    because: str
    report: Path


@dataclass(frozen=True, slots=True)
class NotDone:
    """A turn that an error kept from being taken. What was due of the job waits."""

    job: Job
    error: Exception

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that the error carries."""
        return self.error.exit_code if isinstance(self.error, QQNewsError) else ExitCode.FAILED


Result = FinishedRun | NotDone | LockedByOther | NothingDue
Tell = Callable[[str], None]
"""Is given one line, when a run begins and when it ends."""


class NotStarted(QQNewsError):
    """A run could not be started: nothing of it was done, and its due time waits."""

    exit_code = ExitCode.FAILED

    def __init__(self, job: Job, error: Exception) -> None:
        said = str(error)
        if isinstance(error, OSError) and error.strerror:
            said = f"{error.strerror}: {readable(error.filename)}" if error.filename else error.strerror
        super().__init__(f"{job.name} could not be started ({said}): what is due of it waits")
        if isinstance(error, QQNewsError):
            self.exit_code = error.exit_code


class JobRunner:
    """Takes turns for jobs on the archive in ``data``, each with a connection of its own; threads may share it.

    It makes no archive. Which one it is is known from the first opening on, and no other is taken for it.
    """

    def __init__(self, data: Path, purpose: str, *, tell: Tell, telling: NotificationPolicy = NO_NOTIFICATIONS) -> None:
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
        self.dead: Process | None = None
        """A process that is known to be dead, though it cannot be seen from here."""
        self.identity = expected_identity(os.environ)
        """Which archive it is; None: it was not opened yet, and any will do."""
        self._file: tuple[int, int] | None = None
        """Device and number of the archive's file, once it was opened."""

    def turn(self, job: Job, *, by_hand: bool = False, until: datetime | None = None) -> list[Result]:
        """Run what is due of a job, one after another; what was done, at least one result.

        ``until``: leave what became due after it to others, so that this ends. Raises as ``opened``, and
        ``NotStarted``.
        """
        results: list[Result] = []
        with self.opened() as archive:
            locks = self.locks(archive)
            turns = Claims(DueTimes(archive), locks, self.salt, RunNotices(Notices(archive), self.telling))
            while not self.stop.is_set():
                self.check_archive()
                if (orphan := _orphan_left(locks, job)) is not None:
                    return [*results, LockedByOther(job, orphan, wanted=True)]
                hand = by_hand and not results
                begun = turns.begin(job, datetime.now(UTC), self.purpose, by_hand=hand, until=until)
                if not isinstance(begun, ClaimedRun):
                    return results or [begun]
                lawful = partial(blotted_report, archive.database.connection)
                results.append(self._run(turns, locks, begun, lawful))
        return results or [NothingDue(job)]

    def locks(self, archive: Archive) -> Locks:
        """The archive's locks, as this keeper sees them."""
        return Locks(archive, alive=lambda process: False if process == self.dead else is_alive(process))

    def opened(self) -> Archive:
        """The archive, to be filled, brought up to date where it is of an earlier version. It is never made.

        Raises ``ArchiveMissing``, ``OtherArchive``, ``ArchiveReplaced``, or as ``Archive.to_fill``.
        """
        self.check_archive()
        path = self.data / "archive.db"
        try:
            archive = Archive.to_fill(self.data, self.identity)
            archive.pass_over = self.pass_over
        except NoArchive as error:
            raise ArchiveMissing(path, self.identity or "", what_stands_at(path)) from error
        self.identity, self._file = archive.identity, self._file_there()
        return archive

    def existing(self) -> Archive:
        """The archive, to note something in it, however full the disk is. Raises as ``Archive.existing``."""
        archive = Archive.existing(self.data, self.identity)
        archive.pass_over = self.pass_over
        return archive

    def pass_over(self, error: UnreadableRow) -> None:
        """Tell of a row that cannot be read, once; the work goes on without it."""
        if str(error) not in self._unreadable:
            self._unreadable.add(str(error))
            self.tell(str(error))

    def check_archive(self) -> None:
        """Raises ``ArchiveMissing``, ``OtherArchive`` or ``ArchiveReplaced`` where the archive is not what it was."""
        if self._file is None or self._file == self._file_there():
            return
        ensure_meant(self.data / "archive.db", self.identity)
        raise ArchiveReplaced

    def _file_there(self) -> tuple[int, int]:
        try:
            found = (self.data / "archive.db").stat()
        except (FileNotFoundError, NotADirectoryError):
            return (0, 0)
        return found.st_dev, found.st_ino

    def _run(self, turns: Claims, locks: Locks, begun: ClaimedRun, lawful: Callable[[str], str]) -> FinishedRun:
        """``lawful``: a text as it may be written down, without the ids of articles that were taken down."""
        job, started = begun.job, datetime.now(UTC)
        due_at = begun.due.due_at if begun.due else None
        self.tell(f"{job.name}: begins{_for_due(due_at, job)}")
        path = self.data / "runs" / f"{started:%Y%m%dT%H%M%S.%fZ}-{job.name}.json"
        # What everybody could read in the list of processes is handed over in the environment.
        asked, moved = without_password(job.words(due_at or started))
        words = [*program(), "--data", str(self.data), "--json", *asked]
        watch = _Watch(self, locks, begun.token)
        try:
            with outputs(path.with_suffix(".log")) as (out, log):
                environment = self._environment(begun) | moved
                with started_group(words, cwd=self.data, env=environment, out=out, err=log) as process:
                    locks.name_child(begun.token, Process.numbered(process.pid))
                    finished = supervise(process, job.limit.total_seconds(), watch)
                complaint, own_report = _said(out, log)
        except (OSError, ArchiveBusy, ArchiveNotWritable) as error:
            reason = NotStarted(job, error)
            self._surely(lambda: turns.withdraw(begun, str(reason), datetime.now(UTC)))
            raise reason from error
        ended = _ended(finished, own_report, stopping=self.stop.is_set() or watch.lost_archive)
        because = _because(ended, own_report) or (ended.exit_code and complaint) or _little(ended.exit_code)
        ended = replace(ended, because=redacted(because), log=path.with_suffix(".log").name)
        now = datetime.now(UTC)
        done = FinishedRun(job, due_at, ended.verdict, ended.exit_code, ended.because, path)
        try:
            write_report(path, _report(done, started, now, list(map(lawful, words)), own_report))
        except OSError as error:
            self.tell(f"{job.name}: its report could not be written ({error.strerror}); it is noted in the archive")
        if not self._surely(lambda: turns.end(begun, ended, now)):
            self.tell(f"{job.name}: somebody took its lock over; what it did is not counted")
        self.ended += 1
        self.tell(f"{job.name}: {done.verdict} ({done.exit_code}){_for_due(due_at, job)}. {done.because}".rstrip(". "))
        return done

    def _surely(self, note: Callable[[], bool]) -> bool:
        """Note something in the archive that must not be lost, as often as that takes: a disk may be full for a while.

        Raises what it raises if we are told to stop meanwhile.
        """
        tries = 0
        while True:
            try:
                return note()
            except (ArchiveBusy, ArchiveNotWritable) as error:
                tries += 1
                self.tell(f"{error}; tried again")
                if self.stop.wait(pause_before(tries)):
                    raise

    def _environment(self, begun: ClaimedRun) -> dict[str, str]:
        told = {
            "QQNEWS_JOB": begun.job.name,
            "QQNEWS_RUN": str(begun.run_id),
            "PYTHONUTF8": "1",
            _LOCK_NAMED_BY: begun.token,
            **self.named_archive(),
        }
        if begun.due is not None:
            told["QQNEWS_DUE_AT"] = stamp(begun.due.due_at)
        if begun.job.floor is not None:
            told["QQNEWS_FLOOR"] = str(begun.job.floor)
        return {**{name: value for name, value in os.environ.items() if name not in NAMES}, **told}

    def named_archive(self) -> dict[str, str]:
        """The variable by which whatever we start knows which archive is meant: it makes none, and takes no other."""
        return {SETTING: self.identity} if self.identity else {}


class _Watch:
    """Waits with a run, beats its lock, and says why it must stop."""

    def __init__(self, keeper: JobRunner, locks: Locks, token: str) -> None:
        self._keeper = keeper
        self._locks = locks
        self._token = token
        self._next_beat = time.monotonic() + BEAT_EVERY
        self.lost_archive = False
        """Whether the run must stop because its archive is not there any more: it is to be done again."""

    def __call__(self, seconds: float) -> str:
        if self._keeper.stop.wait(seconds):
            return "told to stop"
        if time.monotonic() < self._next_beat:
            return ""
        self._next_beat = time.monotonic() + BEAT_EVERY
        try:
            self._keeper.check_archive()
        except (ArchiveMissing, OtherArchive, ArchiveReplaced) as error:
            self.lost_archive = True  # What it wrote would be written into the void, or into something else.
            return str(error)
        with suppress(ArchiveBusy, ArchiveNotWritable):  # The next beat may come through; our process may do its work.
            return "" if self._locks.beat(self._token, datetime.now(UTC)) else "its lock was taken over"
        return ""


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


def _said(out: IO[bytes], log: IO[bytes]) -> tuple[str, dict[str, Any]]:
    """What a run that is over complained of last, and its report; nothing where a failing disk keeps it from us."""
    try:
        return last_line(log), last_report(out, log)
    except OSError:
        return "", {}


def _ended(finished: Finished, own_report: dict[str, Any], *, stopping: bool) -> RunEnded:
    """The run's own verdict, unless it was stopped; its exit code says it where there is none."""
    counts = {name: n for name, n in own_report.get("counts", {}).items() if isinstance(n, int)}
    told_whole = "verdict" in own_report and not counts.get("stopped")
    if not finished.stopped or (stopping and (told_whole or finished.exit_code == ExitCode.OK)):
        # What came to its end before it heard the signal may yet have been killed on its way out.
        code = int(own_report["exit_code"]) if finished.stopped and told_whole else finished.exit_code
        return RunEnded(str(own_report.get("verdict") or _VERDICTS.get(code, "failed")), code, counts)
    if stopping:
        return RunEnded("partial", finished.exit_code, counts, interrupted=finished.stopped)
    return RunEnded("failed", ExitCode.FAILED, counts, reason=finished.stopped)


def _because(ended: RunEnded, own_report: dict[str, Any]) -> str:
    return ended.reason or ended.interrupted or str(own_report.get("because", ""))


def _little(exit_code: int) -> str:
    """What there is to say of a run that said nothing itself."""
    if exit_code > _SIGNALLED:
        return f"it was ended by signal {exit_code - _SIGNALLED}"
    return f"it ended with exit code {exit_code} and did not say why" if exit_code else ""


def _report(
    done: FinishedRun, started: datetime, now: datetime, words: list[str], own_report: dict[str, Any]
) -> dict[str, Any]:
    return {
        "job": done.job.name,
        "due_at": stamp(done.due_at) if done.due_at else None,
        "started_at": stamp(started),
        "ended_at": stamp(now),
        "seconds": round((now - started).total_seconds(), 3),
        "verdict": done.verdict,
        "exit_code": done.exit_code,
        "because": done.because,
        "command": [redacted(readable(word)) for word in words],
        "floor": done.job.floor,
        "log": done.report.with_suffix(".log").name,
        "report": own_report or None,
    }


def _for_due(due_at: datetime | None, job: Job) -> str:
    return f", due {due_at.astimezone(job.zone):%Y-%m-%d %H:%M:%S %z}" if due_at else ", by hand"
