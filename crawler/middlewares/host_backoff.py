"""Rest: a host that refused us is left alone until the time it named, in this run and in the next ones."""

from __future__ import annotations

from functools import partial
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from archive.frontier.links import Frontier
from archive.store import Archive
from crawler.net.backoff import REFUSALS, pause_after, retry_after
from crawler.net.interruptible_sleep import sleep_unless_stopped
from crawler.net.redirects import STATUSES, wants_human
from crawler.net.url_policy import host_of
from crawler.recording.archive_writer import archive_writer_of, now
from crawler.recording.report import RunCounts


class HostBackingOff(IgnoreRequest):
    """The host asked to be left alone. Try again at ``until`` (Unix time), not before."""

    def __init__(self, host: str, until: float) -> None:
        super().__init__(f"{host} is left alone until {until:.0f}")
        self.host = host
        self.until = until


class HostBackoffMiddleware:
    """Keeps the back-off of every host, together with all other processes that crawl into the same archive.

    A rest that another run ordered ends the matter: no request, `HostBackingOff`. A short one ordered in this run is
    waited for, up to ``QQNEWS_PATIENCE`` seconds.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._ledger = archive_writer_of(crawler)
        self._tally = RunCounts(crawler.stats)
        self._patience = crawler.settings.getfloat("QQNEWS_PATIENCE")
        self._until: dict[str, float] = {}
        self._strikes: dict[str, int] = {}
        self._ordered_here: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises `HostBackingOff` when the host is to be left alone for longer than we wait."""
        await self.wait_for(host_of(request.url))

    async def wait_for(self, host: str) -> None:
        """Wait until the host may be asked; raises `HostBackingOff` when that is too long."""
        while (seconds := (until := self.until(host)) - now()) > 0:
            if host not in self._ordered_here or seconds > self._patience:
                raise HostBackingOff(host, until)
            await sleep_unless_stopped(self._crawler, seconds)

    def until(self, host: str) -> float:
        """Unix time before which the host must not be asked, whichever process ordered it; 0.0 or past: it may be."""
        ordered_elsewhere = 0.0 if self._ledger is None else self._ledger.rest(host).until
        return max(self._until.get(host, 0.0), ordered_elsewhere)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Take note of a refusal that needs no reading: by its status, or a redirect to a page that wants a human."""
        if response.status in REFUSALS:
            asked = retry_after(_header(response, "Retry-After") or None, now())
            await self.refused(host_of(request.url), str(response.status), asked)
        elif response.status in STATUSES and wants_human(response.url, _header(response, "Location")):
            await self.refused(host_of(request.url), "captcha")
        return response

    async def answered(self, host: str) -> None:
        """The host gave what was asked for: its next refusal is a first one, in any run.

        A captcha page also has status 200, so whoever read the answer says this. It says nothing while the host
        rests: the answer was under way when the refusal came.
        """
        if self._strikes_of(host) and self.until(host) <= now():
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
            await self._ledger.write(partial(_order, host=host, asked=asked))
        return self.until(host)

    def _order_here(self, host: str, asked: float | None) -> None:
        earlier, rests_until = self._strikes_of(host), self.until(host)
        self._strikes[host] = earlier + 1 if earlier == 0 or rests_until <= now() else earlier
        self._until[host] = max(now() + pause_after(self._strikes[host], asked), rests_until)

    def _strikes_of(self, host: str) -> int:
        """How often in a row the host refused us, in whatever process."""
        return self._strikes.get(host, 0) if self._ledger is None else self._ledger.rest(host).strikes


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1")


def _order(archive: Archive, frontier: Frontier, *, host: str, asked: float | None) -> None:
    """Note a refusal and the rest that it means for all processes."""
    strikes = frontier.strike(host, now())
    frontier.back_off(host, now() + pause_after(strikes, asked))
