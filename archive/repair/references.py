"""Columns that point to rows which are gone for good: they point nowhere from then on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from archive.repair.steps import Step
from archive.store import Archive

_OPTIONAL: Final = (
    ("articles", "copy_of", "articles", "id"),
    ("pictures", "sha256", "media", "sha256"),
    ("due_times", "run_id", "runs", "id"),
    ("polls", "run_id", "runs", "id"),
    ("coverage", "run_id", "runs", "id"),
    ("locks", "run_id", "runs", "id"),
)
"""Table, column, the table it points to, and by what. Only revisions must have what they point to: their article."""


def mend_references(archive: Archive) -> Iterator[Step]:
    """A step for every column of which some values point to nothing; to be called when the rows are mended."""
    for table, column, other, key in _OPTIONAL:
        # Names in our own schema.
        lost = f"{column} IS NOT NULL AND {column} NOT IN (SELECT {key} FROM {other})"  # noqa: S608
        query = f"SELECT count(*) FROM {table} WHERE {lost}"  # noqa: S608
        if (number := archive.database.connection.execute(query).fetchone()[0]) > 0:
            how = f"references of {number} rows to lost rows of {other} dropped"
            statement = f"UPDATE {table} SET {column} = NULL WHERE {lost}"  # noqa: S608
            yield Step(f"{table}.{column}", how, partial(_execute, archive, statement))


def _execute(archive: Archive, statement: str) -> None:
    with archive.transaction() as connection:
        connection.execute(statement)
