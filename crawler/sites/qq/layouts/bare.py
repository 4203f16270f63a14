"""A page whose ``window.DATA`` names the article, while the text is elsewhere: video pages, shells filled by script."""

from __future__ import annotations

from crawler.body.videos import read_videos
from crawler.sites.markup.document import Document, make_body, text_of
from crawler.sites.page import RawArticle
from crawler.sites.qq.layouts.fields import page_fields
from crawler.sites.qq.layouts.kinds import read_kind, sales_notes

NAME = "bare"


def recognises(page: Document) -> bool:
    """Whether the page states a title and nothing holds its text."""
    return bool(text_of(page.data.get("title")))


def read(page: Document) -> RawArticle:
    """What the data says. An article without any text or video is left without a body."""
    videos = tuple(read_videos(page.data.get("videoArr"))) or tuple(read_videos([page.data]))
    kind = read_kind(page)
    return RawArticle(
        address=page.address,
        layout=NAME,
        kind="video" if videos and kind == "text" else kind,
        bodies=(make_body(videos, "DATA.videoArr"),) if videos else (),
        notes=sales_notes(page.data),
        **page_fields(page),
    )
