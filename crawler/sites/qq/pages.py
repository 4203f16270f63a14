"""One page of Tencent News, or one answer of its interfaces: which layout it has, and what it says."""

from __future__ import annotations

from typing import Final

from crawler.sites import generic
from crawler.sites.legibility import legible
from crawler.sites.page import Changed, EmptyShell, RawArticle
from crawler.sites.qq import (
    ancient,
    bare,
    collection,
    gallery,
    interface,
    kuaibao,
    legacy,
    live,
    mobile,
    question,
    rain,
    static,
    walls,
)
from crawler.sites.qq.completeness import check_shell, has_text, is_named
from crawler.sites.qq.document import Document
from crawler.sites.qq.second import read_fetched

_LAYOUTS: Final = (
    question,
    rain,
    static,
    live,
    collection,
    bare,
    mobile,
    kuaibao,
    gallery,
    interface,
    legacy,
    ancient,
)
"""Newest first, and each before those whose marks it bears, too; the first that recognises the page reads it."""


def read_page(body: bytes, url: str, *, status: int = 200, charset: str | None = None) -> RawArticle:
    """Read what was downloaded from ``url``; ``charset`` is what the HTTP header claims of it.

    Raises `NotAnAddress` if ``url`` names no article, `Removed` and `Blocked` for what is no article, `EmptyShell`
    if the text is to be had elsewhere (see `second`), `Garbled` if its characters are lost, `Changed` if no layout
    recognises the page.
    """
    walls.check_answer(url, status)
    page = Document(body, url, read_fetched(url), charset)
    walls.check_size(page)
    walls.check_data(page)
    for layout in _LAYOUTS:
        if layout.recognises(page):
            article = layout.read(page)
            walls.check_article(page, article)
            return _whole(article, page)
    check_shell(page)
    return _last_resort(page, f"no known layout: {_outline(page)}")


def _whole(article: RawArticle, page: Document) -> RawArticle:
    """The article, if it holds anything: a title and, where it should have one, a text whose characters are sound."""
    if legible(article, page.url).title and has_text(article):
        return article
    missing = "text in the body" if article.title else "title"
    return _last_resort(page, f"layout {article.layout}, but no {missing}", article)


def _last_resort(page: Document, failure: str, article: RawArticle | None = None) -> RawArticle:
    """The text of a page that is clearly an article, guessed. Raises what the page is, where it is none."""
    prose = generic.is_prose(page)
    named = article is not None and is_named(article)
    if not named:
        walls.check_stranger(page, prose=prose)
    if prose and (guess := generic.read(page)):
        return legible(guess, page.url)
    raise EmptyShell(page.url, failure, article) if named else Changed(page.url, failure)


def _outline(page: Document) -> str:
    title = next(iter(page.shown("title")), None)
    return f"title {title.raw[:60]!r}, {len(page.text)} characters" if title else f"{len(page.text)} characters"
