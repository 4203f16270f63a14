"""Controls: living articles that are asked for, to see whether the site tells what is there from what is gone.

They are asked for like any other page, with all manners. Nothing of them is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from archive.frontier.removals import Control
from crawler.items import READABLE
from crawler.net.backoff import REFUSALS
from crawler.net.interruptible_sleep import Stopped
from crawler.net.redirects import STATUSES, followed
from crawler.sites.page import EmptyShell, NotAnArticle, Removed
from crawler.sites.qq.lists import ListBroken
from crawler.sites.qq.lists.sources import read_source
from crawler.sites.registry import Address, fetch_url, read_address, read_page
from crawler.spiders.failures import FAILURES

MOST: Final = 3
"""Controls that are asked for at most: one may have been removed itself, of three at least one is there."""
MOST_HOPS: Final = 3


_NO_LIST: Final[tuple[type[Exception], ...]] = (ListBroken, *FAILURES)
_NO_ANSWER: Final[tuple[type[Exception], ...]] = (NotAnArticle, *FAILURES)


class Controls:
    """Asks for controls through the engine of a spider at work, for each of them once."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._answers: dict[str, bool | None] = {}

    async def among(self, urls: Iterable[str]) -> Control:
        """What the site says of the articles at these addresses, all of which lived of late."""
        found = Control.NONE
        for address in map(read_address, urls):
            if address.id not in self._answers:
                self._answers[address.id] = await self._is_there(address)
            if self._answers[address.id]:
                return Control.ALIVE
            if self._answers[address.id] is False:
                found = Control.GONE
        return found

    async def listed_by(self, source: str, host: str) -> Control:
        """What the site says of the articles on a host that it lists itself at this moment."""
        asked = read_source(source).first()
        try:
            request = Request(asked.url, method=asked.method, headers=dict(asked.headers), body=asked.body)
            answer = await self._download(request)
            items = read_source(source).read(answer.body, answer.url).items
        except _NO_LIST:
            return Control.NONE
        urls = [item.url for item in items if item.kind in READABLE and f"//{host}/" in item.url]
        return await self.among(urls[:MOST])

    async def _is_there(self, address: Address) -> bool | None:
        """Whether the site has an article; None where it does not say."""
        url = fetch_url(address)
        try:
            for hops in range(MOST_HOPS):
                response = await self._download(Request(url))
                if response.status not in STATUSES:
                    return _is_article(response)
                location = (response.headers.get("Location") or b"").decode("latin-1")
                target = followed(address.id, response.url, location, hops)
                if not isinstance(target, str):
                    return None
                url = target
        except Removed:
            return False
        except _NO_ANSWER:
            return None
        return None

    async def _download(self, request: Request) -> Response:
        engine = self._crawler.engine
        if engine is None or not self._crawler.crawling:
            raise Stopped("the crawl was stopped")
        return await engine.download_async(request.replace(callback=NO_CALLBACK, meta={"dont_retry": True}))


def _is_article(response: Response) -> bool | None:
    """Whether an answer is an article's page; None for a failure. Raises `Removed`, `NotAnArticle`."""
    if response.status in REFUSALS or response.status >= 500:
        return None
    try:
        read_page(response.body, response.url, status=response.status)
    except EmptyShell:
        return None
    return True
