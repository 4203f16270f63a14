"""The last resort: the text of a page that is clearly an article of the site, but of no layout we know.

trafilatura (optional: ``pip install qqnews[generic]``) finds where the text stands; our own reader turns it into
Markdown. The article is marked ``layout = "generic"`` and carries the note ``generic``, so that the run says so:
what it holds was guessed, and the page is to be read again once its layout is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlsplit

from lxml import etree
from lxml.etree import _Element as Element

from crawler.body.read import read_blocks
from crawler.sites.markup.document import Document, make_body
from crawler.sites.page import Found, RawArticle

NAME = "generic"

_LARGEST, _MOST_TAGS = 1_000_000, 8_000
"""Characters, number. Guessing in a larger page would take too long."""
_MANY_TAGS: Final = 1_500
"""Beyond these there is one guess only: the second one's time grows with the square of a page's blocks."""
_SHORTEST_PARAGRAPH, _FEWEST_PARAGRAPHS, _LEAST_TEXT = 25, 3, 200
"""Characters, number, characters: less prose than this is no clear case, and a wall may have as much."""
_MOST_LINKED: Final = 0.5
"""Share of a page's text inside links. Front pages and lists have more."""
_BLOCKS: Final = "p div section td li h1 h2 h3 h4 blockquote article main".split()
_WITHIN_TEXT: Final = ("span", "b", "strong")
_TAGS: Final = {"head": "h2", "lb": "br", "quote": "blockquote", "item": "li", "row": "tr", "cell": "td"}
_RENDERED: Final = {"#b": "strong", "#i": "em"}


def is_prose(page: Document) -> bool:
    """Whether the page clearly holds a text: paragraphs with sentences, more words than links."""
    paragraphs, linked, whole = [], 0, 0
    for element in page.tree.iter(*_BLOCKS):
        own = "".join(_own_text(element)).strip()
        if len(own) >= _SHORTEST_PARAGRAPH and re.search(r"[，。！？；,.!?]", own):
            paragraphs.append(own)
        whole += len(own)
    # Walked: XPath would collect the text inside each of thousands of links within each other.
    seen, unlinked = (sum(len(text.strip()) for text in page.texts_without(*tags)) for tags in ((), ("a",)))
    linked = seen - unlinked
    prose = sum(map(len, paragraphs))
    return (
        len(paragraphs) >= _FEWEST_PARAGRAPHS
        and prose >= _LEAST_TEXT
        and linked <= _MOST_LINKED * (max(whole, prose) + linked)
    )


def _own_text(element: Element) -> Iterator[str]:
    """The text of an element that is in no block of its own."""
    yield element.text or ""
    for child in element:
        if child.tag in _WITHIN_TEXT:
            yield from child.itertext()
        yield child.tail or ""


def read(page: Document) -> RawArticle | None:
    """What the page says, guessed; None where that cannot be done, or the page is of another site."""
    too_large = len(page.text) > _LARGEST or page.text.count("<") > _MOST_TAGS
    if too_large or find_spec("trafilatura") is None or not _is_ours(page):
        return None
    body = _text_of(page)
    title = (*page.stated("title"), *page.meta("og:title"), *page.shown("h1", "title"))
    if body is None or not title:
        return None
    blocks = read_blocks(body, base_url=page.url)
    made = make_body(blocks, "trafilatura")
    if len(made.text) < _LEAST_TEXT:
        return None
    return RawArticle(
        address=page.address,
        layout=NAME,
        title=title,
        published=(
            *page.stated("pubtime"),
            *page.meta("article:published_time", "og:release_date", "pubdate"),
            *(Found(value, "time") for value in page.selector.css("time::attr(datetime)").getall()[:1]),
        ),
        summary=(*page.stated("desc", "abstract"), *page.meta("description", "og:description")),
        thumbnail=(*page.meta("og:image"),),
        author=(*page.meta("author", "article:author"),),
        media=(*page.stated("media"),),
        keywords=(*page.meta("keywords"),),
        bodies=(made,),
        notes=(NAME,),
    )


def _is_ours(page: Document) -> bool:
    """Whether the page calls itself one of the site's, or at least not one of another."""
    canonical = (found.raw for found in page.meta("og:url"))
    links = page.selector.css("link[rel=canonical]::attr(href)").getall()
    named = [host for address in (*canonical, *links) if (host := _host(address))]
    if named:
        return any(host == "qq.com" or host.endswith(".qq.com") for host in named)
    return any(mark in page.text for mark in ("qq.com", "gtimg.c", "腾讯"))


def _host(address: str) -> str:
    try:
        return urlsplit(address.strip()).hostname or ""
    except ValueError:
        return ""


def _text_of(page: Document) -> Element | None:
    """The element that holds the text, in HTML's own tags."""
    import trafilatura

    tree = deepcopy(page.tree)
    # It spreads merged cells out, however many: a million columns took it minutes.
    etree.strip_attributes(tree, "colspan", "rowspan")
    # Only errors come without a result; a page it cannot read is one we cannot read, either.
    found: Any = trafilatura.bare_extraction(
        etree.tostring(tree, encoding="unicode", method="html"),
        url=page.url,
        include_comments=False,
        include_images=True,
        include_formatting=True,
        include_links=True,
        with_metadata=False,
        fast=page.text.count("<") > _MANY_TAGS,
    )
    body: Element | None = getattr(found, "body", None)
    if body is not None:
        for element in list(_elements(body)):
            _rename(element)
    return body


def _elements(body: Element) -> Iterator[Element]:
    return (element for element in body.iter() if isinstance(element.tag, str))


def _rename(element: Element) -> None:
    """From trafilatura's tags, which are those of TEI, to HTML's."""
    tag = str(element.tag)
    if tag == "graphic":
        element.tag = "img"
    elif tag == "ref":
        element.tag = "a"
        element.set("href", element.get("target", ""))
    elif tag == "hi":
        element.tag = _RENDERED.get(element.get("rend", ""), "span")
    elif tag == "list":
        element.tag = "ol" if element.get("rend") == "ol" else "ul"
    elif tag == "head":
        level = element.get("rend", "h2")
        element.tag = level if re.fullmatch("h[1-6]", level) else "h2"
    elif tag in _TAGS:
        element.tag = _TAGS[tag]
