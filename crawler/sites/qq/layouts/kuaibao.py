"""The page of 天天快报, 2016 to 2021 (``kuaibao.qq.com/s/``): a ``content`` object in a script, or as bare data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crawler.sites.markup.document import Document
from crawler.sites.page import RawArticle
from crawler.sites.qq.identity import stated_in_head
from crawler.sites.qq.layouts.content_object import body_notes, read_bodies, refuse_deleted
from crawler.sites.qq.layouts.fields import Fields, content_fields
from crawler.sites.qq.layouts.kinds import content_kind

NAME = "kuaibao"

_MARKS = ("cnt_html", "cnt_attr")


def recognises(page: Document) -> bool:
    """Whether the page is of this layout."""
    return any(mark in page.text for mark in _MARKS) and bool(_content(page))


def read(page: Document) -> RawArticle:
    """What the object says, and the page's head."""
    content = _content(page)
    refuse_deleted(content, page.url)
    bodies = read_bodies(content, page.base_url, "content")
    return RawArticle(
        address=page.address,
        layout=NAME,
        kind=content_kind(content, page.address),
        bodies=bodies,
        notes=body_notes(bodies),
        **_fields(page, content),
    )


def _fields(page: Document, content: dict[str, Any]) -> Fields:
    fields = content_fields(content, "content")
    if page.answer:  # Bare data has no head.
        return fields
    return fields | Fields(
        title=(*fields["title"], *page.meta("og:title"), *page.shown("title")),
        summary=(*fields["summary"], *page.meta("description")),
        keywords=(*fields["keywords"], *page.meta("keywords")),
        identity=(*fields["identity"], *stated_in_head(page)),
    )


def _content(page: Document) -> dict[str, Any]:
    """The object with the text; empty where the page has none."""
    candidates = [page.answer.get("content")] if page.answer else _members(page)
    return next(
        (content for content in candidates if isinstance(content, dict) and any(m in content for m in _MARKS)), {}
    )


def _members(page: Document) -> Iterator[object]:
    """What stands under ``content`` in the objects that the page's scripts assign, the outer ones first."""
    waiting = [one.value for one in page.scripts.objects() if isinstance(one.value, dict)]
    for value in waiting:
        yield value.get("content")
        waiting += [member for member in value.values() if isinstance(member, dict)]
