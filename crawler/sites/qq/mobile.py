"""The mobile page of 2017 to 2021 (``xw.qq.com``): all of it is one object in a script, ``globalConfig``."""

from __future__ import annotations

from crawler.sites.page import RawArticle
from crawler.sites.qq.content import body_notes, read_bodies, refuse_deleted
from crawler.sites.qq.document import Document
from crawler.sites.qq.fields import Fields, content_fields
from crawler.sites.qq.identity import stated_in_head
from crawler.sites.qq.kinds import content_kind
from crawler.sites.script import find_object

NAME = "mobile"

_OBJECT = "globalConfig"


def recognises(page: Document) -> bool:
    """Whether the page is of this layout."""
    return _OBJECT in page.text and ("cnt_html" in page.text or "contents" in page.text)


def read(page: Document) -> RawArticle:
    """What the object says; some of it also stands in the page's head."""
    content = find_object(page.text, _OBJECT) or {}
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
