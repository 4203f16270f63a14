"""Links that have no article yet: why, when each is tried next, how many stand so; and how they are set going again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from sqlite3 import Connection, Row
from typing import Final

import orjson

from archive.database.parameters import by_number
from archive.frontier.retry_rules import RULES, reason_of, returns_by_itself
from archive.store import Archive

STATES: Final = ("waiting", "failed", "gone", "dropped")
"""What a link without an article may be: still to be fetched, or given up."""
GIVEN_UP: Final = STATES[1:]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which links: those with these ids, states, reasons and sources. Empty: all."""

    ids: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a link stands."""

    id: str
    url: str
    source: str
    """Who listed it last."""
    listed_at: str
    state: str
    reason: str
    """The word that is counted; "" where nothing has gone wrong."""
    last_error: str
    attempts: int
    """In this round, or the last one."""
    given_up: int
    """How often in a row it was given up."""
    next_try: datetime
    """It is not tried before."""

    @property
    def is_given_up(self) -> bool:
        """Whether it comes back only after a pause."""
        return self.state in GIVEN_UP

    @property
    def returns(self) -> str:
        """What lets it be tried again: its time, a list that names it again, or a robots.txt that allows it."""
        if self.state == "dropped" and self.reason == RULES:
            return "when allowed"
        if self.is_given_up and not returns_by_itself(self.state, self.reason, self.given_up):
            return "when listed"
        return "by itself"


def links_without_article(archive: Archive, chosen: Chosen, limit: int | None = None) -> Iterator[Standing]:
    """The chosen links, those that were listed last first."""
    query = f"SELECT * FROM links WHERE {_CHOSEN} ORDER BY listed_at DESC, rowid DESC LIMIT ?5"  # noqa: S608
    values = by_number(*_values(chosen), -1 if limit is None else limit)
    rows = archive.database.connection.execute(query, values)
    return map(_standing, rows)


def try_again(archive: Archive, chosen: Chosen, now: float) -> int:
    """Let the chosen links be fetched by the next crawl, with all their attempts before them; how many."""
    query = f"""
        UPDATE links SET state = 'waiting', attempts = 0, given_up = 0, not_before = min(not_before, ?5)
        WHERE {_CHOSEN} AND lease_until <= ?5
    """  # noqa: S608
    with archive.transaction() as connection:
        return connection.execute(query, by_number(*_values(chosen), now)).rowcount


def given_up_by_reason(connection: Connection) -> dict[str, int]:
    """How many links without an article stand given up, by reason, the commonest first."""
    return dict(map(tuple, connection.execute(_BY_REASON)))


def _values(chosen: Chosen) -> tuple[str | None, ...]:
    return tuple(map(_json, (chosen.ids, chosen.states, chosen.reasons, chosen.sources)))


def _json(names: Collection[str]) -> str | None:
    return orjson.dumps(list(names)).decode() if names else None


def _standing(row: Row) -> Standing:
    error = row["last_error"] or ""
    return Standing(
        id=row["id"],
        url=row["url"],
        source=row["source"],
        listed_at=row["listed_at"],
        state=row["state"],
        reason=reason_of(error),
        last_error=error,
        attempts=row["attempts"],
        given_up=row["given_up"],
        next_try=datetime.fromtimestamp(row["not_before"], UTC),
    )


def chosen_ids(archive: Archive, ids: Iterable[str]) -> set[str]:
    """Those of ``ids`` that are links without an article."""
    return {each.id for each in links_without_article(archive, Chosen(ids=tuple(ids)))}


_REASON: Final = "substr(last_error, 1, instr(last_error || ':', ':') - 1)"
_CHOSEN: Final = f"""
    state <> 'done' AND NOT EXISTS (SELECT 1 FROM articles WHERE articles.id = links.id)
    AND (?1 IS NULL OR id IN (SELECT value FROM json_each(?1)))
    AND (?2 IS NULL OR state IN (SELECT value FROM json_each(?2)))
    AND (?3 IS NULL OR {_REASON} IN (SELECT value FROM json_each(?3)))
    AND (?4 IS NULL OR source IN (SELECT value FROM json_each(?4)))
"""  # noqa: S608  (constants)
_BY_REASON: Final = f"""
    SELECT coalesce({_REASON}, ''), count(*) FROM links
    WHERE state IN ('failed', 'gone', 'dropped') AND NOT EXISTS (SELECT 1 FROM articles WHERE articles.id = links.id)
    GROUP BY 1 ORDER BY 2 DESC, 1
"""  # noqa: S608
