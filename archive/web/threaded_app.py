"""An application in a thread of its own: however long it works on one answer, others are answered meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from archive.web.asgi import App, Receive, Scope, Send


class Aside:
    """An ASGI application whose requests run in another thread's loop, which begins with the first of them."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer; a request that is cancelled here is cancelled there."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="aside", daemon=True).start()
        await _in_loop(self._loop, self._app, scope, _from_here(receive), _from_here(send))


def _from_here(call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Return a function that runs in this loop and is awaited in another one."""
    here = asyncio.get_running_loop()
    return lambda *arguments: _in_loop(here, call, *arguments)


async def _in_loop(loop: asyncio.AbstractEventLoop, call: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    async def called() -> Any:
        return await call(*arguments)

    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(called(), loop))
