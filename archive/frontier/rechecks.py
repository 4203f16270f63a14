"""What is to be looked at again, and what the site says is gone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from sqlite3 import Row
from typing import Final

import orjson

from archive.article.decide import BELIEVED_AFTER, CONFIRMED_AFTER, Absence, judge_absence
from archive.article.recheck_schedule import Look, next_check
from archive.article.timestamps import stamp
from archive.database.article_rows import read_id
from archive.database.parameters import by_number
from archive.database.row_readers import decoding, each_row, readable_rows, values_of
from archive.files.io_errors import named_sqlite_failures
from archive.frontier.removals import Doubt
from archive.store import Archive

HOLD: Final = timedelta(hours=1)
"""How long an article that was taken to be looked at is not given to others; after a crash it is due again."""

DOUBTED: Final = timedelta(hours=6)
"""How often an article is looked at while its removal is doubted."""

NEWEST: Final = 20_000
"""Of so many articles, those kept last, one that lives is looked for: to search all of a large archive takes long."""


@dataclass(frozen=True, slots=True)
class DueArticle:
    """An article that is to be looked at again."""

    id: str
    url: str


def due_articles(archive: Archive, now: datetime, limit: int | None = None) -> list[DueArticle]:
    """The articles that are due, the longest waiting first; nothing is changed. Unreadable rows are passed over."""
    values = (stamp(now), -1 if limit is None else limit)
    with named_sqlite_failures(archive.database.path):
        rows = each_row(archive.database.connection, _DUE, values)
        return list(readable_rows(rows, "articles", "id", _due, archive.pass_over))


def _due(row: Row) -> DueArticle:
    values = values_of("articles", "id", row, {"id": read_id})
    return DueArticle(values["id"], values["url"])


def take_due(archive: Archive, now: datetime, limit: int | None = None) -> list[DueArticle]:
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


def report_missing(archive: Archive, article_id: str, seen_at: datetime, doubt: Doubt = Doubt.NONE) -> Absence:
    """Note that the site says the article is gone; after two such answers an hour apart it becomes a tombstone.

    After a day, where there is a doubt now, or was when it was noted. Its last copy, its revisions and its file stay
    as they are.
    """
    with archive.transaction() as connection:
        known = archive.find(article_id)
        since = datetime.fromisoformat(known.missing_since) if known and known.missing_since else None
        doubt = doubt or _doubt_about(archive, article_id)
        wait = BELIEVED_AFTER if doubt else CONFIRMED_AFTER
        absence = judge_absence(known.status if known else None, since, seen_at, wait)
        if absence is Absence.UNKNOWN:
            return absence
        since = since or seen_at
        # A tombstone may come back to life: the ladder begins anew, as after an edit.
        due = next_check(None, seen_at, (Look(since, changed=True),), archive.ladder)
        if absence in (Absence.NOTED, Absence.EARLY):
            due = seen_at + min(max(since + wait - seen_at, CONFIRMED_AFTER), DOUBTED)
        gone = stamp(seen_at) if absence is Absence.GONE else None
        doubtful = doubt if absence in (Absence.NOTED, Absence.EARLY) else None
        values = (stamp(since), stamp(due) if due else None, gone, gone, doubtful or None, article_id)
        connection.execute(_MISSING, values)
    return absence


def look_again(archive: Archive, article_id: str, seen_at: datetime) -> None:
    """Let an article of which nothing was learned be due in an hour, if it lives."""
    with archive.transaction() as connection:
        connection.execute(_LOOK_AGAIN, (stamp(seen_at + CONFIRMED_AFTER), article_id))


@dataclass(frozen=True, slots=True)
class Missed:
    """What the archive knows of an article that the site calls gone."""

    id: str
    channel: str
    is_tombstone: bool
    is_new: bool
    """Whether it was there at the last look."""


def missed_articles(archive: Archive, ids: Iterable[str]) -> dict[str, Missed]:
    """Id → what is known of it, of those that are archived."""
    found = archive.database.connection.execute(_MISSED, (_json(ids),))
    return {
        row["id"]: Missed(row["id"], row["channel"], row["status"] == "gone", row["missing_since"] is None)
        for row in found
    }


def missed_of_late(archive: Archive, origin: str, channel: str, since: datetime) -> int:
    """How many articles at this ``https://HOST`` and in this channel ("": in any) were first called gone since then."""
    values = by_number(stamp(since), _prefix(origin), channel)
    return int(archive.database.connection.execute(_MISSED_OF_LATE, values).fetchone()[0])


def living_articles(archive: Archive, origin: str, channel: str, but: Iterable[str], limit: int) -> list[str]:
    """Addresses of articles that lived when they were last looked at, those kept last first, other than ``but``.

    At this ``https://HOST`` and in this channel ("": of any).
    """
    values = by_number(_prefix(origin), channel, _json(but), limit)
    return [row["url"] for row in archive.database.connection.execute(_LIVING, values)]


def _doubt_about(archive: Archive, article_id: str) -> Doubt:
    row = archive.database.connection.execute("SELECT doubt FROM articles WHERE id = ?", (article_id,)).fetchone()
    return Doubt(row[0]) if row and row[0] in list(Doubt) else Doubt.NONE


def _json(ids: Iterable[str]) -> str:
    return orjson.dumps(list(ids)).decode()


def _prefix(origin: str) -> str:
    """An address's beginning for GLOB; a host holds none of its signs."""
    return f"{origin}/*"


_DUE: Final = """
    SELECT id, url FROM articles
    WHERE next_check <= ? AND status <> 'taken_down' ORDER BY next_check, id LIMIT ?
"""
_KNOWN: Final = "SELECT status, missing_since, gone_at FROM articles WHERE id = ?"
_HOLD: Final = "UPDATE articles SET next_check = ? WHERE id = ?"
_MISSING: Final = """
    UPDATE articles SET missing_since = ?, next_check = ?, gone_at = coalesce(gone_at, ?),
        status = iif(? IS NULL, status, 'gone'), doubt = ?
    WHERE id = ? AND status <> 'taken_down'
"""
_LOOK_AGAIN: Final = "UPDATE articles SET next_check = ? WHERE id = ? AND status = 'live'"
_MISSED: Final = """
    SELECT id, channel, status, missing_since FROM articles
    WHERE id IN (SELECT value FROM json_each(?)) AND status <> 'taken_down'
"""
_MISSED_OF_LATE: Final = """
    SELECT count(*) FROM articles
    WHERE missing_since IS NOT NULL AND missing_since >= ?1 AND url GLOB ?2 AND ?3 IN ('', channel)
"""
_LIVING: Final = f"""
    SELECT id, url FROM articles
    WHERE rowid > (SELECT max(rowid) FROM articles) - {NEWEST} AND status = 'live' AND missing_since IS NULL
        AND kind = 'text' AND url GLOB ?1 AND ?2 IN ('', channel)
        AND id NOT IN (SELECT value FROM json_each(?3))
    ORDER BY rowid DESC LIMIT ?4
"""  # noqa: S608
