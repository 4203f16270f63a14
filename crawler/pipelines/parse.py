"""Page → article, or the setback that the page means."""

from __future__ import annotations

from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http.request import NO_CALLBACK

from crawler.coverage import stated
from crawler.gather import gathered
from crawler.guard import host_of
from crawler.items import FAILURES, Ending, Page, Setback, Understood
from crawler.middlewares.rest import RestMiddleware
from crawler.normalise import normalise
from crawler.report import Tally
from crawler.sites.page import Blocked, EmptyShell, Garbled, NotAnArticle, RawArticle, Removed
from crawler.sites.qq.second import joined, second_source
from crawler.sites.registry import read_address, read_page

_NO_ANSWER: tuple[type[Exception], ...] = (*FAILURES, NotAnArticle)
_UNREADABLE: dict[type[NotAnArticle], str] = {EmptyShell: "empty-shell", Garbled: "garbled"}


class ParsePage:
    """Reads every `Page`; all other items pass."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._tally = Tally(crawler.stats)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def open_spider(self) -> None:
        """All steps stand: find the one that keeps the hosts' rest."""
        self._rest = self._crawler.get_downloader_middleware(RestMiddleware)

    async def process_item(self, item: Any) -> Any:
        """`Page` → `Understood` or `Setback`."""
        if not isinstance(item, Page):
            return item
        self._tally.add("fetched", source=item.link.source)
        if item.status == 200 and not item.body.strip():
            return Setback(item.link, Ending.RETRIED, "empty", "an answer without a page")
        try:
            return await self._understood(item, await self._read(item))
        except Removed as error:
            return Setback(item.link, Ending.GONE, "removed", error.evidence)
        except Blocked as error:
            return await self._blocked(item, error)
        except NotAnArticle as error:
            return Setback(item.link, Ending.UNREADABLE, _UNREADABLE.get(type(error), "unknown-layout"), error.evidence)

    async def _read(self, page: Page) -> RawArticle:
        """What the page says. An empty one is completed from the site's second source, where there is one."""
        try:
            return read_page(page.body, page.url, status=page.status, charset=page.charset)
        except EmptyShell as shell:
            url = second_source(read_address(page.link.url))
            engine = self._crawler.engine
            if url is None or engine is None:
                raise
            self._tally.add("second_source", source=page.link.source)
            try:
                answer = await engine.download_async(
                    Request(url, callback=NO_CALLBACK, cb_kwargs={"link": page.link}, meta={"dont_retry": True})
                )
                raw = read_page(answer.body, url, status=answer.status)
            except _NO_ANSWER as error:
                raise EmptyShell(shell.url, f"{shell.evidence}; {url}: {error}", shell.article) from error
            return raw if shell.article is None else joined(shell.article, raw)

    async def _understood(self, page: Page, raw: RawArticle) -> Understood:
        if self._rest is not None:
            await self._rest.answered(host_of(page.url))
        self._tally.read(raw.layout, raw.notes, stated(raw))
        article = normalise(raw, page.fetched_at)
        return Understood(page.link, article, page.fetched_at, page.raw_ref, gathered(raw, page.fetched_at))

    async def _blocked(self, page: Page, error: Blocked) -> Setback:
        """A refusal that looks like an answer: a captcha page. (Those which say so by status end in the spider.)"""
        if self._rest is None:
            return Setback(page.link, Ending.RETRIED, "blocked", error.evidence)
        reason = "captcha" if page.status == 200 else str(page.status)
        until = await self._rest.refused(host_of(page.url), reason)
        return Setback(page.link, Ending.POSTPONED, "blocked", error.evidence, until)
