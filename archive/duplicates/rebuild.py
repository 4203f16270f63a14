"""All clusters anew, or the articles that were never compared; in batches, so that others may write."""

from __future__ import annotations

from collections.abc import Iterator
from sqlite3 import Connection
from typing import Final

from archive.database.connection import Database
from archive.database.row_readers import Told, decoding
from archive.duplicates.clusters import enter
from archive.duplicates.minhash import VERSION
from archive.errors import UnreadableRow

BATCH: Final = 100
"""Articles in one transaction: well under a second of the write lock."""


def rebuild(database: Database, told: Told) -> Iterator[int]:
    """Compare all articles anew; yields how many are done, after they are on disk. Interrupted, it is `complete`d.

    ``told`` of rows that cannot be read and are compared with nothing.
    """
    with database.transaction() as connection:
        for table in ("article_clusters", "near_articles", "near_bands", "near_texts"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608  (names from the line above)
    yield from complete(database, told)


def complete(database: Database, told: Told) -> Iterator[int]:
    """Compare the articles that never were; yields how many are done, after they are on disk."""
    done = 0
    for article_id in unsafe_ids(database.connection):
        told(UnreadableRow("articles", article_id, "id", "no id of an article"))
    while True:
        with database.transaction() as connection, decoding(connection, "replace"):
            batch = connection.execute(_NOT_COMPARED, (BATCH,)).fetchall()
            for article_id, body in batch:
                enter(connection, article_id, body)
        if not batch:
            return
        done += len(batch)
        yield done


def unsafe_ids(connection: Connection) -> list[str]:
    """The ids of articles that are none of ours: they are compared with nothing."""
    rows = connection.execute(f"SELECT CAST(id AS BLOB) FROM articles WHERE NOT ({_SAFE}) ORDER BY rowid")  # noqa: S608
    return [bytes(row[0] or b"").decode("utf-8", "surrogateescape") for row in rows]


def not_compared(connection: Connection) -> int:
    """How many articles are in no cluster only because nobody looked, or looked by other rules."""
    (missing,) = connection.execute(_COUNT_NOT_COMPARED).fetchone()
    (outdated,) = connection.execute("SELECT count(*) FROM near_texts WHERE version <> ?", (VERSION,)).fetchone()
    return int(missing + outdated)


# By the time of publishing, so that a story's texts are met together whatever the order they came in.
_SAFE: Final = "id <> '' AND id NOT GLOB '*[^0-9A-Za-z_-]*'"
_NOT_COMPARED: Final = f"""
    SELECT id, body FROM articles WHERE id NOT IN (SELECT article_id FROM near_articles) AND {_SAFE}
    ORDER BY published_at, id LIMIT ?
"""  # noqa: S608
_COUNT_NOT_COMPARED: Final = f"""
    SELECT count(*) FROM articles WHERE id NOT IN (SELECT article_id FROM near_articles) AND {_SAFE}
"""  # noqa: S608
