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

LEDGER: Final = (
    # Of old runs that went well, a row stands for all of a job's that began on one day: `times` runs, the first of
    # them begun at `first_at`, the last at `started_at`; the counts are sums. NULL: it is one run, as it was.
    "ALTER TABLE runs ADD COLUMN times INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE runs ADD COLUMN first_at TEXT",
    """
    CREATE INDEX runs_whole ON runs (started_at) WHERE first_at IS NULL AND verdict = 'ok' AND exit_code = 0
    """,
    "CREATE INDEX runs_by_hand ON runs (job, started_at) WHERE due_at IS NULL",
    # Likewise for their due times, from `first_at` to `due_at`.
    "ALTER TABLE due_times ADD COLUMN times INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE due_times ADD COLUMN first_at TEXT",
    "DROP INDEX due_times_by_time",
    # A run that goes is looked for in every table that points to runs.
    "CREATE INDEX due_times_by_run ON due_times (run_id)",
    "CREATE INDEX polls_by_run ON polls (run_id)",
    "CREATE INDEX coverage_by_run ON coverage (run_id)",
    # A digest of the path of the file that named the job last.
    "ALTER TABLE timetables ADD COLUMN named_by TEXT",
)

KNOWN_CLOCK: Final = (
    # What a look at the archive alone must know to tell whether the clock has stopped: jitter in seconds, and the
    # command that the job calls, without its words.
    "ALTER TABLE timetables ADD COLUMN jitter INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE timetables ADD COLUMN command TEXT NOT NULL DEFAULT ''",
    # As of jobs: whom a time-table no longer names nobody tries to reach.
    "ALTER TABLE recipients ADD COLUMN named_by TEXT",
    # Who stood at a rank last, however long ago.
    "CREATE INDEX sightings_by_rank ON sightings (source, rank, seen_at) WHERE rank IS NOT NULL",
)
