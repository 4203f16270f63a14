"""Rows that cannot be read although nobody has a better copy: what `--accept` makes of them. Pure."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any, Final

from archive.article.timestamps import stamp
from archive.database.article_rows import OF_ARTICLES, OF_SUSPECTS, Archived, archived_from, read_id
from archive.database.row_readers import ERRORS, Readers, moment_text
from archive.errors import UnreadableRow

Row = dict[str, Any]


def readable_article(row: Row, newest: int, now: str) -> Row:
    """The article's row with plain values in the place of those that cannot be read. ``newest``: number of its newest
    revision; ``now``: a time for those that are lost. Raises ``ValueError`` for an id that is none.
    """
    read_id(row["id"])
    seen = next((row[name] for name in ("first_seen", "last_seen") if not _is_bad(row[name], moment_text)), now)
    instead = {
        "published_at": None,
        "keywords": "[]",
        "provenance": "{}",
        "animations": "{}",
        "published_precision": "none",
        "revision": newest,
        "status": "live",
        "first_seen": seen,
        "last_seen": seen,
        "next_check": None,
        "missing_since": None,
        "gone_at": None,
        "markdown_path": f"articles/undated/{row['id']}.md",
    }
    bad = {name for name in instead if _is_bad(row[name], _OF_ARTICLES[name])}
    return {**row, **{name: instead[name] for name in bad}}


def archived_anyhow(row: sqlite3.Row) -> Archived:
    """The record of a row that may not be readable: not to be shown, but to be erased."""
    try:
        return archived_from(row)
    except UnreadableRow:
        return archived_from(readable_article(dict(row), 1, stamp(datetime.now(UTC))))


def _is_bad(value: Any, read: Any) -> bool:
    try:
        read(value)
    except ERRORS:
        return True
    return False


_OF_ARTICLES: Final[Readers] = {**OF_ARTICLES, **OF_SUSPECTS}
