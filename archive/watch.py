"""What is to be looked at again, and what the site says is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from archive.decide import CONFIRMED_AFTER, Absence, judge_absence
from archive.recheck import Look, next_check
from archive.record import stamp
from archive.store import Archive

HOLD: Final = timedelta(hours=1)
"""How long an article that was taken to be looked at is not given to others; after a crash it is due again."""


@dataclass(frozen=True, slots=True)
class Due:
    """An article that is to be looked at again."""

    id: str
    url: str


def due_articles(archive: Archive, now: datetime, limit: int | None = None) -> list[Due]:
    """The articles that are due, the longest waiting first; nothing is changed."""
    values = (stamp(now), -1 if limit is None else limit)
    return [Due(row["id"], row["url"]) for row in archive.database.connection.execute(_DUE, values)]


def take_due(archive: Archive, now: datetime, limit: int | None = None) -> list[Due]:
    """As ``due_articles``, and they are ours for `HOLD`: no other process takes them meanwhile."""
    with archive.transaction() as connection:
        found = due_articles(archive, now, limit)
        held_until = stamp(now + HOLD)
        connection.executemany(_HOLD, [(held_until, each.id) for each in found])
    return found


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
_HOLD: Final = "UPDATE articles SET next_check = ? WHERE id = ?"
_MISSING: Final = """
    UPDATE articles SET missing_since = ?, next_check = ?, gone_at = coalesce(gone_at, ?),
        status = iif(? IS NULL, status, 'gone')
    WHERE id = ? AND status <> 'taken_down'
"""
