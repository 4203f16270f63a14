"""The tables, as numbered migrations that are never edited once released, and the opening of the file."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from archive.authorship import remember_authors
from archive.capture_tables import CAPTURE_FILES
from archive.duplicates.tables import DUPLICATE_TABLES
from archive.errors import NewerArchive, NoArchive, NotAnArchive
from archive.failures import BUSY_SECONDS, named_failures
from archive.identity import IDENTITY_TABLE, new_identity
from archive.link_tables import LINK_TABLES
from archive.monitoring.notice_tables import NOTICE_TABLES
from archive.monitoring.poll_tables import POLL_TABLES, THINNED
from archive.schedule_tables import KNOWN_CLOCK, LEDGER, SCHEDULE_TABLES
from archive.seals import keep_sealed, reseal
from archive.search.tables import CHANGE_TABLES
from archive.undated import forget_impossible_dates
from archive.web.indexes import BROWSING

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


# sqlite-utils is imported only where there is something to apply: it takes pandas along where that is installed, and
# most of a second.


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


def open_database(path: Path) -> sqlite3.Connection:
    """A connection to the existing archive at ``path``, with every migration applied.

    Raises ``NoArchive``, ``NotAnArchive`` or ``NewerArchive``; in these cases the file was only read.
    """
    if not path.is_file():
        raise NoArchive(path)
    try:
        with named_failures(path):
            if _pending(path):
                _migrate(path)
            connection = _connect(path)
            keep_sealed(connection)
            return connection
    except UnicodeDecodeError as error:  # What SQLite says of a damaged schema quotes it, bytes that are no text too.
        raise NotAnArchive(path, "its schema is damaged") from error


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write to the archive at ``path``, which may be of an earlier version: no migration is
    applied, and its newest tables may be missing. What is not UTF-8 is read as U+FFFD.

    Raises ``NoArchive``, ``NotAnArchive`` or ``NewerArchive``.
    """
    if not path.is_file():
        raise NoArchive(path)
    try:
        with named_failures(path):
            _pending(path)
            connection = sqlite3.connect(_read_only(path), uri=True, timeout=BUSY_SECONDS, isolation_level=None)
            connection.text_factory = lambda content: content.decode("utf-8", "replace")
    except UnicodeDecodeError as error:
        raise NotAnArchive(path, "its schema is damaged") from error
    connection.row_factory = sqlite3.Row
    return connection


def create_database(path: Path) -> None:
    """Make an empty archive at ``path`` unless there is one. Built aside: nobody ever sees half of it."""
    if path.exists():
        return
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with named_failures(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(_connect(aside)) as connection:
                _apply(connection)
                reseal(connection)
                # Closing moves everything from the WAL into the file, too, but says nothing where the disk is full.
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            os.link(aside, path)
        except FileExistsError:
            return  # Another process was faster; its archive is as good as ours.
        finally:
            for suffix in ("", "-wal", "-shm"):
                aside.with_name(aside.name + suffix).unlink(missing_ok=True)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    # A copy made with VACUUM INTO comes back in another mode; where it is WAL already this costs nothing.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA journal_size_limit = 67108864")  # A WAL that once grew does not stay big.
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    _be_quick(connection)
    return connection


def _be_quick(connection: sqlite3.Connection) -> None:
    """A quarter of the time of keeping in an archive of 10,000: each article touches forty pages anywhere in it."""
    connection.execute("PRAGMA cache_size = -32768")  # KiB. A batch fits, and no page goes to the log twice.
    connection.execute("PRAGMA wal_autocheckpoint = 8192")  # Pages, 32 MiB. Else every batch waits for a checkpoint.
    connection.execute("PRAGMA temp_store = MEMORY")  # Savepoints put pages aside: not into files.


@cache
def schema_of_newest() -> dict[str, str]:
    """Name → SQL of every table and index that this version makes."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _apply(connection)
        return dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall())


def _pending(path: Path) -> bool:
    """Whether known migrations are still to be applied; judged through a connection that cannot write."""
    applied = applied_migrations(path)
    if applied == list(_STEPS)[: len(applied)]:
        return len(applied) < len(_STEPS)
    if set(_STEPS) <= set(applied):
        raise NewerArchive(path, tuple(name for name in applied if name not in _STEPS))
    # A newer version has all of ours; where one is missing between others, a name is not as it was written.
    raise NotAnArchive(path, "its list of migrations is damaged: 'qqnews repair' mends it")


def applied_migrations(path: Path) -> list[str]:
    """Names of the migrations that the file at ``path`` has; it is only read. Raises ``NotAnArchive``."""
    query = "SELECT name FROM _sqlite_migrations WHERE migration_set = 'qqnews' ORDER BY id"
    with closing(sqlite3.connect(_read_only(path), uri=True, timeout=BUSY_SECONDS)) as connection:
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        try:
            applied = [str(name) for (name,) in connection.execute(query)]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:  # It is SQLITE_ERROR where there is no such table.
                raise
            applied = []
    if not applied:
        raise NotAnArchive(path, "a database of something else")
    return applied


def archive_identity(connection: sqlite3.Connection) -> str:
    """What is the same for an archive and its backups, and for no other: when it was made, to the microsecond."""
    query = "SELECT applied_at FROM _sqlite_migrations WHERE migration_set = 'qqnews' ORDER BY id LIMIT 1"
    row = connection.execute(query).fetchone()
    return str(row[0]) if row else ""


def _read_only(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=ro"


def _migrate(path: Path) -> None:
    with closing(_connect(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")  # What is pending is judged again under the lock.
        _apply(connection)
        reseal(connection)
        connection.execute("COMMIT")
