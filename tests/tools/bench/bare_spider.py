"""``python -m tests.tools.bench.bare_spider ADDRESSES CONCURRENCY``: fetch the pages with Scrapy, and throw them away.

Scrapy's own settings, but for what the crawl does, too: certificates are verified, robots.txt is obeyed, and no
extension listens for orders. Prints how many pages came.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response


class Bare(Spider):
    """Asks for each address once and follows redirects."""

    name = "bare"

    async def start(self) -> AsyncIterator[Request]:
        for url in Path(sys.argv[1]).read_text().split():
            yield Request(url, dont_filter=True)

    async def parse(self, response: Response) -> None:
        self.crawler.stats.inc_value("pages")


def main() -> None:
    process = AsyncCrawlerProcess(
        {
            "LOG_ENABLED": False,
            "CONCURRENT_REQUESTS": int(sys.argv[2]),
            "CONCURRENT_REQUESTS_PER_DOMAIN": int(sys.argv[2]),
            "DOWNLOAD_VERIFY_CERTIFICATES": True,
            "ROBOTSTXT_OBEY": True,
            "TELNETCONSOLE_ENABLED": False,
            "REMOTE_CONTROL_ENABLED": False,
        }
    )
    crawler = process.create_crawler(Bare)
    process.crawl(crawler)
    process.start()
    expected, came = len(Path(sys.argv[1]).read_text().split()), crawler.stats.get_value("pages", 0)
    sys.exit(f"{came} of {expected} pages came" if came != expected else 0)


if __name__ == "__main__":
    main()
