"""What is done with every broken page, and what must hold of whatever comes out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt

from archive.article import storable
from archive.markdown import to_markdown
from crawler.normalise import normalise
from crawler.sites.opinions import agreement
from crawler.sites.page import NotAnArticle
from crawler.sites.registry import NotAnAddress, read_page

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


def read(body: bytes, url: str) -> str:
    """The outcome's name: ``article`` or that of the refusal. Raises `Broken`, and whatever a crash raises."""
    try:
        raw = read_page(body, url)
    except (NotAnArticle, NotAnAddress) as refusal:
        str(refusal)
        return type(refusal).__name__
    article = storable(normalise(raw))
    markdown = to_markdown(article)
    # SQLite and UTF-8 hold no lone surrogate.
    markdown.encode()
    agreement(raw)
    if "\n" in article.title or TURNING.search(article.title):
        raise Broken(f"title {article.title[:80]!r}")
    if "script:" in article.body.lower() and any(SCRIPT.match(url) for url in links(article.body)):
        raise Broken("a link that runs a script")
    if not markdown.endswith(f"\n\n[qq]({article.url})\n"):
        raise Broken("no closing link")
    if "\0" in markdown:
        raise Broken("a NUL in the Markdown")
    return "article"
