"""Pages with what a faithful reader makes of them: the loopback site's, the saved cases, and captures where at hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import lxml.html
import orjson

from archive.article.markdown import from_markdown
from archive.article.model import pictures_in
from crawler.sites.encoding.detect import decode
from crawler.sites.markup.javascript import Scripts
from tests.crawler.sites.test_captures import CAPTURES, SHARED
from tests.crawler.sites.test_layouts import ARTICLES, meta_of
from tests.site.pages import page
from tests.site.story import Layout
from tests.site.world import Plan, World
from tests.tools.bench.extractors import TO_THE_SECOND

PAGES = 4
SEED = 3


@dataclass(frozen=True, slots=True)
class Page:
    body: bytes
    url: str
    title: str
    time: str
    author: str | None
    """None where the expected file does not tell."""
    pictures: tuple[str, ...]
    blocks: tuple[str, ...]
    """Of Markdown."""

    @property
    def limit(self) -> tuple[bytes, str]:
        """What cannot be avoided: the page's JSON, and the HTML that holds the text."""
        text = decode(self.body)
        found = Scripts(text).data()
        content = found.value.get("originContent") if found else None
        source = text[found.start : found.end].strip().encode() if found else b"{}"
        return source, content["text"] if isinstance(content, dict) else text


def at_the_limit(page: Page) -> partial[None]:
    """Decode the JSON, parse the HTML, and nothing else."""
    return partial(_decode_and_parse, *page.limit)


def _decode_and_parse(data: bytes, html: str) -> None:
    orjson.loads(data)
    lxml.html.fromstring(html)


def sized_pages() -> dict[str, list[Page]]:
    """Pages of the loopback site in the sizes of real ones, short articles and long."""
    return {
        "rain, 270 kB": list(_of_site("v2", 122_000)),
        "rain, 100 kB": list(_of_site("v2", 41_000)),
        "static, 10 kB": list(_of_site("static", 0, largest=PAGES)),
        "classic, GBK": list(_of_site("classic", 0)),
    }


def _of_site(layout: Layout, style_bytes: int, largest: int = 0) -> Iterator[Page]:
    world = World(Plan(seed=SEED, articles=400))
    keys = sorted(world.of_layout(layout), key=lambda key: len(world.truth(key).body))
    for key in keys[-largest:] if largest else _spread(keys):
        truth = world.truth(key)
        yield Page(
            page(world.story(key), style_bytes),
            truth.url,
            truth.title,
            truth.date,
            truth.author,
            truth.pictures,
            tuple(truth.body.split("\n\n")),
        )


def _spread(keys: Sequence[str]) -> list[str]:
    return [keys[(2 * number + 1) * len(keys) // (2 * PAGES)] for number in range(PAGES)]


def saved_pages() -> list[Page]:
    """The saved cases that are pages and whose text was written by hand."""
    cases = [case for case in ARTICLES if (case / "page.html").exists()]
    return [
        _expected(
            (case / "page.html").read_bytes(),
            meta_of(case)["url"],
            (case / "expected.md").read_text(),
            json.loads((case / "meta.json").read_text())["fields"].get("author"),
        )
        for case in cases
    ]


def captures() -> list[Page]:
    """Real pages, where they are at hand beside the project."""
    return [
        _expected((SHARED / "captures/pages" / name).read_bytes(), url, path.read_text(), None)
        for name, url in CAPTURES.items()
        if (path := SHARED / "captures/expected" / f"{name.removesuffix('.html')}.md").exists()
    ]


def _expected(body: bytes, url: str, markdown: str, author: str | None) -> Page:
    read = from_markdown(markdown)
    time = read.published_at.strftime(TO_THE_SECOND) if read.published_at else ""
    blocks = tuple(read.body.split("\n\n")) if read.body else ()
    return Page(body, url, read.title, time, author, pictures_in(read.body), blocks)
