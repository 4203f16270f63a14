"""The pages of up to 2012 (``/a/YYYYMMDD/NNNNNN.htm``): no data at all, only what they show.

Known from scrapers of their time: ``#ArticleTit`` and ``#ArticleCnt`` with the pager ``#ArtPLink`` (2008 to 2012),
``#ArtCnt`` (tech, 2008), ``td#textflag`` (2005), ``div.articleContent``, or no container but indented paragraphs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml.etree import _Element as Element

from crawler.body.read import read_blocks
from crawler.sites.markup.document import Document, make_body
from crawler.sites.page import Found, RawArticle
from crawler.sites.qq.identity import stated_in_head
from crawler.sites.qq.layouts.common_pre2019 import comment_id, comment_site, has_more_pages

NAME = "ancient"

_CONTAINERS: Final = (
    "#ArticleCnt",
    ".ArticleCnt",
    "#ArtCnt",
    ".ArtCnt",
    "#textflag",
    "div.articleContent",
)
_INDENTED: Final = "//p[contains(translate(@style, 'TEXINDM ', 'texindm'), 'text-indent:2em')]/.."
_PAGER: Final = ("ArtPLink", "Reading")
_TITLES: Final = ("#ArticleTit", ".ArticleTit", "#ArtTit", "h1", "h2", "title")
_PLACES: Final = (".pubTime", "#ArtFrom", ".ArtFrom", ".info", ".time")
_SOURCES: Final = ("[bosszone=jgname]", ".where", "#ArtFrom .from")
_TIME: Final = re.compile(r"(?:19|20)\d\d\s*[-/年]\s*\d{1,2}\s*[-/月]\s*\d{1,2}日?\s*\d{1,2}[:：]\d\d(?:[:：]\d\d)?")
_AFTER_TIME: Final = re.compile(_TIME.pattern + r"\s*+(?:来源[:：]\s*+)?([^\s\u3000|(（]{2,20})")
_NAMED_SOURCE: Final = re.compile(_TIME.pattern + r"\s*+来源[:：]\s*+([^\s\u3000|(（]{2,20})")
_NO_SOURCE: Final = ("评论", "字号", "复制", "大家说")


def recognises(page: Document) -> bool:
    """Whether the page is an old one, and some known part holds its text."""
    return _is_old_page(page) and _container(page) is not None


def read(page: Document) -> RawArticle:
    """What the page shows."""
    container = _container(page)
    if container is None:
        raise ValueError("a page of another layout")
    head = page.text_before(container)
    times = tuple(_times(page, head))
    sources = (*page.shown(*_SOURCES), *_sources(page, head))
    where = str(container.get("id") or container.get("class") or "indented paragraphs")
    return RawArticle(
        address=page.address,
        layout=NAME,
        title=tuple(page.shown(*_TITLES)),
        published=times,
        summary=tuple(page.meta("description")),
        media=sources,
        channel=tuple(comment_site(page)),
        keywords=tuple(page.meta("keywords")),
        comment_id=tuple(comment_id(page)),
        identity=tuple(stated_in_head(page)),
        bodies=(make_body(read_blocks(_without_pager(container), base_url=page.base_url), where),),
        notes=has_more_pages(page),
    )


def _is_old_page(page: Document) -> bool:
    return "/a/" in page.address.url and page.address.url.endswith(".htm")


def _container(page: Document) -> Element | None:
    for css in _CONTAINERS:
        if (found := page.first(css)) is not None:
            return found
    parents: list[Element] = [found.root for found in page.selector.xpath(_INDENTED)]
    return max(parents, key=lambda parent: len(str(parent.xpath("string()"))), default=None)


def _without_pager(container: Element) -> Element:
    """The container with its pager and its recommendations hidden; some pages leave their tags unbalanced."""
    for part in container.xpath(".//*[@id or @class]"):
        if not {part.get("id", ""), *part.get("class", "").split()}.isdisjoint(_PAGER):
            part.set("hidden", "")
    return container


def _times(page: Document, head: str) -> Iterator[Found]:
    """Times as shown: in the line under the headline, and the first one with hours and minutes above the text."""
    for found in page.shown(*_PLACES):
        if match := _TIME.search(found.raw):
            yield Found(match[0], found.where)
    if match := _TIME.search(head):
        yield Found(match[0], "visible text")


def _sources(page: Document, head: str) -> Iterator[Found]:
    """The word behind the time: who published it first."""
    for text, where in ((found.raw, found.where) for found in page.shown(*_PLACES)):
        if (match := _AFTER_TIME.search(text)) and not any(word in match[1] for word in _NO_SOURCE):
            yield Found(match[1], where)
    if match := _NAMED_SOURCE.search(head):
        yield Found(match[1], "visible text")
