"""The shapes of an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def header(scope: Scope, wanted: bytes) -> str:
    """Return the value of a request's header, the first of that name; '' where there is none."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")


async def answer(send: Send, status: int, text: str, kind: str = "text/plain; charset=utf-8", **headers: str) -> None:
    """Send a whole answer. ``retry_after`` becomes ``retry-after``."""
    content = text.encode()
    told = {"content-type": kind, "content-length": str(len(content))}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [(name.encode(), value.encode("latin-1")) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": content})
