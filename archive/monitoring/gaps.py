"""The completeness ledger: whether each poll of a source reached what the last one had seen, and where it did not.

What is judged here is pure; `archive.monitoring.polls` keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil
from sqlite3 import Row
from typing import Final

from archive.database.row_readers import (
    Readers,
    at_least,
    each_row,
    read_moment,
    read_moment_or_none,
    readable_rows,
    values_of,
)
from archive.files.io_errors import named_sqlite_failures
from archive.store import Archive

MOST_TRIES: Final = 5
"""Polls that page deeper for a gap. What none of them reached, the site does not show any more."""
_SHORTEST: Final = timedelta(minutes=1)
"""A pace is not measured over less."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Between two moments a source may have listed articles that no poll saw. Moments are aware."""

    id: int
    source: str
    after_at: datetime
    """The newest that was known before the gap."""
    before_at: datetime
    """The oldest that was seen after it."""
    most: int
    """Up to so many articles may be missing, at the fastest pace that the source was seen to keep."""
    found_at: datetime
    closed_at: datetime | None = None
    """When a poll reached the far side; None: it is open."""

    def __str__(self) -> str:
        between = f"{self.after_at:%Y-%m-%d %H:%M} and {self.before_at:%Y-%m-%d %H:%M} UTC"
        return f"{self.source}: between {between} up to {self.most} articles may be missing"


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll of a source that was done. Moments are aware."""

    source: str
    polled_at: datetime
    """When it ended: all that it listed was seen by then."""
    pages: int
    listed: int
    fresh: int
    """Articles that the source had not listed up to the poll before."""
    overlapped: bool | None
    """Whether it reached what the poll before it had seen; None: there was nothing to reach, or no order to tell by."""
    newest_at: datetime | None = None
    """When the newest of what it listed was published, as far as the list says."""
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One article in a list: since when this source is known to list it, and when it was published."""

    since: datetime | None
    """None: never before."""
    published_at: datetime | None = None

    def known(self, until: datetime) -> bool:
        """Whether the source had listed it by then."""
        return self.since is not None and self.since <= until


def reaches(listed: Iterable[Seen], until: datetime) -> bool:
    """Whether a list, read from its top, reaches what its source had listed by ``until``.

    A known article alone proves nothing: sites pin old ones to the top. So behind the last known one there may be
    no more new ones than there are known ones in all.
    """
    known, new_behind = 0, 0
    for item in listed:
        if item.known(until):
            known, new_behind = known + 1, 0
        else:
            new_behind += 1
    return 0 < known >= new_behind


def gap_between(last: Poll, listed: Sequence[Seen], polled_at: datetime) -> tuple[datetime, datetime]:
    """The moments between which articles may be missing, after a poll that did not reach the last one.

    By the times of publishing where the list states them and they make sense, else by those of the polls.
    """
    new = [item.published_at for item in listed if not item.known(last.polled_at) and item.published_at]
    after, before = last.newest_at or last.polled_at, min(new, default=polled_at)
    return (after, before) if after < before else (last.polled_at, polled_at)


def most_missing(length: timedelta, polls: Sequence[Poll], listed: Sequence[Seen]) -> int:
    """How many articles may be missing from a stretch of that length, at the fastest pace seen; at least 1.

    The pace of hours in which polls overlapped, and the density of what was just ``listed``. ``polls``: oldest first.
    """
    paces = [
        later.fresh / max(later.polled_at - earlier.polled_at, _SHORTEST).total_seconds()
        for earlier, later in pairwise(polls)
        if later.overlapped
    ]
    times = [item.published_at for item in listed if item.published_at]
    if len(times) > 1:
        paces.append(len(times) / max(max(times) - min(times), _SHORTEST).total_seconds())
    fastest = max(paces, default=len(listed) / 3600)
    return max(1, ceil(round(fastest * length.total_seconds(), 6)))


def open_gaps(archive: Archive) -> list[Gap]:
    """The gaps that no poll has closed, by source, oldest first."""
    query = "SELECT * FROM gaps WHERE closed_at IS NULL ORDER BY source, after_at, id"
    with named_sqlite_failures(archive.database.path):
        rows = each_row(archive.database.connection, query)
        return list(readable_rows(rows, "gaps", "source", gap_from, archive.pass_over))


def gap_from(row: Row) -> Gap:
    """The gap of a row of ``gaps``. Raises ``UnreadableRow``, ``ValueError``."""
    values = values_of("gaps", "source", row, OF_GAPS)
    if values["after_at"] >= values["before_at"]:
        raise ValueError("it ends before it begins")
    return Gap(*(values[name] for name in ("id", "source", *OF_GAPS)))


OF_GAPS: Final[Readers] = {
    "after_at": read_moment,
    "before_at": read_moment,
    "most": at_least(1),
    "found_at": read_moment,
    "closed_at": read_moment_or_none,
}
