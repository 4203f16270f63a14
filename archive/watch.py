"""What is to be looked at again, and what the site says is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from sqlite3 import Row
from typing import Final

from archive.decide import CONFIRMED_AFTER, Absence, judge_absence
from archive.failures import named_sqlite_failures
from archive.reading import decoding, each_row, readable, values_of
from archive.recheck import Look, next_check
from archive.record import read_id, stamp
from archive.store import Archive

HOLD: Final = timedelta(hours=1)
"""How long an article that was taken to be looked at is not given to others; after a crash it is due again."""


@dataclass(frozen=True, slots=True)
class Due:
    """An article that is to be looked at again."""

    id: str
    url: str


def due_articles(archive: Archive, now: datetime, limit: int | None = None) -> list[Due]:
    """The articles that are due, the longest waiting first; nothing is changed. Unreadable rows are passed over."""
    values = (stamp(now), -1 if limit is None else limit)
    with named_sqlite_failures(archive.database.path):
        rows = each_row(archive.database.connection, _DUE, values)
        return list(readable(rows, "articles", "id", _due, archive.pass_over))


def _due(row: Row) -> Due:
    values = values_of("articles", "id", row, {"id": read_id})
    return Due(values["id"], values["url"])


def take_due(archive: Archive, now: datetime, limit: int | None = None) -> list[Due]:
    """As ``due_articles``, and they are ours for `HOLD`: no other process takes them meanwhile."""
    with archive.transaction() as connection:
        found = due_articles(archive, now, limit)
        held_until = stamp(now + HOLD)
        connection.executemany(_HOLD, [(held_until, each.id) for each in found])
    return found


def known_of(archive: Archive, article_id: str) -> dict[str, str]:
    """What is known of whether an article is there: status, since when it is missing, when that was confirmed.

    Nothing of one that is not archived.
    """
    with decoding(archive.database.connection, "replace"):
        row = archive.database.connection.execute(_KNOWN, (article_id,)).fetchone()
    return {name: str(row[name]) for name in row.keys() if row[name]} if row else {}  # noqa: SIM118  (a Row)


def report_missing(archive: Archive, article_id: str, seen_at: datetime) -> Absence:
    """Note that the site says the article is gone; after two such answers an hour apart it becomes a tombstone.

    Its last copy, its revisions and its file stay as they are.
    """
    with archive.transaction() as connection:
        known = archive.find(article_id)
        since = datetime.fromisoformat(known.missing_since) if known and known.missing_since else None
        absence = judge_absence(known.status if known else None, since, seen_at)
        if absence is Absence.UNKNOWN:
            return absence
        since = since or seen_at
        # A tombstone may come back to life: the ladder begins anew, as after an edit.
        again = next_check(None, seen_at, (Look(since, changed=True),), archive.ladder)
        due = seen_at + CONFIRMED_AFTER if absence in (Absence.NOTED, Absence.EARLY) else again
        gone = stamp(seen_at) if absence is Absence.GONE else None
        connection.execute(_MISSING, (stamp(since), stamp(due) if due else None, gone, gone, article_id))
    return absence


_DUE: Final = """
    SELECT id, url FROM articles
    WHERE next_check <= ? AND status <> 'taken_down' ORDER BY next_check, id LIMIT ?
"""
_KNOWN: Final = "SELECT status, missing_since, gone_at FROM articles WHERE id = ?"
_HOLD: Final = "UPDATE articles SET next_check = ? WHERE id = ?"
_MISSING: Final = """
    UPDATE articles SET missing_since = ?, next_check = ?, gone_at = coalesce(gone_at, ?),
        status = iif(? IS NULL, status, 'gone')
    WHERE id = ? AND status <> 'taken_down'
"""
