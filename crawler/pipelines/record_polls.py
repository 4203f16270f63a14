"""When all that was listed is remembered: each source's poll goes into the completeness ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from archive.frontier.links import Frontier
from archive.monitoring.polls import PollOutcome, SourceState, note_poll
from archive.store import Archive
from crawler.recording.archive_writer import ArchiveWriter, archive_writer_of
from crawler.recording.report import RunCounts
from crawler.spiders.lists import ListSpider


class RecordPolls:
    """Writes the polls of a list spider at its end: a run that dies leaves none, so none that is half true."""

    def __init__(self, crawler: Crawler, ledger: ArchiveWriter) -> None:
        self._crawler = crawler
        self._ledger = ledger
        self._run_id = crawler.settings.getint("QQNEWS_RUN_ID") or None
        self._most_pages = crawler.settings.getint("QQNEWS_PAGES")
        self._tally = RunCounts(crawler.stats)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        ledger = archive_writer_of(crawler)
        if ledger is None or crawler.settings.getbool("QQNEWS_DRY_RUN"):
            raise NotConfigured("nothing is remembered")
        return cls(crawler, ledger)

    async def process_item(self, item: Any) -> Any:
        """All items pass."""
        return item

    async def close_spider(self) -> None:
        """Scrapy calls this when every item has come through, and before the archive is closed."""
        spider = self._crawler.spider
        if isinstance(spider, ListSpider):
            for noted in await self._ledger.write(lambda archive, frontier: self._note(spider, archive, frontier)):
                self._count(noted)

    def _note(self, spider: ListSpider, archive: Archive, frontier: Frontier) -> list[PollOutcome]:
        now = datetime.now(UTC)
        polls = [(course.done(self._run_id, self._most_pages), course.standing) for course in spider.courses]
        return [note_poll(archive, done, before or SourceState(), now) for done, before in polls if done]

    def _count(self, noted: PollOutcome) -> None:
        source = noted.poll.source
        self._tally.add("fresh", source=source, amount=noted.poll.fresh)
        if noted.found:
            self._tally.add("gaps_found", source=source)
            self._tally.gap(f"{noted.found}; the next run pages deeper")
        for gap in noted.closed:
            self._tally.add("gaps_closed", source=source)
            self._tally.gap(f"{source}: the gap after {gap.after_at:%Y-%m-%d %H:%M} UTC is closed")
