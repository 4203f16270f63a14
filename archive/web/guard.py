"""Stands before everything: which hosts, methods and visitors are let in, and the headers that each answer carries."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qs

from archive.web.password import COOKIE, Door

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Form = Callable[[Scope], Awaitable[str]]
"""Writes the page that asks for the password."""

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
OPEN: Final = "/static/"
"""What the page that asks for the password needs itself."""
LONGEST_FORM: Final = 10_000
"""Bytes of a posted form: a password."""
_WRONG_SECONDS: Final = 0.5
"""Between two wrong passwords, whoever sends them: guessing takes for ever, and nobody else is held up."""

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src {pictures}; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY.format(pictures="'self'"),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "x-robots-tag": "noindex, nofollow",
    "cache-control": "private, no-cache",
}
"""On every answer that does not state them itself."""


class Guard:
    """An ASGI application around another one.

    ``hosts``: the names by which we may be called, any if None. A page of another site that has its name point at
    this machine (DNS rebinding) is stopped by it.
    """

    def __init__(self, app: App, form: Form, *, hosts: frozenset[str] | None, door: Door | None) -> None:
        self._app = app
        self._form = form
        self._hosts = hosts
        self._door = door
        self._one_by_one = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application answer."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        send = _with_headers(send)
        if self._hosts is not None and _host(scope) not in self._hosts:
            await _answer(send, 421, "This server does not go by that name: call it by its address (--allow-host).")
        elif self._door and scope["path"] == "/login" and scope["method"] == "POST":
            await self._log_in(self._door, scope, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await _answer(send, 405, "This archive is only read: GET and HEAD.", allow="GET, HEAD")
        elif self._door and not await self._may_enter(self._door, scope):
            await self._refuse(scope, send)
        else:
            await self._app(scope, receive, send)

    async def _may_enter(self, door: Door, scope: Scope) -> bool:
        if scope["path"].startswith(OPEN):
            return True
        authorization = _header(scope, b"authorization")
        if door.opens_to(authorization, _cookies(scope)):
            return True
        if authorization:
            await self._slow_down()
        return False

    async def _slow_down(self) -> None:
        async with self._one_by_one:
            await asyncio.sleep(_WRONG_SECONDS)

    async def _refuse(self, scope: Scope, send: Send) -> None:
        """People get a form; for programs, the way to authenticate. ``Basic`` would make browsers put up a window."""
        if "text/html" in _header(scope, b"accept"):
            page = await self._form(scope)
            await _answer(send, 401, page, "text/html; charset=utf-8", **{"www-authenticate": 'Bearer realm="qqnews"'})
        else:
            challenge = 'Basic realm="qqnews", charset="UTF-8"'
            await _answer(send, 401, "A password is needed.", **{"www-authenticate": challenge})

    async def _log_in(self, door: Door, scope: Scope, receive: Receive, send: Send) -> None:
        form = parse_qs(await _body(receive), keep_blank_values=True, max_num_fields=20, errors="replace")
        to = _own_path(form.get("to", ["/"])[0])
        if not door.fits(form.get("password", [""])[0]):
            await self._slow_down()
            await self._refuse({**scope, "qqnews.wrong": True, "qqnews.to": to}, send)
            return
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        cookie = f"{COOKIE}={door.session}; Path=/; HttpOnly; SameSite=Strict{secure}"
        await _answer(send, 303, "", location=to, **{"set-cookie": cookie})


def _own_path(text: str) -> str:
    """The path if it is one of ours, else the front page: a form must not send anybody elsewhere."""
    return text if re.fullmatch(r"/(?![/\\])[!-~]*", text) and "\\" not in text else "/"


def _host(scope: Scope) -> str:
    """The name in the Host header, without port and brackets; '' where there is none or more than one."""
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    found = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^:\[\]\s]+))(?::\d+)?", given[0]) if len(given) == 1 else None
    return (found[1] or found[2]).lower().rstrip(".") if found else ""


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")


def _cookies(scope: Scope) -> dict[str, str]:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(_header(scope, b"cookie"))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


async def _body(receive: Receive) -> str:
    """What was posted, up to a length beyond which it is no password."""
    found = b""
    while True:
        message = await receive()
        found += message.get("body", b"")
        if len(found) > LONGEST_FORM or not message.get("more_body"):
            return "" if len(found) > LONGEST_FORM else found.decode("latin-1")


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [(name.lower(), value) for name, value in message.get("headers", ())]
            stated = {name for name, _ in headers}
            added = [(name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in stated]
            message = {**message, "headers": [*headers, *added]}
        await send(message)

    return sent


async def _answer(send: Send, status: int, text: str, kind: str = "text/plain; charset=utf-8", **headers: str) -> None:
    content = text.encode()
    told = {"content-type": kind, "content-length": str(len(content)), **headers}
    lines = [(name.encode(), value.encode("latin-1")) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": content})
