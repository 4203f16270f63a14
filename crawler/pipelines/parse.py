"""Page → article, or the setback that the page means."""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.guard import host_of
from crawler.items import Ending, Page, Setback, Understood
from crawler.middlewares.rest import RestMiddleware
from crawler.normalise import normalise
from crawler.report import Tally
from crawler.sites.page import Blocked, Changed, RawArticle, Removed
from crawler.sites.qq.pages import read_page


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
            raw = read_page(item.body, item.url, status=item.status)
        except Removed as error:
            return Setback(item.link, Ending.GONE, "removed", error.evidence)
        except Blocked as error:
            return await self._blocked(item, error)
        except Changed as error:
            return Setback(item.link, Ending.UNREADABLE, "unknown-layout", error.evidence)
        return self._understood(item, raw)

    def _understood(self, page: Page, raw: RawArticle) -> Understood:
        if self._rest is not None:
            self._rest.answered(host_of(page.url))
        for note in raw.notes:
            self._tally.add("noted", reason=note)
        return Understood(page.link, normalise(raw), page.fetched_at)

    async def _blocked(self, page: Page, error: Blocked) -> Setback:
        """A refusal that looks like an answer: a captcha page. (Those which say so by status end in the spider.)"""
        if self._rest is None:
            return Setback(page.link, Ending.RETRIED, "blocked", error.evidence)
        reason = "captcha" if page.status == 200 else str(page.status)
        until = await self._rest.refused(host_of(page.url), reason)
        return Setback(page.link, Ending.POSTPONED, "blocked", error.evidence, until)
