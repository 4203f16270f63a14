"""The spider that fetches articles: every link it takes comes back as one item, a page or a setback."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure
from w3lib.encoding import http_content_type_encoding

from archive.errors import QQNewsError
from archive.frontier.links import Leased
from crawler.items import Ending, Page, Setback
from crawler.middlewares.capture import FETCHED_AT, RAW_REF
from crawler.middlewares.host_backoff import HostBackoffMiddleware
from crawler.middlewares.robots import RobotsMiddleware
from crawler.net.backoff import REFUSALS
from crawler.net.redirects import STATUSES, UnexpectedRedirect, followed
from crawler.net.url_policy import host_of
from crawler.recording.archive_writer import ArchiveWriter, archive_writer_of, now
from crawler.recording.report import RunCounts
from crawler.sites.page import Blocked, Removed
from crawler.sites.registry import NotAnAddress, fetch_url, read_address
from crawler.spiders.failures import setback_of
from crawler.spiders.link_feed import FrontierQueue, GivenQueue, LinkFeed
from crawler.spiders.removals import Removals

AFTER_CRASH = 3600.0
"""Seconds before a link is tried again over which our own code broke."""

GIVEN = "address"
"""The source of links that the user named."""


class ArticleSpider(Spider):
    """``address``: addresses or ids to fetch, separated by blanks or commas; without any: what the archive's
    frontier holds, or what the ``sources`` (separated by line ends) listed. ``limit``: articles to fetch at most.
    """

    name = "article"

    def __init__(self, address: str = "", sources: str = "", limit: str = "", **arguments: Any) -> None:
        super().__init__(**arguments)
        self._sources = [name for name in sources.split("\n") if name]
        self._given = [_given(text) for text in re.split(r"[\s,]+", address) if text]
        self._limit = int(limit) if limit else None
        self._notes: list[asyncio.Future[bool]] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **arguments: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **arguments)
        crawler.signals.connect(spider._open, signals.spider_opened)
        crawler.signals.connect(spider.item_failed, signals.item_error)
        crawler.signals.connect(spider.callback_failed, signals.spider_error)
        return spider

    async def start(self) -> AsyncIterator[Request | Setback]:
        """A request for each link, as room allows; a setback for one that leads nowhere."""
        ledger = None if self.crawler.settings.getbool("QQNEWS_DRY_RUN") else archive_writer_of(self.crawler)
        erased = set[str]() if ledger is None else await self._prepare(ledger)
        async for link in self.links:
            if link.id in erased:
                self._tally.add("erased")
                self.links.settled(link)
                continue
            try:
                yield self._request(link, fetch_url(read_address(link.url)), hops=0)
            except NotAnAddress as error:
                yield Setback(link, Ending.DROPPED, "no-address", str(error))
            if ledger is not None and self.removals.are_many:
                await self.removals.judge(ledger)
        await self.links.drained()
        if ledger is not None:
            await self.removals.judge(ledger)

    async def parse_page(self, response: Response, link: Leased, hops: int) -> AsyncIterator[Any]:
        """The page; or the next request on the way to it; or what stood in the way."""
        if response.status in STATUSES:
            yield self._redirected(response, link, hops)
        elif response.status in REFUSALS:
            until = self._rest_until(response)
            yield Setback(link, Ending.POSTPONED, "blocked", f"status {response.status}", until)
        elif response.status >= 500:
            yield Setback(link, Ending.RETRIED, f"status-{response.status}", response.url)
        else:
            charset = http_content_type_encoding((response.headers.get("Content-Type") or b"").decode("latin-1"))
            moment, raw_ref = response.meta.get(FETCHED_AT) or datetime.now(UTC), response.meta.get(RAW_REF)
            yield Page(link, response.url, response.status, response.body, moment, charset, raw_ref)

    async def failed(self, failure: Failure) -> AsyncIterator[Any]:
        """The setback that a failed download means."""
        request: Request = failure.request  # type: ignore[attr-defined]
        error = failure.value or RuntimeError("a failure without an error")
        yield setback_of(request.cb_kwargs["link"], error)

    def closed(self, reason: str) -> None:
        """Count what was handed out, and what is left for later runs."""
        self._tally.add("leased", amount=len(self.links.tried))
        if self.links.left:
            self._tally.add("left", amount=len(self.links.left))

    def item_failed(self, item: Any, failure: Failure) -> None:
        """A step of the pipeline broke over an item."""
        self._broke(getattr(item, "link", None), failure)

    def callback_failed(self, response: Any, failure: Failure) -> None:
        """A callback broke over an answer."""
        request = getattr(response, "request", None)
        self._broke(request.cb_kwargs.get("link") if request is not None else None, failure)

    def _broke(self, link: Leased | None, failure: Failure) -> None:
        """Something of ours is broken: count it, and put the link off until it may be mended."""
        self._tally.add("crashed", reason=type(failure.value).__name__)
        self._tally.problem(link.id if link else self.name, f"{failure.value!r}", link.url if link else "")
        if isinstance(failure.value, QQNewsError):
            self.links.stop()
        if link is None:
            return
        self.links.settled(link, again_at=now() + AFTER_CRASH)
        ledger = archive_writer_of(self.crawler)
        if ledger is not None and not isinstance(failure.value, QQNewsError):
            reason = f"crashed: {failure.value!r}"[:500]
            note = ledger.write(lambda archive, frontier: frontier.retry(link.id, reason, now() + AFTER_CRASH))
            self._notes.append(asyncio.ensure_future(note))

    def _open(self, spider: Spider) -> None:
        settings, ledger = self.crawler.settings, archive_writer_of(self.crawler)
        queue = GivenQueue(self._given) if self._given or ledger is None else FrontierQueue(ledger, self._sources)
        self._tally = RunCounts(self.crawler.stats)
        self.removals = Removals(self.crawler)
        self.links = LinkFeed(
            queue,
            room=2 * settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN") + 2,
            limit=self._limit,
            patience=settings.getfloat("QQNEWS_PATIENCE"),
        )

    async def _prepare(self, ledger: ArchiveWriter) -> set[str]:
        """Queue what the user named, or what comes back by itself; return the ids of those that were taken down."""
        moment = datetime.now(UTC)
        if self._given:
            ids = [link.id for link in self._given]
            await ledger.write(lambda archive, frontier: frontier.recall(self._given, GIVEN, moment))
            return await ledger.ask(lambda archive, frontier: archive.erased(ids))
        await ledger.write(lambda archive, frontier: frontier.revive(now()))
        await self._revive_what_is_allowed(ledger)
        return set()

    async def _revive_what_is_allowed(self, ledger: ArchiveWriter) -> None:
        """Queue what an earlier robots.txt forbade and the one of today allows: its host is asked for that alone."""
        robots = self.crawler.get_downloader_middleware(RobotsMiddleware)
        begun = self.crawler.settings.getfloat("QQNEWS_BEGUN") or now()
        forbidden = await ledger.ask(lambda archive, frontier: frontier.forbidden(begun))
        allowed = [link for link, url in forbidden if robots is None or await robots.allows(url)]
        if allowed:
            await ledger.write(lambda archive, frontier: frontier.revive_these(allowed, now()))

    def _request(self, link: Leased, url: str, hops: int) -> Request:
        return Request(
            url,
            callback=self.parse_page,
            errback=self.failed,
            cb_kwargs={"link": link, "hops": hops},
            meta={"dont_retry": True},
        )

    def _redirected(self, response: Response, link: Leased, hops: int) -> Request | Setback:
        location = (response.headers.get("Location") or b"").decode("latin-1")
        try:
            target = followed(link.id, response.url, location, hops)
        except Removed as error:
            return Setback(link, Ending.GONE, "removed", error.evidence)
        except Blocked as error:
            return Setback(link, Ending.POSTPONED, "blocked", error.evidence, self._rest_until(response))
        if isinstance(target, UnexpectedRedirect):
            return Setback(link, Ending.DROPPED, target.reason, target.target)
        return self._request(link, target, hops + 1)

    def _rest_until(self, response: Response) -> float:
        """Unix time until which the host is left alone that refused us with this answer."""
        rest = self.crawler.get_downloader_middleware(HostBackoffMiddleware)
        return rest.until(host_of(response.url)) if rest is not None else now()


def _given(text: str) -> Leased:
    address = read_address(text)
    return Leased(address.id, fetch_url(address), GIVEN, 1)
