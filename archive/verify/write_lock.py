"""A moment in which nobody else writes, to look twice at what seems wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from archive.database.connection import Database
from archive.files.io_errors import named_sqlite_failures

Calm = Callable[[], AbstractContextManager[object]]
"""Enters a time in which no takedown or repair is at work."""


@contextmanager
def quietly(database: Database) -> Iterator[None]:
    """Hold the write lock and write nothing; what other processes had under way is finished or undone."""
    with named_sqlite_failures(database.path):
        if database.connection.in_transaction:
            yield
            return
        database.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            database.connection.execute("ROLLBACK")
