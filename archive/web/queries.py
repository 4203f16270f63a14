"""Lists of articles, newest first and page by page. Each page is asked for by where the one before it ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from sqlite3 import Connection, Row
from typing import Final, Generic, TypeVar

from archive.database.article_rows import OF_ARTICLES, OF_REVISIONS
from archive.database.row_readers import Readers, check_values, readable_rows
from archive.errors import UnreadableRow
from archive.web.http import BadRequest

PAGE: Final = 30
"""Articles on a page."""
_SEAM: Final = "~"
"""Between the parts of a cursor; in no time and no id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilter:
    """Which articles are listed. What is None does not matter."""

    channel: str | None = None
    kind: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An article as a list shows it. Times as in the archive."""

    id: str
    url: str
    title: str
    summary: str
    published_at: str | None
    first_seen: str
    author: str
    media: str
    channel: str
    kind: str
    status: str
    revision: int
    copy_of: str | None
    thumbnail: str
    missing_since: str | None
    gone_at: str | None


@dataclass(frozen=True, slots=True)
class Edit:
    """A revision that the publisher made, and its article."""

    entry: Entry
    revision: int
    seen_at: str
    changes: tuple[str, ...]


Shown = TypeVar("Shown", Entry, Edit)


@dataclass(frozen=True, slots=True)
class ListPage(Generic[Shown]):
    """A page of a list, and the cursor of the next one; None at the end."""

    shown: tuple[Shown, ...]
    after: str | None


def newest(connection: Connection, chosen: ListFilter, before: str | None = None, size: int = PAGE) -> ListPage[Entry]:
    """The newest articles that pass, after the cursor ``before``; those without a date last. Raises ``BadRequest``."""
    where, values = _conditions(chosen)
    moment, last = cursor(before, 2) if before else ("9999", "")
    rows: list[Row] = []
    if moment:
        query = _DATED.format(where=where)
        rows = connection.execute(query, (*values, moment, last, size + 1)).fetchall()
    if len(rows) <= size:
        below = last if not moment else _HIGHEST
        rows += connection.execute(_UNDATED.format(where=where), (*values, below, size + 1 - len(rows))).fetchall()
    last_row = rows[size - 1] if len(rows) > size else None
    after = f"{last_row['published_at'] or ''}{_SEAM}{last_row['id']}" if last_row else None
    return ListPage(tuple(_entries(rows[:size])), after)


def removals(connection: Connection, before: str | None = None, size: int = PAGE) -> ListPage[Entry]:
    """What the site has removed, the last removed first. Raises ``BadRequest``."""
    at, last = cursor(before, 2) if before else ("9999", "")
    rows = connection.execute(_REMOVALS, (at, last, size + 1)).fetchall()
    last_row = rows[size - 1] if len(rows) > size else None
    return ListPage(tuple(_entries(rows[:size])), f"{last_row['gone_at']}{_SEAM}{last_row['id']}" if last_row else None)


def edits(connection: Connection, before: str | None = None, size: int = PAGE) -> ListPage[Edit]:
    """What publishers have changed, the last change first. Raises ``BadRequest``."""
    at, last, number = cursor(before, 3) if before else ("9999", "", "0")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise BadRequest("bad cursor")
    rows = connection.execute(_EDITS, (at, last, int(number), size + 1)).fetchall()
    last_row = rows[size - 1] if len(rows) > size else None
    end = f"{last_row['seen_at']}{_SEAM}{last_row['id']}{_SEAM}{last_row['edit']}" if last_row else None
    return ListPage(tuple(readable_rows(rows[:size], "revisions", "id", _edit, _left_out)), end)


def _entries(rows: list[Row]) -> Iterator[Entry]:
    """Those that can be read; of the others `qqnews verify` tells."""
    return readable_rows(rows, "articles", "id", _entry, _left_out)


def _left_out(_: UnreadableRow) -> None:
    """What cannot be read is not shown."""


def _entry(row: Row) -> Entry:
    values = {name: row[name] for name in Entry.__slots__}
    return Entry(**values | check_values("articles", str(row["id"]), values, _OF_ENTRIES))


def _edit(row: Row) -> Edit:
    seen, changes = OF_REVISIONS["seen_at"](row["seen_at"]), OF_REVISIONS["changes"](row["changes"])
    return Edit(_entry(row), row["edit"], seen, changes)


def _published(text: str | None) -> str | None:
    return text if OF_ARTICLES["published_at"](text) else None


_OF_ENTRIES: Final[Readers] = {
    **{name: read for name, read in OF_ARTICLES.items() if name in Entry.__slots__},
    "published_at": _published,
}


def cursor(text: str, parts: int) -> list[str]:
    """The parts of a cursor. Raises ``BadRequest``."""
    found = text.split(_SEAM)
    if len(found) != parts:
        raise BadRequest("bad cursor")
    return found


def _conditions(chosen: ListFilter) -> tuple[str, list[str]]:
    # The constant conditions below and nothing else become part of a query.
    given = {"channel = ?": chosen.channel, "kind = ?": chosen.kind, "status = ?": chosen.status}
    conditions = ["status <> 'taken_down'", *(condition for condition, value in given.items() if value is not None)]
    return " AND ".join(conditions), [value for value in given.values() if value is not None]


_HIGHEST: Final = "\U0010ffff"
_ENTRY: Final = ", ".join(f"a.{name}" for name in Entry.__slots__)
_DATED: Final = f"""
    SELECT {_ENTRY} FROM articles a WHERE {{where}} AND (published_at, id) < (?, ?)
    ORDER BY published_at DESC, id DESC LIMIT ?
"""  # noqa: S608
_UNDATED: Final = f"""
    SELECT {_ENTRY} FROM articles a WHERE {{where}} AND published_at IS NULL AND id < ? ORDER BY id DESC LIMIT ?
"""  # noqa: S608
# The + keeps the planner from another index than that of removals.
_REMOVALS: Final = f"""
    SELECT {_ENTRY} FROM articles a WHERE gone_at IS NOT NULL AND +status = 'gone' AND (gone_at, id) < (?, ?)
    ORDER BY gone_at DESC, id DESC LIMIT ?
"""  # noqa: S608
_EDITS: Final = f"""
    SELECT r.seen_at, r.revision AS edit, r.changes, {_ENTRY}
    FROM revisions r CROSS JOIN articles a ON a.id = r.article_id
    WHERE r.kind = 'edited' AND a.status <> 'taken_down' AND (r.seen_at, r.article_id, r.revision) < (?, ?, ?)
    ORDER BY r.seen_at DESC, r.article_id DESC, r.revision DESC LIMIT ?
"""  # noqa: S608
