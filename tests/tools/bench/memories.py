"""Memory over long work: the slope of a process's resident set while it keeps and while it crawls."""

from __future__ import annotations

import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import orjson
import psutil

from archive.store import Archive
from tests.conftest import QQNEWS, clean_environment
from tests.site.site import Site
from tests.tools.bench.tables import table

PACKAGES = ("scrapy", "lxml")
GOAL = 1.0
"""MiB of growth over 10,000 articles."""

Samples = dict[int, float]
"""Articles there are → MiB."""


def write(full: bool) -> str:
    # Fewer would be judged while the caches of SQLite still fill: that ends after some 3,000.
    kept, crawled = (100_000, 100_000) if full else (6_000, 6_000)
    rows = [_row("keeping", _keeping(kept), full), _row("crawling", _crawling(crawled), full)]
    headings = ("", "articles", "at first", "at last", "growth over 10,000 articles", "goal")
    text = "## Memory\n\nResident set of the process, by linear regression over the second half of its samples"
    return f"{text}, in MiB.\n\n" + table(headings, rows)


def _row(name: str, found: Samples, full: bool) -> tuple[object, ...]:
    numbers = list(found)
    later = numbers[len(numbers) // 2 :]
    slope = statistics.linear_regression(later, [found[number] for number in later]).slope * 10_000
    goal = f"≤ {GOAL:g}: {'met' if slope <= GOAL else '**not met**'}" if full else "judged with BENCH=full"
    return name, f"{numbers[-1]:,}", f"{found[numbers[0]]:.0f}", f"{found[numbers[-1]]:.0f}", f"{slope:.1f}", goal


def _keeping(count: int) -> Samples:
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-m", "tests.tools.bench.keeping", name, "0", str(count)]
        ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(orjson.loads(line) for line in ended.stdout.splitlines())


def _crawling(count: int) -> Samples:
    """Samples of ``qqnews crawl`` at each hundredth of its way."""
    with tempfile.TemporaryDirectory() as name, Site(articles=count) as site:
        data = Path(name)
        Archive.open(data).close()
        options = ["--source", "sitemap", "--pages", "0", "--delay", "0", "--concurrency", "16"]
        command = [str(QQNEWS), "--data", name, "crawl", *options]
        environment = clean_environment(**site.environment())
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        found = _watched(process, data / "archive.db", count // 100)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return found


def _watched(process: subprocess.Popen[bytes], database: Path, step: int) -> Samples:
    found: Samples = {}
    looked_at = psutil.Process(process.pid)
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        while process.poll() is None:
            there = connection.execute("SELECT count(*) FROM articles").fetchone()[0] // step * step
            if there and there not in found:
                found[there] = looked_at.memory_info().rss / 2**20
            time.sleep(0.1)
    return found
