"""How fast articles are kept: ``python -m tests.tools.measures.archive [COUNT]``, in batches of 50, durably.

Beside it, for comparison in the same run: the same rows by bare ``executemany``, and the same files one by one.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from archive.article.markdown import to_markdown
from archive.article.model import Article
from archive.store import Archive
from tests.archive.samples import EVENING, NOON, an_article

BATCH = 50
TABLES = ("articles", "revisions", "sightings")


def articles(count: int) -> list[Article]:
    """Articles of 1,650 characters, all different."""
    chance = random.Random(7)
    characters = [chr(code) for code in range(0x4E00, 0x5E00)]

    def body() -> str:
        return "\n\n".join("".join(chance.choices(characters, k=110)) + "。" for _ in range(15))

    return [an_article(number, body=body()) for number in range(count)]


def keep(archive: Archive, found: list[Article], seen_at: datetime) -> None:
    for start in range(0, len(found), BATCH):
        with archive.transaction():
            for article in found[start : start + BATCH]:
                archive.keep(article, seen_at=seen_at, source="tech")


def insert_bare(archive: Archive, rows: dict[str, list[tuple[object, ...]]]) -> None:
    connection = archive.database.connection
    for start in range(0, len(rows["articles"]), BATCH):
        connection.execute("BEGIN IMMEDIATE")
        for table, all_rows in rows.items():
            places = ", ".join("?" * len(all_rows[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({places})", all_rows[start : start + BATCH])
        connection.execute("COMMIT")


def write_bare(directory: Path, contents: list[bytes]) -> None:
    for number, content in enumerate(contents):
        aside = directory / f"{number}.aside"
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(directory / f"{number}.md")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    found = articles(count)

    def report(name: str, work: Callable[[], None]) -> None:
        start = time.perf_counter()
        work()
        print(f"{name:<28}{count / (time.perf_counter() - start):>8.0f} articles/s")

    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        with Archive.open(base / "kept") as archive, Archive.open(base / "bare") as bare:
            report("kept for the first time", lambda: keep(archive, found, NOON))
            report("kept again, nothing changed", lambda: keep(archive, found, EVENING))
            query = archive.database.connection.execute
            rows = {table: [tuple(row) for row in query(f"SELECT * FROM {table}")] for table in TABLES}
            report("bare rows", lambda: insert_bare(bare, rows))
            report("bare files, one by one", lambda: write_bare(base, [to_markdown(it).encode() for it in found]))


if __name__ == "__main__":
    main()
