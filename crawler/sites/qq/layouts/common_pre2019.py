"""What the pages of before 2019 have in common: leads beside the headline, numbered pages, comment ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from crawler.body.blocks import Block, texts_of
from crawler.sites.markup.document import Document, text_of
from crawler.sites.page import Found

_COMMENT_ID: Final = re.compile(r"\d{6,}")
_COMMENT_PAGE: Final = re.compile(r"(?:https?:)?//coral\.qq\.com/(\d{6,})(?!\d)")
_COMMENT_SITE: Final = re.compile(r"[a-z][a-z0-9]{1,15}")


def comment_id(page: Document) -> Iterator[Found]:
    """The id under which the comments are kept: from the script that loads them, and the link to their page."""
    yield from _assigned(page, "cmt_id", _COMMENT_ID)
    linked = {found[1] for href in page.links if (found := _COMMENT_PAGE.match(href))}
    if len(linked) == 1:  # Of several, most are of the articles recommended.
        yield Found(linked.pop(), "link to coral.qq.com")


def comment_site(page: Document) -> Iterator[Found]:
    """The channel, in the words of the script that loads the comments."""
    yield from _assigned(page, "cmt_site", _COMMENT_SITE)


def _assigned(page: Document, name: str, form: re.Pattern[str]) -> Iterator[Found]:
    """The first value of this form that a script gives to a name."""
    values = (text_of(one.value) for one in page.scripts.assigned(name))
    yield from (Found(value, name) for value in islice((value for value in values if form.fullmatch(value)), 1))


def prepended(lead: tuple[Block, ...], blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """The lead before the text, unless the text begins with the same words."""
    words = _words(lead)
    return blocks if not words or _words(blocks).startswith(words) else (*lead, *blocks)


def has_more_pages(page: Document) -> tuple[str, ...]:
    """``one-page-of-many`` where the page links to a further page of the same article (``006270_1.htm``)."""
    number = page.address.url.rpartition("/")[2].removesuffix(".htm")
    further = re.compile(rf"(?:.*/)?{re.escape(number)}_\d{{1,2}}\.htm(?:[?#].*)?", re.S)
    return ("one-page-of-many",) if any(map(further.fullmatch, page.links)) else ()


def _words(blocks: tuple[Block, ...]) -> str:
    return "".join("".join(texts_of(blocks)).split())
