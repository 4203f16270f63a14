"""The process in which SQL from outside runs: ``python -m archive.web.security.sql_worker ARCHIVE``.

It reads queries from standard input and writes answers to standard output, each as a line of JSON. A query that takes
too long is interrupted, and where one call of a function does not come back, the kernel ends the process: by its
alarm, so that none outlives its server either. It may use so much memory and no more, and writes nothing.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from archive.web.security.sql_sandbox import Fence

ALARM_AFTER: Final = 0.5
"""Seconds that a query may take beyond its time before the process is ended."""
LONGEST_ANSWER: Final = 16_000_000
"""Bytes, about."""
_MEMORY: Final = 256 * 1024 * 1024
"""Bytes of addresses: of Python, SQLite, and what a query sorts and returns."""
_NICENESS: Final = 10
"""Pages come before queries where both want the processor."""
_STEPS: Final = 20_000
"""Of SQLite's machine, between two looks at the time: a millisecond or so."""
_UNREADABLE: Final = frozenset(
    (
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    )
)
"""What SQLite says where not the query is at fault but the archive."""


def main() -> None:
    """Answer queries until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    os.nice(_NICENESS)
    database = Database(Path(sys.argv[1]))
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(_encoded(database, json.loads(line)) + b"\n")
        sys.stdout.buffer.flush()


def _encoded(database: Database, query: dict[str, Any]) -> bytes:
    try:
        return json.dumps(database.answer(query), separators=(",", ":")).encode()
    except MemoryError:
        return b'{"error":"too large"}'


class Database:
    """The archive, read through a connection that follows its file where another is put in its place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity: tuple[int, int] | None = None
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._fence = Fence(self._connection)

    def answer(self, query: dict[str, Any]) -> dict[str, Any]:
        """Return the columns and rows of a query, or what is wrong with it; see `sql_processes`."""
        signal.setitimer(signal.ITIMER_REAL, query["seconds"] + ALARM_AFTER)
        try:
            self._connect()
            with self._fence.around_a_query():
                return self._rows(query)
        except sqlite3.Error as error:
            return self._failed(error)
        except OSError as error:
            return {"error": "unreadable", "told": str(error)}
        except (ValueError, OverflowError, sqlite3.Warning) as error:  # NULs, numbers too large, two statements.
            return {"error": "wrong", "told": str(error)}
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _connect(self) -> None:
        found = self._path.stat()
        if self._identity == (found.st_dev, found.st_ino):
            return
        self._identity = None
        self._connection.close()
        address = f"{self._path.absolute().as_uri()}?mode=ro"
        self._connection = sqlite3.connect(address, uri=True, isolation_level=None)
        self._connection.text_factory = lambda text: text.decode("utf-8", "replace")
        if not self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            raise OSError("an empty file")
        self._fence = Fence(self._connection)
        self._identity = found.st_dev, found.st_ino

    def _rows(self, query: dict[str, Any]) -> dict[str, Any]:
        deadline = time.monotonic() + query["seconds"]
        self._connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        try:
            cursor = self._connection.execute(query["sql"], query["values"])
            if cursor.description is None:
                return {"error": "wrong", "told": "this query has no rows"}
            rows, is_cut = _taken(cursor, query["most"])
        except _TooLarge:
            return {"error": "too large"}
        finally:
            self._connection.set_progress_handler(None, 0)
        return {"columns": [column[0] for column in cursor.description], "rows": rows, "is_cut": is_cut}

    def _failed(self, error: sqlite3.Error) -> dict[str, Any]:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code == sqlite3.SQLITE_INTERRUPT:
            return {"error": "too slow"}
        if code in _UNREADABLE:
            self._identity = None
            return {"error": "unreadable", "told": str(error)}
        return {"error": "wrong", "told": str(error)}


class _TooLarge(Exception):
    pass


def _taken(rows: Iterator[tuple[Any, ...]], most: int | None) -> tuple[list[list[Any]], bool]:
    """The first rows, as JSON can hold them, and whether there are more."""
    taken: list[list[Any]] = []
    size = 0
    for row in rows:
        if most is not None and len(taken) == most:
            return taken, True
        taken.append([{"bytes": value.hex()} if isinstance(value, bytes) else value for value in row])
        size += sum(len(value) if isinstance(value, str | bytes) else 8 for value in row)
        if size > LONGEST_ANSWER:
            raise _TooLarge
    return taken, False


if __name__ == "__main__":
    main()
