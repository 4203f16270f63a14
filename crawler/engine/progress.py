"""The progress bar: on standard error, on a terminal only."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from scrapy.crawler import Crawler

from crawler.engine.run import Watcher
from crawler.recording.report import read_counts

_SHOWN = ("listed", "known", "leased", "kept", "same", "gone", "retried")
_REFRESH = 0.25
"""Seconds."""


@contextmanager
def watcher() -> Iterator[Watcher]:
    """A watcher that draws the counts of the spider at work; silent where nobody looks."""
    if not sys.stderr.isatty():
        yield _blind
        return
    # It takes a tenth of a second to import, and from cron nobody looks.
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:

        async def watch(crawler: Crawler) -> None:
            task = progress.add_task("")
            while True:
                progress.update(task, description=_line(crawler))
                await asyncio.sleep(_REFRESH)

        yield watch


async def _blind(crawler: Crawler) -> None:
    """Nobody looks."""


def _line(crawler: Crawler) -> str:
    if not crawler.crawling or crawler.stats is None:
        return "starting"
    counts = read_counts([crawler.stats.get_stats()]).counts
    return "  ".join(f"{name} {counts[name]}" for name in _SHOWN if counts[name]) or crawler.spidercls.name
