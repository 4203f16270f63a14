"""The fence around SQL from outside: it only reads, only what is public, by functions that are named here."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

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
_NULL: Final = frozenset(
    {
        ("runs", "host"),
        ("runs", "pid"),
        ("runs", "because"),
        ("due_times", "reason"),
        ("links", "last_error"),
        ("pictures", "last_error"),
    }
)
"""Columns that read as NULL: they may say something of the machine, its name, its paths, its processes."""
_SCHEMA: Final = frozenset({"sqlite_master", "sqlite_schema"})
_PRAGMAS: Final = frozenset(
    "foreign_key_list function_list index_info index_list index_xinfo schema_version table_info table_xinfo".split()
)
_PRAGMA: Final = "pragma_"
_TABLE_FUNCTIONS: Final = ("json_each", "json_tree", *(f"{_PRAGMA}{name}" for name in sorted(_PRAGMAS)))
"""Functions that are read like tables."""
FUNCTIONS: Final = frozenset(
    (
        # Aggregates and windows.
        "avg count group_concat max min string_agg sum total "
        "cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number "
        # Of any value.
        "abs coalesce iif ifnull likelihood likely max min nullif quote random round sign sqlite_version typeof "
        "unlikely if "
        # Of texts.
        "char concat concat_ws format glob hex instr length like lower ltrim octet_length printf replace rtrim soundex "
        "substr substring trim unhex unicode upper "
        # Of times.
        "current_date current_time current_timestamp date datetime julianday strftime time timediff unixepoch "
        # Of numbers.
        "acos asin atan atan2 ceil ceiling cos degrees exp floor ln log log10 log2 mod pi pow power radians sin sqrt "
        "tan trunc "
        # Of JSON.
        "-> ->> json json_array json_array_length json_error_position json_extract json_group_array json_group_object "
        "json_insert json_object json_patch json_quote json_remove json_replace json_set json_type json_valid"
    ).split()
)
"""The functions that SQL can call."""
_LIMITS: Final = {
    sqlite3.SQLITE_LIMIT_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 200,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 100,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 500,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
"""Bytes of a text or row; of a query; columns, and so on: one call of a function must not take long, nor an answer."""
_ALWAYS: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE})


class Fence:
    """The fence around one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._hidden: frozenset[str] = frozenset()
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        for limit, most in _LIMITS.items():
            connection.setlimit(limit, most)

    def shut(self) -> None:
        """From now on only what the fence lets through is done."""
        self._hidden = frozenset(self._names())
        self._call_table_functions()
        self._connection.set_authorizer(self._may)

    @contextmanager
    def around_a_query(self) -> Iterator[None]:
        """Within this the fence is shut, and the archive is of one moment."""
        self._connection.execute("BEGIN")
        try:
            self.shut()
            yield
        finally:
            self._connection.set_authorizer(None)
            self._connection.execute("ROLLBACK")

    def _names(self) -> Iterator[str]:
        """Whatever can be read by a name and is not public, in lower case."""
        for (name,) in self._connection.execute(
            "SELECT name FROM sqlite_schema UNION SELECT name FROM pragma_module_list"
        ):
            if name.lower() not in (*PUBLIC, *_SCHEMA, *_TABLE_FUNCTIONS):
                yield name.lower()

    def _call_table_functions(self) -> None:
        """SQLite makes a table of each when it is first met, and would ask the fence for leave to make tables."""
        for name in _TABLE_FUNCTIONS:
            argument = "" if name.endswith(("function_list", "schema_version")) else "('')"
            self._connection.execute(f"SELECT 1 FROM {name}{argument} LIMIT 0")  # noqa: S608  (names of ours)

    def _may(self, action: int, first: str | None, second: str | None, _database: str | None, _by: str | None) -> int:
        if action in _ALWAYS:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION:
            return sqlite3.SQLITE_OK if (second or "").lower() in FUNCTIONS else sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_PRAGMA:
            return sqlite3.SQLITE_OK if (first or "").lower() in _PRAGMAS else sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_READ:
            return self._may_read((first or "").lower(), second or "")
        return sqlite3.SQLITE_DENY

    def _may_read(self, table: str, column: str) -> int:
        if (table, column) in _NULL:
            return sqlite3.SQLITE_IGNORE
        if table in PUBLIC or table in _SCHEMA or table in _TABLE_FUNCTIONS:
            return sqlite3.SQLITE_OK
        # A table of the query's own (WITH), of which no column is read; SQLite asks by the name it has there.
        is_own = not column and table not in self._hidden and not table.startswith((_PRAGMA, "sqlite_"))
        return sqlite3.SQLITE_OK if is_own else sqlite3.SQLITE_DENY
