"""What a year of polls costs with and without thinning: ``python -m tests.tools.measures.polls [DAYS]``.

28 sources every 10 minutes, pages of three layouts: the channels as the shipped time-table has them.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.article.timestamps import stamp
from archive.monitoring.retention import thin
from archive.store import Archive

SOURCES = [f"channel:number-{number}" for number in range(28)]
LAYOUTS = ("rain", "omn", "video")
FIELDS = '{"title":[12,12],"published":[12,12],"author":[11,12],"summary":[10,12],"pictures":[8,12],"text":[11,12]}'
START = datetime(2025, 1, 1, tzinfo=UTC)


def live(archive: Archive, day: datetime) -> None:
    """One day of polls."""
    with archive.transaction() as connection:
        for number in range(144):
            moment = stamp(day + timedelta(minutes=10 * number))
            for source in SOURCES:
                values = (source, moment, 1, 30, number % 4, 1, moment, stamp(day))
                connection.execute(_POLL, values)
            for layout in LAYOUTS:
                connection.execute(_COVERAGE, (layout, moment, FIELDS))


_POLL = """
    INSERT INTO polls (source, polled_at, pages, listed, fresh, overlapped, newest_at, oldest_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_COVERAGE = "INSERT INTO coverage (layout, read_at, pages, fields) VALUES (?, ?, 12, ?)"


def measure(days: int, *, thinned: bool) -> None:
    """Live through the days; the size of the database and the slowest thinning."""
    slowest = 0.0
    with tempfile.TemporaryDirectory() as name, Archive.open(Path(name)) as archive:
        for number in range(days):
            day = START + timedelta(days=number)
            live(archive, day)
            started = time.perf_counter()
            if thinned:
                thin(archive, day + timedelta(days=1))
            slowest = max(slowest, time.perf_counter() - started)
        archive.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = (Path(name) / "archive.db").stat().st_size / 1e6
    how = f"thinned, {slowest:.2f} s a day" if thinned else "whole"
    print(f"{days} days of {len(SOURCES)} sources: {size:.0f} MB {how}")


if __name__ == "__main__":
    for choice in (False, True):
        measure(int((sys.argv[1:] or ["365"])[0]), thinned=choice)
