"""An archive made large in minutes: the rows of the articles it has, again and again under new ids.

What differs from article to article is made up anew: hashes, and the signatures and bands of near-duplicates, which
lie as far apart as those of texts that have nothing in common. Rows have the sizes and the order that keeping gives
them; Markdown files are not written.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from archive.duplicates.minhash import BANDS, BINS, VERSION

_ID = "printf('20250212A%05d00', n)"
"""The id that `tests.archive.samples.an_article` gives to a number."""
# CROSS JOIN: each number looks up its rows; the other way round, a million of them would be read for each row.
_HASH = "'v1:' || lower(hex(randomblob(32)))"


def fill(path: Path, there: int, wanted: int) -> None:
    """Copy the rows of articles 0 to ``there`` until there are ``wanted``; no other process may have the file open."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode = DELETE", "journal_mode = OFF", "synchronous = OFF", "cache_size = -262144"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        connection.execute("CREATE TEMP TABLE numbers (n INTEGER PRIMARY KEY, old TEXT)")
        connection.execute(_NUMBERS, (there, wanted, there))
        for table, key in (("articles", "id"), ("revisions", "article_id"), ("sightings", "article_id")):
            connection.execute(_copied(connection, table, key))
        for statement in _MADE_UP:
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
    # What was filled in was not made durable: its writing must not fall into what is measured next.
    os.sync()


def _copied(connection: sqlite3.Connection, table: str, key: str) -> str:
    """All rows of a table under their new ids."""
    made = {
        key: _ID,
        "content_hash": _HASH,
        "url": f"replace(url, old, {_ID})",
        "markdown_path": f"replace(markdown_path, old, {_ID})",
    }
    names = [row[0] for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))]
    values = ", ".join(made.get(name, name) for name in names)
    return f"INSERT INTO {table} SELECT {values} FROM numbers CROSS JOIN {table} ON {table}.{key} = old ORDER BY n"


_NUMBERS = """
    WITH RECURSIVE counted (n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < ?2)
    INSERT INTO numbers SELECT n, printf('20250212A%05d00', n % ?3) FROM counted
"""
_MADE_UP = (
    f"""
    INSERT OR REPLACE INTO near_texts (doc, digest, version, signature)
    SELECT n + 1, random() & 0x7FFFFFFFFFFFFFFF, {VERSION}, randomblob({BINS * 2})
    FROM numbers
    """,
    f"INSERT INTO near_articles (article_id, doc) SELECT {_ID}, n + 1 FROM numbers",
    f"""
    WITH RECURSIVE bands (band) AS (SELECT 0 UNION ALL SELECT band + 1 FROM bands WHERE band + 1 < {BANDS})
    INSERT INTO near_bands (key, doc)
    SELECT (({VERSION * BANDS} + band) << 40) | (random() & 0xFFFFFFFFFF) AS key, n + 1 FROM bands, numbers ORDER BY key
    """,
    f"""
    INSERT INTO seals (part, key, total)
    SELECT part, {_ID} AS key, total FROM numbers CROSS JOIN seals ON part IN ('articles', 'revisions', 'sightings')
    AND key = old ORDER BY part, n
    """,
)
