"""The tables of completeness: each poll of a source, the gaps between polls, and what pages of each layout state."""

from __future__ import annotations

from typing import Final

POLL_TABLES: Final = (
    # One row for each poll that was done; a run that died leaves none. `fresh`: listed by this source for the first
    # time; `overlapped`: whether it reached what the poll before it had seen (NULL: there is nothing to reach).
    """
    CREATE TABLE polls (
        id INTEGER PRIMARY KEY,
        run_id INTEGER REFERENCES runs (id),
        source TEXT NOT NULL,
        polled_at TEXT NOT NULL,
        pages INTEGER NOT NULL,
        listed INTEGER NOT NULL,
        fresh INTEGER NOT NULL,
        overlapped INTEGER CHECK (overlapped IN (0, 1)),
        newest_at TEXT,
        oldest_at TEXT
    ) STRICT
    """,
    "CREATE INDEX polls_by_source ON polls (source, polled_at)",
    # `most`: so many articles may be missing; `known_until`: what the source had listed by then is the far side;
    # `tries`: polls that paged deeper and did not reach it.
    """
    CREATE TABLE gaps (
        id INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        after_at TEXT NOT NULL,
        before_at TEXT NOT NULL,
        most INTEGER NOT NULL,
        found_at TEXT NOT NULL,
        closed_at TEXT,
        known_until TEXT NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    "CREATE INDEX gaps_open ON gaps (source, found_at) WHERE closed_at IS NULL",
    # What the pages of a layout stated in one run. `fields`: JSON, field -> [pages that state it, pages asked].
    """
    CREATE TABLE coverage (
        id INTEGER PRIMARY KEY,
        run_id INTEGER REFERENCES runs (id),
        layout TEXT NOT NULL,
        read_at TEXT NOT NULL,
        pages INTEGER NOT NULL,
        fields TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX coverage_by_layout ON coverage (layout, read_at)",
)

THINNED: Final = (
    # Of old polls, a row stands for all of a source's in one day that reached each other: `times` polls, the first of
    # them at `first_at`, the last at `polled_at`; pages, listed and fresh are sums. NULL: it is one poll, as it was.
    "ALTER TABLE polls ADD COLUMN times INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE polls ADD COLUMN first_at TEXT",
    "CREATE INDEX polls_whole ON polls (polled_at) WHERE first_at IS NULL",
    # Likewise for the pages of a layout: `times` runs, sums of `pages` and of both numbers of each field.
    "ALTER TABLE coverage ADD COLUMN times INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE coverage ADD COLUMN first_at TEXT",
    "CREATE INDEX coverage_whole ON coverage (read_at) WHERE first_at IS NULL",
    # A revision that was lost is nobody's edit.
    """
    UPDATE revisions SET kind = 'reparsed' WHERE kind = 'edited' AND changes = '["lost"]'
    """,
)
