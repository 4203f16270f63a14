"""A fetched picture or sound is told by its bytes and kept once; one that could not be had is noted."""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from archive.captures.warc import Capture
from archive.errors import Erased
from archive.frontier.links import Frontier
from archive.media.image_type import NotAPicture
from archive.media.picture_copies import PICTURE, copy_path, keep_picture, note_missing
from archive.media.sound_type import NotASound
from archive.store import Archive
from crawler.items import PictureAnswer, PictureFailure
from crawler.recording.archive_writer import ArchiveWriter, Work, archive_writer_of
from crawler.recording.report import RunCounts
from crawler.spiders.media import MediaSpider


class ArchivePictures:
    """Keeps each `PictureAnswer`, notes each `PictureFailure`; all other items pass."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._ledger = archive_writer_of(crawler)
        self._tally = RunCounts(crawler.stats)
        self._most_bytes = crawler.settings.getint("QQNEWS_PICTURE_BYTES")
        self._job = crawler.settings["QQNEWS_JOB"]

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        """The item, once what became of the picture is on disk."""
        if isinstance(item, PictureAnswer | PictureFailure) and self._ledger is not None:
            reason = item.reason if isinstance(item, PictureFailure) else self._unusable(item)
            try:
                if isinstance(item, PictureAnswer) and not reason:
                    await self._record(self._ledger, item)
                await self._ledger.write(_work(item, reason))
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

    def _unusable(self, item: PictureAnswer) -> str:
        """Why a picture is not kept; "" where it is."""
        if len(item.body) > self._most_bytes:
            return f"too large: {len(item.body)} bytes, {self._most_bytes} allowed"
        try:
            copy_path(item.wanted.url, item.body)
        except (NotAPicture, NotASound) as error:
            return error.reason
        return ""

    async def _record(self, ledger: ArchiveWriter, item: PictureAnswer) -> None:
        """Note beside the captures where the copy of an address lies: else only the database would know."""
        if ledger.recorder is None:
            return
        facts = {
            "kind": PICTURE,
            "id": item.wanted.article_id,
            "body": copy_path(item.wanted.url, item.body),
            "job": self._job,
        }
        capture = Capture(
            url=item.wanted.url, status=200, headers=item.headers, body=b"", fetched_at=item.fetched_at, facts=facts
        )
        await ledger.recorder.record(capture)


def _work(item: PictureAnswer | PictureFailure, reason: str) -> Work[None]:
    def work(archive: Archive, frontier: Frontier) -> None:
        wanted = item.wanted
        if isinstance(item, PictureAnswer) and not reason:
            keep_picture(archive, wanted.url, wanted.article_id, item.body, item.fetched_at)
        else:
            tries = item.tries if isinstance(item, PictureFailure) else 1
            note_missing(archive, wanted.url, wanted.article_id, reason, item.fetched_at, tries)

    return work
