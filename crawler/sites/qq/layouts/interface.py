"""Answers of the site's interfaces, second sources of a text: ``getSimpleNews`` and ``getQQNewsNormalContent``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crawler.sites.markup.document import Document, text_of
from crawler.sites.page import RawArticle
from crawler.sites.qq.layouts.content_object import body_notes, read_bodies, refuse_deleted
from crawler.sites.qq.layouts.fields import content_fields
from crawler.sites.qq.layouts.kinds import content_kind, sales_notes

NAME = "interface"


def recognises(page: Document) -> bool:
    """Whether the body is an answer that tells of an article."""
    return bool(text_of(_content(page).get("title")))


def read(page: Document) -> RawArticle:
    """What the answer says. Raises `Removed` if it says that the article was deleted."""
    content = _content(page)
    refuse_deleted(content, page.url)
    bodies = read_bodies(content, page.base_url, "answer")
    return RawArticle(
        address=page.address,
        layout=NAME,
        kind=content_kind(content, page.address),
        bodies=bodies,
        notes=(*body_notes(bodies), *sales_notes(content)),
        **content_fields(content, "answer"),
    )


def _content(page: Document) -> Mapping[str, Any]:
    """The object that holds the fields: the answer itself, or its ``data``."""
    inner = page.answer.get("data")
    return inner if isinstance(inner, dict) else page.answer
