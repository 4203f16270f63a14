"""Polls of sources and the gaps between them, as the database keeps them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from sqlite3 import Connection, Row
from typing import Final

import orjson

from archive.article.timestamps import stamp
from archive.database.parameters import by_number
from archive.database.row_readers import (
    Readers,
    at_least,
    each_row,
    read_moment,
    read_moment_or_none,
    readable_rows,
    values_of,
)
from archive.monitoring.gaps import MOST_TRIES, Gap, Poll, Seen, gap_between, gap_from, most_missing, reaches
from archive.store import Archive

PACE_OVER: Final = timedelta(days=14)
"""How far back from a source's last poll the fastest pace is looked for."""


@dataclass(frozen=True, slots=True)
class GapToClose:
    """An open gap that deeper paging is to close."""

    gap: Gap
    known_until: datetime
    """What the source had listed by then is the far side."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """What is known of a source before it is polled."""

    last: Poll | None = None
    aims: tuple[GapToClose, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedPoll:
    """What a poll saw: the articles in the order of the list, from its top."""

    source: str
    run_id: int | None
    pages: int
    listed: Sequence[Seen]
    in_order: bool
    """Whether the source lists the newest first; a ranking does not."""
    deeper: bool
    """Whether it paged deeper than usual, for a gap."""


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """What a poll meant for the ledger."""

    poll: Poll
    found: Gap | None = None
    closed: tuple[Gap, ...] = ()


def source_state(archive: Archive, source: str) -> SourceState:
    """Where a source stands: its last poll that listed anything, and the gaps that are worth another try."""
    connection = archive.database.connection
    last = readable_rows(each_row(connection, _LAST, (source,)), "polls", "source", _poll, archive.pass_over)
    aims = readable_rows(each_row(connection, _AIMS, (source, MOST_TRIES)), "gaps", "source", _aim, archive.pass_over)
    return SourceState(next(last, None), tuple(aims))


def _aim(row: Row) -> GapToClose:
    return GapToClose(gap_from(row), read_moment(row["known_until"]))


def listed_since(archive: Archive, source: str, ids: Collection[str]) -> dict[str, datetime]:
    """Since when the source is known to list each of these; those it never listed are left out."""
    values = by_number(source, orjson.dumps(list(ids)).decode())
    rows = each_row(archive.database.connection, _SINCE, values)
    return dict(readable_rows(rows, "sightings", "article_id", _since, archive.pass_over))


def _since(row: Row) -> tuple[str, datetime]:
    return row["article_id"], read_moment(row["since"])


def polls_of(archive: Archive, source: str, since: datetime) -> list[Poll]:
    """The polls of a source since then, oldest first."""
    query = "SELECT * FROM polls WHERE source = ? AND polled_at >= ? ORDER BY polled_at, id"
    rows = each_row(archive.database.connection, query, (source, stamp(since)))
    return list(readable_rows(rows, "polls", "source", _poll, archive.pass_over))


def note_poll(archive: Archive, done: FinishedPoll, before: SourceState, now: datetime) -> PollOutcome:
    """Write a poll down, and what it says about gaps. All that it listed must have been remembered by now."""
    poll = _judged(done, before.last, now.replace(microsecond=0))
    with archive.transaction() as connection:
        connection.execute(_ADD_POLL, _values(done.run_id, poll))
        found = _add_gap(archive, connection, done, before.last, poll) if poll.overlapped is False else None
        closed = [aim for aim in before.aims if done.in_order and reaches(done.listed, aim.known_until)]
        for aim in before.aims:
            if aim in closed:
                connection.execute("UPDATE gaps SET closed_at = ? WHERE id = ?", (stamp(now), aim.gap.id))
            elif done.deeper:
                _narrow(connection, aim, done.listed)
    return PollOutcome(poll, found, tuple(replace(aim.gap, closed_at=poll.polled_at) for aim in closed))


def _judged(done: FinishedPoll, last: Poll | None, now: datetime) -> Poll:
    times = [item.published_at for item in done.listed if item.published_at]
    overlapped: bool | None = None
    # A clock that was put back, and polls within one second, leave nothing to tell old from new by.
    comparable = last is not None and last.polled_at < now
    if comparable and last is not None and done.in_order and done.listed:
        overlapped = reaches(done.listed, last.polled_at)
    fresh = sum(last is None or not item.known(last.polled_at) for item in done.listed)
    newest, oldest = max(times, default=None), min(times, default=None)
    return Poll(done.source, now, done.pages, len(done.listed), fresh, overlapped, newest, oldest)


def _add_gap(archive: Archive, connection: Connection, done: FinishedPoll, last: Poll | None, poll: Poll) -> Gap | None:
    if last is None:
        return None
    after, before = gap_between(last, done.listed, poll.polled_at)
    most = most_missing(before - after, polls_of(archive, done.source, last.polled_at - PACE_OVER), done.listed)
    values = (done.source, stamp(after), stamp(before), most, stamp(poll.polled_at), stamp(last.polled_at))
    return gap_from(connection.execute(_ADD_GAP, values).fetchone())


def _narrow(connection: Connection, aim: GapToClose, listed: Sequence[Seen]) -> None:
    """The far side was not reached, but some of the way to it was."""
    gap = aim.gap
    times = [item.published_at for item in listed if item.published_at and gap.after_at < item.published_at]
    before = min([gap.before_at, *times])
    left = (before - gap.after_at) / (gap.before_at - gap.after_at)
    most = max(1, round(gap.most * left))
    connection.execute(
        "UPDATE gaps SET tries = tries + 1, before_at = ?, most = ? WHERE id = ?", (stamp(before), most, gap.id)
    )


def _poll(row: Row) -> Poll:
    values = values_of("polls", "source", row, OF_POLLS)
    overlapped = None if row["overlapped"] is None else bool(row["overlapped"])
    names = ("source", "pages", "listed", "fresh", *_TIMES)
    return Poll(overlapped=overlapped, **{name: values[name] for name in names})


_TIMES: Final = ("polled_at", "newest_at", "oldest_at")
OF_POLLS: Final[Readers] = {
    **dict.fromkeys(_TIMES, read_moment_or_none),
    "polled_at": read_moment,
    **dict.fromkeys(("pages", "listed", "fresh"), at_least(0)),
}


def _values(run_id: int | None, poll: Poll) -> tuple[object, ...]:
    newest, oldest = (stamp(moment) if moment else None for moment in (poll.newest_at, poll.oldest_at))
    overlapped = None if poll.overlapped is None else int(poll.overlapped)
    counts = (poll.pages, poll.listed, poll.fresh)
    return (run_id, poll.source, stamp(poll.polled_at), *counts, overlapped, newest, oldest)


_LAST: Final = "SELECT * FROM polls WHERE source = ? AND listed > 0 ORDER BY polled_at DESC, id DESC"
_AIMS: Final = "SELECT * FROM gaps WHERE source = ? AND closed_at IS NULL AND tries < ? ORDER BY found_at, id"
_SINCE: Final = """
    SELECT article_id, min(seen_at) AS since FROM sightings
    WHERE source = ?1 AND article_id IN (SELECT value FROM json_each(?2)) GROUP BY article_id ORDER BY article_id
"""
_ADD_POLL: Final = """
    INSERT INTO polls (run_id, source, polled_at, pages, listed, fresh, overlapped, newest_at, oldest_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ADD_GAP: Final = """
    INSERT INTO gaps (source, after_at, before_at, most, found_at, known_until) VALUES (?, ?, ?, ?, ?, ?) RETURNING *
"""
