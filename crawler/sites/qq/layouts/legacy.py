"""The page of 2013 to 2019 (``/a/YYYYMMDD/NNNNNN.htm`` of all site hosts), with its ``ARTICLE_INFO``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lxml.etree import _Element as Element

from crawler.body.blocks import Block
from crawler.body.read import read_blocks
from crawler.sites.markup.document import Document, make_body, statements, text_of
from crawler.sites.page import Body, Found, RawArticle
from crawler.sites.qq.identity import stated_in_head
from crawler.sites.qq.layouts.common_pre2019 import comment_id, comment_site, has_more_pages, prepended

NAME = "legacy"

_TEXT: Final = "Cnt-Main-Article-QQ"
_CONTAINERS: Final = (
    "#Cnt-Main-Article-QQ",
    ".Cnt-Main-Article-QQ",
    "#C-Main-Article-QQ .bd",
    "#Main-Article-QQ .main",
    "#Main-Article-QQ .bd",
    "#Main-Article-QQ",
)
_LEADS: Final = ".Introduction, .introduction, .introduction1, .titdd-Article, .titdd"
_TITLES: Final = (".hd h1", "#C-Main-Article-QQ h1", ".qq_article h1", "h1", "title")
_TIMES: Final = (".a_time", ".pubTime", ".article-time", ".a_Info .time", ".info .time")
_SOURCES: Final = (".a_source", ".infoCol .where", ".hd .where", "[bosszone=jgname]")
_AUTHORS: Final = (".a_author", ".infoCol .auth", ".hd .auth")
_HEADS: Final = ("hd", "ft", "titBar", "a_Info", "QQeditor")
"""Classes of what stands around the text, where the container is one that holds more than the text."""


def recognises(page: Document) -> bool:
    """Whether the page is of this layout."""
    return "Main-Article-QQ" in page.text and _container(page) is not None


def read(page: Document) -> RawArticle:
    """What the page says."""
    info = page.scripts.value("ARTICLE_INFO", dict)
    body = _body(page)
    return RawArticle(
        address=page.address,
        layout=NAME,
        title=(*statements(info, "ARTICLE_INFO", "title"), *page.shown(*_TITLES)),
        published=(*statements(info, "ARTICLE_INFO", "pubtime"), *page.shown(*_TIMES)),
        summary=(*page.meta("description"), *page.shown(*_LEADS.split(", "))),
        thumbnail=(*page.meta("og:image"),),
        author=(*page.shown(*_AUTHORS),),
        media=(*page.shown(*_SOURCES),),
        channel=(*statements(info, "ARTICLE_INFO", "site"), *comment_site(page), *page.shown(".a_catalog")),
        keywords=(*_tags(info), *page.meta("keywords"), *_search_words(info)),
        comment_id=(*comment_id(page),),
        identity=(*_identity(info), *stated_in_head(page)),
        bodies=(body,),
        notes=has_more_pages(page),
    )


def _container(page: Document) -> Element | None:
    return next((found for css in _CONTAINERS for found in page.all(css)), None)


def _body(page: Document) -> Body:
    container = _container(page)
    if container is None:
        raise ValueError("a page of another layout")
    return make_body(prepended(_lead(page, container), _text(page, container)), str(container.get("id") or "main"))


def _text(page: Document, container: Element) -> tuple[Block, ...]:
    whole = _TEXT not in (container.get("id"), *container.get("class", "").split())
    for part in container.xpath(".//*[@class]") if whole else ():
        if not {*part.get("class", "").split()}.isdisjoint(_HEADS):
            part.set("hidden", "")
    return read_blocks(container, base_url=page.base_url)


def _lead(page: Document, container: Element) -> tuple[Block, ...]:
    """The lead, where it stands outside the text: above it, beside the headline."""
    for found in page.all(_LEADS):
        if container not in found.iterancestors():
            return read_blocks(found, base_url=page.base_url)
    return ()


def _identity(info: dict[str, Any]) -> Iterator[Found]:
    """Its address; only without one its number, which does not tell the section whose it is."""
    addresses = tuple(statements(info, "ARTICLE_INFO", "article_url"))
    yield from addresses or statements(info, "ARTICLE_INFO", "id")


def _search_words(info: dict[str, Any]) -> Iterator[Found]:
    words = info.get("sosokeys")
    if isinstance(words, dict) and (told := [text for word in words.values() if (text := text_of(word))]):
        yield Found(",".join(told), "ARTICLE_INFO.sosokeys")


def _tags(info: dict[str, Any]) -> Iterator[Found]:
    tags = info.get("tags")
    if isinstance(tags, list) and (words := [text for tag in tags if (text := text_of(tag))]):
        yield Found(",".join(words), "ARTICLE_INFO.tags")
