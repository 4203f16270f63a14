"""Waiting that ends when the crawl is told to stop."""

from __future__ import annotations

import asyncio

from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

_SLICE = 0.25
"""Seconds after which a stopped crawl is noticed."""


class Stopped(IgnoreRequest):
    """The crawl was told to stop while a request waited for its turn."""


async def pause(crawler: Crawler, seconds: float) -> None:
    """Sleep; raises `Stopped` as soon as the crawl ends."""
    while True:
        if not crawler.crawling:
            raise Stopped("the crawl was stopped")
        if seconds <= 0:
            return
        await asyncio.sleep(min(seconds, _SLICE))
        seconds -= _SLICE
