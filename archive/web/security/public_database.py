"""The archive as Datasette sees it: the public tables and no others, and always the file that is there now."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from datasette.app import Datasette
from datasette.database import Database, QueryInterrupted, Results

from archive.web.security.sql_processes import Rows, SqlProcesses, TooSlow, Unreadable, Values, WrongQuery
from archive.web.security.sql_sandbox import PUBLIC, Fence

T = TypeVar("T")

SETTINGS: Final[Mapping[str, Any]] = {
    "sql_time_limit_ms": 2000,
    "max_returned_rows": 1000,
    "default_page_size": 50,
    "num_sql_threads": 3,
    "allow_download": False,
    "allow_csv_stream": False,
    "allow_facet": False,
    "suggest_facets": False,
    "facet_time_limit_ms": 200,
    "default_cache_ttl": 0,
    "truncate_cells_html": 200,
    "max_csv_mb": 20,
    "template_debug": False,
    "trace_debug": False,
}
"""Datasette's settings, each as the archive needs it."""


class PublicDatabase(Database):
    """Datasette's database without what is nobody's business.

    What visitors ask runs in ``processes``; what Datasette itself wants to know of tables and columns, in a thread.
    """

    def __init__(self, datasette: Datasette, path: Path, processes: SqlProcesses) -> None:
        super().__init__(datasette, str(path))
        self._processes = processes
        self._own = threading.local()

    async def execute(
        self,
        sql: str,
        params: Values | None = None,
        truncate: bool = False,
        custom_time_limit: int | None = None,
        page_size: int | None = None,
        log_sql_errors: bool = True,
    ) -> Results:
        """What a query finds. Raises what Datasette expects, ``TooLarge`` and ``Unreadable``."""
        limits = [self.ds.sql_time_limit_ms, *([custom_time_limit] if custom_time_limit else [])]
        most = self.ds.max_returned_rows
        most += most == (page_size or self.ds.page_size)
        try:
            found: Rows = await self._processes.run(
                sql, params or {}, seconds=min(limits) / 1000, most=most if truncate else None
            )
        except TooSlow as error:
            raise QueryInterrupted(error, sql, params) from error
        except WrongQuery as error:
            raise sqlite3.OperationalError(str(error)) from error
        return Results(found.rows, found.is_cut, [(name, *[None] * 6) for name in found.columns])

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Call ``fn``, which is Datasette's own, with this thread's connection."""
        return await asyncio.get_running_loop().run_in_executor(self.ds.executor, lambda: fn(self._connection()))

    def _connection(self) -> sqlite3.Connection:
        """A new one where a backup was put in the file's place."""
        found = Path(self.path).stat()
        identity = (found.st_dev, found.st_ino)
        if getattr(self._own, "identity", None) != identity:
            connection: sqlite3.Connection = self.connect()
            Fence(connection).shut()
            self._own.connection, self._own.identity = connection, identity
        kept: sqlite3.Connection = self._own.connection
        return kept

    async def table_names(self) -> list[str]:
        """The public tables that are there."""
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
        found = await self.execute_fn(lambda connection: connection.execute(query).fetchall())
        names = [name for (name,) in found if name in PUBLIC]
        if not names:
            raise Unreadable("an empty file")
        return names

    async def table_exists(self, table: str) -> bool:
        """Whether there is a public table of that name."""
        return table in await self.table_names()

    async def hidden_table_names(self) -> list[str]:
        """None: what is hidden is not there at all."""
        return []

    async def get_all_foreign_keys(self) -> dict[str, dict[str, list[Any]]]:
        """Which public tables point to which."""
        found: dict[str, dict[str, list[Any]]] = await super().get_all_foreign_keys()
        return {
            name: {way: [each for each in keys if each["other_table"] in PUBLIC] for way, keys in ways.items()}
            for name, ways in found.items()
            if name in PUBLIC
        }

    async def view_names(self) -> list[str]:
        """None."""
        return []

    async def attached_databases(self) -> list[Any]:
        """None: nothing can be attached."""
        return []

    async def table_counts(self, limit: int = 10) -> dict[str, int | None]:
        """Nothing is counted: that takes as long as a table is large."""
        return dict.fromkeys(await self.table_names())
