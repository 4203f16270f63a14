"""Page → article, or the setback that the page means."""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.backoff import REFUSALS
from crawler.guard import host_of
from crawler.items import Ending, Page, Setback, Understood
from crawler.middlewares.rest import RestMiddleware
from crawler.normalise import normalise
from crawler.report import Tally
from crawler.sites.page import Blocked, Changed, Removed
from crawler.sites.qq.pages import read_page


class ParsePage:
    """Reads every `Page`; all other items pass."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._tally = Tally(crawler.stats)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        """`Page` → `Understood` or `Setback`."""
        if not isinstance(item, Page):
            return item
        self._tally.add("fetched", source=item.link.source)
        try:
            raw = read_page(item.body, item.url, status=item.status)
        except Removed as error:
            return Setback(item.link, Ending.GONE, "removed", error.evidence)
        except Blocked as error:
            return await self._blocked(item, error)
        except Changed as error:
            return Setback(item.link, Ending.UNREADABLE, "unknown-layout", error.evidence)
        for note in raw.notes:
            self._tally.add("noted", reason=note)
        return Understood(item.link, normalise(raw), item.fetched_at)

    async def _blocked(self, page: Page, error: Blocked) -> Setback:
        """A refusal: a status the host was already put to rest for, or a captcha page that looks like an answer."""
        rest = self._crawler.get_downloader_middleware(RestMiddleware)
        host = host_of(page.url)
        if rest is None:
            return Setback(page.link, Ending.RETRIED, "blocked", error.evidence)
        known = page.status in REFUSALS
        until = await rest.until(host) if known else await rest.refused(host, "captcha")
        return Setback(page.link, Ending.POSTPONED, "blocked", error.evidence, until)
