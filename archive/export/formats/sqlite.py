"""A SQLite database of the chosen rows, as Datasette likes it: keys, indexes, full text search, described columns."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from archive.export.read.schema import DELETED, Column, Row, Table, Type
from archive.export.write.dataset import Dataset
from archive.export.write.hashing_file import hashing_file
from archive.export.write.manifest import DATABASE, Part
from archive.export.write.picture_files import Copies, archived, exported, with_copies
from archive.files.io_errors import named_sqlite_failures
from archive.files.regular_files import sha256_of

if TYPE_CHECKING:
    from archive.export.write.dataset import Chain

FILE: Final = "dataset.db"


class Sqlite:
    """Writes ``dataset.db`` and Datasette's ``metadata.json``."""

    name = "sqlite"

    def versions(self) -> dict[str, str]:
        """SQLite writes its version into the file."""
        return {"sqlite": sqlite3.sqlite_version}

    def write(self, dataset: Dataset, folder: Path) -> list[Part]:
        """Both files; an increment has a table of deletions, too."""
        tables = [(table, dataset.rows(table)) for table in dataset.tables]
        # Deletions are known when the rows of the other tables were read.
        deleted = [(DELETED, _later(dataset))] if dataset.base else []
        return _write([*tables, *deleted], archived(dataset.data, dataset.snapshot.leave_out), folder)

    def read(self, folder: Path, parts: Iterable[Part], table: Table) -> Iterator[Row]:
        """The rows of a table, in the order in which they were written."""
        if any(part.table == table.name for part in parts):
            yield from (row for _, row in self.numbered(folder, table))

    def numbered(self, folder: Path, table: Table) -> Iterator[tuple[int, Row]]:
        """The same, each with its number in the file."""
        lists = _lists(table)
        columns = ", ".join(f'"{name}"' for name in table.names)
        with closing(
            sqlite3.connect(f"{(folder / FILE).absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as database:
            for number, *values in database.execute(f'SELECT rowid, {columns} FROM "{table.name}" ORDER BY rowid'):  # noqa: S608
                for place in lists:
                    values[place] = orjson.loads(values[place])
                yield number, tuple(values)

    def merge(self, chain: Chain, folder: Path) -> list[Part]:
        """Both files, of all rows."""
        tables = [(table, chain.rows(table)) for table in chain.newest.manifest.tables]
        return _write(tables, exported(chain.folders), folder)


def _later(dataset: Dataset) -> Iterator[Row]:
    yield from dataset.deletions()


def _write(tables: list[tuple[Table, Iterator[Row]]], copies: Copies, folder: Path) -> list[Part]:
    articles = tables[0][0]
    with (
        named_sqlite_failures(folder / FILE),
        closing(sqlite3.connect(folder / FILE, isolation_level=None)) as database,
    ):
        # The folder vanishes if this fails: a journal would only cost.
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN")
        for table, rows in tables:
            _fill(database, table, with_copies(rows, copies, folder) if table.name == "pictures" else rows)
        _index(database, articles)
        counts = [_count(database, table) for table, _ in tables]
        database.execute("COMMIT")
    with hashing_file(folder / "metadata.json") as file:
        file.write(_metadata([table for table, _ in tables]))
        file.settle()
    digest = sha256_of(folder / FILE)
    named = zip(tables, counts, strict=True)
    return [Part(FILE, table.name, rows, digest, DATABASE) for (table, _), rows in named]


def _fill(database: sqlite3.Connection, table: Table, rows: Iterable[Row]) -> None:
    columns = ", ".join(map(_declared, table.columns))
    identity = ", ".join(f'"{name}"' for name in table.identity)
    # No column of a primary key may be null.
    key = "UNIQUE" if table is DELETED else "PRIMARY KEY"
    database.execute(f'CREATE TABLE "{table.name}" ({columns}, {key} ({identity})) STRICT')
    marks = ", ".join("?" * len(table.columns))
    database.executemany(f'INSERT INTO "{table.name}" VALUES ({marks})', map(flat, rows))  # noqa: S608


def _count(database: sqlite3.Connection, table: Table) -> int:
    return int(database.execute(f'SELECT count(*) FROM "{table.name}"').fetchone()[0])  # noqa: S608


def _lists(table: Table) -> list[int]:
    return [place for place, column in enumerate(table.columns) if column.type is Type.LIST]


def _declared(column: Column) -> str:
    kind = "INTEGER" if column.type is Type.INTEGER else "TEXT"
    return f'"{column.name}" {kind}{"" if column.nullable else " NOT NULL"}'


def flat(row: Row) -> tuple[object, ...]:
    """A row as SQLite takes it: lists are JSON."""
    return tuple(orjson.dumps(value).decode() if isinstance(value, list) else value for value in row)


def _index(database: sqlite3.Connection, articles: Table) -> None:
    for name in ("published_at", "channel", "media", "content_hash", "cluster"):
        if name in articles.names:
            database.execute(f"CREATE INDEX articles_{name} ON articles ({name})")
    searched = ", ".join(name for name in ("title", "summary", "body") if name in articles.names)
    if searched:
        # Three signs are its smallest word: what is shorter is found with LIKE. Datasette finds this table by itself,
        # but only if the name of the other is in double quotes.
        database.execute(
            f"""CREATE VIRTUAL TABLE articles_fts USING fts5 ({searched}, content="articles", tokenize='trigram')"""
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
