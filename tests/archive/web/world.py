"""An archive with a past: crawled from the loopback site, then edits, removals, copies, and a day of the ranking."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from archive.article.timestamps import stamp
from archive.store import Archive
from tests.conftest import QQNEWS, clean_environment
from tests.crawler.archived import hours_pass
from tests.site.site import Site


@dataclass(frozen=True)
class Past:
    """What happened to which article."""

    titled: str
    written: str
    removed: str
    copied: str
    """The first of two articles of the same text."""


def crawled(data: Path, site: Site, *, media: bool = True) -> Past:
    """Crawl the site's ranking into ``data``, let time pass, and look again at what was edited and removed."""
    _run(data, site, "crawl", "--delay", "0", "--source", "hot", *["--media"] * media)
    with Archive.existing(data) as archive:
        ids = [it.article.id for it in archive.articles() if it.article.layout == "rain" and len(it.article.body) > 300]
    titled, written, removed, copied = ids[1:5]
    (copy,) = site.publish(copy_of=copied)
    site.edit(titled, "title")
    site.edit(written, "body")
    site.remove(removed)
    for again in ((titled, written, removed, copy), (removed,)):
        hours_pass(data, 1.1)
        _run(data, site, "crawl", "--delay", "0", "--refetch", *again)
    return Past(titled, written, removed, copied)


def ranked(data: Path, hours: int = 20, seed: int = 4) -> None:
    """A day of the hot ranking, as polls every half hour would have noted it: neighbours change places."""
    chance = Random(seed)
    with Archive.existing(data) as archive:
        waiting = [it.article.id for it in archive.articles()][:24]
        order = [waiting.pop(0) for _ in range(10)]
        start = datetime.now(UTC) - timedelta(hours=hours)
        with archive.transaction() as connection:
            for step in range(hours * 2):
                for rank, article_id in enumerate(order, 1):
                    archive.sighting(article_id, "hot", rank, start + timedelta(minutes=30 * step))
                connection.execute(_POLL, (stamp(start + timedelta(minutes=30 * step)),))
                place = chance.randrange(9)
                if chance.random() < 0.55:
                    order[place], order[place + 1] = order[place + 1], order[place]
                elif waiting and chance.random() < 0.3:
                    order.pop()
                    order.insert(chance.randrange(5, 10), waiting.pop(0))


_POLL = "INSERT INTO polls (source, polled_at, pages, listed, fresh) VALUES ('hot', ?, 1, 10, 0)"


def _run(data: Path, site: Site, *arguments: str) -> None:
    command = [str(QQNEWS), "--data", str(data), *arguments]
    environment = clean_environment(**site.environment())
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280)
    if ended.returncode not in (0, 14):
        raise RuntimeError(ended.stderr)
