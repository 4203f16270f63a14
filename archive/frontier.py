"""What is still to be fetched, and how fast: links under leases, and the pace of each host.

A link is remembered before it is fetched and finished in the transaction that keeps its article, so that
whatever dies in between, the next run goes on with what was left. Moments are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Row
from typing import Final, Protocol

import orjson

from archive.errors import UnreadableRow
from archive.reading import decoding, readable, utf8_text, values_of
from archive.record import read_id, stamp
from archive.store import Archive

MAX_ATTEMPTS: Final = 5
"""A link that failed so often is given up; its last error says why."""
FIRST_PAUSE: Final = 60.0
LONGEST_PAUSE: Final = 6 * 3600.0


class Listed(Protocol):
    """What a list says of an article."""

    @property
    def id(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def rank(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Leased:
    """A link that is ours to fetch until the lease ends. ``attempts`` counts this one too."""

    id: str
    url: str
    source: str
    attempts: int
    rank: int | None = None


def pause_after(attempts: int) -> float:
    """Seconds to wait after the n-th failed attempt: one minute, then four times as long each time."""
    return float(min(FIRST_PAUSE * 4 ** (max(attempts, 1) - 1), LONGEST_PAUSE))


class Frontier:
    """Links and hosts in the archive's database, shared by all processes that crawl into it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._database = archive.database

    def remember(self, listed: Iterable[Listed], source: str, at: datetime) -> int:
        """Note what a source listed; queue what is known neither as article nor as link, and count it."""
        new = 0
        with self._database.transaction() as connection:
            for item in self._not_erased(listed):
                values = (item.id, item.url, source, stamp(at), item.rank, at.timestamp())
                new += connection.execute(_REMEMBER, values).rowcount
                self._archive.sighting(item.id, source, item.rank, at)
        return new

    def gather(self, article: str, listed: Iterable[Listed], at: datetime) -> int:
        """As ``remember``, for the articles that an article names (a topic's list); it is their source.

        What is known from other articles alone gathers nothing itself: no endless chains.
        """
        with self._database.transaction() as connection:
            if connection.execute(_FOUND_IN_ARTICLES, (article,)).fetchone()[0]:
                return 0
            return self.remember(listed, article, at)

    def recall(self, listed: Iterable[Listed], source: str, at: datetime) -> int:
        """Queue these whatever is known of them, to be fetched again; how many were not waiting already."""
        changed = 0
        with self._database.transaction() as connection:
            for item in self._not_erased(listed):
                values = (item.id, item.url, source, stamp(at), item.rank, at.timestamp())
                changed += connection.execute(_RECALL, values).rowcount
        return changed

    def lease(self, limit: int, now: float, lease_seconds: float, sources: Collection[str] = ()) -> list[Leased]:
        """Take up to ``limit`` waiting links, the longest waiting first; nobody else gets them meanwhile.

        ``sources``: only links that these listed; empty: all. Raises ``DiskFloor``: what there is no room for
        need not be fetched.
        """
        self._archive.ensure_room()
        with self._database.light_transaction() as connection, decoding(connection, "surrogateescape"):
            rows = connection.execute(_LEASE, (now + lease_seconds, now, _json(sources), limit)).fetchall()
            rows.sort(key=lambda row: (row["not_before"], row["number"]))
            return list(readable(rows, "links", "id", self._leased, self._archive.pass_over))

    def _leased(self, row: Row) -> Leased:
        """The link in a row; one that cannot be read is given up, or it would be taken again and again."""
        try:
            values = values_of("links", "id", row, {"id": read_id, "url": utf8_text, "source": utf8_text})
        except UnreadableRow as error:
            reason = f"its {error.column} cannot be read"
            self._database.connection.execute(_GIVE_UP, (reason, row["number"]))
            raise
        return Leased(*(values[name] for name in ("id", "url", "source", "attempts", "rank")))

    def extend(self, link: str, until: float) -> None:
        """Hold a lease for longer."""
        self._set(_EXTEND, (until, link))

    def done(self, link: str) -> None:
        """The article is kept. To be called in the transaction that keeps it."""
        self._set(_END, ("done", None, link))

    def gone(self, link: str, reason: str) -> None:
        """The site says that there is no such article."""
        self._set(_END, ("gone", reason, link))

    def drop(self, link: str, reason: str) -> None:
        """It is nothing for this archive (a live show, a page of another kind)."""
        self._set(_END, ("dropped", reason, link))

    def retry(self, link: str, reason: str, not_before: float) -> bool:
        """It failed; try again at ``not_before`` (see ``pause_after``). False: it failed too often."""
        with self._database.light_transaction() as connection:
            state = connection.execute(_RETRY, (MAX_ATTEMPTS, reason, not_before, link)).fetchone()
        return state is not None and state[0] == "waiting"

    def release(self, link: str, reason: str | None, not_before: float) -> None:
        """Give it back without counting the attempt: we were stopped, or the whole host refuses us."""
        self._set(_RELEASE, (reason, not_before, link))

    def pending(self, now: float) -> int:
        """How many links could be leased now."""
        return int(self._database.connection.execute(_PENDING, (None, now)).fetchone()[0])

    def put_off(self) -> int:
        """How many links failed, or were refused, and wait to be tried again."""
        return int(self._database.connection.execute(_PUT_OFF).fetchone()[0])

    def next_due(self, now: float, sources: Collection[str] = ()) -> float | None:
        """When the next link can be leased: at once (``now``), later, or never (None)."""
        moment = self._database.connection.execute(_NEXT_DUE, (_json(sources), now)).fetchone()[0]
        return None if moment is None else max(now, moment)

    def reserve(self, host: str, now: float, delay: float) -> float:
        """Seconds to wait before a request to ``host``. That moment is ours; the next is ``delay`` later."""
        with self._database.light_transaction() as connection:
            moment = connection.execute(_RESERVE, (host, now + delay, now, delay, delay)).fetchone()[0]
        return max(0.0, float(moment) - now)

    def strike(self, host: str, now: float) -> int:
        """Note that ``host`` refuses us; how often in a row, this time included.

        Refusals while it is left alone anyway are answers to what was under way, and one with the last.
        """
        with self._database.light_transaction() as connection:
            return int(connection.execute(_STRIKE, (host, now)).fetchone()[0])

    def forgive(self, host: str) -> None:
        """``host`` gave what was asked for: its next refusal is a first one."""
        self._set(_FORGIVE, (host,))

    def strikes(self, host: str) -> int:
        """How often in a row ``host`` refused us, in whatever process; 0 where it never did."""
        row = self._database.connection.execute("SELECT strikes FROM hosts WHERE host = ?", (host,)).fetchone()
        return int(row[0]) if row else 0

    def back_off(self, host: str, until: float) -> None:
        """Leave ``host`` alone until then; never shortens an earlier promise."""
        self._set(_BACK_OFF, (host, until))

    def backoff_until(self, host: str) -> float:
        """Until when ``host`` is to be left alone; 0.0 where nothing was said."""
        row = self._database.connection.execute("SELECT backoff_until FROM hosts WHERE host = ?", (host,)).fetchone()
        return float(row[0]) if row else 0.0

    def _not_erased(self, listed: Iterable[Listed]) -> list[Listed]:
        """Those that were not taken down: an erased article leaves no trace again, not even as a link."""
        items = list(listed)
        erased = self._archive.erased(item.id for item in items)
        return [item for item in items if item.id not in erased]

    def _set(self, statement: str, values: tuple[object, ...]) -> None:
        with self._database.light_transaction() as connection:
            connection.execute(statement, values)


def _json(sources: Collection[str]) -> str | None:
    """Sources as the statements take them: None for all."""
    return orjson.dumps(list(sources)).decode() if sources else None


_FOUND_IN_ARTICLES: Final = """
    SELECT count(*) > 0 AND total(source NOT IN (SELECT id FROM articles)) = 0 FROM sightings WHERE article_id = ?
"""
_REMEMBER: Final = """
    INSERT INTO links (id, url, source, listed_at, rank, state, not_before)
    SELECT ?1, ?2, ?3, ?4, ?5, 'waiting', ?6 WHERE NOT EXISTS (SELECT 1 FROM articles WHERE id = ?1)
    ON CONFLICT (id) DO NOTHING
"""
_RECALL: Final = """
    INSERT INTO links (id, url, source, listed_at, rank, state, not_before)
    VALUES (?, ?, ?, ?, ?, 'waiting', ?)
    ON CONFLICT (id) DO UPDATE SET
        url = excluded.url, source = excluded.source, listed_at = excluded.listed_at, rank = excluded.rank,
        state = 'waiting', attempts = 0, lease_until = 0, not_before = excluded.not_before, last_error = NULL
    WHERE state <> 'waiting'
"""
# A clock that was set back must not keep links and hosts waiting for the hours it lost: a link waits only for a
# reason, and no lease or place in a queue lies further in the future than an honest one can.
_LONGEST_LEASE: Final = 3600.0
_LONGEST_QUEUE: Final = 600.0
_HONEST: Final = f"iif(lease_until > ?2 + {_LONGEST_LEASE}, 0, lease_until)"
_DUE_AT: Final = f"max(iif(last_error IS NULL, 0, not_before), {_HONEST})"
_LEASE: Final = f"""
    UPDATE links SET lease_until = ?1, attempts = attempts + 1
    WHERE id IN (
        SELECT id FROM links
        WHERE state = 'waiting' AND {_DUE_AT} <= ?2
            AND (?3 IS NULL OR source IN (SELECT value FROM json_each(?3)))
        ORDER BY not_before, rowid LIMIT ?4
    )
    RETURNING id, url, source, attempts, rank, not_before, rowid AS number
"""  # noqa: S608
_GIVE_UP: Final = "UPDATE links SET state = 'dropped', last_error = ?, lease_until = 0 WHERE rowid = ?"
_EXTEND: Final = "UPDATE links SET lease_until = ? WHERE id = ? AND state = 'waiting'"
_END: Final = "UPDATE links SET state = ?, last_error = ?, lease_until = 0 WHERE id = ?"
# Only a waiting link can fail: another process may have finished it after our lease ran out.
_RETRY: Final = """
    UPDATE links SET state = iif(attempts >= ?, 'failed', 'waiting'), last_error = ?,
        not_before = ?, lease_until = 0
    WHERE id = ? AND state = 'waiting' RETURNING state
"""
_RELEASE: Final = """
    UPDATE links SET attempts = max(attempts - 1, 0), last_error = coalesce(?, last_error),
        not_before = ?, lease_until = 0
    WHERE id = ? AND state = 'waiting'
"""
_PENDING: Final = f"SELECT count(*) FROM links WHERE state = 'waiting' AND {_DUE_AT} <= ?2"  # noqa: S608
_PUT_OFF: Final = "SELECT count(*) FROM links WHERE state = 'waiting' AND last_error IS NOT NULL"
_NEXT_DUE: Final = f"""
    SELECT min({_DUE_AT}) FROM links
    WHERE state = 'waiting' AND (?1 IS NULL OR source IN (SELECT value FROM json_each(?1)))
"""  # noqa: S608
_RESERVE: Final = f"""
    INSERT INTO hosts (host, next_at) VALUES (?1, ?2)
    ON CONFLICT (host) DO UPDATE SET
        next_at = max(iif(next_at > max(?3, backoff_until) + {_LONGEST_QUEUE}, 0, next_at), ?3, backoff_until) + ?4
    RETURNING next_at - ?5
"""  # noqa: S608
_STRIKE: Final = """
    INSERT INTO hosts (host, strikes) VALUES (?, 1)
    ON CONFLICT (host) DO UPDATE SET strikes = max(strikes + (backoff_until <= ?), 1) RETURNING strikes
"""
_FORGIVE: Final = "UPDATE hosts SET strikes = 0 WHERE host = ?"
_BACK_OFF: Final = """
    INSERT INTO hosts (host, backoff_until) VALUES (?, ?)
    ON CONFLICT (host) DO UPDATE SET backoff_until = max(backoff_until, excluded.backoff_until)
"""
