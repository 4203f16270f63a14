"""One page of Tencent News, or one answer of its interfaces: which layout it has, and what it says."""

from __future__ import annotations

from typing import Final, Protocol

from crawler.sites import generic
from crawler.sites.encoding.garbled import is_legible
from crawler.sites.markup.document import Document
from crawler.sites.page import Changed, EmptyShell, RawArticle
from crawler.sites.qq.fallback_source import read_fetched
from crawler.sites.qq.identity import check_identity, page_identity
from crawler.sites.qq.layouts import (
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
)
from crawler.sites.qq.walls import checks as walls
from crawler.sites.qq.walls.empty_shell import check_shell, has_text, is_named

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

    Raises `NotAnAddress` if ``url`` names no article, `Removed` and `Blocked` for what is no article,
    `AnotherArticle` if the page says that it is another one, `EmptyShell` if the text is to be had elsewhere (see
    `second`), `Garbled` if its characters are lost, `Changed` if no layout recognises the page.
    """
    walls.check_answer(url, status)
    page = Document(body, url, read_fetched(url), charset)
    walls.check_size(page)
    walls.check_data(page)
    for layout in _LAYOUTS:
        if layout.recognises(page):
            return _whole(_read(layout, page), page)
    check_shell(page)
    return _last_resort(page, f"no known layout: {_outline(page)}")


class _Layout(Protocol):
    def read(self, page: Document) -> RawArticle: ...


def _read(layout: _Layout, page: Document) -> RawArticle:
    """What the page says, by its layout, if it is an article's and that which was asked for."""
    try:
        article = layout.read(page)
    except EmptyShell as shell:
        check_identity(page, shell.article.identity if shell.article else ())
        raise
    walls.check_article(page, article)
    check_identity(page, article.identity)
    return article


def _whole(article: RawArticle, page: Document) -> RawArticle:
    """The article, if it holds anything: a title and, where it should have one, a text whose characters are sound."""
    if is_legible(article, page.url).title and has_text(article):
        return article
    missing = "text in the body" if article.title else "title"
    return _last_resort(page, f"layout {article.layout}, but no {missing}", article)


def _last_resort(page: Document, failure: str, article: RawArticle | None = None) -> RawArticle:
    """The text of a page that is clearly an article, guessed. Raises what the page is, where it is none."""
    prose = generic.is_prose(page)
    named = article is not None and is_named(article)
    if not named:
        walls.check_stranger(page, prose=prose)
        check_identity(page, tuple(page_identity(page)))
    if prose and (guess := generic.read(page)):
        return is_legible(guess, page.url)
    raise EmptyShell(page.url, failure, article) if named else Changed(page.url, failure)


def _outline(page: Document) -> str:
    title = next(iter(page.shown("title")), None)
    return f"title {title.raw[:60]!r}, {len(page.text)} characters" if title else f"{len(page.text)} characters"
