"""How the archive fares: its jobs, locks, disk and contents, read in one go and from one moment.

Everything comes from the database and the disk; nothing is written, and whoever writes meanwhile is not held up.
What needs the time-table (when a job is due next) is added by who has it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import Row
from typing import Final, TypeVar

import orjson

from archive.article.timestamps import stamp
from archive.database.migrations import known_migrations
from archive.database.row_readers import (
    Readers,
    at_least,
    each_row,
    read_moment,
    read_moment_or_none,
    readable_rows,
    utf8_text,
    values_of,
)
from archive.database.schema import applied_migrations
from archive.errors import UnreadableRow
from archive.files.disk_floor import disk_floor
from archive.files.io_errors import named_failures
from archive.frontier.failed_links import given_up_by_reason
from archive.monitoring.gaps import Gap, open_gaps
from archive.monitoring.notices import Notices, Recipient
from archive.runs.due_times import GONE, OPEN_ROWS, RUNNING, WAITING, due_time_from, jobs_in
from archive.runs.locks import Holder, Locks
from archive.store import Archive

T = TypeVar("T")

MISSED_WITHIN: Final = timedelta(days=7)
"""So long due times that no clock saw are told of."""


@dataclass(frozen=True, slots=True)
class JobRun:
    """One run of a job, as its row says. Moments are aware."""

    id: int
    job: str
    due_at: datetime | None
    """None: by hand."""
    started_at: datetime
    ended_at: datetime | None
    """None: under way, or its process died and nobody has noted it yet."""
    verdict: str | None
    exit_code: int | None
    because: str
    """The verdict in a sentence; '' where it was not noted."""
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class NotRun:
    """Due times that passed and were not run, nor merged into one that was."""

    times: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class JobState:
    """A job that has runs or a time-table. Moments are aware."""

    name: str
    timetable: str | None
    """What its due times were last computed from; None: it was never seen in a time-table, ``off``: not due, ``gone``:
    named no more."""
    settled_until: datetime | None
    """Up to where each due time has its row."""
    last_run: JobRun | None
    """The one that began last, under way or not."""
    last_ended: JobRun | None
    """The one that began last of those that have ended."""
    last_ok_at: datetime | None
    """When a run last ended with exit code 0."""
    running: tuple[datetime, ...]
    """Due times whose runs are under way."""
    waiting: tuple[datetime, ...]
    """Due times that are still to be run, oldest first."""
    not_run: NotRun | None
    """What was left out since its last run, or since its time-table counts; None: nothing."""
    missed: NotRun | None
    """What passed while no clock was there, within `MISSED_WITHIN`; None: nothing."""
    jitter: timedelta
    """Its starts are spread over so long after the due time."""
    command: str
    """The command that it calls, such as ``crawl``; '' where that was not noted."""

    @property
    def is_scheduled(self) -> bool:
        """Whether it is due at times."""
        return self.timetable not in (None, "off", GONE)

    @property
    def is_gone(self) -> bool:
        """Whether the time-table no longer names it, and nobody has run it since."""
        if self.timetable != GONE or self.settled_until is None:
            return False
        return self.last_run is None or self.last_run.started_at <= self.settled_until


@dataclass(frozen=True, slots=True)
class Disk:
    """Sizes in bytes."""

    size: int
    free: int
    """What is free for us: without the reserve of root."""
    floor: int
    """So much is to stay free: below it nothing is fetched."""
    database: int
    wal: int
    """What was written and is not yet part of the database file."""
    runs: int
    """Reports and logs."""

    @property
    def is_short(self) -> bool:
        """Whether less is free than is to stay free."""
        return self.free < self.floor


@dataclass(frozen=True, slots=True)
class Contents:
    """What the archive holds."""

    articles: Mapping[str, int]
    """Status → how many."""
    revisions: int
    links_waiting: int
    """Links that are known and not yet fetched."""
    links_given_up: Mapping[str, int]
    """Reason → links that gave no article and come back later, or when they are listed again."""
    rechecks_due: int
    """Articles that are to be looked at again by now."""
    last_article_at: datetime | None
    """When an article was last seen for the first time."""
    last_text_at: datetime | None
    """When a text was last kept: of a new article, or a new revision."""


@dataclass(frozen=True, slots=True)
class RestingHost:
    """A host that told us to stay away."""

    host: str
    until: datetime


@dataclass(frozen=True, slots=True)
class ArchiveStatus:
    """How the archive in ``data`` fared at ``read_at``."""

    data: Path
    read_at: datetime
    schema: str
    """Its newest migration."""
    is_older: bool
    """Whether this program would bring it up to date when it opens it to write."""
    jobs: tuple[JobState, ...]
    """Those with a time-table first; without those that are gone."""
    locks: tuple[Holder, ...]
    disk: Disk
    contents: Contents
    resting: tuple[RestingHost, ...]
    gaps: tuple[Gap, ...]
    """Between these moments articles may be missing."""
    recipients: tuple[Recipient, ...]
    """Who is told of jobs, and whether they can be reached."""
    salt: str
    """What the jitter of starts depends on."""
    unreadable: tuple[UnreadableRow, ...]
    """Rows that cannot be read: all above is without them."""


def read_status(data: Path, now: datetime | None = None) -> ArchiveStatus:
    """How the archive in ``data`` fares. An archive of an earlier version is read as far as it goes.

    Raises ``NoArchive``, ``NotAnArchive``, ``NewerArchive``, ``BadSetting``.
    """
    now = now or datetime.now(UTC)
    path = data / "archive.db"
    with named_failures(path), Archive.to_read(data) as archive:
        unreadable = dict[str, UnreadableRow]()
        archive.pass_over = lambda error: unreadable.setdefault(str(error), error)
        archive.database.connection.execute("BEGIN")  # Everything below is of one moment.
        applied = applied_migrations(path)
        reader = _Reader(archive)
        return ArchiveStatus(
            data=data,
            read_at=now,
            schema=applied[-1],
            is_older=len(applied) < len(known_migrations()),
            jobs=tuple(reader.jobs(now)),
            locks=tuple(Locks(archive).held()) if reader.has("locks") else (),
            disk=disk_of(data),
            contents=reader.contents(now),
            resting=tuple(reader.resting(now)),
            gaps=tuple(open_gaps(archive)) if reader.has("gaps") else (),
            recipients=tuple(Notices(archive).recipients()) if reader.has("recipients") else (),
            salt=salt_of(data),
            unreadable=tuple(unreadable.values()),
        )


def salt_of(data: Path) -> str:
    """What jitter depends on: this machine and this archive."""
    return f"{os.uname().nodename} {data.absolute()}"


def disk_of(data: Path) -> Disk:
    """The disk that ``data`` lies on, and what of it is ours. Raises ``BadSetting``."""
    found = os.statvfs(data)
    database = data / "archive.db"
    return Disk(
        size=found.f_blocks * found.f_frsize,
        free=found.f_bavail * found.f_frsize,
        floor=disk_floor(os.environ),
        database=_size(database),
        wal=_size(database.with_name("archive.db-wal")),
        runs=sum(_sizes(data / "runs")),
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _sizes(directory: Path) -> Iterator[int]:
    """Of the files there, links as such."""
    if directory.is_dir():
        for path in directory.iterdir():
            with suppress(FileNotFoundError):
                yield path.lstat().st_size


class _Reader:
    """Reads through one connection; a table that an earlier version lacks has no rows."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._connection = archive.database.connection
        tables = self._connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        self._tables = {row[0] for row in tables}
        columns = {row["name"] for row in self._connection.execute("PRAGMA table_info(due_times)")}
        self._due_times = _THINNED if "times" in columns else _WHOLE

    def has(self, table: str) -> bool:
        return table in self._tables

    def jobs(self, now: datetime) -> Iterator[JobState]:
        timetables = dict(self._read("timetables", "SELECT * FROM timetables ORDER BY job", _timetable))
        others = {*self._read("runs", jobs_in("runs"), lambda row: utf8_text(row["job"]))} - set(timetables)
        found = (self._job(name, timetables.get(name), now) for name in (*timetables, *sorted(others)))
        return (job for job in found if not job.is_gone)

    def _job(self, name: str, watched: _Timetable | None, now: datetime) -> JobState:
        open_rows = list(self._read("due_times", OPEN_ROWS, due_time_from, (name,)))
        last_run = self._first("runs", _LAST_RUN, _run, (name,))
        last_ok = self._first("runs", _LAST_OK, _run, (name,))
        return JobState(
            name=name,
            timetable=watched.timetable if watched else None,
            settled_until=watched.settled_until if watched else None,
            last_run=last_run,
            last_ended=self._first("runs", _LAST_ENDED, _run, (name,)),
            last_ok_at=last_ok.ended_at if last_ok else None,
            running=tuple(row.due_at for row in open_rows if row.state == RUNNING),
            waiting=tuple(row.due_at for row in open_rows if row.state == WAITING),
            not_run=self._not_run(_NOT_RUN, name, _last_seen_at_work(last_run, watched)),
            missed=self._not_run(_MISSED, name, stamp(now - MISSED_WITHIN)),
            jitter=watched.jitter if watched else timedelta(),
            command=watched.command if watched else "",
        )

    def _not_run(self, query: str, job: str, after: str) -> NotRun | None:
        return self._first("due_times", query.format(**self._due_times), _some_not_run, (job, after))

    def contents(self, now: datetime) -> Contents:
        return Contents(
            articles=dict(self._read("articles", _BY_STATUS, lambda row: (row[0], row[1]), key="status")),
            revisions=self._number("revisions", "SELECT count(*) FROM revisions"),
            links_waiting=self._number("links", "SELECT count(*) FROM links WHERE state = 'waiting'"),
            links_given_up=given_up_by_reason(self._connection) if self.has("links") else {},
            rechecks_due=self._number("articles", _RECHECKS, (stamp(now),)),
            last_article_at=self._first("articles", _LAST_ARTICLE, lambda row: read_moment(row["at"]), key="id"),
            last_text_at=self._first("revisions", _LAST_TEXT, lambda row: read_moment(row["at"]), key="article_id"),
        )

    def resting(self, now: datetime) -> Iterator[RestingHost]:
        return self._read("hosts", _RESTING, _rest, (now.timestamp(),), key="host")

    def _read(
        self,
        table: str,
        query: str,
        convert: Callable[[Row], T],
        values: tuple[object, ...] = (),
        key: str = "job",
    ) -> Iterator[T]:
        if self.has(table):
            yield from readable_rows(
                each_row(self._connection, query, values), table, key, convert, self._archive.pass_over
            )

    def _first(
        self, table: str, query: str, convert: Callable[[Row], T], values: tuple[object, ...] = (), key: str = "job"
    ) -> T | None:
        return next(self._read(table, query, convert, values, key), None)

    def _number(self, table: str, query: str, values: tuple[object, ...] = ()) -> int:
        return self._first(table, query, lambda row: int(row[0]), values) or 0


@dataclass(frozen=True, slots=True)
class _Timetable:
    """A row of ``timetables``. Archives of an earlier version, opened to be read, know of no jitter and command."""

    timetable: str
    since: datetime
    settled_until: datetime
    jitter: timedelta
    command: str


def _timetable(row: Row) -> tuple[str, _Timetable]:
    values = values_of("timetables", "job", row, {"since": read_moment, "settled_until": read_moment})
    jitter, command = timedelta(seconds=values.get("jitter", 0)), values.get("command") or ""
    found = _Timetable(values["timetable"], values["since"], values["settled_until"], jitter, command)
    return utf8_text(values["job"]), found


def _some_not_run(row: Row) -> NotRun | None:
    return NotRun(row["times"], read_moment(row["first"]), read_moment(row["last"])) if row["times"] else None


def _rest(row: Row) -> RestingHost:
    return RestingHost(utf8_text(row["host"]), datetime.fromtimestamp(row["backoff_until"], UTC))


def _last_seen_at_work(run: JobRun | None, watched: _Timetable | None) -> str:
    """When the job was last at work, or its time-table began to count: what was due before that is settled."""
    moments = [run.ended_at or run.started_at] if run else []
    moments += [watched.since] if watched else []
    return stamp(max(moments)) if moments else ""


def _run(row: Row) -> JobRun:
    facts = values_of("runs", "job", row, OF_RUNS)
    names = ("id", "job", "due_at", "started_at", "ended_at", "verdict", "exit_code", "counts")
    return JobRun(because=facts.get("because") or "", **{name: facts[name] for name in names})


def _counts(text: str | None) -> dict[str, int]:
    return {name: at_least(0)(number) for name, number in orjson.loads(text or "{}").items()}


OF_RUNS: Final[Readers] = {
    "due_at": read_moment_or_none,
    "started_at": read_moment,
    "ended_at": read_moment_or_none,
    "counts": _counts,
}
_LAST_RUN: Final = "SELECT * FROM runs WHERE job = ? ORDER BY started_at DESC, id DESC"
_LAST_ENDED: Final = """
    SELECT * FROM runs WHERE job = ? AND ended_at IS NOT NULL ORDER BY started_at DESC, id DESC
"""
_LAST_OK: Final = """
    SELECT * FROM runs WHERE job = ? AND exit_code = 0 AND ended_at IS NOT NULL ORDER BY started_at DESC, id DESC
"""
# Rows may stand for several due times; see `archive.monitoring.thinning`.
_THINNED: Final = {"times": "sum(times)", "first": "min(coalesce(first_at, due_at))"}
_WHOLE: Final = {"times": "count(*)", "first": "min(due_at)"}
_NOT_RUN: Final = """
    SELECT job, {times} AS times, {first} AS first, max(due_at) AS last FROM due_times
    WHERE job = ? AND due_at > ? AND state IN ('missed', 'skipped')
"""
_MISSED: Final = """
    SELECT job, {times} AS times, {first} AS first, max(due_at) AS last FROM due_times
    WHERE job = ? AND due_at > ? AND state = 'missed'
"""
_BY_STATUS: Final = "SELECT status, count(*) FROM articles GROUP BY status ORDER BY status"
# By the order of keeping: no index has these moments, and to search all articles for them would take long.
_LAST_ARTICLE: Final = "SELECT id, first_seen AS at FROM articles ORDER BY rowid DESC"
_LAST_TEXT: Final = "SELECT article_id, seen_at AS at FROM revisions ORDER BY rowid DESC"
_RECHECKS: Final = "SELECT count(*) FROM articles WHERE next_check <= ?"
_RESTING: Final = "SELECT host, backoff_until FROM hosts WHERE backoff_until > ? ORDER BY host"
