"""Page → article, or the setback that the page means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from archive.errors import Erased
from crawler.items import Ending, Page, Setback, Understood
from crawler.middlewares.host_backoff import HostBackoffMiddleware
from crawler.net.backoff import REFUSALS
from crawler.net.url_policy import host_of
from crawler.pipelines.gathered_links import gathered
from crawler.recording.archive_writer import now
from crawler.recording.report import RunCounts
from crawler.sites.field_agreement import with_list
from crawler.sites.field_coverage import stated
from crawler.sites.normalise import normalise
from crawler.sites.page import (
    AnotherArticle,
    Blocked,
    EmptyShell,
    Garbled,
    NotAnArticle,
    RawArticle,
    Removed,
    Thin,
)
from crawler.sites.qq.fallback_source import fallback_source, joined
from crawler.sites.registry import read_address, read_page
from crawler.spiders.failures import FAILURES, setback_of

_UNREADABLE: dict[type[NotAnArticle], str] = {EmptyShell: "empty-shell", Garbled: "garbled"}


MIXED_UP: Final = 300.0
"""Seconds for which a cache that gave the page of another article is left to forget it."""


class ParsePages:
    """Reads every `Page`; all other items pass."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._tally = RunCounts(crawler.stats)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def open_spider(self) -> None:
        """All steps stand: find the one that keeps the hosts' rest."""
        self._rest = self._crawler.get_downloader_middleware(HostBackoffMiddleware)

    async def process_item(self, item: Any) -> Any:
        """`Page` → `Understood` or `Setback`."""
        if not isinstance(item, Page):
            return item
        self._tally.add("fetched", source=item.link.source)
        if item.status == 200 and not item.body.strip():
            return Setback(item.link, Ending.RETRIED, "empty", "an answer without a page")
        try:
            raw = await self._read(item)
        except Erased as error:
            return setback_of(item.link, error)
        except Removed as error:
            return Setback(item.link, Ending.GONE, "removed", error.evidence)
        except Blocked as error:
            return await self._blocked(item, error)
        except Thin as error:
            return Setback(item.link, Ending.RETRIED, "thin", error.evidence)
        except AnotherArticle as error:
            self._tally.add("another", source=item.link.source)
            return Setback(item.link, Ending.RETRIED, "another-article", error.evidence, now() + MIXED_UP)
        except NotAnArticle as error:
            return Setback(item.link, Ending.UNREADABLE, _UNREADABLE.get(type(error), "unknown-layout"), error.evidence)
        except FAILURES as error:  # The second source could not be asked: that is no word on the page itself.
            setback = setback_of(item.link, error)
            return replace(setback, reason=f"second-source-{setback.reason}")
        return raw if isinstance(raw, Setback) else await self._understood(item, raw)

    async def _read(self, page: Page) -> RawArticle | Setback:
        """What the page says. An empty one is completed from the site's second source, where there is one."""
        try:
            return read_page(page.body, page.url, status=page.status, charset=page.charset)
        except EmptyShell as shell:
            url = fallback_source(read_address(page.link.url))
            engine = self._crawler.engine
            if url is None or engine is None:
                raise
            self._tally.add("second_source", source=page.link.source)
            answer = await engine.download_async(
                Request(url, callback=NO_CALLBACK, cb_kwargs={"link": page.link}, meta={"dont_retry": True})
            )
            return self._completed(page, shell, answer)

    def _completed(self, page: Page, shell: EmptyShell, answer: Response) -> RawArticle | Setback:
        """The article, its text from the second source; or why that gave none."""
        if answer.status in REFUSALS:
            until = self._rest.until(host_of(answer.url)) if self._rest is not None else now()
            return Setback(page.link, Ending.POSTPONED, "blocked", f"status {answer.status} from {answer.url}", until)
        if answer.status >= 500:
            return Setback(page.link, Ending.RETRIED, f"status-{answer.status}", answer.url)
        try:
            raw = read_page(answer.body, answer.url, status=answer.status)
        except AnotherArticle:
            raise
        except NotAnArticle as error:
            raise EmptyShell(shell.url, f"{shell.evidence}; {answer.url}: {error}", shell.article) from error
        return raw if shell.article is None else joined(shell.article, raw)

    async def _understood(self, page: Page, raw: RawArticle) -> Understood:
        if self._rest is not None:
            await self._rest.answered(host_of(page.url))
        raw = with_list(raw, page.link.source, page.link.media, page.link.media_id)
        for part in raw.bodies[0].unread if raw.bodies else ():
            self._tally.add("unread_parts", reason=part)
        self._tally.read(raw.layout, raw.notes, stated(raw))
        article = normalise(raw, page.fetched_at)
        return Understood(page.link, article, page.fetched_at, page.raw_ref, gathered(raw, page.fetched_at))

    async def _blocked(self, page: Page, error: Blocked) -> Setback:
        """A refusal that looks like an answer: a captcha page. (Those which say so by status end in the spider.)"""
        if self._rest is None:
            return Setback(page.link, Ending.RETRIED, "blocked", error.evidence)
        reason = "captcha" if page.status == 200 else str(page.status)
        until = await self._rest.refused(host_of(page.url), reason)
        return Setback(page.link, Ending.POSTPONED, "blocked", error.evidence, until)
