"""Pace: one request to a host at a time, and time between two, shared by all processes through the archive.

The last step before the download. It follows the server: whoever answers slowly is asked more slowly, and a
``Crawl-delay`` in robots.txt is kept. With a delay of 0 it does nothing, unless there is a ``Crawl-delay``.
"""

from __future__ import annotations

import asyncio
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.middlewares.host_backoff import HostBackoffMiddleware
from crawler.middlewares.robots import RobotsMiddleware
from crawler.net.interruptible_sleep import sleep_unless_stopped
from crawler.net.url_policy import host_of
from crawler.recording.archive_writer import ArchiveWriter, archive_writer_of, now
from crawler.recording.report import RunCounts

LONGEST_CRAWL_DELAY = 3600.0
"""Seconds. Whoever asks for more does not want to be crawled at all, and can say so with Disallow."""


LATE = 0.1
"""Share of the delay by which a turn may be missed. Whoever comes later would come close to the next one's turn, and
takes another.
"""
LEAST_LATE = 0.02
"""Seconds that a busy machine is always allowed."""


class ThrottleMiddleware:
    """Makes every request wait for its turn, and counts requests and bytes per host."""

    def __init__(self, crawler: Crawler, ledger: ArchiveWriter | None) -> None:
        self._crawler = crawler
        self._ledger = ledger
        self._tally = RunCounts(crawler.stats)
        self._least = crawler.settings.getfloat("QQNEWS_DELAY")
        self._longest = crawler.settings.getfloat("QQNEWS_LONGEST_DELAY")
        self._at_a_time = crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        self._gates: dict[str, asyncio.Semaphore] = {}
        self._answer_time: dict[str, float] = {}
        self._next_at: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, archive_writer_of(crawler))

    def delay(self, host: str) -> float:
        """Seconds between two requests to this host, as things are now."""
        followed = min(self._answer_time.get(host, 0.0), self._longest) if self._least > 0 else 0.0
        robots = self._crawler.get_downloader_middleware(RobotsMiddleware)
        asked = min(robots.crawl_delay(host), LONGEST_CRAWL_DELAY) if robots is not None else 0.0
        return max(self._least, asked, followed)

    async def process_request(self, request: Request) -> None:
        """Wait for this request's turn; raises `HostResting` if the host was lost meanwhile.

        Scrapy's own limit per host is no help: on a plain asyncio loop it lets a whole queue pass at once.
        """
        host = host_of(request.url)
        gate = self._gates.setdefault(host, asyncio.Semaphore(self._at_a_time))
        await gate.acquire()
        try:
            await self._turn(host)
        except BaseException:
            gate.release()
            raise
        request.meta["gate"] = gate
        self._tally.add("requests", host=host)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Let the next one through, and learn how fast the host answers."""
        _leave(request)
        host = host_of(request.url)
        taken = float(request.meta.get("download_latency", 0.0))
        before = self._answer_time.get(host, taken)
        self._answer_time[host] = (before + taken) / 2
        self._tally.add("bytes", host=host, amount=len(response.body))
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Let the next one through."""
        _leave(request)

    async def _turn(self, host: str) -> None:
        rest = self._crawler.get_downloader_middleware(HostBackoffMiddleware)
        while True:
            if rest is not None:
                await rest.wait_for(host)
            if (delay := self.delay(host)) <= 0:
                return
            at = await self._reserve(host, delay)
            await sleep_unless_stopped(self._crawler, at - now())
            # Both may have changed while we waited: for the archive, for our turn, for this machine.
            late = now() - at > max(LATE * delay, LEAST_LATE)
            if not late and (rest is None or rest.until(host) <= now()):
                return

    async def _reserve(self, host: str, delay: float) -> float:
        """The Unix time of this request's turn, which is now ours."""
        if self._ledger is not None:
            return await self._ledger.pace(host, delay)
        at = max(now(), self._next_at.get(host, 0.0))
        self._next_at[host] = at + delay
        return at


def _leave(request: Request) -> None:
    """Open the gate behind a request that went through it."""
    gate = request.meta.pop("gate", None)
    if gate is not None:
        gate.release()
