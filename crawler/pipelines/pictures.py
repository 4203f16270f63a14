"""A fetched picture or sound is told by its bytes and kept once; one that could not be had is noted."""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from archive.errors import Erased
from archive.frontier import Frontier
from archive.media import keep_picture, note_missing
from archive.pictures import NotAPicture
from archive.sounds import NotASound
from archive.store import Archive
from crawler.items import PictureAnswer, PictureFailure
from crawler.ledger import ledger_of
from crawler.report import Tally
from crawler.spiders.media import MediaSpider


class KeepPicture:
    """Keeps each `PictureAnswer`, notes each `PictureFailure`; all other items pass."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._ledger = ledger_of(crawler)
        self._tally = Tally(crawler.stats)
        self._most_bytes = crawler.settings.getint("QQNEWS_PICTURE_BYTES")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        """The item, once what became of the picture is on disk."""
        if isinstance(item, PictureAnswer | PictureFailure) and self._ledger is not None:
            try:
                reason = await self._ledger.write(self._work(item))
            except Erased as error:
                self._tally.add("erased")
                self._settled()
                raise DropItem(str(error)) from error
            self._tally.add("pictures_missing" if reason else "pictures", reason=reason.partition(" ")[0])
            if reason:
                self._tally.problem(item.wanted.article_id, reason, item.wanted.url)
            self._settled()
        return item

    def _settled(self) -> None:
        spider = self._crawler.spider
        if isinstance(spider, MediaSpider):
            spider.settled()

    def _work(self, item: PictureAnswer | PictureFailure) -> Any:
        def work(archive: Archive, frontier: Frontier) -> str:
            """Why the picture is missing; "" where it is there now."""
            wanted = item.wanted
            reason = item.reason if isinstance(item, PictureFailure) else self._too_large(item)
            tries = item.tries if isinstance(item, PictureFailure) else 1
            if isinstance(item, PictureAnswer) and not reason:
                try:
                    keep_picture(archive, wanted.url, wanted.article_id, item.body, item.fetched_at)
                except (NotAPicture, NotASound) as error:
                    reason = error.reason
            if reason:
                note_missing(archive, wanted.url, wanted.article_id, reason, item.fetched_at, tries)
            return reason

        return work

    def _too_large(self, item: PictureAnswer) -> str:
        size = len(item.body)
        return f"too large: {size} bytes, {self._most_bytes} allowed" if size > self._most_bytes else ""
