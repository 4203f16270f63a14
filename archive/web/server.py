"""Puts the pieces together: Datasette over the archive, our plugin in it, the guard around it, a server under it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from typing import Final

# Plugins that happen to be installed have no business here. Datasette reads this when it is imported.
os.environ["DATASETTE_LOAD_PLUGINS"] = ""

import uvicorn
from datasette.app import Datasette
from datasette.plugins import pm

from archive.web.errors import CannotListen
from archive.web.fence import SETTINGS
from archive.web.guard import App, Guard
from archive.web.password import Door
from archive.web.plugin import Front
from archive.web.public import PublicDatabase
from archive.web.site import Site

_LONGEST_ADDRESS: Final = 256 * 1024
"""Bytes of a request's head: a query of ten thousand Chinese characters arrives, and is told that it is too long."""
_LAST_SECONDS: Final = 5
"""For requests under way when the server is stopped."""


def application(site: Site, *, hosts: frozenset[str] | None, door: Door | None) -> App:
    """The ASGI application."""
    front = Front(site)
    for name in ("qqnews", "datasette.handle_exception", "datasette.forbidden"):
        if pm.has_plugin(name):
            pm.unregister(name=name)
    pm.register(front, name="qqnews")
    datasette = Datasette(memory=True, settings=dict(SETTINGS))
    datasette.remove_database("_memory")
    datasette.add_database(PublicDatabase(datasette, str(site.data / "archive.db")), name="archive")

    async def form(scope: object) -> str:
        await datasette.invoke_startup()
        return await front.form(datasette, scope)

    return Guard(datasette.app(), form, hosts=hosts, door=door)


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


def run(app: App, listening: socket.socket, begun: Callable[[], None]) -> None:
    """Serve until SIGTERM or Ctrl-C, which then do what they always do. ``begun`` is called when it begins."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=_LONGEST_ADDRESS,
        timeout_graceful_shutdown=_LAST_SECONDS,
    )
    # A shell that starts us in the background has us ignore Ctrl-C; whoever sends the signal means it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    begun()
    uvicorn.Server(config).run(sockets=[listening])
