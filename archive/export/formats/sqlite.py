"""A SQLite database of the chosen rows, as Datasette likes it: keys, indexes, full text search, described columns."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import orjson

from archive.export.columns import Column, Row, Table, Type
from archive.export.dataset import Dataset, Part
from archive.export.pictures import archived, with_copies
from archive.export.sink import sink

FILE: Final = "dataset.db"


class Sqlite:
    """Writes ``dataset.db`` and Datasette's ``metadata.json``."""

    name = "sqlite"
    incremental = False

    def versions(self) -> dict[str, str]:
        """SQLite writes its version into the file."""
        return {"sqlite": sqlite3.sqlite_version}

    def write(self, dataset: Dataset, folder: Path) -> list[Part]:
        """Both files."""
        with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as database:
            # The folder vanishes if this fails: a journal would only cost.
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")
            database.execute("BEGIN")
            for table in dataset.tables:
                rows: Iterable[Row] = dataset.rows(table)
                if table.name == "pictures":
                    rows = with_copies(rows, archived(dataset.data), folder)
                _fill(database, table, rows)
            _index(database, dataset.tables[0])
            database.execute("COMMIT")
        with sink(folder / "metadata.json") as file:
            file.write(_metadata(dataset.tables))
            file.settle()
        return []


def _fill(database: sqlite3.Connection, table: Table, rows: Iterable[Row]) -> None:
    columns = ", ".join(map(_declared, table.columns))
    database.execute(f'CREATE TABLE "{table.name}" ({columns}, PRIMARY KEY ({", ".join(table.identity)})) STRICT')
    lists = [place for place, column in enumerate(table.columns) if column.type is Type.LIST]
    marks = ", ".join("?" * len(table.columns))
    database.executemany(f'INSERT INTO "{table.name}" VALUES ({marks})', (_flat(row, lists) for row in rows))  # noqa: S608


def _declared(column: Column) -> str:
    kind = "INTEGER" if column.type is Type.INTEGER else "TEXT"
    return f'"{column.name}" {kind}{"" if column.nullable else " NOT NULL"}'


def _flat(row: Row, lists: list[int]) -> tuple[object, ...]:
    values: list[object] = list(row)
    for place in lists:
        values[place] = orjson.dumps(values[place]).decode()
    return tuple(values)


def _index(database: sqlite3.Connection, articles: Table) -> None:
    for name in ("published_at", "channel", "media", "content_hash", "cluster"):
        if name in articles.names:
            database.execute(f"CREATE INDEX articles_{name} ON articles ({name})")
    searched = ", ".join(name for name in ("title", "summary", "body") if name in articles.names)
    if searched:
        # Three signs are its smallest word: what is shorter is found with LIKE. Datasette finds this table by itself.
        database.execute(
            f"CREATE VIRTUAL TABLE articles_fts USING fts5 ({searched}, content=articles, tokenize='trigram')"
        )
        index_words(database)


def index_words(database: sqlite3.Connection) -> None:
    """Make the full text search anew, if there is one."""
    if database.execute("SELECT 1 FROM sqlite_schema WHERE name = 'articles_fts'").fetchone():
        database.execute("INSERT INTO articles_fts (articles_fts) VALUES ('rebuild')")


def _metadata(tables: Iterable[Table]) -> bytes:
    described: dict[str, Any] = {
        table.name: {
            "columns": {column.name: column.meaning for column in table.columns},
            **({"sort_desc": "published_at"} if table.name == "articles" else {}),
        }
        for table in tables
    }
    found = {"title": "Tencent News articles", "databases": {"dataset": {"tables": described}}}
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


SQLITE: Final = Sqlite()
