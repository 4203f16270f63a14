"""The numbered migrations: each is applied once, in order, and never edited."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final

from archive.database.author_migration import remember_authors
from archive.database.date_migration import forget_impossible_dates
from archive.database.tables.browsing import BROWSING
from archive.database.tables.captures import CAPTURE_FILES
from archive.database.tables.duplicates import DUPLICATE_TABLES
from archive.database.tables.links import LINK_TABLES
from archive.database.tables.notices import NOTICE_TABLES
from archive.database.tables.polls import POLL_TABLES, THINNED
from archive.database.tables.schedule import KNOWN_CLOCK, LEDGER, SCHEDULE_TABLES
from archive.database.tables.search import CHANGE_TABLES
from archive.identity import IDENTITY_TABLE, new_identity

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

Step = Callable[["Database"], None]


_STEPS: Final[dict[str, Step]] = {}
"""The migrations by name, in their order."""


def _migration(name: str) -> Callable[[Step], Step]:
    def note(step: Step) -> Step:
        _STEPS[name] = step
        return step

    return note


def known_migrations() -> tuple[str, ...]:
    """The names of all migrations that this version knows, in their order."""
    return tuple(_STEPS)


@cache
def migrations() -> Migrations:
    """The migrations, as sqlite-utils applies them."""
    from sqlite_utils import Migrations

    made = Migrations("qqnews")
    for name, step in _STEPS.items():
        made(name=name)(step)
    return made


def _apply(connection: sqlite3.Connection) -> None:
    from sqlite_utils import Database

    migrations().apply(Database(connection))


@_migration("0001_articles")
def _articles(db: Database) -> None:
    for statement in _ARTICLES:
        db.execute(statement)


@_migration("0002_frontier")
def _frontier(db: Database) -> None:
    for statement in _FRONTIER:
        db.execute(statement)


@_migration("0003_runs")
def _runs(db: Database) -> None:
    for statement in _RUNS:
        db.execute(statement)


@_migration("0004_evidence")
def _evidence(db: Database) -> None:
    for statement in _EVIDENCE:
        db.execute(statement)


@_migration("0005_erasures")
def _erasures(db: Database) -> None:
    for statement in _ERASURES:
        db.execute(statement)


@_migration("0006_seals")
def _seals(db: Database) -> None:
    db.execute(_SEALS)


@_migration("0007_schedules")
def _schedules(db: Database) -> None:
    for statement in SCHEDULE_TABLES:
        db.execute(statement)


@_migration("0008_duplicates")
def _duplicates(db: Database) -> None:
    for statement in DUPLICATE_TABLES:
        db.execute(statement)


@_migration("0009_changes")
def _changes(db: Database) -> None:
    for statement in CHANGE_TABLES:
        db.execute(statement)


@_migration("0010_strikes")
def _strikes(db: Database) -> None:
    db.execute("ALTER TABLE hosts ADD COLUMN strikes INTEGER NOT NULL DEFAULT 0")


@_migration("0011_polls")
def _polls(db: Database) -> None:
    for statement in POLL_TABLES:
        db.execute(statement)


@_migration("0012_notices")
def _notices(db: Database) -> None:
    for statement in NOTICE_TABLES:
        db.execute(statement)


@_migration("0013_browsing")
def _browsing(db: Database) -> None:
    for statement in BROWSING:
        db.execute(statement)


@_migration("0014_thinned")
def _thinned(db: Database) -> None:
    for statement in THINNED:
        db.execute(statement)


@_migration("0015_ledger")
def _ledger(db: Database) -> None:
    for statement in LEDGER:
        db.execute(statement)


@_migration("0016_identity")
def _identity(db: Database) -> None:
    db.execute(IDENTITY_TABLE)
    db.execute("INSERT INTO identity (id, archive) VALUES (1, ?)", [new_identity(db.conn)])


@_migration("0017_links")
def _links(db: Database) -> None:
    for statement in LINK_TABLES:
        db.execute(statement)


@_migration("0018_capture_files")
def _capture_files(db: Database) -> None:
    db.execute(CAPTURE_FILES)


@_migration("0020_authors_and_dates")
def _authors_and_dates(db: Database) -> None:
    remember_authors(db.conn)
    forget_impossible_dates(db.conn)


@_migration("0021_known_clock")
def _known_clock(db: Database) -> None:
    for statement in KNOWN_CLOCK:
        db.execute(statement)


@_migration("0023_source_account")
def _source_account(db: Database) -> None:
    for statement in _SOURCES:
        db.execute(statement)


@_migration("0024_published_precision")
def _published_precision(db: Database) -> None:
    for statement in _PRECISION:
        db.execute(statement)


# Long texts stand last: what comes after them in a row is slow to reach.
_ARTICLES: Final = (
    """
    CREATE TABLE articles (
        id TEXT PRIMARY KEY NOT NULL,
        url TEXT NOT NULL,
        title TEXT NOT NULL,
        summary TEXT NOT NULL,
        published_at TEXT,
        published_raw TEXT NOT NULL,
        author TEXT NOT NULL,
        media TEXT NOT NULL,
        media_id TEXT NOT NULL,
        channel TEXT NOT NULL,
        keywords TEXT NOT NULL,
        thumbnail TEXT NOT NULL,
        kind TEXT NOT NULL,
        location TEXT NOT NULL,
        comment_id TEXT NOT NULL,
        layout TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        revision INTEGER NOT NULL,
        copy_of TEXT REFERENCES articles (id),
        status TEXT NOT NULL CHECK (status IN ('live', 'gone', 'taken_down')),
        first_seen TEXT NOT NULL,
        last_seen TEXT NOT NULL,
        next_check TEXT,
        raw_ref TEXT,
        markdown_path TEXT NOT NULL UNIQUE,
        provenance TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX articles_by_date ON articles (published_at, id)",
    "CREATE INDEX articles_copies ON articles (copy_of) WHERE copy_of IS NOT NULL",
    """
    CREATE TABLE revisions (
        article_id TEXT NOT NULL REFERENCES articles (id),
        revision INTEGER NOT NULL,
        seen_at TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        title TEXT NOT NULL,
        summary TEXT NOT NULL,
        raw_ref TEXT,
        body TEXT NOT NULL,
        PRIMARY KEY (article_id, revision)
    ) STRICT
    """,
    "CREATE INDEX revisions_by_hash ON revisions (content_hash)",
    # No foreign key: an article is seen in a list before it is fetched, and its rank is wanted all the same.
    """
    CREATE TABLE sightings (
        article_id TEXT NOT NULL,
        source TEXT NOT NULL,
        rank INTEGER,
        seen_at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX sightings_by_article ON sightings (article_id, source, seen_at)",
    "CREATE INDEX sightings_by_source ON sightings (source, seen_at)",
    """
    CREATE TABLE media (
        sha256 TEXT PRIMARY KEY NOT NULL,
        url TEXT NOT NULL,
        path TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        mime TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX media_by_url ON media (url)",
)


# Times of leases and pace are seconds since 1970 (REAL): they are compared and added to, not read.
_FRONTIER: Final = (
    """
    CREATE TABLE links (
        id TEXT PRIMARY KEY NOT NULL,
        url TEXT NOT NULL,
        source TEXT NOT NULL,
        listed_at TEXT NOT NULL,
        rank INTEGER,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed', 'gone', 'dropped')),
        attempts INTEGER NOT NULL DEFAULT 0,
        lease_until REAL NOT NULL DEFAULT 0,
        not_before REAL NOT NULL DEFAULT 0,
        last_error TEXT
    ) STRICT
    """,
    "CREATE INDEX links_waiting ON links (not_before, lease_until) WHERE state = 'waiting'",
    """
    CREATE TABLE hosts (
        host TEXT PRIMARY KEY NOT NULL,
        next_at REAL NOT NULL DEFAULT 0,
        backoff_until REAL NOT NULL DEFAULT 0
    ) STRICT
    """,
)


_RUNS: Final = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        job TEXT NOT NULL,
        due_at TEXT,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        verdict TEXT,
        exit_code INTEGER,
        counts TEXT,
        host TEXT NOT NULL,
        pid INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX runs_by_job ON runs (job, started_at)",
)


_EVIDENCE: Final = (
    # Where a payload was captured first: the next capture of the same bytes only refers to it.
    """
    CREATE TABLE payloads (
        sha256 TEXT PRIMARY KEY NOT NULL,
        raw_ref TEXT NOT NULL,
        url TEXT NOT NULL,
        fetched_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    ALTER TABLE revisions ADD COLUMN
        kind TEXT NOT NULL DEFAULT 'first' CHECK (kind IN ('first', 'edited', 'reparsed'))
    """,
    "UPDATE revisions SET kind = 'edited' WHERE revision > 1",
    "ALTER TABLE revisions ADD COLUMN changes TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE articles ADD COLUMN missing_since TEXT",
    "ALTER TABLE articles ADD COLUMN gone_at TEXT",
    "CREATE INDEX articles_due ON articles (next_check) WHERE next_check IS NOT NULL",
    # A picture's address is known by what came of it: the file, or why there is none.
    """
    CREATE TABLE pictures (
        url TEXT PRIMARY KEY NOT NULL,
        sha256 TEXT REFERENCES media (sha256),
        article_id TEXT NOT NULL,
        tries INTEGER NOT NULL,
        tried_at TEXT NOT NULL,
        last_error TEXT
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX pictures_by_file ON pictures (sha256)",
    "CREATE INDEX pictures_missing ON pictures (tried_at) WHERE sha256 IS NULL",
)


# Of a reprint: who published it first, and where. Of a link: whose article the list that named it said it is.
_SOURCES: Final = (
    "ALTER TABLE articles ADD COLUMN source_account TEXT",
    "ALTER TABLE articles ADD COLUMN source_url TEXT",
    "ALTER TABLE links ADD COLUMN media TEXT",
    "ALTER TABLE links ADD COLUMN media_id TEXT",
)


# What was erased is known by its hash alone; `pending` names files still to be removed, `removed` counts.
_ERASURES: Final = (
    """
    CREATE TABLE erasures (
        id_hash TEXT PRIMARY KEY NOT NULL,
        content_hash TEXT NOT NULL,
        reason TEXT NOT NULL,
        begun_at TEXT NOT NULL,
        finished_at TEXT,
        removed TEXT NOT NULL,
        pending TEXT NOT NULL
    ) STRICT
    """,
)


# To what unit the times of before were told is seen by what the page wrote.
_PRECISION: Final = (
    "ALTER TABLE articles ADD COLUMN published_precision TEXT NOT NULL DEFAULT 'none'"
    " CHECK (published_precision IN ('second', 'minute', 'day', 'none'))",
    """
    UPDATE articles SET published_precision = CASE
        WHEN published_raw GLOB '*[0-9]:[0-9][0-9]:[0-9]*' OR published_raw GLOB '*[0-9]秒*' THEN 'second'
        WHEN published_raw GLOB '1[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]*' THEN 'second'
        WHEN published_raw GLOB '*[0-9][:：时][0-9]*' THEN 'minute'
        ELSE 'day' END
    WHERE published_at IS NOT NULL
    """,
    "ALTER TABLE articles ADD COLUMN animations TEXT NOT NULL DEFAULT '{}'",
)


_SEALS: Final = """
    CREATE TABLE seals (
        part TEXT NOT NULL,
        key TEXT NOT NULL,
        total INTEGER NOT NULL,
        PRIMARY KEY (part, key)
    ) STRICT, WITHOUT ROWID
"""
