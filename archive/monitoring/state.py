"""How the archive fares: its jobs, locks, disk and contents, read in one go and from one moment.

Everything comes from the database and the disk; nothing is written, and whoever writes meanwhile is not held up.
What needs the time-table (when a job is due next) is added by who has it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Final

import orjson

from archive.failures import named_failures
from archive.ledger import GONE, OPEN_ROWS, RUNNING, WAITING, jobs_in
from archive.links import given_up_by_reason
from archive.lock import Holder, Locks
from archive.monitoring.completeness import Gap, open_gaps
from archive.monitoring.notices import Notices, Recipient
from archive.record import stamp
from archive.schema import applied_migrations, known_migrations
from archive.space import disk_floor
from archive.store import Archive

MISSED_WITHIN: Final = timedelta(days=7)
"""So long due times that no clock saw are told of."""


@dataclass(frozen=True, slots=True)
class Run:
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
    last_run: Run | None
    """The one that began last, under way or not."""
    last_ended: Run | None
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
class Rest:
    """A host that told us to stay away."""

    host: str
    until: datetime


@dataclass(frozen=True, slots=True)
class State:
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
    resting: tuple[Rest, ...]
    gaps: tuple[Gap, ...]
    """Between these moments articles may be missing."""
    recipients: tuple[Recipient, ...]
    """Who is told of jobs, and whether they can be reached."""
    salt: str
    """What the jitter of starts depends on."""


def read_state(data: Path, now: datetime | None = None) -> State:
    """How the archive in ``data`` fares. An archive of an earlier version is read as far as it goes.

    Raises ``NoArchive``, ``NotAnArchive``, ``NewerArchive``, ``BadSetting``.
    """
    now = now or datetime.now(UTC)
    path = data / "archive.db"
    with named_failures(path), Archive.to_read(data) as archive:
        connection = archive.database.connection
        connection.execute("BEGIN")  # Everything below is of one moment.
        applied = applied_migrations(path)
        reader = _Reader(connection)
        return State(
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

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        columns = {row["name"] for row in connection.execute("PRAGMA table_info(due_times)")}
        self._due_times = _THINNED if "times" in columns else _WHOLE

    def has(self, table: str) -> bool:
        return table in self._tables

    def jobs(self, now: datetime) -> Iterator[JobState]:
        timetables = {row["job"]: row for row in self._rows("timetables", "SELECT * FROM timetables ORDER BY job")}
        others = {row["job"] for row in self._rows("runs", jobs_in("runs"))} - set(timetables)
        found = (self._job(name, timetables.get(name), now) for name in (*timetables, *sorted(others)))
        return (job for job in found if not job.is_gone)

    def _job(self, name: str, watched: Row | None, now: datetime) -> JobState:
        last = self._rows("runs", _LAST_RUN, (name,))
        ended = self._rows("runs", _LAST_ENDED, (name,))
        ok = self._rows("runs", _LAST_OK, (name,))
        facts = dict(watched or {})
        last_run = _run(last[0]) if last else None
        open_rows = [(row["state"], _moment(row["due_at"])) for row in self._rows("due_times", OPEN_ROWS, (name,))]
        return JobState(
            name=name,
            timetable=facts.get("timetable"),
            settled_until=_moment(facts["settled_until"]) if facts else None,
            last_run=last_run,
            last_ended=_run(ended[0]) if ended else None,
            last_ok_at=_moment(ok[0]["ended_at"]) if ok else None,
            running=tuple(due for state, due in open_rows if state == RUNNING),
            waiting=tuple(due for state, due in open_rows if state == WAITING),
            not_run=self._not_run(_NOT_RUN, name, _last_seen_at_work(last_run, facts)),
            missed=self._not_run(_MISSED, name, stamp(now - MISSED_WITHIN)),
            jitter=timedelta(seconds=facts.get("jitter", 0)),
            command=facts.get("command") or "",
        )

    def _not_run(self, query: str, job: str, after: str) -> NotRun | None:
        rows = self._rows("due_times", query.format(**self._due_times), (job, after))
        return NotRun(rows[0][0], _moment(rows[0][1]), _moment(rows[0][2])) if rows and rows[0][0] else None

    def contents(self, now: datetime) -> Contents:
        return Contents(
            articles={row[0]: row[1] for row in self._rows("articles", _BY_STATUS)},
            revisions=self._number("revisions", "SELECT count(*) FROM revisions"),
            links_waiting=self._number("links", "SELECT count(*) FROM links WHERE state = 'waiting'"),
            links_given_up=given_up_by_reason(self._connection) if self.has("links") else {},
            rechecks_due=self._number("articles", _RECHECKS, (stamp(now),)),
            last_article_at=self._latest("articles", _LAST_ARTICLE),
            last_text_at=self._latest("revisions", _LAST_TEXT),
        )

    def resting(self, now: datetime) -> Iterator[Rest]:
        for row in self._rows("hosts", _RESTING, (now.timestamp(),)):
            yield Rest(row["host"], datetime.fromtimestamp(row["backoff_until"], UTC))

    def _rows(self, table: str, query: str, values: tuple[object, ...] = ()) -> list[Row]:
        return self._connection.execute(query, values).fetchall() if self.has(table) else []

    def _number(self, table: str, query: str, values: tuple[object, ...] = ()) -> int:
        rows = self._rows(table, query, values)
        return int(rows[0][0]) if rows else 0

    def _latest(self, table: str, query: str) -> datetime | None:
        rows = self._rows(table, query)
        return _moment(rows[0][0]) if rows else None


def _last_seen_at_work(run: Run | None, watched: Mapping[str, str]) -> str:
    """When the job was last at work, or its time-table began to count: what was due before that is settled."""
    moments = [run.ended_at or run.started_at] if run else []
    moments += [_moment(watched["since"])] if watched else []
    return stamp(max(moments)) if moments else ""


def _run(row: Row) -> Run:
    facts = dict(row)
    return Run(
        id=facts["id"],
        job=facts["job"],
        due_at=_moment(facts["due_at"]) if facts["due_at"] else None,
        started_at=_moment(facts["started_at"]),
        ended_at=_moment(facts["ended_at"]) if facts["ended_at"] else None,
        verdict=facts["verdict"],
        exit_code=facts["exit_code"],
        because=facts.get("because") or "",
        counts=orjson.loads(facts["counts"] or "{}"),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


_LAST_RUN: Final = "SELECT * FROM runs WHERE job = ? ORDER BY started_at DESC, id DESC LIMIT 1"
_LAST_ENDED: Final = """
    SELECT * FROM runs WHERE job = ? AND ended_at IS NOT NULL ORDER BY started_at DESC, id DESC LIMIT 1
"""
_LAST_OK: Final = """
    SELECT ended_at FROM runs WHERE job = ? AND exit_code = 0 AND ended_at IS NOT NULL
    ORDER BY started_at DESC, id DESC LIMIT 1
"""
# Rows may stand for several due times; see `archive.monitoring.thinning`.
_THINNED: Final = {"times": "sum(times)", "first": "min(coalesce(first_at, due_at))"}
_WHOLE: Final = {"times": "count(*)", "first": "min(due_at)"}
_NOT_RUN: Final = """
    SELECT {times}, {first}, max(due_at) FROM due_times
    WHERE job = ? AND due_at > ? AND state IN ('missed', 'skipped')
"""
_MISSED: Final = "SELECT {times}, {first}, max(due_at) FROM due_times WHERE job = ? AND due_at > ? AND state = 'missed'"
_BY_STATUS: Final = "SELECT status, count(*) FROM articles GROUP BY status ORDER BY status"
# By the order of keeping: no index has these moments, and to search all articles for them would take long.
_LAST_ARTICLE: Final = "SELECT first_seen FROM articles ORDER BY rowid DESC LIMIT 1"
_LAST_TEXT: Final = "SELECT seen_at FROM revisions ORDER BY rowid DESC LIMIT 1"
_RECHECKS: Final = "SELECT count(*) FROM articles WHERE next_check <= ?"
_RESTING: Final = "SELECT host, backoff_until FROM hosts WHERE backoff_until > ? ORDER BY host"
