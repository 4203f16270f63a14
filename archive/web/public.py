"""The archive as Datasette sees it: the public tables and no others, and always the file that is there now."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from datasette.database import Database

from archive.web.fence import PUBLIC

T = TypeVar("T")


class PublicDatabase(Database):
    """Datasette's database without what is nobody's business."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._own = threading.local()

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Call ``fn`` with this thread's connection; with a new one where a backup was put in the file's place."""
        return await asyncio.get_running_loop().run_in_executor(self.ds.executor, lambda: fn(self._connection()))

    def _connection(self) -> sqlite3.Connection:
        found = Path(self.path).stat()
        identity = (found.st_dev, found.st_ino)
        if getattr(self._own, "identity", None) != identity:
            connection: sqlite3.Connection = self.connect()
            self.ds._prepare_connection(connection, self.name)
            self._own.connection, self._own.identity = connection, identity
        kept: sqlite3.Connection = self._own.connection
        return kept

    async def table_names(self) -> list[str]:
        """The public tables that are there."""
        return [name for name in await super().table_names() if name in PUBLIC]

    async def table_exists(self, table: str) -> bool:
        """Whether there is a public table of that name."""
        return table in PUBLIC and bool(await super().table_exists(table))

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
