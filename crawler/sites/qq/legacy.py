"""The page of 2013 to 2019 (``/a/YYYYMMDD/NNNNNN.htm`` of all site hosts), with its ``ARTICLE_INFO``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from crawler.body.read import read_blocks
from crawler.sites.page import Body, Found, RawArticle
from crawler.sites.qq.document import Document, make_body, text_of
from crawler.sites.script import find_object

NAME = "legacy"

_CONTAINERS = ("#Cnt-Main-Article-QQ", "#Main-Article-QQ .main", "#C-Main-Article-QQ .bd")
_COMMENT_ID = re.compile(r"\bcmt_id\s*=\s*(\d+)")
_TIMES = (".a_time", ".pubTime", ".article-time", ".a_Info .time")
_SOURCES = (".a_source", ".infoCol .where", "[bosszone=jgname]")


def recognises(page: Document) -> bool:
    """Whether the page is of this layout."""
    return "Main-Article-QQ" in page.text and any(page.selector.css(css) for css in _CONTAINERS)


def read(page: Document) -> RawArticle:
    """What the page says."""
    info = find_object(page.text, "ARTICLE_INFO") or {}
    return RawArticle(
        address=page.address,
        layout=NAME,
        title=(*_informed(info, "title"), *page.shown(".hd h1", "h1", "title")),
        published=(*_informed(info, "pubtime"), *page.shown(*_TIMES)),
        summary=(*page.meta("description"),),
        thumbnail=(*page.meta("og:image"),),
        author=(*page.shown(".a_author"),),
        media=(*page.shown(*_SOURCES),),
        channel=(*_informed(info, "site"),),
        keywords=(*_tags(info), *page.meta("keywords")),
        comment_id=tuple(Found(number, "cmt_id") for number in _COMMENT_ID.findall(page.text)[:1]),
        bodies=tuple(_bodies(page)),
    )


def _bodies(page: Document) -> Iterator[Body]:
    for css in _CONTAINERS:
        for found in page.selector.css(css)[:1]:
            yield make_body(read_blocks(found.root, base_url=page.url), css)
            return


def _informed(info: dict[str, Any], key: str) -> Iterator[Found]:
    if text := text_of(info.get(key)):
        yield Found(text, f"ARTICLE_INFO.{key}")


def _tags(info: dict[str, Any]) -> Iterator[Found]:
    tags = info.get("tags")
    if isinstance(tags, list) and (words := [text for tag in tags if (text := text_of(tag))]):
        yield Found(",".join(words), "ARTICLE_INFO.tags")
