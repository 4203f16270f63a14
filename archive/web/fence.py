"""The fence around Datasette's own SQL: read only, only what is public, and never more than a machine can bear."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

PUBLIC: Final = (
    "articles",
    "revisions",
    "sightings",
    "article_clusters",
    "links",
    "media",
    "pictures",
    "payloads",
    "runs",
    "due_times",
    "timetables",
    "polls",
    "gaps",
)
"""The tables that SQL can read. What is not named here is nobody's business: locks, erasures, whom to notify …"""
_NULL: Final = frozenset({("runs", "host"), ("runs", "pid")})
"""Columns that read as NULL: they say something of the machine, not of the archive."""
_SCHEMA: Final = frozenset({"sqlite_master", "sqlite_schema"})
_PRAGMAS: Final = frozenset(
    "foreign_key_list function_list index_info index_list index_xinfo schema_version table_info table_xinfo".split()
)
_LARGEST: Final = 32_000_000
"""Bytes of a text or blob that SQL can make."""
_ALLOWED: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})

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


def fence(connection: sqlite3.Connection) -> None:
    """Let the connection read what is public, and do nothing else."""
    connection.execute("PRAGMA query_only = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.set_authorizer(_may)


def _may(action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None) -> int:
    if action in _ALLOWED:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA:
        return sqlite3.SQLITE_OK if first in _PRAGMAS else sqlite3.SQLITE_DENY
    if action != sqlite3.SQLITE_READ:
        return sqlite3.SQLITE_DENY
    if (first, second) in _NULL:
        return sqlite3.SQLITE_IGNORE
    return sqlite3.SQLITE_OK if first in PUBLIC or first in _SCHEMA or _is_pragma(first) else sqlite3.SQLITE_DENY


def _is_pragma(table: str | None) -> bool:
    return (bool(table) and str(table).removeprefix("pragma_") in _PRAGMAS) or table in ("json_each", "json_tree")
