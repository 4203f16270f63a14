"""Whole pages to break: the saved cases, the loopback site's pages, the good odd ones, and the corpus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.crawler.sites.good_pages import GOOD
from tests.site.pages.forms import forms
from tests.site.routes import article_reply
from tests.site.world import Plan, World

PAGES = Path(__file__).parents[2] / "pages"
CORPUS = Path(__file__).parent / "corpus"
URLS = {
    "rain": "https://new.qq.com/rain/a/20260810A01ABC00",
    "static": "https://new.qq.com/omn/20201130/20201130A0G1JJ00.html",
    "old": "https://tech.qq.com/a/20161014/006270.htm",
    "wechat": "https://mp.weixin.qq.com/s/Abcdefgh_jklmnop-rstuv",
}
"""The address of a corpus file by the first part of its name."""


@dataclass(frozen=True, slots=True)
class Seed:
    name: str
    url: str
    body: bytes


def saved() -> Iterator[Seed]:
    """The cases of ``tests/pages``, walls included: a broken wall must not become an article by a crash."""
    for note in sorted(PAGES.glob("*/*/meta.json")):
        meta = json.loads(note.read_text(encoding="utf-8"))
        for page in sorted(note.parent.glob("page.*")):
            yield Seed(note.parent.name, meta["url"], page.read_bytes())


def generated() -> Iterator[Seed]:
    """One page of each layout of the loopback site."""
    world = World(Plan(seed=3, articles=400, style_bytes=0))
    for layout in ("v2", "v1", "dom", "video", "static", "classic"):
        for key in world.of_layout(layout)[:2]:
            story = world.story(key)
            yield Seed(f"site-{layout}", story.url, article_reply(story, 0).body)


def odd() -> Iterator[Seed]:
    """Some short good pages of each layout; small pages are broken in more places."""
    yield from (Seed(page.name, page.url, page.body) for page in GOOD[::20] if len(page.body) < 10_000)


def accounts() -> Iterator[Seed]:
    """Pages of WeChat in all their forms, with their data in scripts."""
    for key, form in forms().items():
        yield Seed(f"account-{key[-2:]}-{form.outcome}", URLS["wechat"], form.body)


def corpus() -> Iterator[Seed]:
    """Pages that broke something once, or are made to."""
    for path in sorted(CORPUS.glob("*.*")):
        yield Seed(path.name, URLS[path.name.partition("-")[0]], path.read_bytes())


def all_seeds(only: str = "") -> tuple[Seed, ...]:
    """All of them, or those whose name or address holds a word."""
    seeds = (*saved(), *generated(), *odd(), *accounts(), *corpus())
    return tuple(seed for seed in seeds if only in f"{seed.name} {seed.url}")
