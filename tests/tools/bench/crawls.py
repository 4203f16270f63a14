"""Crawl → kept: the whole command beside a bare Scrapy spider and news-please; and a crawl that finds nothing new."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from archive.store import Archive
from tests.conftest import QQNEWS, clean_environment
from tests.site.site import Site
from tests.tools.bench.rounds import Spent, Work, called, figure, in_turns, ratio
from tests.tools.bench.tables import table, verdict

PACKAGES = ("scrapy", "aiohttp")
GOAL = 0.7
_CONCURRENCY = 16
_PEER_PAGES = 100
"""news-please is slow: it is given the first of the pages, and its seconds are counted by page."""


def write(full: bool) -> str:
    articles, rounds = (2400, 5) if full else (800, 3)
    with tempfile.TemporaryDirectory() as name, Site(articles=articles) as site:
        crawls = _Crawls(site, Path(name))
        spent = in_turns(crawls.sides, rounds)
        again, known = crawls.nothing_new()
    return "\n\n".join((_rates(spent, crawls), _why(spent["ours"], again), known))


class _Crawls:
    """The sides: each fetches pages of one running site; the seconds are of one page."""

    def __init__(self, site: Site, folder: Path) -> None:
        self._site = site
        self._folder = folder
        self._environment = clean_environment(**site.environment(), REQUESTS_CA_BUNDLE=site.ca_file)
        self.urls = [site.world.truth(key).url for key in site.world.in_sitemap()]
        self.note = "news-please was not measured: it is not installed."
        self.sides: dict[str, Work] = {"ours": self._ours, "bare Scrapy spider": self._bare}
        if find_spec("newsplease"):
            self.sides["news-please"] = self._news_please

    def _ours(self) -> Spent:
        self._data = Path(tempfile.mkdtemp(dir=self._folder))
        # A crawl is seldom the first one: the tables are there.
        Archive.open(self._data).close()
        spent = called(self.command(), self._environment)
        with closing(sqlite3.connect(self._data / "archive.db")) as connection:
            kept = connection.execute("SELECT count(*) FROM articles").fetchone()[0]
        if kept != len(self.urls):
            raise RuntimeError(f"{kept} of {len(self.urls)} articles were kept")
        return _of_one(spent, kept)

    def command(self) -> list[str]:
        options = ["--source", "sitemap", "--pages", "0", "--delay", "0", "--concurrency", str(_CONCURRENCY)]
        return [str(QQNEWS), "--data", str(self._data), "crawl", *options]

    def _bare(self) -> Spent:
        command = [sys.executable, "-m", "tests.tools.bench.bare_spider", self._list(self.urls), str(_CONCURRENCY)]
        return _of_one(called(command, self._environment), len(self.urls))

    def _news_please(self) -> Spent:
        urls = self.urls[:_PEER_PAGES]
        told = self._folder / "news-please"
        command = [sys.executable, "-m", "tests.tools.bench.news_please", self._list(urls), str(told)]
        try:
            spent = called(command, self._environment)
        except subprocess.CalledProcessError as error:
            self.note = f"news-please was not measured: it ended with exit code {error.returncode}."
            return Spent(0, 0)
        self.note = f"news-please found a text in {told.read_text()} pages."
        return _of_one(spent, len(urls))

    def _list(self, urls: list[str]) -> str:
        path = self._folder / f"{len(urls)}.txt"
        path.write_text("\n".join(urls))
        return str(path)

    def nothing_new(self) -> tuple[Spent, str]:
        """The last of our crawls once more: what it asked for, and how long it took."""
        self._site.forget_requests()
        spent = called(self.command(), self._environment)
        kinds = Counter(_kind(each.path) for each in self._site.requests() if each.method != "CONNECT")
        goal = "list requests only: " + ("**not met**" if kinds["page"] else "met")
        rows = [(_spelled(kinds), f"{spent.wall:.1f} s", f"{spent.cpu:.1f} s", goal)]
        title = f"### A crawl in which nothing is new\n\n{len(self.urls)} articles are listed, all of them known.\n\n"
        return _of_one(spent, len(self.urls)), title + table(("requests", "clock", "processor", "goal"), rows)


def _of_one(spent: Spent, pages: int) -> Spent:
    return Spent(spent.wall / pages, spent.cpu / pages, spent.memory)


def _kind(path: str) -> str:
    if path == "/robots.txt":
        return "robots.txt"
    return "list" if "sitemap" in path else "page"


def _spelled(kinds: Mapping[str, int]) -> str:
    """``{"list": 3}`` → ``3 list``."""
    return ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))


def _why(ours: list[Spent], again: Spent) -> str:
    """What ours does beside the fetching: the reason where the goal is not met."""
    return (
        f"Of the {figure(ours).middle * 1000:.1f} ms of a page, {again.cpu * 1000:.1f} are the start, the lists and "
        "the look at what is known: what the crawl below takes, by page. The others are fetching as the bare spider "
        "does, reading the page (see there), keeping the article (see Archive), packing its capture and indexing its "
        "words; Python does these one after another, whatever threads they run in."
    )


def _rates(spent: dict[str, list[Spent]], crawls: _Crawls) -> str:
    ours = spent["ours"]
    rows = []
    for name, each in spent.items():
        if any(one.cpu == 0 for one in each):
            continue
        by_clock, by_cpu = ratio(ours, each, "wall"), ratio(ours, each)
        goal = verdict(by_clock, at_least=GOAL) if name == "bare Scrapy spider" else ""
        rows.append(
            (
                name,
                f"{1 / figure(each, 'wall').middle:.0f}",
                f"{figure(each).middle * 1000:.1f} ms",
                f"{by_clock:.2f}",
                f"{by_cpu:.2f}",
                goal,
            )
        )
    headings = ("", "pages a second", "processor a page", "ours is so many times as fast: clock", "processor", "goal")
    text = (
        f"## Crawl → kept\n\n{len(crawls.urls)} articles of the loopback site through its proxy with TLS, start "
        f"included, {_CONCURRENCY} requests at a time. Ours lists, leases, fetches, keeps the raw capture, reads, "
        "writes Markdown and rows, finds duplicates and indexes for the search; the bare spider throws every page "
        "away; news-please fetches and extracts, and keeps nothing.\n\n"
    )
    return text + table(headings, rows) + f"\n\n{crawls.note}"
