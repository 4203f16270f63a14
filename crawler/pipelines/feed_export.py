"""The last step: what Scrapy's feeds (``-O out.jsonl``) see of an article."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.items import Understood


class FlattenForFeedExport:
    """Turns an understood article into a flat record; all other items pass. Idle where there is no feed."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not crawler.settings.getdict("FEEDS"):
            raise NotConfigured("no feed")
        return cls()

    async def process_item(self, item: Any) -> Any:
        """`Understood` → the article's fields, times as ISO 8601 text."""
        if not isinstance(item, Understood):
            return item
        record = asdict(item.article)
        published = item.article.published_at
        record["published_at"] = published.isoformat() if published else None
        record["provenance"] = dict(item.article.provenance)
        record["fetched_at"] = item.fetched_at.isoformat(timespec="seconds")
        return record
