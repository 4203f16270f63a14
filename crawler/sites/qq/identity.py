"""Whether a page is of the article that was asked for, by what it says of itself. Pure.

A mixed-up cache gives another article's page under this one's address, a sick site its front page. What a page calls
itself stands in its data (ids, the most trusted), in addresses there, and in its head.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from crawler.sites.markup.document import Document
from crawler.sites.page import AnotherArticle, Found, Opinions
from crawler.sites.qq.addresses.forms import Address, NotAnAddress, read_address

IDS: Final = ("cms_id", "cmsId", "article_id")
"""Keys under which objects in pages have their article's id."""

_CMS: Final = re.compile(r"(?P<letters>[A-Z]{3})?(?P<digits>20\d{12})(?:\d\d)?")
_OLD: Final = re.compile(r"[a-z0-9_]+-(?P<day>20\d{6})-(?P<number>\d{6})")
_VIDEO: Final = re.compile(r"[a-z][a-z0-9]{10}")
_OTHER_PAGES: Final = (
    "a WeChat page",
    "a channel's page",
    "a front page",
    "an account's page",
    "the site's page for missing articles",
)
"""Reasons for which an address is no article's, and surely that of something else."""


def stated_in_head(page: Document) -> Iterator[Found]:
    """The addresses by which a page names itself in its head."""
    yield from page.meta("og:url")
    for element in page.all("link"):
        named = "canonical" in (element.get("rel") or "").lower() or element.get("media") == "handheld"
        if named and (address := (element.get("href") or "").strip()):
            yield Found(address, f"link {element.get('rel')}")


def page_identity(page: Document) -> Iterator[Found]:
    """By what a page of 2018 on names itself, in ``window.DATA`` and in its head."""
    yield from page.stated(*IDS, "url")
    yield from stated_in_head(page)


def check_identity(page: Document, stated: Opinions) -> None:
    """Raise `AnotherArticle` if a page calls itself another one: by its ids, or if it has none, by its addresses.

    One statement that fits is enough; a page that says nothing may be any article.
    """
    ids = tuple(found for found in stated if "/" not in found.raw)
    addresses = tuple(found for found in stated if "/" in found.raw)
    for statements in (ids, addresses):
        fits = [(found, fit) for found in statements if (fit := _fits(found.raw, page.address)) is not None]
        if any(fit for _, fit in fits):
            return
        if fits:
            found, _ = fits[0]
            raise AnotherArticle(page.url, found.raw, found.where)


def same_article(one: Address, other: Address) -> bool:
    """Whether two ids name one article: also the id of an old page and the one that mobile pages have for it, an id
    without the three letters of its section, and the tails by which copies of an article are told apart."""
    if one.id == other.id:
        return True
    digits, letters = _digits(one.id), _letters(one.id)
    if not digits or digits != _digits(other.id) or (_OLD.fullmatch(one.id) and _OLD.fullmatch(other.id)):
        return False
    return not letters or _letters(other.id) in ("", letters)


def _fits(claim: str, asked: Address) -> bool | None:
    """Whether a claim names the article that was asked for; None where it cannot be told."""
    try:
        stated = read_address(claim)
    except NotAnAddress as error:
        if _stem(asked.id) in claim:
            return True
        return False if error.reason in _OTHER_PAGES else None
    if bool(_VIDEO.fullmatch(asked.id)) != bool(_VIDEO.fullmatch(stated.id)):
        return None  # A video has an id of its own beside that of its article.
    return same_article(asked, stated)


def _digits(article_id: str) -> str:
    if cms := _CMS.fullmatch(article_id):
        return cms["digits"]
    old = _OLD.fullmatch(article_id)
    return old["day"] + old["number"] if old else ""


def _letters(article_id: str) -> str:
    cms = _CMS.fullmatch(article_id)
    return (cms["letters"] or "") if cms else ""


def _stem(article_id: str) -> str:
    """What every way of writing an id holds."""
    return _digits(article_id) or article_id[:14]
