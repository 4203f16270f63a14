"""The migration by which articles that an earlier version dated to year 1, 1970 or 9999 become undated."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from sqlite3 import Connection
from typing import Final

from archive.article.model import FIRST_YEAR, LAST_YEAR
from archive.database.article_rows import read_path


def forget_impossible_dates(connection: Connection) -> None:
    """Take the date from rows and Markdown files in which it can be none. To be called once, in a transaction.

    A file that cannot be written stays as it is: `verify` names it, `repair` writes it.
    """
    found = connection.execute(f"SELECT published_at, markdown_path FROM articles WHERE {_IMPOSSIBLE}").fetchall()  # noqa: S608
    for published_at, name in found:
        with suppress(OSError, ValueError):
            _take_date_from(_directory(connection) / read_path(name), published_at)
    connection.execute(f"UPDATE articles SET published_at = NULL WHERE {_IMPOSSIBLE}")  # noqa: S608


def _directory(connection: Connection) -> Path:
    query = "SELECT CAST(file AS BLOB) FROM pragma_database_list WHERE name = 'main'"
    return Path(os.fsdecode(connection.execute(query).fetchone()[0])).parent


def _take_date_from(path: Path, published_at: str) -> None:
    date = published_at.partition("+")[0].replace("T", " ")
    dated, undated = f'\ndate: "{date}"\n', '\ndate: ""\n'
    text = path.read_bytes().decode()
    if dated in text:
        aside = path.with_name(f".{path.name}")
        aside.write_bytes(text.replace(dated, undated, 1).encode())
        aside.replace(path)


# The times are ISO 8601 of one offset: to compare the text is to compare the time.
_IMPOSSIBLE: Final = f"published_at < '{FIRST_YEAR}' OR published_at >= '{LAST_YEAR + 1}'"
