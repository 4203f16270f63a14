"""The mobile page of 2017 to 2021 (``xw.qq.com``): all of it is one object in a script, ``globalConfig``."""

from __future__ import annotations

from typing import Any

from crawler.sites.markup.document import Document, value_under
from crawler.sites.page import RawArticle
from crawler.sites.qq.identity import stated_in_head
from crawler.sites.qq.layouts.content_object import body_notes, read_bodies, refuse_deleted
from crawler.sites.qq.layouts.fields import Fields, content_fields
from crawler.sites.qq.layouts.kinds import content_kind

NAME = "mobile"

_OBJECT = "globalConfig"


def recognises(page: Document) -> bool:
    """Whether the page is of this layout."""
    content = _content(page)
    return "contents" in content or value_under(content, "ext_data.cnt_html") is not None or "cnt_html" in content


def read(page: Document) -> RawArticle:
    """What the object says; some of it also stands in the page's head."""
    content = _content(page)
    fields = content_fields(content, _OBJECT)
    more = Fields(
        title=(*fields["title"], *page.meta("og:title"), *page.shown("h1", "title")),
        summary=(*fields["summary"], *page.meta("description")),
        keywords=(*fields["keywords"], *page.meta("keywords")),
        identity=(*fields["identity"], *stated_in_head(page)),
    )
    refuse_deleted(content, page.url)
    bodies = read_bodies(content, page.base_url, _OBJECT)
    return RawArticle(
        address=page.address,
        layout=NAME,
        kind=content_kind(content, page.address),
        bodies=bodies,
        notes=body_notes(bodies),
        **(fields | more),
    )


def _content(page: Document) -> dict[str, Any]:
    found: dict[str, Any] = page.scripts.value(_OBJECT, dict)
    return found
