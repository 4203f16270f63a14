"""The links that one article spider works through, never more than a few in the air at once.

Scrapy takes all that ``start()`` offers into its memory; what is leased there is lost to everybody else and
to this run, should it die. So `LinkFeed` hands out a link only when there is room for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import replace
from typing import Protocol

from archive.frontier.links import Leased
from crawler.recording.archive_writer import ArchiveWriter, now

LOOK_AGAIN = 0.5
"""Seconds between two looks at what others are doing."""


MOST_PUT_OFF = 50
"""Links in a row put off beyond this run's patience: the site is not to be asked now, so the run ends."""


class LinkQueue(Protocol):
    """Where links come from."""

    async def take(self, limit: int) -> list[Leased]:
        """Up to ``limit`` links that are due now; they are ours until given back."""
        ...

    async def next_due(self) -> float | None:
        """Unix time at which the next link is due; None: there is none."""
        ...

    def give_back(self, link: Leased, again_at: float | None) -> None:
        """A link came to its end (None), or is to be tried again at that Unix time."""
        ...


class FrontierQueue:
    """The frontier of the archive, shared with all other processes; all of it, or what some sources listed."""

    def __init__(self, ledger: ArchiveWriter, sources: Collection[str] = ()) -> None:
        self._ledger = ledger
        self._sources = sources

    async def take(self, limit: int) -> list[Leased]:
        """Links under a lease that the ledger renews until they are given back."""
        return await self._ledger.lease(limit, self._sources)

    async def next_due(self) -> float | None:
        """The frontier's own answer: links that others hold are due when their lease ends."""
        return await self._ledger.ask(lambda archive, frontier: frontier.next_due(now(), self._sources))

    def give_back(self, link: Leased, again_at: float | None) -> None:
        """The frontier knows already: the end was written there."""
        self._ledger.held.discard(link.id)


class GivenQueue:
    """Links that the user named, in that order; tried again within this run only."""

    def __init__(self, links: Iterable[Leased]) -> None:
        self._waiting = [(0.0, link) for link in links]

    async def take(self, limit: int) -> list[Leased]:
        """The next links that are due."""
        moment = now()
        due = [entry for entry in self._waiting if entry[0] <= moment][:limit]
        self._waiting = [entry for entry in self._waiting if entry not in due]
        return [link for _, link in due]

    async def next_due(self) -> float | None:
        """When the next one is due."""
        return min((at for at, _ in self._waiting), default=None)

    def give_back(self, link: Leased, again_at: float | None) -> None:
        """Wait for another attempt, or forget the link."""
        if again_at is not None:
            self._waiting.append((again_at, replace(link, attempts=link.attempts + 1)))


class LinkFeed:
    """Hands out links one by one, waits for room and for links that are due soon, and knows what is left.

    ``room`` links are in the air at most; ``limit`` are handed out in all (None: no limit).
    """

    def __init__(self, queue: LinkQueue, *, room: int, limit: int | None, patience: float) -> None:
        self._queue = queue
        self._room = room
        self._limit = limit
        self._patience = patience
        self._in_air: set[str] = set()
        self._settled = asyncio.Event()
        self._put_off = 0
        self._stopped = False
        self.tried: set[str] = set()
        """Ids of all links that were handed out."""
        self.left: set[str] = set()
        """Ids of links that were tried and are to be tried again."""

    async def __aiter__(self) -> AsyncIterator[Leased]:
        while wanted := await self._wanted():
            taken = await self._queue.take(wanted)
            for link in taken:
                self._in_air.add(link.id)
                self.tried.add(link.id)
            for link in taken:
                yield link
            if not taken and not await self._more():
                return

    def settled(self, link: Leased, again_at: float | None = None) -> None:
        """A link came to its end, or is to be tried again at that Unix time."""
        self._in_air.discard(link.id)
        if again_at is None:
            self.left.discard(link.id)
        else:
            self.left.add(link.id)
        late = again_at is not None and again_at - now() > self._patience
        self._put_off = self._put_off + 1 if late else 0
        self._queue.give_back(link, again_at)
        self._settled.set()

    async def drained(self) -> None:
        """Return when no link is in the air."""
        while self._in_air:
            await self._something_settled()

    def stop(self) -> None:
        """Hand out no more links: what they lead to could not be kept."""
        self._stopped = True
        self._settled.set()

    async def _wanted(self) -> int:
        """How many links to take: waits until half the room is free, so that they are taken by the handful."""
        while len(self._in_air) > self._room // 2:
            await self._something_settled()
        if self._put_off > MOST_PUT_OFF or self._stopped:
            return 0
        unlimited = self._room - len(self._in_air)
        return unlimited if self._limit is None else min(unlimited, self._limit - len(self.tried))

    async def _more(self) -> bool:
        """Wait for something to do; False: there is nothing, or not soon enough."""
        if self._in_air:
            await self._something_settled()
            return True
        due = await self._queue.next_due()
        if due is None or due - now() > self._patience:
            return False
        # Not the whole time at once: whoever holds the link may finish or give it back before.
        await asyncio.sleep(min(max(due - now(), 0.0), LOOK_AGAIN))
        return True

    async def _something_settled(self) -> None:
        self._settled.clear()
        await self._settled.wait()
