"""What is in an archive, and time that passes in it, for the tests of commands that look again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from archive.store import Archive

_TIMES = {
    "articles": ("published_at", "first_seen", "last_seen", "next_check", "missing_since", "gone_at"),
    "revisions": ("seen_at",),
    "pictures": ("tried_at",),
    "sightings": ("seen_at",),
    "polls": ("polled_at",),
    "gaps": ("found_at", "known_until"),
}


_SECONDS = (("links", "not_before"), ("links", "lease_until"), ("hosts", "next_at"), ("hosts", "backoff_until"))


def hours_pass(data: Path, hours: float, *, but: str = "") -> None:
    """Turn all times in the archive back (``but`` one column), as if so many hours had passed since."""
    with Archive.existing(data) as archive, archive.transaction() as connection:
        for table, columns in _TIMES.items():
            for column in columns:
                if column == but:
                    continue
                moments = connection.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")
                for (text,) in moments.fetchall():
                    earlier = (datetime.fromisoformat(text) - timedelta(hours=hours)).isoformat()
                    connection.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (f"~{earlier}", text))
                connection.execute(f"UPDATE {table} SET {column} = ltrim({column}, '~')")
        for table, column in _SECONDS:
            connection.execute(f"UPDATE {table} SET {column} = max({column} - ?, 0)", (hours * 3600,))


def rows(data: Path, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with closing(sqlite3.connect(data / "archive.db")) as connection:
        return connection.execute(query).fetchall()
