"""``python -m tests.tools.bench.news_please ADDRESSES REPORT``: fetch the pages with news-please and extract them.

No pictures, nothing kept. Writes to the report how many of them gave a text.
"""

from __future__ import annotations

import sys
from pathlib import Path

from newsplease import NewsPlease


def main() -> None:
    urls = Path(sys.argv[1]).read_text().split()
    found = NewsPlease.from_urls(urls, request_args={"timeout": 60}, fetch_images=False)
    read = sum(bool(getattr(article, "maintext", None)) for article in found.values())
    Path(sys.argv[2]).write_text(f"{read} of {len(urls)}")


if __name__ == "__main__":
    main()
