"""The server's process: world, routes, faults and log behind one listening socket."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from ssl import SSLContext
from typing import Any

import orjson
import uvloop

from tests.site.certificates import Authority
from tests.site.connection import Connection
from tests.site.faults import Fault, Faults
from tests.site.log import Seen, seen
from tests.site.message import Reply, Request, json_reply
from tests.site.routes import Routes
from tests.site.site import CONTROL
from tests.site.world import Plan, World


class Server:
    """Everything that one running site knows."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.world = World(plan)
        self.routes = Routes(self.world)
        self.faults = Faults()
        self.authority = Authority(folder)
        self.log: list[Seen] = []
        self.orders: dict[str, Callable[..., object]] = {
            "edit": self.world.edit,
            "remove": self.world.remove,
            "restore": self.world.restore,
            "mistake": self.world.mistake,
            "publish": self.world.publish,
            "fault": self.add_fault,
            "clear_faults": self.faults.clear,
            "robots": self.routes.robots.__setitem__,
            "requests": lambda: list(map(asdict, self.log)),
            "forget_requests": self.log.clear,
        }

    def admit(self, host: str) -> SSLContext | None:
        """TLS for a tunnel to one of the site's hosts; none for any other."""
        return self.authority.context(host) if self.routes.knows(host) else None

    def answer(self, request: Request) -> Reply:
        if request.host == CONTROL:
            return self.obey(request)
        at = time.time()
        reply = self.faults.spoil(self.routes.answer(request), request)
        self.log.append(seen(request, reply.status, at))
        return reply

    def obey(self, request: Request) -> Reply:
        """Carry out an order; its result as JSON, or status 400 and the reason."""
        order = self.orders.get(request.path.strip("/"))
        if order is None:
            return Reply(status=404)
        try:
            asked = orjson.loads(request.body or b"{}")
            return json_reply(order(*asked.get("args", ()), **asked.get("kwargs", {})))
        except (ValueError, TypeError, KeyError) as error:
            return Reply(status=400, body=str(error).encode())

    def add_fault(self, match: str, kind: str, times: int | None, skip: int, options: dict[str, Any]) -> None:
        self.faults.add(Fault(match, kind, times, skip, options))


async def serve(server: Server, port: int, announce: Callable[[int], None], *, tethered: bool) -> None:
    """Listen on 127.0.0.1 until SIGINT or SIGTERM; ``tethered``: also until standard input ends."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for order in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(order, ended.set)
    if tethered:
        loop.add_reader(sys.stdin.fileno(), ended.set)

    def connect() -> Connection:
        return Connection(server.answer, server.admit)

    async with await loop.create_server(connect, "127.0.0.1", port, backlog=1024) as listening:
        announce(listening.sockets[0].getsockname()[1])
        await ended.wait()


def main() -> None:
    """``python -m tests.site.server PORT FOLDER PLAN``: what `tests.site.Site` starts. Prints the port."""
    port, folder, plan = sys.argv[1:]
    server = Server(Plan(**orjson.loads(plan)), Path(folder))
    gc.freeze()  # The world stays; the collector need not walk through it again and again.
    uvloop.run(serve(server, int(port), lambda bound: print(bound, flush=True), tethered=True))


if __name__ == "__main__":
    main()
