"""Columns that point to lost rows point nowhere from then on; lost near-duplicates are compared anew."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from archive.database.row_checksums import printable_key
from archive.database.row_readers import each_row
from archive.errors import UnreadableRow
from archive.repair.steps import Step
from archive.runs.locks import holder_from
from archive.store import Archive

OPTIONAL: Final = (
    ("articles", "copy_of", "articles", "id"),
    ("pictures", "sha256", "media", "sha256"),
    ("due_times", "run_id", "runs", "id"),
    ("polls", "run_id", "runs", "id"),
    ("coverage", "run_id", "runs", "id"),
    ("locks", "run_id", "runs", "id"),
)
"""Table, column, the table it points to, and by what. Only revisions must have what they point to: their article."""
_COMPARED: Final = (
    ("near_articles", "article_id NOT IN (SELECT id FROM articles)"),
    ("near_articles", "doc NOT IN (SELECT doc FROM near_texts)"),
    ("article_clusters", "article_id NOT IN (SELECT id FROM articles)"),
    ("near_texts", "doc NOT IN (SELECT doc FROM near_articles WHERE doc IS NOT NULL)"),
    ("near_bands", "doc NOT IN (SELECT doc FROM near_texts)"),
)
"""Table, and which of its rows are of no article or no text. An article that lost them is compared again."""


def mend_references(archive: Archive) -> Iterator[Step]:
    """A step for every column of which some values point to nothing; to be called when the rows are mended."""
    for table, column, other, key in OPTIONAL:
        # Names in our own schema.
        lost = f"{column} IS NOT NULL AND {column} NOT IN (SELECT {key} FROM {other})"  # noqa: S608
        if number := _count(archive, table, lost):
            how = f"references of {number} rows to lost rows of {other} dropped"
            statement = f"UPDATE {table} SET {column} = NULL WHERE {lost}"  # noqa: S608
            yield Step(f"{table}.{column}", how, partial(_execute, archive, statement))
    for table, useless in _COMPARED:
        if number := _count(archive, table, useless):
            how = f"{number} rows dropped, which are made again when near-duplicates are looked for"
            yield Step(table, how, partial(_execute, archive, f"DELETE FROM {table} WHERE {useless}"))  # noqa: S608


def mend_locks(archive: Archive) -> Iterator[Step]:
    """A step for every lock of which nobody can tell who holds it."""
    for row in list(each_row(archive.database.connection, "SELECT rowid AS number, * FROM locks ORDER BY rowid")):
        try:
            holder_from(row)
        except UnreadableRow:
            statement = f"DELETE FROM locks WHERE rowid = {int(row['number'])}"  # noqa: S608
            yield Step(f"locks/{printable_key(row['name'])}", "given back", partial(_execute, archive, statement))


def _count(archive: Archive, table: str, condition: str) -> int:
    query = f"SELECT count(*) FROM {table} WHERE {condition}"  # noqa: S608
    return int(archive.database.connection.execute(query).fetchone()[0])


def _execute(archive: Archive, statement: str) -> None:
    with archive.transaction() as connection:
        connection.execute(statement)
