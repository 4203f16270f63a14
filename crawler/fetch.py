"""Fetch a few pages to look at, with all of the crawler's manners, and keep nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.utils.log import configure_logging

from crawler.items import Page, Setback
from crawler.run import project_settings
from crawler.sites.registry import Address
from crawler.spiders.article import ArticleSpider


def fetch_pages(addresses: Iterable[Address]) -> dict[str, Page | Setback]:
    """Article id → its page as it was fetched, or what stood in the way."""
    wanted = [address.url for address in addresses]
    if not wanted:
        return {}
    configure_logging({"LOG_LEVEL": "ERROR"})
    logging.getLogger("scrapy").setLevel(logging.ERROR)
    return asyncio.run(_fetch(wanted))


async def _fetch(urls: list[str]) -> dict[str, Page | Setback]:
    found: dict[str, Page | Setback] = {}

    def keep(item: Any) -> None:
        if isinstance(item, Page | Setback):
            found[item.link.id] = item
            spider = crawler.spider
            if isinstance(spider, ArticleSpider):
                spider.links.settled(item.link)

    # Without pipelines every page comes out of the spider as it is, no archive is opened, and what comes out is
    # the end of its link: nothing is tried again.
    runner = AsyncCrawlerRunner(project_settings(ITEM_PIPELINES={}, QQNEWS_DATA="", LOG_LEVEL="ERROR"))
    crawler = runner.create_crawler(ArticleSpider)
    crawler.signals.connect(keep, signals.item_scraped, weak=False)
    await runner.crawl(crawler, address=" ".join(urls))
    return found
