"""Waiting that ends when the crawl is told to stop."""

from __future__ import annotations

import asyncio

from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

_SLICE = 0.25
"""Seconds after which a stopped crawl is noticed."""


class Stopped(IgnoreRequest):
    """The crawl was told to stop while a request waited for its turn."""


async def sleep_unless_stopped(crawler: Crawler, seconds: float) -> None:
    """Sleep; raises `Stopped` as soon as the crawl ends."""
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    while True:
        if not crawler.crawling:
            raise Stopped("the crawl was stopped")
        if (left := end - clock()) <= 0:
            return
        await asyncio.sleep(min(left, _SLICE))
