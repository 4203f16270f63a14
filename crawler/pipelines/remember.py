"""A listed link is remembered before anybody fetches it; what is known already costs no request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

from scrapy.crawler import Crawler

from archive.frontier import Frontier
from archive.store import Archive
from crawler.items import Link
from crawler.ledger import ledger_of
from crawler.report import Tally


class RememberLinks:
    """Puts every `Link` into the frontier; all other items pass."""

    def __init__(self, crawler: Crawler) -> None:
        self._ledger = ledger_of(crawler)
        self._tally = Tally(crawler.stats)
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
        new = await (self._ledger.ask if self._dry else self._ledger.write)(self._work(item))
        self._tally.add("new" if new else "known", source=item.source)
        return replace(item, new=new)

    def _work(self, item: Link) -> Any:
        def look(archive: Archive, frontier: Frontier) -> bool:
            wanted = self._refetch or not archive.known([item.id])
            return wanted and not archive.erased([item.id])

        def remember(archive: Archive, frontier: Frontier) -> bool:
            if self._refetch:
                noted = frontier.remember([item], item.source, item.listed_at)
                return bool(noted + frontier.recall([item], item.source, item.listed_at))
            return bool(frontier.remember([item], item.source, item.listed_at))

        return look if self._dry else remember
