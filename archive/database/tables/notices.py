"""The tables of what somebody is to be told, and the verdict of a run in a sentence."""

from __future__ import annotations

from typing import Final

NOTICE_TABLES: Final = (
    # `at`: when the run ended; `since`: when the trouble began. A row is never changed.
    """
    CREATE TABLE notices (
        id INTEGER PRIMARY KEY,
        job TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('bad', 'still', 'well')),
        verdict TEXT NOT NULL,
        because TEXT NOT NULL,
        at TEXT NOT NULL,
        since TEXT NOT NULL,
        log TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX notices_by_job ON notices (job, id)",
    # `id`: a digest of the address, which may hold a secret; `told_until`: the last notice it was told.
    """
    CREATE TABLE recipients (
        id TEXT PRIMARY KEY NOT NULL,
        label TEXT NOT NULL,
        told_until INTEGER NOT NULL,
        told_at TEXT,
        tries INTEGER NOT NULL DEFAULT 0,
        not_before TEXT,
        last_error TEXT NOT NULL DEFAULT ''
    ) STRICT, WITHOUT ROWID
    """,
    "ALTER TABLE runs ADD COLUMN because TEXT",
)
