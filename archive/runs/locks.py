"""Who is at work on what: one lock per job, in the archive's own database.

In the database, not in files: taking a lock and noting what is done under it are one transaction, there is no
file to be left behind, and anybody can look with SQL. The holder shows that it lives by a heartbeat.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from sqlite3 import Row
from typing import Final

from archive.article.timestamps import stamp
from archive.database.row_readers import each_row, moment_text, readable_rows, values_of
from archive.errors import ExitCode, QQNewsError
from archive.runs.process import Process, is_alive
from archive.store import Archive

BEAT_EVERY: Final = 10.0
"""Seconds between two heartbeats."""
STALE_AFTER: Final = 90.0
"""Seconds without a heartbeat after which a holder counts as gone: longer than the longest wait for the database."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock, as its row says."""

    name: str
    token: str
    process: Process
    purpose: str
    run_id: int | None
    taken_at: str
    beat_at: str
    beat: float
    child: Process | None
    """The process that does the work, where it is another one than the keeper of the lock."""

    def __str__(self) -> str:
        return f"{self.name}, {self.purpose} by process {self.process.pid} on {self.process.host} since {self.taken_at}"


class Locked(QQNewsError):
    """Somebody else, who is alive, holds the lock."""

    exit_code = ExitCode.LOCKED

    def __init__(self, holder: Holder) -> None:
        who = f"process {holder.process.pid} on {holder.process.host}"
        super().__init__(
            f"held already: {holder}: let it end, or stop {who}; 'qqnews status' shows who is at work, and where "
            f"nobody is, the lock is free {STALE_AFTER:.0f} s after its holder's last sign of life"
        )
        self.holder = holder


class Locks:
    """The locks of an archive, as one process (``me``) sees them."""

    def __init__(
        self,
        archive: Archive,
        *,
        me: Process | None = None,
        alive: Callable[[Process], bool | None] = is_alive,
        seconds: Callable[[], float] = time.monotonic,
        stale_after: float = STALE_AFTER,
    ) -> None:
        """``seconds``: a clock that all processes of this machine share and nobody sets."""
        self._archive = archive
        self._database = archive.database
        self._me = me or Process.current()
        self._alive = alive
        self._seconds = seconds
        self._stale_after = stale_after

    def take(self, name: str, purpose: str, now: datetime, *, run_id: int | None = None) -> str:
        """Take the lock; the token that proves it. Raises ``Locked``.

        What a holder that died or fell silent left there is replaced.
        """
        token, me = secrets.token_hex(8), self._me
        with self._database.light_transaction() as connection:
            if (holder := self.holder(name)) is not None:
                raise Locked(holder)
            who = (me.host, me.boot, me.space, me.pid, me.started)
            moments = (stamp(now), stamp(now), self._seconds())
            connection.execute(_TAKE, (name, token, *who, purpose, run_id, *moments))
        return token

    def forget_mine(self) -> None:
        """Let all locks that this process is said to hold count as those of a dead one, with what it had started.

        It took them before it started itself anew, or they stand in a copy of the database that was put in its place.
        """
        with self._database.light_transaction() as connection:
            me = self._me
            connection.execute(_FORGET, (me.host, me.boot, me.space, me.pid, me.started))

    def holder(self, name: str) -> Holder | None:
        """Who, alive, holds this lock."""
        return next((row for row in self._rows(name) if self._lives(row)), None)

    def remains(self, name: str) -> Holder | None:
        """What a holder of this lock left behind when it died or fell silent."""
        return next((row for row in self._rows(name) if not self._lives(row)), None)

    def held(self) -> list[Holder]:
        """All locks that are held now."""
        return [holder for holder in self._read("SELECT * FROM locks ORDER BY name") if self._lives(holder)]

    def beat(self, token: str, now: datetime) -> bool:
        """Show that we live; False: somebody took the lock over."""
        return self._changed(_BEAT, (stamp(now), self._seconds(), token))

    def name_child(self, token: str, child: Process) -> bool:
        """Note which process does the work, so that whoever takes over can end it; False as ``beat``."""
        return self._changed(_CHILD, (child.pid, child.started, token))

    def release(self, token: str) -> bool:
        """Give the lock back; False as ``beat``."""
        return self._changed("DELETE FROM locks WHERE token = ?", (token,))

    def _changed(self, statement: str, values: tuple[object, ...]) -> bool:
        with self._database.light_transaction() as connection:
            return connection.execute(statement, values).rowcount == 1

    def _rows(self, name: str) -> list[Holder]:
        return self._read("SELECT * FROM locks WHERE name = ? ORDER BY name", (name,))

    def _read(self, query: str, values: tuple[object, ...] = ()) -> list[Holder]:
        rows = each_row(self._database.connection, query, values)
        return list(readable_rows(rows, "locks", "name", holder_from, self._archive.pass_over))

    def _lives(self, holder: Holder) -> bool:
        if self._alive(holder.process) is False:
            return False
        if self._me.boot and holder.process.boot == self._me.boot:
            return abs(self._seconds() - holder.beat) <= self._stale_after
        silent = datetime.now(UTC) - datetime.fromisoformat(holder.beat_at)
        return abs(silent.total_seconds()) <= self._stale_after


def _process_id(number: int) -> int:
    if not 0 < number <= _LARGEST_PID:
        raise ValueError(f"{number} is no process")
    return number


_LARGEST_PID: Final = 1 << 31


def holder_from(row: Row) -> Holder:
    """The holder that a row of ``locks`` names. Raises ``UnreadableRow``."""
    facts = values_of("locks", "name", row, {"taken_at": moment_text, "beat_at": moment_text, "pid": _process_id})
    machine = (facts["host"], facts["boot"], facts["space"])
    child = Process(*machine, facts["child_pid"], facts["child_started"]) if facts["child_pid"] else None
    return Holder(
        name=facts["name"],
        token=facts["token"],
        process=Process(*machine, facts["pid"], facts["pid_started"]),
        purpose=facts["purpose"],
        run_id=facts["run_id"],
        taken_at=facts["taken_at"],
        beat_at=facts["beat_at"],
        beat=facts["beat"],
        child=child,
    )


_TAKE: Final = """
    INSERT INTO locks (name, token, host, boot, space, pid, pid_started, purpose, run_id, taken_at, beat_at, beat)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET
        token = excluded.token, host = excluded.host, boot = excluded.boot, space = excluded.space,
        pid = excluded.pid, pid_started = excluded.pid_started, purpose = excluded.purpose,
        run_id = excluded.run_id, taken_at = excluded.taken_at, beat_at = excluded.beat_at, beat = excluded.beat,
        child_pid = NULL, child_started = NULL
"""
# A process without a start is none that lives.
_FORGET: Final = """
    UPDATE locks SET pid_started = '' WHERE host = ? AND boot = ? AND space = ? AND pid = ? AND pid_started = ?
"""
_BEAT: Final = "UPDATE locks SET beat_at = ?, beat = ? WHERE token = ?"
_CHILD: Final = "UPDATE locks SET child_pid = ?, child_started = ? WHERE token = ?"
