"""Who may ask for tables and SQL: so many at a time, and questions of a length that can be looked through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl

from archive.web.asgi import App, Receive, Scope, Send, answer, header

MOST: Final = 16
"""Requests at a time, under way or waiting; more are told to come again."""
RETRY_AFTER: Final = 5
"""Seconds."""
LONGEST: Final = 10_000
"""Characters of a query."""
_MOST_COMMENTS: Final = 50
"""Datasette looks for the end of a comment from each beginning of one."""
_NUMBERS: Final = ("_timelimit", "_ttl")
"""What Datasette reads as numbers, without looking at it first."""
_NOT_HERE: Final = ("_through",)
"""What only archives of another make have a use for."""

Problem = Callable[[Scope, int, str], Awaitable[str]]
"""Writes a page that says what is wrong; the last is a key of ``words``."""


class SqlDoor:
    """An ASGI application before the one that answers for tables and SQL."""

    def __init__(self, app: App, problem: Problem) -> None:
        self._app = app
        self._problem = problem
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application answer."""
        if (wrong := _wrong(scope["path"], scope["query_string"])) is not None:
            await self._refuse(scope, send, 400, wrong)
        elif self._inside >= MOST:
            await self._refuse(scope, send, 503, "sql busy", retry_after=str(RETRY_AFTER))
        else:
            self._inside += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._inside -= 1

    async def _refuse(self, scope: Scope, send: Send, status: int, key: str, **headers: str) -> None:
        if "text/html" in header(scope, b"accept"):
            page = await self._problem(scope, status, key)
            await answer(send, status, page, "text/html; charset=utf-8", **headers)
        else:
            told = {"sql busy": "too many queries are under way: try again soon"}.get(key, "too long or not understood")
            await answer(send, status, told, **headers)


def _wrong(path: str, query: bytes) -> str | None:
    """What is wrong with a question, as a key of ``words``; None: nothing."""
    parts = parse_qsl(query.decode("latin-1"), keep_blank_values=True, errors="replace")
    if path == "/archive.csv" and not next((value for name, value in parts if name == "sql"), ""):
        return "bad part"  # The list of tables is no table.
    for name, value in parts:
        if len(value) > LONGEST or value.count("/*") > _MOST_COMMENTS:
            return "sql too long"
        is_number = value.isascii() and value.isdigit() and len(value) < 10
        if name in _NOT_HERE or (name in _NUMBERS and value and not is_number):
            return "bad part"
    return None
