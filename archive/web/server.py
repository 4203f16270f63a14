"""Puts the pieces together: Datasette over the archive, our plugin in it, the guard around it, a server under it."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Final

# Plugins that happen to be installed have no business here. Datasette reads this when it is imported.
os.environ["DATASETTE_LOAD_PLUGINS"] = ""

import uvicorn
from datasette.app import Datasette
from datasette.plugins import pm

from archive.web.asgi import App, Receive, Scope, Send
from archive.web.datasette_plugin import Front
from archive.web.errors import CannotListen
from archive.web.routes import SQL, Site
from archive.web.security.access import AccessControl
from archive.web.security.connection_limits import Connection
from archive.web.security.password import Door
from archive.web.security.public_database import SETTINGS, PublicDatabase
from archive.web.security.sql_limits import SqlDoor
from archive.web.security.sql_processes import SqlProcesses
from archive.web.threaded_app import Aside

_INTERRUPTED: Final = 130
"""The exit code after Ctrl-C."""
_LONGEST_HEAD: Final = 128 * 1024
"""Bytes of a request's head: a query of ten thousand Chinese characters arrives, and is told that it is too long."""
_LAST_SECONDS: Final = 3
"""For requests under way when the server is stopped."""
_OTHER_FILES: Final = 150
"""Descriptors for all that is no connection: databases, pictures, processes for SQL."""
_MOST_CONNECTIONS: Final = 512


@dataclass(frozen=True, slots=True)
class Application:
    """What answers, and how to end what it has at work."""

    answer: App
    close: Callable[[], None]


def application(site: Site, *, hosts: frozenset[str] | None, door: Door | None) -> Application:
    """Our pages in one Datasette, tables and SQL in another one, aside, so that they hold up nothing."""
    front = Front(site)
    for name in ("qqnews", "datasette.handle_exception", "datasette.forbidden"):
        if pm.has_plugin(name):
            pm.unregister(name=name)
    pm.register(front, name="qqnews")
    archive = site.data / "archive.db"
    processes = SqlProcesses(archive, SETTINGS["num_sql_threads"])
    pages, tables = _datasette(), _datasette()
    tables.add_database(PublicDatabase(tables, archive, processes), name="archive")

    async def form(scope: Scope) -> str:
        await pages.invoke_startup()
        return await front.form(pages, scope)

    async def problem(scope: Scope, status: int, key: str) -> str:
        await pages.invoke_startup()
        return await front.problem(pages, scope, status, key)

    of_pages, of_tables = pages.app(), SqlDoor(Aside(tables.app()), problem)

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        is_sql = scope["type"] == "http" and re.match(SQL, scope["path"])
        await (of_tables if is_sql else of_pages)(scope, receive, send)

    return Application(AccessControl(both, form, hosts=hosts, door=door), processes.close)


def _datasette() -> Datasette:
    made = Datasette(memory=True, settings=dict(SETTINGS))
    made.remove_database("_memory")
    made.refresh_schemas = _do_nothing
    return made


async def _do_nothing() -> None:
    """In the place of Datasette's catalogue of tables, which it would bring up to date before each answer."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises ``CannotListen``."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListen(host, port, error.strerror or str(error)) from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        raise CannotListen(host, port, getattr(error, "strerror", None) or str(error)) from error
    return listening


def run(app: Application, listening: socket.socket, begun: Callable[[], None], *, is_proxied: bool) -> None:
    """Serve until SIGTERM or Ctrl-C, which then do what they always do. ``begun`` is called when it begins.

    ``is_proxied``: whether what a proxy on this machine says of its visitors is believed.
    """
    config = uvicorn.Config(
        app.answer,
        http=_bounded(Connection),
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=is_proxied,
        h11_max_incomplete_event_size=_LONGEST_HEAD,
        timeout_graceful_shutdown=_LAST_SECONDS,
    )
    # A shell that starts us in the background has us ignore Ctrl-C; whoever sends the signal means it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    begun()
    _Server(config, app.close).run(sockets=[listening])


def _bounded(kind: type[Connection]) -> type[Connection]:
    """Connections, no more of them than there are descriptors for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CONNECTIONS + _OTHER_FILES
    if soft < wanted and hard >= wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return type(kind.__name__, (kind,), {"most": max(16, min(_MOST_CONNECTIONS, soft - _OTHER_FILES))})


class _Server(uvicorn.Server):
    """Ends what the application has at work before it waits for answers under way."""

    def __init__(self, config: uvicorn.Config, close: Callable[[], None]) -> None:
        super().__init__(config)
        self._close = close
        self._interrupted = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note what ends us."""
        self._interrupted = sig == signal.SIGINT
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End everything. Ctrl-C waits for no thread: none of them writes anything that could be half done."""
        self._close()
        await super().shutdown(sockets)
        if self._interrupted:
            sys.stdout.flush()
            os._exit(_INTERRUPTED)
