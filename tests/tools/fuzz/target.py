"""What is done with every broken page, and what must hold of whatever comes out."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from markdown_it import MarkdownIt

from archive.article.markdown import to_markdown
from archive.article.model import Article, storable
from crawler.sites.field_agreement import agreement
from crawler.sites.normalise import normalise
from crawler.sites.page import NotAnArticle
from crawler.sites.registry import NotAnAddress, read_page
from tests.tools.fuzz.runner import in_time

SCRIPT = re.compile(r"\s*(?:javascript|data|vbscript):", re.I)
RENDERER = MarkdownIt("commonmark")
# By default it would hide just those links that are looked for.
RENDERER.validateLink = lambda url: True  # type: ignore[method-assign]
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


class Broken(AssertionError):
    """A page was read, and what came out must not be stored."""


def links(markdown: str) -> Iterator[str]:
    """Where the links and pictures of a text lead when it is rendered."""
    for token in RENDERER.parse(markdown):
        for inline in token.children or ():
            yield str(inline.attrs.get("href", inline.attrs.get("src", "")))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a page. ``name``: ``article`` or the refusal's; ``markdown``: the file, where it is one."""

    name: str
    article: Article | None = None
    markdown: str = ""


def tried(body: bytes, url: str) -> tuple[str, float]:
    """The outcome's name, and the seconds of processor time that reading took.

    Raises `Broken`, `tests.tools.fuzz.runner.Hang`, and whatever a crash raises.
    """
    started = time.process_time()
    outcome = in_time(partial(read, body, url))
    took = time.process_time() - started
    # Not under the limit: the renderer that looks for links is not what is tried here.
    check(outcome)
    return outcome.name, took


def read(body: bytes, url: str) -> Outcome:
    """Everything that is done with a page, from its bytes to the text of its file."""
    try:
        raw = read_page(body, url)
    except (NotAnArticle, NotAnAddress) as refusal:
        str(refusal)
        return Outcome(type(refusal).__name__)
    article = storable(normalise(raw))
    agreement(raw)
    return Outcome("article", article, to_markdown(article))


def check(outcome: Outcome) -> None:
    """Raises `Broken` where what was read must not be stored."""
    article, markdown = outcome.article, outcome.markdown
    if article is None:
        return
    # SQLite and UTF-8 hold no lone surrogate.
    markdown.encode()
    if "\n" in article.title or TURNING.search(article.title):
        raise Broken(f"title {article.title[:80]!r}")
    if "script:" in article.body.lower() and any(SCRIPT.match(url) for url in links(article.body)):
        raise Broken("a link that runs a script")
    if not markdown.endswith(f"\n\n[qq]({article.url})\n"):
        raise Broken("no closing link")
    if "\0" in markdown:
        raise Broken("a NUL in the Markdown")
