"""``make takedowns``: every article of a crawled site of 200 is taken down in turn, from a copy of the same archive.

Of each: nothing of it is left, the others are as before in every keeping, ``verify --deep`` is content, and what was
captured still says what the archive says (``reextract`` finds no difference).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from archive.captures.raw_files import captures
from archive.database.backup import back_up
from archive.export.pipeline import export
from archive.export.request import ExportRequest
from archive.search.sync import index_new
from archive.store import Archive
from archive.takedown.takedown import take_down
from archive.verify.verify import verify
from crawler.reprocess.reextract import Reextraction, Wanted
from tests.archive.takedown.keepings import Keepings, check_others, left_of, read_keepings
from tests.conftest import QQNEWS, clean_environment
from tests.site import Site
from tests.site.pages.topic import FIRST, SECOND
from tests.site.story import MODERN

NOW = datetime(2026, 9, 1, tzinfo=UTC)
ARTICLES = 200
LEAST = 8
"""Characters of a title or summary that is looked for afterwards."""


def crawled(data: Path, articles: int = ARTICLES) -> None:
    """Crawl a site by every kind of source: pages of all layouts, lists, topics, a copy, a near-duplicate, pictures."""
    with Site(seed=20250212, articles=articles) as site:
        environment = clean_environment(**site.environment())
        model = site.world.of_layout(*dict.fromkeys(MODERN))[3]
        copies = site.publish(2, copy_of=model)
        site.edit(copies[1])
        account, tag = site.world.accounts[0].suid, next(iter(site.world.tags))
        word = site.world.story(model).keywords[0]
        sources = ["hot", "hot-modules", "sitemap", f"account:{account}", f"tag:{tag}", f"search:{word}"]
        sources += ["page:https://news.qq.com/ch/tech", "channel:tech", "channel:finance"]
        given = [f"https://new.qq.com/zt/template/?id={each}" for each in (FIRST, SECOND)]
        classic = [site.world.story(each).url for each in site.world.of_layout("classic")]
        commands = [
            ["crawl", "--delay", "0", *given, *classic],
            ["crawl", "--delay", "0", "--media", *(word for name in sources for word in ("--source", name))],
        ]
        for command in commands:
            subprocess.run([QQNEWS, "--data", data, *command], env=environment, check=False, capture_output=True)
        site.edit(copies[0])
        subprocess.run(
            [QQNEWS, "--data", data, "crawl", "--delay", "0", "--refetch", copies[0]],
            env=environment,
            check=True,
            capture_output=True,
        )
    with Archive.existing(data) as archive:
        index_new(archive)
        for name in ("jsonl", "csv", "sqlite", "parquet"):
            export(archive, name, data / "exports" / name, ExportRequest(revisions=True, pictures=name == "jsonl"))
        for name in ("markdown", "warc"):
            export(archive, name, data / "exports" / name, ExportRequest())
        (data / "backups").mkdir()
        back_up(archive.database, data / "backups" / "yesterday.db")


def own_words(before: Keepings, article_id: str) -> list[str]:
    """Its titles, summaries and longest paragraphs, where no other article has them."""
    texts = [row for row in before.rows["articles"] if row["id"] == article_id]
    texts += [row for row in before.rows["revisions"] if row["article_id"] == article_id]
    said = {
        each for row in texts for each in (row["title"], row["summary"].removesuffix("..."), *row["body"].split("\n\n"))
    }
    others = [
        f"{row['title']}\n{row['summary']}\n{row['body'] if row.get('kind') != 'topic' else ''}"
        for row in (*before.rows["articles"], *before.rows["revisions"])
        if row.get("article_id", row.get("id")) != article_id
    ]
    plain = sorted((each for each in said if len(each) >= LEAST and "](" not in each), key=len)
    return [each for each in plain if not any(each in other for other in others)]


def take_down_one(whole: Path, before: Keepings, article_id: str, folder: Path) -> None:
    """Take one article down in a copy of the archive, and look at everything."""
    data = folder / "data"
    shutil.copytree(whole, data)
    try:
        with Archive.existing(data) as archive:
            ended = take_down(archive, article_id, "order 7", NOW)
            assert (ended.left, ended.opaque) == ({}, {}), ended
            assert left_of(data, article_id, own_words(before, article_id)) == {}
            found = list(verify(data, deep=True))
            assert found == [], found[:3]
            again = Reextraction(archive, Wanted(), NOW).run(captures(data), apply=False)
            assert (again.counts["changed"], again.counts["regained"], again.unreadable) == (0, 0, []), again
        check_others(before, read_keepings(data), article_id)
    finally:
        shutil.rmtree(data)


def main(chosen: Sequence[str]) -> int:
    """Take down those that are named, or all; how many went wrong."""
    wrong, began = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="takedowns-") as name:
        folder = Path(name)
        crawled(folder / "whole")
        before = read_keepings(folder / "whole")
        ids = list(chosen) or sorted(row["id"] for row in before.rows["articles"])
        for place, article_id in enumerate(ids, 1):
            try:
                take_down_one(folder / "whole", before, article_id, folder)
            except AssertionError as error:
                wrong += 1
                print(f"\n{article_id}: {str(error)[:2000]}")
            print(f"\r{place} of {len(ids)}, {wrong} wrong, {time.monotonic() - began:.0f} s", end="", flush=True)
    print()
    return wrong


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    sys.exit(main(sys.argv[1:]) > 0)
