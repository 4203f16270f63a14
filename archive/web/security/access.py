"""Stands before everything: which hosts, methods and visitors are let in, and the headers that each answer carries."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final
from urllib.parse import parse_qs

from archive.web.asgi import App, Message, Receive, Scope, Send, answer, header
from archive.web.i18n.language import COOKIE as LANGUAGE
from archive.web.security.cookies import cookies_named
from archive.web.security.login_attempts import EVERY, Tries
from archive.web.security.password import COOKIE, Door, stated_password

Form = Callable[[Scope], Awaitable[str]]
"""Writes the page that asks for the password."""

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
OPEN: Final = "/static/"
"""What the page that asks for the password needs itself."""
LONGEST_FORM: Final = 10_000
"""Bytes of a posted form: a password."""
FORM_SECONDS: Final = 10.0
"""So long a posted form may take to arrive."""
_HIDDEN: Final = (b"cookie", b"authorization")
"""Headers that the application does not get: it would let nothing be cached for whoever has a cookie."""
_VARY: Final = "Accept-Language, Cookie, Authorization"

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


class AccessControl:
    """An ASGI application around another one.

    ``hosts``: the names by which we may be called, any if None. A page of another site that has its name point at
    this machine (DNS rebinding) is stopped by it.
    """

    def __init__(self, app: App, form: Form, *, hosts: frozenset[str] | None, door: Door | None) -> None:
        self._app = app
        self._form = form
        self._hosts = hosts
        self._door = door
        self._tries = Tries()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application answer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "POST":
            await self._posted(scope, receive, _with_headers(send))
        elif scope["type"] == "http":
            await _unless_gone(self._asked(scope, _with_headers(send)), receive)

    async def _asked(self, scope: Scope, send: Send) -> None:
        if await self._is_stranger(scope, send):
            return
        if scope["method"] not in ("GET", "HEAD"):
            await answer(send, 405, "This archive is only read: GET and HEAD.", allow="GET, HEAD")
        elif self._door is None or scope["path"].startswith(OPEN) or await self._may_enter(self._door, scope, send):
            await self._app(_without_secrets(scope), _nothing, send)

    async def _posted(self, scope: Scope, receive: Receive, send: Send) -> None:
        if await self._is_stranger(scope, send):
            return
        if self._door and scope["path"] == "/login":
            await self._log_in(self._door, scope, receive, send)
        elif self._door and scope["path"] == "/logout":
            self._door.end_sessions(_sessions(scope))
            await answer(send, 303, "", location="/", **{"set-cookie": _cookie(scope, "", "; Max-Age=0")})
        else:
            await answer(send, 405, "This archive is only read: GET and HEAD.", allow="GET, HEAD")

    async def _is_stranger(self, scope: Scope, send: Send) -> bool:
        """Whether the request is none of ours to answer; then it was told so."""
        if self._hosts is not None and _host(scope) not in self._hosts:
            await answer(send, 421, "This server does not go by that name: call it by its address (--allow-host).")
        elif is_of_another_page(scope):
            await answer(send, 403, "Pages of other sites may link to this archive and use nothing of it.")
        else:
            return False
        return True

    async def _may_enter(self, door: Door, scope: Scope, send: Send) -> bool:
        """Whether the visitor is known; else the answer was that a password is needed, or that it was wrong."""
        if door.knows(_sessions(scope)):
            scope["qqnews.can_log_out"] = True
            return True
        if authorization := header(scope, b"authorization"):
            if not await self._tries.take(_client(scope)):
                await self._refuse_guessing(scope, send)
                return False
            if door.fits(stated_password(authorization)):
                self._tries.give_back(_client(scope))
                return True
        await self._refuse(scope, send)
        return False

    async def _refuse(self, scope: Scope, send: Send, problem: str = "") -> None:
        """People get a form; for programs, the way to authenticate. ``Basic`` would make browsers put up a window."""
        if "text/html" in header(scope, b"accept"):
            page = await self._form({**_without_secrets(scope), "qqnews.problem": problem})
            await answer(send, 401, page, "text/html; charset=utf-8", **{"www-authenticate": 'Bearer realm="qqnews"'})
        else:
            challenge = 'Basic realm="qqnews", charset="UTF-8"'
            await answer(send, 401, "A password is needed.", **{"www-authenticate": challenge})

    async def _refuse_guessing(self, scope: Scope, send: Send) -> None:
        after = {"retry-after": str(round(EVERY))}
        if "text/html" in header(scope, b"accept"):
            page = await self._form({**_without_secrets(scope), "qqnews.problem": "too many passwords"})
            await answer(send, 429, page, "text/html; charset=utf-8", **after)
        else:
            await answer(send, 429, "Too many wrong passwords came from this address: try again soon.", **after)

    async def _log_in(self, door: Door, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(FORM_SECONDS):
                body = await _body(receive)
        except TimeoutError:
            await answer(send, 408, "The form took too long to arrive.", connection="close")
            return
        form = _fields(body)
        to = _own_path(form.get("to", ["/"])[0])
        if not await self._tries.take(_client(scope)):
            await self._refuse_guessing({**scope, "qqnews.to": to}, send)
        elif not door.fits(form.get("password", [""])[0]):
            await self._refuse({**scope, "qqnews.to": to}, send, "wrong password")
        else:
            self._tries.give_back(_client(scope))
            await answer(send, 303, "", location=to, **{"set-cookie": _cookie(scope, door.begin_session())})


def is_of_another_page(scope: Scope) -> bool:
    """Whether a page of another origin has the browser ask this: as a picture, a frame, by a script.

    A link that somebody follows, or an address that is typed, is no such thing. Browsers of before 2023 do not say
    what a request is for; some of them name the origin of those that scripts and forms make.
    """
    site = header(scope, b"sec-fetch-site").lower()
    if site in ("", "same-origin", "none"):
        origin = header(scope, b"origin").lower()
        return not site and origin not in ("", "null") and origin.partition("://")[2] != header(scope, b"host").lower()
    is_link = header(scope, b"sec-fetch-mode") == "navigate" and header(scope, b"sec-fetch-dest") == "document"
    return not (is_link and scope["method"] in ("GET", "HEAD"))


async def _unless_gone(answering: Awaitable[None], receive: Receive) -> None:
    """Await the answer; give it up where the visitor goes away first."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    answered, left = asyncio.ensure_future(answering), asyncio.ensure_future(gone())
    try:
        await asyncio.wait((answered, left), return_when=asyncio.FIRST_COMPLETED)
    finally:
        left.cancel()
        answered.cancel()  # Nothing, where it is done.
    with suppress(asyncio.CancelledError):
        await answered


async def _nothing() -> Message:
    """What is received of a request without a body."""
    return {"type": "http.request", "body": b"", "more_body": False}


def _without_secrets(scope: Scope) -> Scope:
    """The request without cookies and passwords; which language the visitor has chosen is told apart."""
    headers = [(name, value) for name, value in scope["headers"] if name not in _HIDDEN]
    return {**scope, "headers": headers, "qqnews.language": next(iter(_cookies(scope, LANGUAGE)), "")}


def _cookies(scope: Scope, name: str) -> list[str]:
    given = (value.decode("latin-1") for key, value in scope["headers"] if key == b"cookie")
    return [value for each in given for value in cookies_named(name, each)]


def _sessions(scope: Scope) -> list[str]:
    return _cookies(scope, COOKIE)


def _cookie(scope: Scope, session: str, more: str = "") -> str:
    """Lax: a link in a mail leads somebody who is logged in to the page, and not to the form."""
    secure = "; Secure" if scope.get("scheme") == "https" else ""
    return f"{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax{secure}{more}"


def _client(scope: Scope) -> str:
    """The visitor's address."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _own_path(text: str) -> str:
    """The path if it is one of ours, else the front page: a form must not send anybody elsewhere."""
    return text if re.fullmatch(r"/(?![/\\])[!-~]*", text) and "\\" not in text else "/"


def _host(scope: Scope) -> str:
    """The name in the Host header, without port and brackets; '' where there is none or more than one."""
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    found = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^:\[\]\s]+))(?::\d+)?", given[0]) if len(given) == 1 else None
    return (found[1] or found[2]).lower().rstrip(".") if found else ""


def _fields(body: str) -> dict[str, list[str]]:
    """The fields of a form; none of a form that is not ours."""
    try:
        return parse_qs(body, keep_blank_values=True, max_num_fields=20, errors="replace")
    except ValueError:
        return {}


async def _body(receive: Receive) -> str:
    """What was posted; '' where it is longer than any password."""
    found = b""
    while True:
        message = await receive()
        found += bytes(message.get("body", b""))
        if len(found) > LONGEST_FORM:
            return ""
        if not message.get("more_body"):
            return found.decode("latin-1")


def _with_headers(send: Send) -> Send:
    """Add what every answer carries. What may be kept for ever depends on nothing but its address."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [(name.lower(), value) for name, value in message.get("headers", ()) if name.lower() != b"vary"]
            stated = dict(headers)
            added = {name: value for name, value in HEADERS.items() if name.encode() not in stated}
            if b"immutable" not in stated.get(b"cache-control", b""):
                added["vary"] = _VARY
            message = {
                **message,
                "headers": [*headers, *((key.encode(), value.encode()) for key, value in added.items())],
            }
        await send(message)

    return sent
