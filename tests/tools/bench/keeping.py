"""``python -m tests.tools.bench.keeping DATA FIRST COUNT``: keep so many articles durably, in batches of 50.

Prints at each thousandth one line of JSON: the articles there are, and this process's memory in MiB.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import orjson
import psutil

from archive.article.model import Article
from archive.store import Archive
from tests.archive.samples import NOON, an_article

BATCH = 50
_CHARACTERS = [chr(code) for code in range(0x4E00, 0x5E00)]


def articles(first: int, count: int) -> Iterator[Article]:
    """Articles of 1,650 characters, all different; equal numbers make equal articles."""
    for number in range(first, first + count):
        chance = random.Random(number)
        body = "\n\n".join("".join(chance.choices(_CHARACTERS, k=110)) + "。" for _ in range(15))
        yield an_article(number, body=body)


def keep(archive: Archive, found: Iterator[Article]) -> Iterator[int]:
    """Keep them; yields after each commit how many there are."""
    kept = 0
    while batch := list(islice(found, BATCH)):
        with archive.transaction():
            for article in batch:
                archive.keep(article, seen_at=NOON, source="tech")
        kept += len(batch)
        yield kept


def main() -> None:
    data, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    memory = psutil.Process().memory_info
    with Archive.open(data) as archive:
        for kept in keep(archive, articles(first, count)):
            if kept % 1000 == 0:
                print(orjson.dumps([first + kept, memory().rss / 2**20]).decode(), flush=True)


if __name__ == "__main__":
    main()
