"""What is still to be fetched, and how fast: links under leases, and the pace of each host.

A link is remembered before it is fetched and finished in the transaction that keeps its article, so that
whatever dies in between, the next run goes on with what was left. One that gives no article is given up for a while,
never for good (see ``retries``). Moments are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from sqlite3 import Row
from typing import Final, Protocol

import orjson

from archive.article.timestamps import stamp
from archive.database.article_rows import read_id
from archive.database.parameters import by_number
from archive.database.row_readers import decoding, readable_rows, utf8_text, values_of
from archive.errors import UnreadableRow
from archive.frontier.retry_rules import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MAX_ATTEMPTS,
    RULES,
    reason_of,
    return_pause,
    returns_by_itself,
)
from archive.store import Archive


class Listed(Protocol):
    """What a list says of an article."""

    @property
    def id(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def rank(self) -> int | None: ...
    @property
    def media(self) -> str: ...
    @property
    def media_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Leased:
    """A link that is ours to fetch until the lease ends. ``attempts`` counts this one too."""

    id: str
    url: str
    source: str
    attempts: int
    rank: int | None = None
    media: str = ""
    """The account whose article it is, as the list says that named it; ``""`` where it does not."""
    media_id: str = ""


_LEASED: Final = tuple(each.name for each in fields(Leased))


@dataclass(frozen=True, slots=True)
class Rest:
    """How often in a row a host refused us, and the Unix time until which it is to be left alone."""

    strikes: int = 0
    until: float = 0.0


class Frontier:
    """Links and hosts in the archive's database, shared by all processes that crawl into it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._database = archive.database

    def remember(self, listed: Iterable[Listed], source: str, at: datetime) -> int:
        """Note what a source listed; queue what is not known as a living article nor waiting already, and count it.

        A link that was given up comes back when its pause is over; so does one whose article the archive lost.
        """
        new = 0
        with self._database.transaction() as connection:
            for item in self._not_erased(listed):
                new += connection.execute(_REMEMBER, _values(item, source, at)).rowcount
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
                changed += connection.execute(_RECALL, _values(item, source, at)).rowcount
        return changed

    def lease(self, limit: int, now: float, lease_seconds: float, sources: Collection[str] = ()) -> list[Leased]:
        """Take up to ``limit`` waiting links, the longest waiting first; nobody else gets them meanwhile.

        ``sources``: only links that these listed; empty: all. Raises ``DiskFloor``: what there is no room for
        need not be fetched.
        """
        self._archive.ensure_room()
        with self._database.light_transaction() as connection, decoding(connection, "surrogateescape"):
            values = {"until": now + lease_seconds, "now": now, "sources": _json(sources), "limit": limit}
            rows = connection.execute(_LEASE, values).fetchall()
            rows.sort(key=lambda row: (row["not_before"], row["number"]))
            return list(readable_rows(rows, "links", "id", self._leased, self._archive.pass_over))

    def _leased(self, row: Row) -> Leased:
        """The link in a row; one that cannot be read is dropped, or it would be taken again and again."""
        try:
            values = values_of("links", "id", row, {"id": read_id, "url": utf8_text, "source": utf8_text})
        except UnreadableRow as error:
            reason = f"bad-row: its {error.column} cannot be read"
            self._database.connection.execute(_DROP_UNREADABLE, (reason, row["number"]))
            raise
        return Leased(**{name: values[name] for name in _LEASED})

    def extend(self, link: str, until: float) -> None:
        """Hold a lease for longer."""
        self._set(_EXTEND, (until, link))

    def done(self, link: str) -> None:
        """The article is kept. To be called in the transaction that keeps it."""
        self._set(_DONE, (link,))

    def gone(self, link: str, reason: str, now: float) -> None:
        """The site says that there is no such article."""
        self._give_up(link, "gone", reason, now)

    def drop(self, link: str, reason: str, now: float) -> None:
        """It is nothing for this archive (a live show, a page of another kind)."""
        self._give_up(link, "dropped", reason, now)

    def retry(self, link: str, reason: str, not_before: float) -> bool:
        """It failed; try again at ``not_before``. False: it failed too often in this round, and is given up."""
        with self._database.light_transaction() as connection:
            row = connection.execute(_RETRY, (reason, not_before, link)).fetchone()
            if row is None or row[0] < MAX_ATTEMPTS:
                return row is not None
            self._give_up(link, "failed", reason, not_before)
        return False

    def revive(self, now: float) -> int:
        """Queue what was given up for reasons that pass by themselves, and whose pause is over; how many."""
        with self._database.light_transaction() as connection:
            given_up = connection.execute(_OVER, by_number(now)).fetchall()
            back = [row["id"] for row in given_up if returns_by_itself(row["state"], row["reason"], row["given_up"])]
            return self.revive_these(back, now)

    def forbidden(self, before: float) -> list[tuple[str, str]]:
        """Id and address of the links without an article that a robots.txt of before then forbade."""
        rows = self._database.connection.execute(_FORBIDDEN)
        return [(row["id"], row["url"]) for row in rows if row["not_before"] - return_pause(row["given_up"]) < before]

    def revive_these(self, links: Iterable[str], now: float) -> int:
        """Queue links that were given up, whatever is left of their pause; how many."""
        with self._database.light_transaction() as connection:
            return sum(connection.execute(_REVIVE, (now, link)).rowcount for link in links)

    def put_back(self, link: str, reason: str, not_before: float) -> None:
        """Queue a link that was just given up after all: the reason was none of its own."""
        self._set(_PUT_BACK, (reason, not_before, link))

    def is_given_up(self, link: str, now: float) -> bool:
        """Whether the link was given up, and its pause is not over."""
        return self._database.connection.execute(_IS_GIVEN_UP, by_number(link, now)).fetchone() is not None

    def release(self, link: str, reason: str | None, not_before: float) -> None:
        """Give it back without counting the attempt: we were stopped, or the whole host refuses us."""
        self._set(_RELEASE, (reason, not_before, link))

    def pending(self, now: float) -> int:
        """How many links could be leased now."""
        return int(self._database.connection.execute(_PENDING, {"now": now}).fetchone()[0])

    def put_off(self) -> int:
        """How many links failed, or were refused, and wait to be tried again."""
        return int(self._database.connection.execute(_PUT_OFF).fetchone()[0])

    def next_due(self, now: float, sources: Collection[str] = ()) -> float | None:
        """When the next link can be leased: at once (``now``), later, or never (None)."""
        moment = self._database.connection.execute(_NEXT_DUE, {"now": now, "sources": _json(sources)}).fetchone()[0]
        return None if moment is None else max(now, moment)

    def reserve(self, host: str, now: float, delay: float) -> float:
        """Seconds to wait before a request to ``host``. That moment is ours; the next is ``delay`` later."""
        with self._database.light_transaction() as connection:
            moment = connection.execute(_RESERVE, by_number(host, now + delay, now, delay, delay)).fetchone()[0]
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

    def rest(self, host: str) -> Rest:
        """How things stand between ``host`` and us, in whatever process."""
        row = self._database.connection.execute(_REST, (host,)).fetchone()
        return Rest(int(row[0]), float(row[1])) if row else Rest()

    def strikes(self, host: str) -> int:
        """How often in a row ``host`` refused us; 0 where it never did."""
        return self.rest(host).strikes

    def back_off(self, host: str, until: float) -> None:
        """Leave ``host`` alone until then; never shortens an earlier promise."""
        self._set(_BACK_OFF, (host, until))

    def backoff_until(self, host: str) -> float:
        """Until when ``host`` is to be left alone; 0.0 where nothing was said."""
        row = self._database.connection.execute("SELECT backoff_until FROM hosts WHERE host = ?", (host,)).fetchone()
        return float(row[0]) if row else 0.0

    def _give_up(self, link: str, state: str, reason: str, now: float) -> None:
        """End a link that waits; somebody else may have brought its article meanwhile."""
        with self._database.light_transaction() as connection:
            row = connection.execute("SELECT given_up FROM links WHERE id = ?", (link,)).fetchone()
            times = (int(row[0]) if row else 0) + 1
            back = now + return_pause(times)
            connection.execute(_GIVE_UP, (state, reason, times, back, link))
            if state != "gone":  # What that means for an article is judged elsewhere.
                later = now + FIRST_PAUSE if reason_of(reason) == RULES else back
                connection.execute(_LOOK_LATER, (stamp(datetime.fromtimestamp(later, UTC)), link))

    def _not_erased(self, listed: Iterable[Listed]) -> list[Listed]:
        """Those that were not taken down: an erased article leaves no trace again, not even as a link."""
        items = list(listed)
        erased = self._archive.erased(item.id for item in items)
        return [item for item in items if item.id not in erased]

    def _set(self, statement: str, values: tuple[object, ...]) -> None:
        with self._database.light_transaction() as connection:
            connection.execute(statement, values)


def _values(item: Listed, source: str, at: datetime) -> dict[str, object]:
    """What is noted of a link, in the order in which the statements take it."""
    when = (stamp(at), item.rank, at.timestamp())
    return by_number(item.id, item.url, source, *when, item.media or None, item.media_id or None)


def _json(sources: Collection[str]) -> str | None:
    """Sources as the statements take them: None for all."""
    return orjson.dumps(list(sources)).decode() if sources else None


_FOUND_IN_ARTICLES: Final = """
    SELECT count(*) > 0 AND total(source NOT IN (SELECT id FROM articles)) = 0 FROM sightings WHERE article_id = ?
"""
# A clock that was set back must not keep anything waiting for the hours it lost: no pause of a link that was given up
# ends further in the future than an honest one can.
_LONGEST_ABSENCE: Final = LONGEST_PAUSE + 86_400.0
# A tombstone that is listed again may live again.
_REMEMBER: Final = f"""
    INSERT INTO links (id, url, source, listed_at, rank, state, not_before, media, media_id)
    SELECT ?1, ?2, ?3, ?4, ?5, 'waiting', ?6, ?7, ?8
    WHERE NOT EXISTS (SELECT 1 FROM articles WHERE id = ?1 AND status <> 'gone')
    ON CONFLICT (id) DO UPDATE SET
        url = excluded.url, source = excluded.source, listed_at = excluded.listed_at, rank = excluded.rank,
        media = coalesce(excluded.media, media), media_id = coalesce(excluded.media_id, media_id),
        state = 'waiting', attempts = 0, lease_until = 0, not_before = excluded.not_before
    WHERE state = 'done' OR (
        state IN ('failed', 'gone', 'dropped')
        AND NOT (links.not_before > ?6 AND links.not_before <= ?6 + {_LONGEST_ABSENCE})
    )
"""  # noqa: S608
_OVER: Final = f"""
    SELECT id, state, given_up, substr(last_error, 1, instr(last_error || ':', ':') - 1) AS reason FROM links
    WHERE state IN ('failed', 'gone', 'dropped')
        AND NOT (not_before > ?1 AND not_before <= ?1 + {_LONGEST_ABSENCE})
        AND NOT EXISTS (SELECT 1 FROM articles WHERE articles.id = links.id)
"""  # noqa: S608
_FORBIDDEN: Final = f"""
    SELECT id, url, not_before, given_up FROM links
    WHERE state IN ('failed', 'gone', 'dropped') AND state = 'dropped' AND last_error LIKE '{RULES}:%'
        AND NOT EXISTS (SELECT 1 FROM articles WHERE articles.id = links.id)
"""  # noqa: S608
_REVIVE: Final = """
    UPDATE links SET state = 'waiting', attempts = 0, lease_until = 0, not_before = min(not_before, ?)
    WHERE id = ? AND state IN ('failed', 'gone', 'dropped')
"""
_PUT_BACK: Final = """
    UPDATE links SET state = 'waiting', attempts = 0, lease_until = 0, given_up = max(given_up - 1, 0),
        last_error = ?, not_before = ?
    WHERE id = ? AND state IN ('failed', 'gone', 'dropped')
"""
_IS_GIVEN_UP: Final = f"""
    SELECT 1 FROM links WHERE id = ?1 AND state IN ('failed', 'gone', 'dropped')
        AND not_before > ?2 AND not_before <= ?2 + {_LONGEST_ABSENCE}
"""  # noqa: S608
_RECALL: Final = """
    INSERT INTO links (id, url, source, listed_at, rank, state, not_before, media, media_id)
    VALUES (?1, ?2, ?3, ?4, ?5, 'waiting', ?6, ?7, ?8)
    ON CONFLICT (id) DO UPDATE SET
        url = excluded.url, source = excluded.source, listed_at = excluded.listed_at, rank = excluded.rank,
        media = coalesce(excluded.media, media), media_id = coalesce(excluded.media_id, media_id),
        state = 'waiting', attempts = 0, lease_until = 0, not_before = excluded.not_before, last_error = NULL
    WHERE state <> 'waiting'
"""
# A clock that was set back must not keep links and hosts waiting for the hours it lost: a link waits only for a
# reason, and no lease or place in a queue lies further in the future than an honest one can.
_LONGEST_LEASE: Final = 3600.0
_LONGEST_QUEUE: Final = 600.0
_HONEST: Final = f"iif(lease_until > :now + {_LONGEST_LEASE}, 0, lease_until)"
_DUE_AT: Final = f"max(iif(last_error IS NULL, 0, not_before), {_HONEST})"
_LEASE: Final = f"""
    UPDATE links SET lease_until = :until, attempts = attempts + 1
    WHERE id IN (
        SELECT id FROM links
        WHERE state = 'waiting' AND {_DUE_AT} <= :now
            AND (:sources IS NULL OR source IN (SELECT value FROM json_each(:sources)))
        ORDER BY not_before, rowid LIMIT :limit
    )
    RETURNING id, url, source, attempts, rank, coalesce(media, '') AS media, coalesce(media_id, '') AS media_id,
        not_before, rowid AS number
"""  # noqa: S608
_DROP_UNREADABLE: Final = "UPDATE links SET state = 'dropped', last_error = ?, lease_until = 0 WHERE rowid = ?"
_EXTEND: Final = "UPDATE links SET lease_until = ? WHERE id = ? AND state = 'waiting'"
_DONE: Final = "UPDATE links SET state = 'done', last_error = NULL, lease_until = 0, given_up = 0 WHERE id = ?"
# Only a waiting link can fail: another process may have finished it after our lease ran out.
_GIVE_UP: Final = """
    UPDATE links SET state = ?, last_error = ?, given_up = ?, not_before = ?, lease_until = 0
    WHERE id = ? AND state = 'waiting'
"""
# An archived article whose page cannot be had is looked at as rarely as it would be fetched.
_LOOK_LATER: Final = "UPDATE articles SET next_check = max(next_check, ?) WHERE id = ? AND next_check IS NOT NULL"
_RETRY: Final = """
    UPDATE links SET last_error = ?, not_before = ?, lease_until = 0
    WHERE id = ? AND state = 'waiting' RETURNING attempts
"""
_RELEASE: Final = """
    UPDATE links SET attempts = max(attempts - 1, 0), last_error = coalesce(?, last_error),
        not_before = ?, lease_until = 0
    WHERE id = ? AND state = 'waiting'
"""
_PENDING: Final = f"SELECT count(*) FROM links WHERE state = 'waiting' AND {_DUE_AT} <= :now"  # noqa: S608
_PUT_OFF: Final = "SELECT count(*) FROM links WHERE state = 'waiting' AND last_error IS NOT NULL"
_NEXT_DUE: Final = f"""
    SELECT min({_DUE_AT}) FROM links
    WHERE state = 'waiting' AND (:sources IS NULL OR source IN (SELECT value FROM json_each(:sources)))
"""  # noqa: S608
_RESERVE: Final = f"""
    INSERT INTO hosts (host, next_at) VALUES (?1, ?2)
    ON CONFLICT (host) DO UPDATE SET
        next_at = max(iif(next_at > max(?3, backoff_until) + {_LONGEST_QUEUE}, 0, next_at), ?3, backoff_until) + ?4
    RETURNING next_at - ?5
"""  # noqa: S608
_REST: Final = "SELECT strikes, backoff_until FROM hosts WHERE host = ?"
_STRIKE: Final = """
    INSERT INTO hosts (host, strikes) VALUES (?, 1)
    ON CONFLICT (host) DO UPDATE SET strikes = max(strikes + (backoff_until <= ?), 1) RETURNING strikes
"""
_FORGIVE: Final = "UPDATE hosts SET strikes = 0 WHERE host = ?"
_BACK_OFF: Final = """
    INSERT INTO hosts (host, backoff_until) VALUES (?, ?)
    ON CONFLICT (host) DO UPDATE SET backoff_until = max(backoff_until, excluded.backoff_until)
"""
