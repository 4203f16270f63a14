"""Connections of browsers, and how long and how many of them may be open while nothing comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS: Final = 10.0
"""So long the head of a request may take to arrive."""
STALLED_SECONDS: Final = 30.0
"""So long a visitor may read nothing of an answer."""
MOST_OF_ONE: Final = 100
"""Connections of one address. All that a proxy on this machine passes on comes from loopback, which has no limit."""
_LOOPBACK: Final = ("127.0.0.1", "::1")


class Connection(H11Protocol):
    """A connection that is closed when it is silent for too long; and when it is the longest silent and another one
    needs the place, so that nobody is shut out by silence."""

    most: int = 512
    """Connections in all."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.silent_since = self.loop.time()
        self._head = _Limit(self.loop, HEAD_SECONDS, self.end)
        self._reading = _Limit(self.loop, STALLED_SECONDS, self.end)

    @property
    def is_silent(self) -> bool:
        """Whether no request is under way."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def is_at_work(self) -> bool:
        """Whether a request has come whole, its form, too, and is not answered yet."""
        return not self.is_silent and not self.cycle.more_body

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room for it."""
        super().connection_made(transport)
        self._head.begin()
        others: list[Connection] = [each for each in self.connections if each is not self]  # type: ignore[misc]
        ours = [each for each in others if each.client and self.client and each.client[0] == self.client[0]]
        is_local = self.client is not None and self.client[0] in _LOOPBACK
        if len(ours) >= MOST_OF_ONE and not is_local:
            self._take_place_of(ours)
        elif len(others) >= self.most:
            self._take_place_of(others)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._head.end()
        self._reading.end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A head has a limited time from its first byte on."""
        if self.is_silent:
            self._head.begin()
        super().data_received(data)
        if not self.is_silent:
            self._head.end()

    def on_response_complete(self) -> None:
        """It is silent again."""
        self.silent_since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The visitor reads more slowly than we write."""
        super().pause_writing()
        self._reading.begin()

    def resume_writing(self) -> None:
        """The visitor reads."""
        super().resume_writing()
        self._reading.end()

    def end(self) -> None:
        """Close it at once."""
        self.connections.discard(self)
        self.transport.abort()

    def _take_place_of(self, others: list[Connection]) -> None:
        """End the one of these from which nothing came for the longest; this one, if all are at work."""
        waiting = [each for each in others if not each.is_at_work]
        min(waiting, key=lambda each: each.silent_since, default=self).end()


class _Limit:
    """Calls a function unless it is ended within its time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, call: Callable[[], None]) -> None:
        self._loop = loop
        self._seconds = seconds
        self._call = call
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """From now on, if it has not begun."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._call)

    def end(self) -> None:
        """It need not be called."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
