"""What was understood goes into the archive, and every link comes to its end. Returns after the commit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from archive.article.decide import Judgement
from archive.errors import Erased, UnreadableRow
from archive.frontier.links import Frontier, Leased
from archive.store import Archive
from crawler.items import Ending, Setback, Understood
from crawler.net.backoff import retry_pause
from crawler.recording.archive_writer import archive_writer_of, now
from crawler.recording.report import COUNTERS, RunCounts
from crawler.spiders.article import ArticleSpider
from crawler.spiders.failures import ERASED
from crawler.spiders.link_feed import LinkFeed

_WITHHELD = ("host-resting", "blocked")
AFTER_REPAIR = 6 * 3600.0
"""Seconds before a link is tried again whose article's row cannot be read: somebody must repair it first."""


class ArchiveArticles:
    """Keeps each article and finishes its link in one transaction; notes each setback."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._ledger = archive_writer_of(crawler)
        self._tally = RunCounts(crawler.stats)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        """`Understood` passes once it is kept. A `Setback` ends here; all other items pass."""
        try:
            if isinstance(item, Understood):
                await self._keep(item)
            elif isinstance(item, Setback):
                if item.reason == ERASED:
                    await self._note(item, 0.0)
                    raise self._left_out(item.link, Erased())
                await self._set_back(item)
                raise DropItem(f"{item.link.url}: {item.detail}")
        except Erased as error:
            raise self._left_out(item.link, error) from error
        except UnreadableRow as error:
            await self._put_off(item.link, error)
            raise DropItem(str(error)) from error
        return item

    async def close_spider(self) -> None:
        """A run that is stopped judges what it can; one that came to its end has done so already."""
        spider = self._crawler.spider
        if self._ledger is not None and isinstance(spider, ArticleSpider):
            await spider.removals.judge_what_is_clear(self._ledger)

    def _left_out(self, link: Leased, error: Erased) -> DropItem:
        """What ends an article that was taken down: not a word about which, nothing here may name it again."""
        self._tally.add("erased", source=link.source)
        self._links.settled(link)
        return DropItem(str(error))

    async def _put_off(self, link: Leased, error: UnreadableRow) -> None:
        """What the archive has under this id cannot be read: the link waits for a repair."""
        if self._ledger is not None:
            later = now() + AFTER_REPAIR
            await self._ledger.write(lambda archive, frontier: frontier.release(link.id, f"bad row: {error}", later))
            self._ledger.pass_over(error)
        self._links.settled(link)

    async def _keep(self, item: Understood) -> None:
        def work(archive: Archive, frontier: Frontier) -> tuple[Judgement, int]:
            kept = archive.keep(item.article, seen_at=item.fetched_at, raw_ref=item.raw_ref)
            frontier.done(item.link.id)
            new = frontier.gather(item.article.id, item.gathered, item.fetched_at) if item.gathered else 0
            return kept.verdict, new

        verdict, new = (Judgement.NEW, 0) if self._ledger is None else await self._ledger.write(work)
        if new:
            self._tally.add("gathered", source=item.article.id, amount=new)
        self._tally.add(COUNTERS[verdict], source=item.link.source)
        self._spider.removals.there(item.link.url, item.article.channel)
        self._links.settled(item.link)

    async def _set_back(self, item: Setback) -> None:
        soonest = now() + retry_pause(item.link.attempts) if item.ending is Ending.RETRIED else 0.0
        not_before = max(soonest, item.until)
        if item.ending is Ending.GONE:
            # What that means is judged when all is seen, see crawler.removals.
            self._spider.removals.missed(item.link, f"{item.reason}: {item.detail}"[:500], datetime.now(UTC))
        again = await self._note(item, not_before)
        self._tally.add(item.ending.value, source=item.link.source, reason=item.reason)
        if item.reason.removeprefix("second-source-") in _WITHHELD:
            self._tally.add("resting")
        if item.ending is not Ending.GONE:
            self._tally.problem(item.link.id, f"{item.reason}: {item.detail}", item.link.url)
        if again:
            self._links.settled(item.link, again_at=not_before)
            return
        if item.ending is Ending.RETRIED:
            self._tally.add("failed", source=item.link.source, reason=item.reason)
        self._links.settled(item.link)

    async def _note(self, item: Setback, not_before: float) -> bool:
        """Write the setback down; whether the link is to be tried again."""
        link, reason = item.link.id, f"{item.reason}: {item.detail}"[:500]

        def work(archive: Archive, frontier: Frontier) -> bool:
            if item.ending is Ending.GONE:
                frontier.gone(link, reason, now())
            elif item.ending is Ending.POSTPONED:
                frontier.release(link, reason, not_before)
                return True
            elif item.ending is Ending.RETRIED:
                return frontier.retry(link, reason, not_before)
            else:
                frontier.drop(link, reason, now())
            return False

        if self._ledger is None:
            return False
        return await self._ledger.write(work)

    @property
    def _links(self) -> LinkFeed:
        return self._spider.links

    @property
    def _spider(self) -> ArticleSpider:
        spider = self._crawler.spider
        if not isinstance(spider, ArticleSpider):
            raise TypeError("only the article spider yields outcomes")
        return spider
