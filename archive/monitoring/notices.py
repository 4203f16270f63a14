"""What somebody is to be told of the jobs, and what each recipient was told already."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Connection, Row
from typing import Final

from archive.article.timestamps import stamp
from archive.database.row_readers import (
    Readers,
    at_least,
    check_values,
    each_row,
    read_moment,
    read_moment_or_none,
    readable_rows,
    utf8_text,
    values_of,
)
from archive.store import Archive

BAD, STILL, WELL = "bad", "still", "well"
"""A job turned bad, or bad in another way; it still is; it is well again."""
LOCK: Final = "notices"
"""The lock of whoever sends: no message goes out twice because two send at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to be told. Moments are aware."""

    id: int = 0
    """In the order of happening; 0: not noted yet."""
    job: str
    kind: str
    verdict: str
    """Of the run; of a job that is well again, ``ok``."""
    because: str
    at: datetime
    since: datetime
    """When the trouble began."""
    log: str
    """Name of the run's log; '' where there was no run."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told. Moments are aware."""

    id: str
    label: str
    told_until: int
    """The id of the last notice that it was told."""
    told_at: datetime | None
    """When it was last reached."""
    tries: int
    """Failures since then."""
    not_before: datetime | None
    """Not to be tried again, or called again, before this."""
    last_error: str

    @property
    def is_failing(self) -> bool:
        """Whether it could not be reached when it was tried last."""
        return self.tries > 0


class Notices:
    """The notices of an archive and their recipients."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._connection = archive.database.connection

    def transaction(self) -> AbstractContextManager[Connection]:
        """All or nothing."""
        return self._archive.database.light_transaction()

    def last_of(self, job: str) -> Notice | None:
        """What was noted of the job last."""
        rows = self._read("job = ? ORDER BY id DESC LIMIT 1", (job,))
        return rows[0] if rows else None

    def note(self, notice: Notice, recipients: Iterable[tuple[str, str]]) -> None:
        """Note what each of the recipients (id, label) is to be told; a new one begins with it."""
        with self.transaction() as connection:
            connection.executemany(_ADD_RECIPIENT, list(recipients))
            values = (notice.job, notice.kind, notice.verdict, notice.because, stamp(notice.at), stamp(notice.since))
            connection.execute(_ADD, (*values, notice.log))

    def pending(self, recipient: str) -> list[Notice]:
        """What the recipient was not told yet, oldest first."""
        return self._read("id > (SELECT told_until FROM recipients WHERE id = ?) ORDER BY id", (recipient,))

    def name(self, recipients: Collection[str], mark: str, *, alone: bool) -> None:
        """Note that the time-table with this mark names these, and forget whom it does no longer.

        ``alone``: no other time-table is at work on the archive, so that whoever bears no mark was this one's, too.
        """
        named = dict(self._connection.execute("SELECT id, named_by FROM recipients"))
        new = [each for each in recipients if each in named and named[each] != mark]
        left = [each for each, by in named.items() if each not in recipients and (by == mark or (alone and by is None))]
        if new or left:
            with self.transaction() as connection:
                connection.executemany(
                    "UPDATE recipients SET named_by = ? WHERE id = ?", [(mark, each) for each in new]
                )
                connection.executemany("DELETE FROM recipients WHERE id = ?", [(each,) for each in left])

    def recipients(self) -> list[Recipient]:
        """All that are to be told something."""
        rows = each_row(self._connection, "SELECT * FROM recipients ORDER BY label, id")
        return list(readable_rows(rows, "recipients", "id", recipient_from, self._archive.pass_over))

    def reached(self, recipient: str, until: int, now: datetime) -> None:
        """It was told everything up to the notice ``until``."""
        with self.transaction() as connection:
            connection.execute(_REACHED, (until, stamp(now), recipient))

    def not_reached(self, recipient: str, error: str, not_before: datetime) -> None:
        """It could not be told; not to be tried again before that moment."""
        with self.transaction() as connection:
            connection.execute(_NOT_REACHED, (error, stamp(not_before), recipient))

    def claim(self, recipient: str, label: str, now: datetime, not_before: datetime) -> bool:
        """Whether it is time to call the recipient; then nobody else does so before ``not_before``."""
        values = {"id": recipient, "now": stamp(now), "not_before": stamp(not_before)}
        if self._connection.execute(_IS_CLAIMED, values).fetchone():
            return False
        with self.transaction() as connection:
            connection.execute(_ADD_RECIPIENT, (recipient, label))
            return connection.execute(_CLAIM, values).rowcount == 1

    def called(self, recipient: str, error: str, now: datetime) -> None:
        """How a claimed call went; '' if well. When the next one is due stays as it was claimed."""
        with self.transaction() as connection:
            if error:
                connection.execute(_CALL_FAILED, (error, recipient))
            else:
                connection.execute(_CALLED, (stamp(now), recipient))

    def _read(self, condition: str, values: tuple[object, ...]) -> list[Notice]:
        query = f"SELECT * FROM notices WHERE {condition}"  # noqa: S608  # The conditions are the constants above.
        rows = each_row(self._connection, query, values)
        return list(readable_rows(rows, "notices", "id", _notice, self._archive.pass_over))


def _notice(row: Row) -> Notice:
    return Notice(**values_of("notices", "id", row, OF_NOTICES))


def recipient_from(row: Row) -> Recipient:
    """The recipient of a row. Raises ``UnreadableRow``."""
    facts = {name: value for name, value in dict(row).items() if name != "named_by"}
    return Recipient(**(facts | check_values("recipients", str(row["id"]), facts, OF_RECIPIENTS)))


OF_NOTICES: Final[Readers] = {"at": read_moment, "since": read_moment}
OF_RECIPIENTS: Final[Readers] = {
    "id": utf8_text,
    "label": utf8_text,
    "told_until": at_least(0),
    "tries": at_least(0),
    "told_at": read_moment_or_none,
    "not_before": read_moment_or_none,
}


_ADD_RECIPIENT: Final = """
    INSERT INTO recipients (id, label, told_until) VALUES (?, ?, (SELECT coalesce(max(id), 0) FROM notices))
    ON CONFLICT (id) DO NOTHING
"""
_ADD: Final = "INSERT INTO notices (job, kind, verdict, because, at, since, log) VALUES (?, ?, ?, ?, ?, ?, ?)"
_REACHED: Final = """
    UPDATE recipients SET told_until = ?, told_at = ?, tries = 0, not_before = NULL, last_error = '' WHERE id = ?
"""
_NOT_REACHED: Final = "UPDATE recipients SET tries = tries + 1, last_error = ?, not_before = ? WHERE id = ?"
# A later moment than the new one was written by a clock that has been put back since.
_CLAIM: Final = """
    UPDATE recipients SET not_before = :not_before
    WHERE id = :id AND (not_before IS NULL OR not_before <= :now OR not_before > :not_before)
"""
_IS_CLAIMED: Final = "SELECT 1 FROM recipients WHERE id = :id AND not_before > :now AND not_before <= :not_before"
_CALLED: Final = "UPDATE recipients SET told_at = ?, tries = 0, last_error = '' WHERE id = ?"
_CALL_FAILED: Final = "UPDATE recipients SET tries = tries + 1, last_error = ? WHERE id = ?"
