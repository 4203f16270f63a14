"""``python -m tests.bench_crawl``: articles a second against a bare Scrapy spider, and memory over a long crawl.

Both go through the loopback site's proxy with TLS, at the same concurrency and without a delay, and ask for the same
addresses, redirects included. The bare spider has Scrapy's own settings and throws every page away; the crawl lists,
leases, parses, keeps and writes Markdown. They take turns, so that a busy machine is busy for both.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psutil

from tests.conftest import QQNEWS, clean_environment
from tests.site.site import ROOT, Site

BARE = """
import sys
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess

class Bare(Spider):
    name = "bare"
    async def start(self):
        for url in open(sys.argv[1]).read().split():
            yield Request(url, dont_filter=True)
    async def parse(self, response):
        self.crawler.stats.inc_value("pages")

process = AsyncCrawlerProcess({
    "LOG_ENABLED": False, "CONCURRENT_REQUESTS": int(sys.argv[2]),
    "CONCURRENT_REQUESTS_PER_DOMAIN": int(sys.argv[2]), "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False,
})
crawler = process.create_crawler(Bare)
process.crawl(crawler)
process.start()
print(crawler.stats.get_value("pages"))
"""


def bare(site: Site, folder: Path, concurrency: int) -> float:
    """Pages a second of the bare spider, its start included."""
    urls = folder / "urls.txt"
    urls.write_text("\n".join(site.world.truth(key).url for key in site.world.in_sitemap()))
    command = [sys.executable, "-c", BARE, str(urls), str(concurrency)]
    began = time.perf_counter()
    ended = subprocess.run(
        command, env=clean_environment(**site.environment()), capture_output=True, text=True, check=True
    )
    pages, expected = int(ended.stdout), len(site.world.in_sitemap())
    assert pages == expected, f"{pages} of {expected} pages: {ended.stderr}"
    return pages / (time.perf_counter() - began)


def whole(site: Site, folder: Path, concurrency: int) -> tuple[float, dict[int, float]]:
    """Articles a second of ``qqnews crawl``, its start included; MiB of memory at each thousand articles kept."""
    data = Path(tempfile.mkdtemp(dir=folder))
    command = [str(QQNEWS), "--data", str(data), "crawl", "--source", "sitemap", "--pages", "0", "--delay", "0"]
    command += ["--concurrency", str(concurrency)]
    began = time.perf_counter()
    process = subprocess.Popen(command, env=clean_environment(**site.environment()), cwd=ROOT)
    memory = watch(process, data / "archive.db")
    taken = time.perf_counter() - began
    assert process.returncode == 0
    number = kept(data / "archive.db")
    assert number == len(site.world.in_sitemap()), f"{number} kept"
    return number / taken, memory


def watch(process: subprocess.Popen[bytes], database: Path) -> dict[int, float]:
    """Look at the memory of a crawl until it ends."""
    found: dict[int, float] = {}
    looked_at = psutil.Process(process.pid)
    while process.poll() is None:
        thousands = kept(database) // 1000 * 1000
        if thousands and thousands not in found:
            found[thousands] = looked_at.memory_info().rss / 2**20
        time.sleep(0.05)
    return found


def kept(database: Path) -> int:
    """Articles in the archive; 0 while there is none."""
    if not database.exists():
        return 0
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM articles").fetchone()[0])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench_crawl")
    parser.add_argument("--articles", type=int, default=2400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--style-bytes", type=int, default=400, help="style sheet in each page; live: about 75000")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, {asked.articles} articles, concurrency {asked.concurrency}")
    speeds: tuple[list[float], list[float]] = ([], [])
    memory: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as name, Site(articles=asked.articles, style_bytes=asked.style_bytes) as site:
        for number in range(asked.rounds):
            speeds[0].append(bare(site, Path(name), asked.concurrency))
            speed, memory = whole(site, Path(name), asked.concurrency)
            speeds[1].append(speed)
            print(f"round {number + 1}: bare {speeds[0][-1]:.0f} pages/s, crawl {speed:.0f} articles/s")
    middle = [statistics.median(each) for each in speeds]
    print(f"median: bare {middle[0]:.0f}, crawl {middle[1]:.0f}: {middle[1] / middle[0]:.0%} of the bare spider")
    print("memory:", ", ".join(f"{mebibytes:.0f} MiB at {number}" for number, mebibytes in memory.items()))


if __name__ == "__main__":
    main()
