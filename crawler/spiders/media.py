"""The spider that fetches pictures and sounds: those of archived articles that have no copy yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from archive.media.picture_copies import Wanted, wanted_pictures
from crawler.items import PictureAnswer, PictureFailure
from crawler.middlewares.capture import pairs
from crawler.recording.archive_writer import archive_writer_of
from crawler.recording.report import RunCounts
from crawler.spiders.failures import NOT_ASKED

BATCH = 100
"""Pictures looked up at once."""


class MediaSpider(Spider):
    """``since``: only pictures of articles seen then or later (ISO 8601). ``limit``: at most so many. ``again``:
    also those that failed of late or too often.
    """

    name = "media"

    def __init__(self, since: str = "", limit: str = "", again: str = "", **arguments: Any) -> None:
        super().__init__(**arguments)
        self._since = datetime.fromisoformat(since) if since else None
        self._limit = int(limit) if limit else None
        self._again = bool(again)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **arguments: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **arguments)
        crawler.signals.connect(spider._open, signals.spider_opened)
        crawler.signals.connect(spider._broke, signals.item_error)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """A request for each picture that is wanted, as room allows."""
        ledger = archive_writer_of(self.crawler)
        if ledger is None:
            return
        wanted = islice(await ledger.ask(self._wanted), self._limit)
        asked: set[str] = set()
        while batch := await ledger.ask(lambda archive, frontier: list(islice(wanted, BATCH))):
            for picture in batch:
                if picture.url in asked:
                    continue
                asked.add(picture.url)
                await self._room.acquire()
                self._tally.add("pictures_asked")
                yield self._request(picture)

    async def parse_picture(self, response: Response, wanted: Wanted) -> AsyncIterator[Any]:
        """The bytes, or why there are none."""
        if response.status == 200:
            yield PictureAnswer(wanted, response.body, datetime.now(UTC), pairs(response.headers))
        else:
            yield PictureFailure(wanted, f"status {response.status}", datetime.now(UTC))

    async def failed(self, failure: Failure) -> AsyncIterator[Any]:
        """Why a picture could not be had."""
        request: Request = failure.request  # type: ignore[attr-defined]
        wanted, error = request.cb_kwargs["wanted"], failure.value
        tries = 0 if isinstance(error, NOT_ASKED) else 1
        yield PictureFailure(wanted, f"{type(error).__name__}: {error}"[:300], datetime.now(UTC), tries)

    def settled(self) -> None:
        """A picture came to its end: there is room for the next."""
        self._room.release()

    def _open(self, spider: Spider) -> None:
        self._tally = RunCounts(self.crawler.stats)
        self._room = asyncio.Semaphore(self.crawler.settings.getint("CONCURRENT_REQUESTS"))

    def _broke(self, item: Any, failure: Failure) -> None:
        self._tally.add("crashed", reason=type(failure.value).__name__)
        self.settled()

    def _wanted(self, archive: Any, frontier: Any) -> Iterator[Wanted]:
        return wanted_pictures(archive, datetime.now(UTC), seen_since=self._since, again=self._again)

    def _request(self, wanted: Wanted) -> Request:
        return Request(
            wanted.url,
            callback=self.parse_picture,
            errback=self.failed,
            headers={"Accept": "image/*,audio/*,*/*;q=0.5", "Referer": referer(wanted.article_url)},
            cb_kwargs={"wanted": wanted},
            meta={"picture": True, "dont_retry": True},
        )


def referer(article_url: str) -> str:
    """The page that a reader of the site sees the picture on: ``new.qq.com`` leads to ``news.qq.com``."""
    parts = urlsplit(article_url)
    host = "news.qq.com" if parts.hostname == "new.qq.com" else parts.netloc
    return parts._replace(netloc=host).geturl()
