"""What the pages of before 2019 have in common: leads beside the headline, numbered pages, comment ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from crawler.body.blocks import Block, texts_of
from crawler.sites.page import Found
from crawler.sites.qq.document import Document
from crawler.sites.script import word

_COMMENT_ID: Final = re.compile(word("cmt_id") + r"\s*=\s*[\"']?(\d{6,})")
_COMMENT_PAGE: Final = re.compile(r"//coral\.qq\.com/(\d{6,})")
_COMMENT_SITE: Final = re.compile(word("cmt_site") + r"\s*=\s*[\"']([a-z][a-z0-9]{1,15})[\"']")


def comment_id(page: Document) -> Iterator[Found]:
    """The id under which the comments are kept: from the script that loads them, and the link to their page."""
    for number in _COMMENT_ID.findall(page.text)[:1]:
        yield Found(number, "cmt_id")
    linked = set(_COMMENT_PAGE.findall(page.text))
    if len(linked) == 1:  # Of several, most are of the articles recommended.
        yield Found(linked.pop(), "link to coral.qq.com")


def comment_site(page: Document) -> Iterator[Found]:
    """The channel, in the words of the script that loads the comments."""
    for name in _COMMENT_SITE.findall(page.text)[:1]:
        yield Found(name, "cmt_site")


def prepended(lead: tuple[Block, ...], blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """The lead before the text, unless the text begins with the same words."""
    words = _words(lead)
    return blocks if not words or _words(blocks).startswith(words) else (*lead, *blocks)


def has_more_pages(page: Document) -> tuple[str, ...]:
    """``one-page-of-many`` where the page links to a further page of the same article (``006270_1.htm``)."""
    number = page.address.url.rpartition("/")[2].removesuffix(".htm")
    return ("one-page-of-many",) if re.search(rf"{word(number)}_\d{{1,2}}\.htm", page.text) else ()


def _words(blocks: tuple[Block, ...]) -> str:
    return "".join("".join(texts_of(blocks)).split())
