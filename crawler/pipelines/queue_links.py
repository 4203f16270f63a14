"""A listed link is remembered before anybody fetches it; what is known already costs no request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

from scrapy.crawler import Crawler

from archive.frontier.links import Frontier
from archive.store import Archive
from crawler.items import Link
from crawler.recording.archive_writer import archive_writer_of, now
from crawler.recording.report import RunCounts


class QueueLinks:
    """Puts every `Link` into the frontier; all other items pass."""

    def __init__(self, crawler: Crawler) -> None:
        self._ledger = archive_writer_of(crawler)
        self._tally = RunCounts(crawler.stats)
        self._refetch = crawler.settings.getbool("QQNEWS_REFETCH")
        self._dry = crawler.settings.getbool("QQNEWS_DRY_RUN")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        """The link, with a note on whether it is new."""
        if not isinstance(item, Link):
            return item
        self._tally.add("listed", source=item.source)
        if self._ledger is None:
            return item
        found = await (self._ledger.ask if self._dry else self._ledger.write)(self._work(item))
        self._tally.add(found, source=item.source)
        return replace(item, new=found == "new")

    def _work(self, item: Link) -> Any:
        """What it is: new, known, or passed over (given up before, and not to be tried yet)."""

        def look(archive: Archive, frontier: Frontier) -> str:
            return _known_as(archive, frontier, item.id) or "new"

        def remember(archive: Archive, frontier: Frontier) -> str:
            new = frontier.remember([item], item.source, item.listed_at)
            if self._refetch:
                new += frontier.recall([item], item.source, item.listed_at)
            return "new" if new else _known_as(archive, frontier, item.id) or "known"

        def refetch(archive: Archive, frontier: Frontier) -> str:
            return "known" if archive.erased([item.id]) else "new"

        if self._dry:
            return refetch if self._refetch else look
        return remember


def _known_as(archive: Archive, frontier: Frontier, article_id: str) -> str:
    """Why a listed article is not to be fetched: "known" or "passed_over"; "" where it is."""
    if archive.known([article_id]) or archive.erased([article_id]):
        return "known"
    return "passed_over" if frontier.is_given_up(article_id, now()) else ""
