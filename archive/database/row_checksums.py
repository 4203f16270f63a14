"""Seals: a checksum over every row, kept beside the rows, so that a changed byte is found wherever it is.

SQLite itself would give back a flipped bit in a text without a word. Triggers of our own connections keep the
seals; they are temporary, so other programs may write as well: verify then says which rows are not ours.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from itertools import groupby
from typing import Final

import orjson

SEALED: Final = {
    "articles": "id",
    "revisions": "article_id",
    "sightings": "article_id",
    "links": "id",
    "hosts": "host",
    "media": "sha256",
    "payloads": "sha256",
    "capture_files": "name",
    "pictures": "url",
    "runs": "id",
    "erasures": "id_hash",
    "timetables": "job",
    "due_times": "job",
    "article_clusters": "article_id",
    "polls": "source",
    "gaps": "source",
    "coverage": "layout",
    "notices": "job",
    "recipients": "id",
    "identity": "id",
    "_sqlite_migrations": "name",
}
"""Table → the column under whose values its rows are summed up. Not sealed are tables that can be made again from
these: fingerprints of texts, the log of changes for the search index; and locks, which end with their holders."""

# 48 bits: sums of many rows stay far from SQLite's largest integer, where it would go on with floats.
_MASK: Final = (1 << 48) - 1


def seal_of(*values: object) -> int:
    """The seal of a row's values; -1 for values that no row of ours can hold."""
    try:
        return int.from_bytes(blake2b(orjson.dumps(values), digest_size=6).digest())
    except TypeError:  # Text that is not UTF-8, or a BLOB.
        return -1


def seal_of_stored(*values: object) -> int:
    """`seal_of`, for texts as bytes: handed over as text, those that are not UTF-8 would fail the whole statement."""
    try:
        return seal_of(*(value.decode() if isinstance(value, bytes) else value for value in values))
    except UnicodeDecodeError:
        return -1


def keep_sealed(connection: sqlite3.Connection) -> None:
    """From now on every row this connection writes is sealed."""
    connection.create_function("qqnews_seal", -1, seal_of_stored, deterministic=True)
    connection.execute("PRAGMA recursive_triggers = ON")  # Else REPLACE takes rows away without a word.
    for table, key in sealed_tables(connection):
        for event, actions in _actions(table, key, _values_of_table(connection, table)):
            # Table and columns are names in our own schema.
            name = f'temp."seal_{table}_{event}"'
            connection.execute(
                f'CREATE TEMP TRIGGER IF NOT EXISTS {name[5:]} AFTER {event} ON main."{table}" BEGIN {actions} END'
            )


@contextmanager
def unsealed(connection: sqlite3.Connection) -> Iterator[None]:
    """Inside, nothing is sealed: rows whose bytes are no text any more cannot be read to be taken out of a sum."""
    rows = connection.execute("SELECT name FROM sqlite_temp_schema WHERE type = 'trigger'").fetchall()
    for name in [row[0] for row in rows]:
        connection.execute(f'DROP TRIGGER temp."{name}"')
    try:
        yield
    finally:
        keep_sealed(connection)


def reseal(connection: sqlite3.Connection) -> None:
    """Seal all rows as they stand. After a migration, or where no better copy of a row exists."""
    connection.execute("DELETE FROM seals")
    for table, _ in sealed_tables(connection):
        sums = ((table, key, total) for key, total in sums_of(connection, table))
        connection.executemany("INSERT INTO seals (part, key, total) VALUES (?, ?, ?)", list(sums))


def as_stored(key: str) -> str | bytes:
    """A key for ``CAST(? AS TEXT)``: bytes where it is no text any more (surrogates stand for what is not UTF-8)."""
    content = key.encode("utf-8", "surrogateescape")
    return key if content == key.encode("utf-8", "replace") else content


def printable_key(key: str) -> str:
    """A key as it can be shown, whatever became of its bytes."""
    return key.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def sealed_total(connection: sqlite3.Connection, table: str, key: str) -> int | None:
    """What was sealed under a key; None: nothing was."""
    query = "SELECT total FROM seals WHERE part = ? AND key = CAST(? AS TEXT)"
    row = connection.execute(query, (table, as_stored(key))).fetchone()
    return int(row[0]) if row else None


def reseal_key(connection: sqlite3.Connection, table: str, key: str) -> None:
    """Seal the rows under one key as they stand."""
    connection.execute("DELETE FROM seals WHERE part = ? AND key = CAST(? AS TEXT)", (table, as_stored(key)))
    for _, total in sums_of(connection, table, key):
        values = (table, as_stored(key), total)
        connection.execute("INSERT INTO seals (part, key, total) VALUES (?, CAST(? AS TEXT), ?)", values)


def sums_of(connection: sqlite3.Connection, table: str, key: str | None = None) -> Iterator[tuple[str, int]]:
    """The sum of the seals under each key (or one key) as the rows are now, in the order of the keys."""
    column = f'CAST("{SEALED[table]}" AS TEXT)' if table == "runs" else f'"{SEALED[table]}"'
    values = ", ".join(value.format(f'"{table}"') for value in _values_of_table(connection, table))
    chosen = "" if key is None else f"WHERE {column} = CAST(? AS TEXT)"
    query = f'SELECT CAST({column} AS BLOB), {values} FROM "{table}" {chosen} ORDER BY {column}'  # noqa: S608
    rows = connection.cursor().execute(query, () if key is None else (as_stored(key),))
    for each, same in groupby(rows, lambda row: row[0]):
        total = sum(seal_of_stored(*tuple(row)[1:]) for row in same) & _MASK
        yield bytes(each).decode("utf-8", "surrogateescape"), total


def sealed_tables(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """The tables of `SEALED` that this database has, with their keys."""
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    return [(table, key) for table, key in SEALED.items() if table in there]


def columns_of_table(connection: sqlite3.Connection, table: str) -> list[str]:
    """The table's columns by name: a seal must not depend on the order in which migrations added them."""
    return sorted(row[0] for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,)))


def _values_of_table(connection: sqlite3.Connection, table: str) -> list[str]:
    """SQL of the values of a row in the order of `columns_of_table`, ``{}`` for the row: texts as bytes."""
    types = dict(map(tuple, connection.execute("SELECT name, type FROM pragma_table_info(?)", (table,))))
    names = columns_of_table(connection, table)
    return [f'CAST({{}}."{name}" AS BLOB)' if types[name] == "TEXT" else f'{{}}."{name}"' for name in names]


def _actions(table: str, key: str, values: list[str]) -> Iterator[tuple[str, str]]:
    new, old = (", ".join(value.format(row) for value in values) for row in ("NEW", "OLD"))
    # Table, key and columns are names in our own schema, never a user's words.
    add = f"""
        INSERT INTO seals (part, key, total) VALUES ('{table}', CAST(NEW."{key}" AS TEXT), qqnews_seal({new}))
        ON CONFLICT (part, key) DO UPDATE SET total = (total + excluded.total) & {_MASK};
    """  # noqa: S608
    take = f"""
        UPDATE seals SET total = (total - qqnews_seal({old})) & {_MASK}
        WHERE part = '{table}' AND key = CAST(OLD."{key}" AS TEXT);
    """  # noqa: S608
    clear = f"""
        DELETE FROM seals WHERE part = '{table}' AND key = CAST(OLD."{key}" AS TEXT) AND total = 0;
    """  # noqa: S608
    yield "INSERT", add
    yield "UPDATE", take + add
    yield "DELETE", take + clear
