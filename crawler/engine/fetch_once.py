"""Fetch a few pages to look at, with all of the crawler's manners, and keep nothing but these in the archive."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.utils.log import configure_logging

from archive.database.migrations import known_migrations
from archive.database.schema import applied_migrations
from archive.errors import QQNewsError
from archive.files.disk_floor import disk_floor, ensure_room
from archive.store import Archive
from crawler.engine.run import project_settings
from crawler.items import Page, Setback
from crawler.sites.registry import Address
from crawler.spiders.article import ArticleSpider


def fetch_pages(addresses: Iterable[Address], data: Path) -> dict[str, Page | Setback]:
    """Article id → its page as it was fetched, or what stood in the way.

    The pace and the rests of hosts are those of the archive in ``data``, where there is one that can be written to
    as it is: whoever only looks brings no archive up to date.
    """
    wanted = [address.url for address in addresses]
    if not wanted:
        return {}
    configure_logging({"LOG_LEVEL": "ERROR"})
    logging.getLogger("scrapy").setLevel(logging.ERROR)
    return asyncio.run(_fetch(wanted, data if shares_manners(data) else None))


def shares_manners(data: Path) -> bool:
    """Whether there is an archive in ``data``, of this program's version and with room, to share them with."""
    try:
        ensure_room(data, disk_floor(os.environ))
        Archive.to_read(data).close()
    except QQNewsError:
        return False
    return applied_migrations(data / "archive.db") == [*known_migrations()]


async def _fetch(urls: list[str], data: Path | None) -> dict[str, Page | Setback]:
    found: dict[str, Page | Setback] = {}

    def keep(item: Any) -> None:
        if isinstance(item, Page | Setback):
            found[item.link.id] = item
            spider = crawler.spider
            if isinstance(spider, ArticleSpider):
                spider.links.settled(item.link)

    # Without pipelines every page comes out of the spider as it is, and what comes out is the end of its link:
    # nothing is tried again.
    settings = {"ITEM_PIPELINES": {}, "QQNEWS_DATA": str(data or ""), "QQNEWS_DRY_RUN": True, "LOG_LEVEL": "ERROR"}
    runner = AsyncCrawlerRunner(project_settings(**settings))
    crawler = runner.create_crawler(ArticleSpider)
    crawler.signals.connect(keep, signals.item_scraped, weak=False)
    await runner.crawl(crawler, address=" ".join(urls))
    return found
