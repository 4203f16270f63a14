"""One page of Tencent News: which layout it has, and what it says."""

from __future__ import annotations

from typing import Final

from crawler.sites.page import Changed, RawArticle
from crawler.sites.qq import legacy, rain, static, walls
from crawler.sites.qq.address import read_address
from crawler.sites.qq.document import Document

_LAYOUTS: Final = (rain, static, legacy)
"""Newest first; the first that recognises the page reads it."""


def read_page(body: bytes, url: str, *, status: int = 200) -> RawArticle:
    """Read the page that was downloaded from ``url``.

    Raises `NotAnAddress` if ``url`` names no article, `Removed` and `Blocked` for what is no article, `Changed` if
    no layout recognises the page or none of its text is found.
    """
    walls.check_answer(url, status)
    page = Document(body, url, read_address(url))
    walls.check_data(page)
    for layout in _LAYOUTS:
        if layout.recognises(page):
            return _with_content(layout.read(page), page)
    walls.check_stranger(page)
    raise Changed(url, f"no known layout: {_outline(page)}")


def _with_content(article: RawArticle, page: Document) -> RawArticle:
    """The article, if it holds anything: a title and, where it should have one, a text."""
    if not article.title:
        walls.check_stranger(page)
        raise Changed(page.url, f"layout {article.layout}, but no title")
    if article.kind == "text" and not any(body.markdown for body in article.bodies):
        walls.check_stranger(page)
        raise Changed(page.url, f"layout {article.layout}, but no text in the body")
    return article


def _outline(page: Document) -> str:
    title = next(iter(page.shown("title")), None)
    return f"title {title.raw[:60]!r}, {len(page.text)} characters" if title else f"{len(page.text)} characters"
