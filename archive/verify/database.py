"""The database against itself: SQLite's own checks, the schema, the seals, and what our rows promise each other."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from itertools import groupby
from typing import Final

from archive.article.model import content_hash
from archive.database.article_rows import archived_from
from archive.database.connection import Database
from archive.database.row_checksums import printable_key, sealed_tables, sealed_total, sums_of
from archive.database.row_readers import each_row
from archive.database.schema import schema_of_newest
from archive.errors import UnreadableRow
from archive.verify.findings import DamageKind, Finding
from archive.verify.write_lock import Calm, quietly


def check_database(database: Database, again: Database, *, calm: Calm = nullcontext) -> Iterator[Finding]:
    """Everything that can be wrong inside the file. What SQLite cannot read is named and passed over.

    ``again``: a second connection to the same file, for second looks; ``calm``: inside it no takedown is at work.
    """
    promises, seals = partial(_promises, calm), partial(_seals, again)
    for check in (_structure, _schema, _foreign_keys, _texts, _revisions, promises, seals):
        try:
            yield from check(database)
        except (sqlite3.Error, ValueError, LookupError, TypeError) as error:
            # A row that cannot even be read back: which one, the structure's check says, or the seals.
            yield Finding("database", DamageKind.DAMAGED, "archive.db", str(error))


def _structure(database: Database) -> Iterator[Finding]:
    for (message,) in database.connection.execute("PRAGMA integrity_check(100)"):
        if message != "ok":
            yield Finding("database", DamageKind.DAMAGED, "archive.db", str(message))


def _schema(database: Database) -> Iterator[Finding]:
    """Tables, indexes and their text are those of the newest version; what users added is theirs."""
    found = dict(map(tuple, database.connection.execute(_SCHEMA)))
    for name, sql in schema_of_newest().items():
        if found.get(name) != sql:
            what = DamageKind.DAMAGED if name in found else DamageKind.MISSING
            yield Finding("database", what, f"schema/{name}")
    for name in USERS_NUMBERS:
        if database.connection.execute(f"PRAGMA {name}").fetchone()[0]:
            yield Finding("database", DamageKind.DAMAGED, "archive.db", f"header: {name} is not 0")


USERS_NUMBERS: Final = ("user_version", "application_id")
"""Numbers in the header that SQLite leaves to its users, and that we leave alone."""
_SCHEMA: Final = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"


def _foreign_keys(database: Database) -> Iterator[Finding]:
    for table, rowid, parent, _ in database.connection.execute("PRAGMA foreign_key_check"):
        yield Finding("database", DamageKind.DANGLING, f"{table}/{rowid}", f"points to no row of {parent}")


def _seals(again: Database, database: Database) -> Iterator[Finding]:
    """Rows that are not what this program wrote."""
    for table, _ in sealed_tables(database.connection):
        for key in list(broken_seals(database.connection, table)):
            with quietly(again):
                if seal_is_broken(again.connection, table, key):
                    yield Finding(
                        "database", DamageKind.DAMAGED, f"{table}/{printable_key(key)}", "not as it was written"
                    )


def broken_seals(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    """The keys under which a table's rows differ from what was sealed."""
    totals = connection.execute(_TOTALS, (table,))
    sealed = ((bytes(key).decode("utf-8", "surrogateescape"), total) for key, total in totals)
    expected = next(sealed, None)
    for key, total in sums_of(connection, table):
        # In the order in which SQLite sorts: that of the bytes.
        while expected is not None and _bytes_of(expected[0]) < _bytes_of(key):
            yield expected[0]
            expected = next(sealed, None)
        if expected is None or expected[0] != key:
            yield key
            continue
        if expected[1] != total:
            yield key
        expected = next(sealed, None)
    while expected is not None:
        yield expected[0]
        expected = next(sealed, None)


def _bytes_of(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")


_TOTALS: Final = "SELECT CAST(key AS BLOB), total FROM seals WHERE part = ? ORDER BY key"


def seal_is_broken(connection: sqlite3.Connection, table: str, key: str) -> bool:
    """Whether the rows under the key differ from what was sealed, or there are none and a seal is."""
    found = next(iter(sums_of(connection, table, key)), None)
    return sealed_total(connection, table, key) != (found[1] if found else None)


def _texts(database: Database) -> Iterator[Finding]:
    """Content hashes, computed again from the rows."""
    for row in each_row(database.connection, "SELECT * FROM articles ORDER BY rowid"):
        try:
            archived = archived_from(row)
        except UnreadableRow as error:
            where = f"articles/{printable_key(error.key)}"
            yield Finding("database", DamageKind.DAMAGED, where, f"its {error.column} cannot be read: {error.reason}")
            continue
        if archived.status == "taken_down":
            continue
        digest = content_hash(archived.article)
        same_version = digest.partition(":")[0] == archived.content_hash.partition(":")[0]
        if same_version and digest != archived.content_hash:
            where = f"articles/{archived.article.id}"
            yield Finding("database", DamageKind.DAMAGED, where, "its text is not that of its content hash")


def _revisions(database: Database) -> Iterator[Finding]:
    """Numbered from 1 without a gap, up to the number and the text that the article's row has."""
    rows = database.connection.execute(_REVISIONS)
    for article_id, group in groupby(rows, lambda row: row["article_id"]):
        revisions = list(group)
        numbers, last = [row["revision"] for row in revisions], revisions[-1]
        if numbers != list(range(1, len(numbers) + 1)) or last["newest"] not in (None, numbers[-1]):
            yield Finding(
                "database", DamageKind.MISSING, f"revisions/{article_id}", f"it has {numbers} of {last['newest']}"
            )
        elif last["content_hash"] != last["article_hash"] and last["article_hash"] is not None:
            yield Finding(
                "database", DamageKind.DANGLING, f"revisions/{article_id}", "the newest has another text's hash"
            )
    for (article_id,) in database.connection.execute(_WITHOUT_REVISION):
        yield Finding("database", DamageKind.MISSING, f"revisions/{article_id}", "it has none at all")


_REVISIONS: Final = """
    SELECT r.article_id, r.revision, r.content_hash, a.revision AS newest, a.content_hash AS article_hash
    FROM revisions r LEFT JOIN articles a ON a.id = r.article_id ORDER BY r.article_id, r.revision
"""
_WITHOUT_REVISION: Final = "SELECT id FROM articles WHERE id NOT IN (SELECT article_id FROM revisions)"


def _promises(calm: Calm, database: Database) -> Iterator[Finding]:
    """What rows of different tables promise each other."""
    for what, query, detail in _PROMISES:
        found = database.connection.execute(query).fetchall()
        if found:
            with calm():
                found = database.connection.execute(query).fetchall()
        for (where,) in found:
            yield Finding("database", what, str(where), detail)


_PROMISES: Final = (
    (
        DamageKind.DANGLING,
        "SELECT 'articles/' || id FROM articles a WHERE copy_of IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM articles b WHERE b.id = a.copy_of)",
        "the article that it is a copy of is not there",
    ),
    (
        DamageKind.DAMAGED,
        "SELECT 'links/' || id FROM links WHERE attempts < 0 OR given_up < 0 OR lease_until < 0 OR not_before < 0",
        "a count or time below zero",
    ),
    (
        DamageKind.LEFTOVER,
        "SELECT 'erasures/' || substr(id_hash, 1, 16) FROM erasures WHERE finished_at IS NULL",
        "a takedown was interrupted: run the same command again",
    ),
    (
        DamageKind.LEFTOVER,
        "SELECT 'articles/' || id FROM articles WHERE status = 'taken_down'",
        "a takedown was interrupted: run the same command again",
    ),
)
