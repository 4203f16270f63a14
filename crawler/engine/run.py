"""One run of the crawler: list spiders, then the article spider, in one process; judged by its own report."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scrapy import Spider, signals
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.settings import Settings
from twisted.python.failure import Failure

from archive.errors import ExitCode, QQNewsError
from crawler.items import Link
from crawler.recording.report import PREFIX, Counts, RunVerdict, read_counts, verdict
from crawler.spiders.article import ArticleSpider
from crawler.spiders.lists import ListSpider
from crawler.spiders.media import MediaSpider


@dataclass(frozen=True, slots=True)
class Pictures:
    """Which pictures to fetch: of articles seen since then, at most so many, also those that failed of late."""

    since: datetime | None = None
    limit: int | None = None
    again: bool = False

    @property
    def arguments(self) -> dict[str, str]:
        """As the media spider takes them."""
        since = self.since.isoformat() if self.since else ""
        return {"since": since, "limit": str(self.limit or ""), "again": "yes" if self.again else ""}


@dataclass(frozen=True, slots=True)
class CrawlPlan:
    """What to do: articles by address, sources by name, the limits, and the pictures.

    ``follow``: whether what the addressed articles name (a topic's list) is fetched in the same run.
    """

    addresses: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    limit: int | None = None
    dry_run: bool = False
    pictures: Pictures | None = None
    follow: bool = False


@dataclass(slots=True)
class Outcome:
    """What was done. ``planned``: the links a dry run would fetch. ``stopped_by``: a signal's name, or none."""

    counts: Counts = field(default_factory=Counts)
    planned: list[Link] = field(default_factory=list)
    stopped_by: signal.Signals | None = None

    @property
    def judged(self) -> RunVerdict:
        """The verdict on this run."""
        return verdict(self.counts)


Watcher = Callable[[Crawler], Awaitable[None]]
"""Looks at a spider at work (to draw a bar) until it is cancelled."""


def project_settings(**changed: Any) -> Settings:
    """The settings of `crawler.settings`, wherever the command was called, with some of them changed."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    for name, value in changed.items():
        settings.set(name, value, priority="cmdline")
    return settings


class CrawlRun:
    """Runs the spiders of a plan one after another."""

    def __init__(self, plan: CrawlPlan, settings: Settings, *, before: Counter[str], watch: Watcher) -> None:
        """``before``: what was counted before any spider began (bad input, known articles)."""
        self._plan = plan
        self._runner = AsyncCrawlerRunner(settings)
        self._stats: list[dict[str, Any]] = [{f"{PREFIX}/counts/{name}": n for name, n in before.items()}]
        self._watch = watch
        self._outcome = Outcome()
        self._fatal: QQNewsError | None = None

    async def __call__(self) -> Outcome:
        """The outcome. Raises `archive.errors.QQNewsError` when the archive cannot be used."""
        self._obey_signals()
        for spider, arguments in self._spiders():
            if self._outcome.stopped_by is None:
                await self._crawl(spider, arguments)
        if self._outcome.stopped_by is not None:
            self._stats.append({f"{PREFIX}/counts/stopped": 1})
        self._outcome.counts = read_counts(self._stats)
        return self._outcome

    def _spiders(self) -> Iterable[tuple[type[Spider], dict[str, str]]]:
        plan = self._plan
        if plan.sources:
            yield ListSpider, {"sources": "\n".join(plan.sources)}
        if plan.dry_run:
            return
        if plan.addresses:
            yield ArticleSpider, {"address": " ".join(plan.addresses), "limit": self._left()}
        gathered = self._gathered() if plan.follow else []
        if (plan.sources or gathered) and self._left() != "0":
            yield ArticleSpider, {"sources": "" if plan.sources else "\n".join(gathered), "limit": self._left()}
        if plan.pictures is not None:
            yield MediaSpider, plan.pictures.arguments

    def _gathered(self) -> list[str]:
        """Ids of the articles that named others which are new; these are the others' sources."""
        return [name for name, counted in read_counts(self._stats).sources.items() if counted["gathered"]]

    def _left(self) -> str:
        """What is left of the limit, as the spider's argument; "" without one."""
        if self._plan.limit is None:
            return ""
        counts = read_counts(self._stats).counts
        return str(max(self._plan.limit - counts["leased"], 0))

    async def _crawl(self, spider: type[Spider], arguments: dict[str, str]) -> None:
        crawler = self._runner.create_crawler(spider)
        crawler.signals.connect(self._planned, signals.item_scraped)
        crawler.signals.connect(self._failed, signals.item_error)
        crawler.signals.connect(self._failed, signals.spider_error)
        watching = asyncio.ensure_future(self._watch(crawler))
        try:
            await self._runner.crawl(crawler, **arguments)
        finally:
            watching.cancel()
        if self._fatal is not None:
            raise self._fatal
        if crawler.stats is not None:
            self._stats.append(crawler.stats.get_stats())

    def _planned(self, item: Any) -> None:
        if self._plan.dry_run and isinstance(item, Link) and item.new is not False:
            self._outcome.planned.append(item)

    def _failed(self, failure: Failure) -> None:
        """An archive that takes nothing more ends the run: fetching what cannot be kept would be rude."""
        error = failure.value
        if self._fatal is None and isinstance(error, QQNewsError) and error.exit_code >= ExitCode.ARCHIVE:
            self._fatal = error
            self._stopping = asyncio.ensure_future(self._runner.stop())

    def _obey_signals(self) -> None:
        """The first signal ends the run after what is under way; the second one at once."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def stop(received: signal.Signals) -> None:
            if self._outcome.stopped_by is not None and task is not None:
                task.cancel()
                return
            self._outcome.stopped_by = received
            self._stopping = loop.create_task(self._runner.stop())

        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, stop, each)
