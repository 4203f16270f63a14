"""``make bench-serve``: how long each page takes at 100,000 articles, as a browser measures it; and the queries' plans.

Texts: ``../shared/corpus`` put together anew; where it is absent, texts of the loopback site's words.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from urllib.parse import quote

import numpy as np
import psutil

from archive.article.model import Article
from archive.search.sync import index_new
from archive.store import Archive
from tests.archive.web.client import get
from tests.archive.web.serving import Served, serving
from tests.site.words import sentences
from tests.tools.bench_duplicates.texts import corpus
from tests.tools.bench_search import CORPUS, START, filled, recombined

TIMES = 60
WITHIN = 100
"""Milliseconds in which a page is to answer."""
CHANNELS = "tech finance sports ent world mil auto edu house games health travel".split()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.tools.bench_web")
    parser.add_argument("count", nargs="?", type=int, default=100_000, help="articles")
    parser.add_argument("--kept", type=Path, help="the folder of the archive: made if it is not there, else used again")
    asked = parser.parse_args()
    found = list(islice(varied(), asked.count))
    with tempfile.TemporaryDirectory() as folder:
        data = asked.kept or Path(folder) / "data"
        if not data.exists():
            make(data, found)
        print(f"{asked.count} articles")
        with serving(data) as served:
            measure(served, browsed([article.id for article in found]))
            measure(served, searched([article.body for article in found]))


def make(data: Path, found: list[Article]) -> None:
    """The archive with its search index, put in place when it is whole."""
    aside = data.with_name(f"{data.name}.making")
    shutil.rmtree(aside, ignore_errors=True)
    archive = filled(aside, found)
    happened(archive, found)
    index_new(archive)
    archive.close()
    aside.rename(data)


def varied() -> Iterator[Article]:
    """Articles of twelve channels and four kinds, one channel and one kind of them rare."""
    chance = Random(11)
    bodies = corpus(CORPUS) if CORPUS.exists() else [sentences(Random(n), 900) for n in range(2000)]
    for number, article in enumerate(recombined(bodies, Random(5))):
        channel = "rare" if number % 5000 == 7 else chance.choice(CHANNELS)
        kind = "live" if number % 7000 == 9 else chance.choice(["text", "text", "text", "gallery", "video"])
        yield replace(article, channel=channel, kind=kind)


def happened(archive: Archive, found: list[Article]) -> None:
    """A first text for each article, an edit of every tenth, a removal of every hundredth, a year of the ranking."""
    with archive.transaction() as connection:
        connection.execute(_FIRSTS)
        connection.execute(_EDITED)
        connection.execute("UPDATE articles SET status = 'gone', gone_at = last_seen WHERE rowid % 100 = 5")
        chance = Random(2)
        for hour in range(24 * 365):
            for rank in range(1, 11):
                moment = (START + timedelta(hours=hour)).astimezone(UTC).isoformat(timespec="seconds")
                seen = (found[chance.randrange(len(found))].id, "hot", rank, moment)
                connection.execute("INSERT INTO sightings VALUES (?, ?, ?, ?)", seen)
        for minutes in range(0, 24 * 365 * 60, 5):
            moment = (START + timedelta(minutes=minutes)).astimezone(UTC).isoformat(timespec="seconds")
            connection.execute(
                "INSERT INTO polls (source, polled_at, pages, listed, fresh) VALUES ('hot', ?, 1, 50, 0)", (moment,)
            )


def browsed(ids: list[str]) -> dict[str, list[str]]:
    """Every page but the search: its name and the paths that are asked for."""
    chance = Random(8)
    some = [chance.choice(ids) for _ in range(TIMES)]
    edited = chance.choices(ids[::10], k=TIMES)
    deep = quote(f"{START.year}-07-01T00:00:00+08:00~x")
    return {
        "newest": ["/"] * TIMES,
        "newest, half a year deep": [f"/?before={deep}"] * TIMES,
        "a channel": [f"/?channel={name}" for name in CHANNELS * 5],
        "a rare channel and a rare kind": ["/?channel=rare&kind=live"] * TIMES,
        "a rare kind, removed": ["/?kind=live&status=gone"] * TIMES,
        "channels": ["/channels"] * TIMES,
        "hot ranking": [f"/hot?day={(START + timedelta(days=day * 6)).date()}" for day in range(TIMES)],
        "article": [f"/article/{key}" for key in some],
        "what changed": [f"/article/{key}/changes" for key in edited],
        "near-duplicates": [f"/article/{key}/alike" for key in some],
        "edits": ["/edits"] * TIMES,
        "removals": ["/removals"] * TIMES,
        "status": ["/status"] * TIMES,
        "metrics": ["/metrics"] * TIMES,
        "feed": ["/feeds/newest.atom"] * TIMES,
        "SQL: tables": ["/archive"] * TIMES,
        "SQL: articles": ["/archive/articles"] * TIMES,
    }


def searched(bodies: list[str]) -> dict[str, list[str]]:
    """The search, for words of the texts."""
    chance = Random(9)
    words = [chance.choice(bodies)[40:44].replace("\n", "") or "河边" for _ in range(TIMES)]
    return {
        "search, best first": [f"/search?q={quote(word)}" for word in words],
        "search, newest first": [f"/search?sort=date&q={quote(word)}" for word in words],
    }


def measure(served: Served, pages: dict[str, list[str]]) -> None:
    """Ask for each path, one after the other; CPU is the server's processor time for each."""
    server = psutil.Process(served.process.pid)
    print(f"{'page, ms':<34}{'p50':>8}{'p95':>8}{'CPU':>8}")
    for name, paths in pages.items():
        for path in paths[:3]:
            get(served.address, path)
        spent, worked = [], cpu(server)
        for path in paths:
            start = time.perf_counter()
            got = get(served.address, path)
            spent.append((time.perf_counter() - start) * 1000)
            assert got.status in (200, 400), (path, got.status)
        worked = (cpu(server) - worked) * 1000 / len(paths)
        p50, p95 = np.percentile(spent, (50, 95))
        print(f"{name:<34}{p50:>8.1f}{p95:>8.1f}{worked:>8.1f}{'' if p95 <= WITHIN else '  over'}", flush=True)


def cpu(process: psutil.Process) -> float:
    """Seconds of processor time that a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


_FIRSTS = """
    INSERT INTO revisions (article_id, revision, seen_at, content_hash, title, summary, body)
    SELECT id, 1, first_seen, content_hash, title, summary, body FROM articles
"""
_EDITED = """
    INSERT INTO revisions (article_id, revision, seen_at, content_hash, title, summary, body, kind, changes)
    SELECT id, 2, last_seen, 'v1:' || id, title, summary, substr(body, 1, 200) || '更新。' || substr(body, 230),
        'edited', '["body"]' FROM articles WHERE rowid % 10 = 1
"""

if __name__ == "__main__":
    main()
