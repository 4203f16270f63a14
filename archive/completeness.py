"""The completeness ledger: whether each poll of a source reached what the last one had seen, and where it did not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Row

from archive.failures import named_sqlite_failures
from archive.store import Archive


@dataclass(frozen=True, slots=True)
class Gap:
    """Between two moments a source may have listed articles that no poll saw. Moments are aware."""

    id: int
    source: str
    after_at: datetime
    """The newest that was known before the gap."""
    before_at: datetime
    """The oldest that was seen after it."""
    most: int
    """Up to so many articles may be missing, at the fastest pace that the source was seen to keep."""
    found_at: datetime
    closed_at: datetime | None = None
    """When a poll reached the far side; None: it is open."""

    def __str__(self) -> str:
        between = f"{self.after_at:%Y-%m-%d %H:%M} and {self.before_at:%Y-%m-%d %H:%M} UTC"
        return f"{self.source}: between {between} up to {self.most} articles may be missing"


def open_gaps(archive: Archive) -> list[Gap]:
    """The gaps that no poll has closed, by source, oldest first."""
    query = "SELECT * FROM gaps WHERE closed_at IS NULL ORDER BY source, after_at, id"
    with named_sqlite_failures(archive.database.path):
        return [gap_from(row) for row in archive.database.connection.execute(query)]


def gap_from(row: Row) -> Gap:
    """The gap of a row of ``gaps``."""
    after, before, found = (datetime.fromisoformat(row[name]) for name in ("after_at", "before_at", "found_at"))
    closed = datetime.fromisoformat(row["closed_at"]) if row["closed_at"] else None
    return Gap(row["id"], row["source"], after, before, row["most"], found, closed)
