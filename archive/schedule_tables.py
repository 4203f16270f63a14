"""The tables of the clock: since when a job's due times count, what became of each, and who is at work."""

from __future__ import annotations

from typing import Final

SCHEDULE_TABLES: Final = (
    # timetable: what the due times were computed from; with another one they are counted anew.
    """
    CREATE TABLE timetables (
        job TEXT PRIMARY KEY NOT NULL,
        timetable TEXT NOT NULL,
        since TEXT NOT NULL,
        settled_until TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE due_times (
        job TEXT NOT NULL,
        due_at TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'ran', 'coalesced', 'skipped', 'missed')),
        reason TEXT NOT NULL,
        run_id INTEGER REFERENCES runs (id),
        attempts INTEGER NOT NULL DEFAULT 0,
        settled_at TEXT NOT NULL,
        PRIMARY KEY (job, due_at)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX due_times_open ON due_times (job, due_at) WHERE state IN ('waiting', 'running')",
    "CREATE INDEX due_times_by_time ON due_times (due_at)",
    # beat: seconds of the machine's clock that nobody can set and that stands still while the machine sleeps.
    """
    CREATE TABLE locks (
        name TEXT PRIMARY KEY NOT NULL,
        token TEXT NOT NULL,
        host TEXT NOT NULL,
        boot TEXT NOT NULL,
        space TEXT NOT NULL,
        pid INTEGER NOT NULL,
        pid_started TEXT NOT NULL,
        purpose TEXT NOT NULL,
        run_id INTEGER REFERENCES runs (id),
        taken_at TEXT NOT NULL,
        beat_at TEXT NOT NULL,
        beat REAL NOT NULL,
        child_pid INTEGER,
        child_started TEXT
    ) STRICT
    """,
)
