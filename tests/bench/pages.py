"""Page → article and Markdown: ours beside other extractors, and beside the least that must be done."""

from __future__ import annotations

from functools import partial

import trafilatura

from archive.markdown import to_markdown
from crawler.normalise import normalise
from crawler.sites.registry import read_page
from tests.bench.rounds import Figure, figure, in_turns, ratio, timed
from tests.bench.tables import table
from tests.site.pages import page
from tests.site.world import Plan, World

PACKAGES = ("lxml", "trafilatura")


def write(full: bool) -> str:
    world = World(Plan(seed=3, articles=400, style_bytes=75_000))
    story = world.story(world.of_layout("v2")[0])
    body, url = page(story, 75_000), f"https://news.qq.com/rain/a/{story.id}"
    sides = {
        "ours": partial(timed, lambda: to_markdown(normalise(read_page(body, url))), 10),
        "trafilatura": partial(timed, lambda: trafilatura.extract(body, url, output_format="markdown")),
    }
    spent = in_turns(sides, 9 if full else 5)
    rows = [
        (name, f"{figure(each).middle * 1000:.1f} ms", _times(ratio(spent["ours"], each)))
        for name, each in spent.items()
    ]
    return "## Page → Markdown\n\n" + table(("", "a page", "× ours"), rows)


def _times(found: Figure) -> str:
    return f"{found:.1f}"
