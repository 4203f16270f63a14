"""Transactions over the database file and the Markdown tree together: both on the disk, or neither."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.files.io_errors import may_have_committed, named_sqlite_failures
from archive.files.markdown_tree import Tree


class Database:
    """A connection to ``path`` and the Markdown tree that belongs to it. To be used from one thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection
        self.tree = Tree(path.parent)
        self._durable = True

    def close(self) -> None:
        """Close the file and end the tree's threads."""
        self.tree.close()
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing: rows, and the Markdown files that go with them. On leaving, both are on the disk.

        Holds the write lock from its first line. Inside another one it joins it: only what happened
        inside is taken back if it raises. Raises ``ArchiveNotWritable``, ``ArchiveBusy``.
        """
        with named_sqlite_failures(self.path):
            if self.connection.in_transaction:
                with self._joined():
                    yield self.connection
            else:
                self._synchronous(durable=True)
                with self._outermost():
                    yield self.connection

    @contextmanager
    def light_transaction(self) -> Iterator[sqlite3.Connection]:
        """As ``transaction``, but what it wrote last may be lost with the power (not with the process).

        For leases and pace: spares every request a wait for the disk. Not for articles.
        """
        if self.connection.in_transaction:
            with self.transaction() as connection:
                yield connection
            return
        with named_sqlite_failures(self.path):
            self._synchronous(durable=False)
            with self._outermost():
                yield self.connection

    @contextmanager
    def _outermost(self) -> Iterator[None]:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            self.tree.begin()
            yield
            self.tree.publish()
            self._commit()
        except BaseException:
            try:
                self.tree.undo()  # Before the lock is given back: the next holder may write the same files.
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
            raise
        self.tree.settle()

    def _commit(self) -> None:
        try:
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            if may_have_committed(error):
                # The rows may be in the log, to be found by the next who opens it. A file without its row is
                # mended by keeping the article again; a row without its file would be a loss.
                self.tree.settle()
            raise

    @contextmanager
    def _joined(self) -> Iterator[None]:
        mark = self.tree.mark()
        self.connection.execute("SAVEPOINT joined")
        try:
            yield
        except BaseException:
            self.tree.back_to(mark)
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK TO joined")
                self.connection.execute("RELEASE joined")
            raise
        self.connection.execute("RELEASE joined")

    def _synchronous(self, *, durable: bool) -> None:
        if durable != self._durable:
            self.connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable
