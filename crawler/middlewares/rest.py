"""Rest: a host that refused us is left alone until the time it named, in this run and in the next ones."""

from __future__ import annotations

from functools import partial
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from archive.frontier import Frontier
from archive.store import Archive
from crawler.backoff import REFUSALS, pause_after, retry_after
from crawler.guard import host_of
from crawler.ledger import ledger_of, now
from crawler.pause import pause
from crawler.report import Tally


class HostResting(IgnoreRequest):
    """The host asked to be left alone. Try again at ``until`` (Unix time), not before."""

    def __init__(self, host: str, until: float) -> None:
        super().__init__(f"{host} is left alone until {until:.0f}")
        self.host = host
        self.until = until


class RestMiddleware:
    """Keeps the back-off of every host.

    A rest that was ordered before this run began ends the matter: no request, `HostResting`. A short one ordered
    in this run is waited for, up to ``QQNEWS_PATIENCE`` seconds.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._ledger = ledger_of(crawler)
        self._tally = Tally(crawler.stats)
        self._patience = crawler.settings.getfloat("QQNEWS_PATIENCE")
        self._until: dict[str, float] = {}
        self._strikes: dict[str, int] = {}
        self._ordered_here: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises `HostResting` when the host is to be left alone for longer than we wait."""
        await self.wait_for(host_of(request.url))

    async def wait_for(self, host: str) -> None:
        """Wait until the host may be asked; raises `HostResting` when that is too long."""
        until = await self.until(host)
        while (seconds := until - now()) > 0:
            if host not in self._ordered_here or seconds > self._patience:
                raise HostResting(host, until)
            await pause(self._crawler, seconds)
            until = self._until[host]

    async def until(self, host: str) -> float:
        """Unix time before which the host must not be asked; 0.0 or past: it may be."""
        if host not in self._until:
            self._until[host] = await self._remembered(host)
        return self._until[host]

    async def ask_archive(self, host: str) -> None:
        """Learn of a rest which another process ordered; raises `HostResting` as ``wait_for`` does."""
        self._until[host] = max(await self._remembered(host), self._until.get(host, 0.0))
        await self.wait_for(host)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Take note of a refusal."""
        if response.status in REFUSALS:
            host = host_of(request.url)
            header = response.headers.get("Retry-After")
            asked = retry_after(header.decode("latin-1") if header else None, now())
            await self.refused(host, str(response.status), asked)
        return response

    async def answered(self, host: str) -> None:
        """The host gave what was asked for: its next refusal is a first one, in any run.

        A captcha page also has status 200, so whoever read the answer says this. It says nothing while the host
        rests: the answer was under way when the refusal came.
        """
        if self._strikes.get(host) and await self.until(host) <= now():
            self._strikes[host] = 0
            if self._ledger is not None:
                await self._ledger.write(lambda archive, frontier: frontier.forgive(host))

    async def refused(self, host: str, reason: str, asked: float | None = None) -> float:
        """Order a rest, longer each time in a row; Unix time of its end. ``asked``: seconds the host named.

        Answers to requests that were under way together are one refusal, not several in a row.
        """
        # At once, before anything is awaited: the next request stands at the gate already.
        self._order_here(host, asked)
        self._ordered_here.add(host)
        self._tally.add("refused", host=host, reason=reason)
        if self._ledger is not None:
            self._strikes[host], until = await self._ledger.write(partial(_order, host=host, asked=asked))
            self._until[host] = max(until, self._until[host])
        return self._until[host]

    def _order_here(self, host: str, asked: float | None) -> None:
        earlier, rests_until = self._strikes.get(host, 0), self._until.get(host, 0.0)
        if earlier == 0 or rests_until <= now():
            self._strikes[host] = earlier + 1
        self._until[host] = max(now() + pause_after(self._strikes[host], asked), rests_until)

    async def _remembered(self, host: str) -> float:
        if self._ledger is None:
            return 0.0

        def known(archive: Archive, frontier: Frontier) -> tuple[int, float]:
            return frontier.strikes(host), frontier.backoff_until(host)

        self._strikes[host], until = await self._ledger.ask(known)
        return until


def _order(archive: Archive, frontier: Frontier, *, host: str, asked: float | None) -> tuple[int, float]:
    """Note a refusal for all processes; how many there were in a row, and the end of the rest it means."""
    strikes = frontier.strike(host, now())
    until = now() + pause_after(strikes, asked)
    frontier.back_off(host, until)
    return strikes, until
