"""The fields of an article in the forms in which the site's pages state them, whatever holds the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

from crawler.sites.markup.document import Document, statements, text_of, value_under
from crawler.sites.page import Found, Opinions
from crawler.sites.qq.identity import IDS, page_identity

_POSTED_FROM = "发布于"


class Fields(TypedDict, total=False):
    """The fields of a `RawArticle` beside its identity and its body."""

    title: Opinions
    published: Opinions
    summary: Opinions
    thumbnail: Opinions
    author: Opinions
    media: Opinions
    media_id: Opinions
    channel: Opinions
    keywords: Opinions
    location: Opinions
    comment_id: Opinions
    source_account: Opinions
    source_url: Opinions
    identity: Opinions


def page_fields(page: Document) -> Fields:
    """What a page of 2018 on says in ``window.DATA``, in its meta elements and in what it shows.

    ``apub:time`` is when the file was made, not when the article was published.
    """
    return Fields(
        title=(*page.stated("title"), *page.meta("og:title"), *page.shown("#article-title", ".LEFT h1", "h1", "title")),
        published=(
            *page.stated("pubtime"),
            *page.meta("article:published_time"),
            *page.stated("time"),
            *page.shown(".media-meta span"),
        ),
        summary=(
            *page.stated("desc", "abstract"),
            *page.meta("description", "og:description"),
            *page.stated("introduction"),
            *page.shown(".content-article .introduction"),
        ),
        thumbnail=(*page.meta("og:image"), *page.stated("shareImg"), *_first(page.data, "DATA", "thumbnails_qqnews")),
        author=(*page.meta("article:author"), *page.shown(".media-name")),
        media=(*page.stated("media", "card.chlname"), *page.shown(".media-name"), *page.meta("article:author")),
        media_id=(*page.stated("media_id", "card.chlid", "card.suid"),),
        channel=(*page.stated("catalog1"), *page.meta("category")),
        keywords=(*page.stated("tags"), *page.meta("keywords")),
        location=(
            *page.stated("userAddress"),
            *(found for found in page.shown(".media-meta span:nth-child(2)") if _POSTED_FROM in found.raw),
        ),
        comment_id=(*page.stated("comment_id"),),
        identity=(*page_identity(page),),
    )


def content_fields(content: Mapping[str, Any], where: str) -> Fields:
    """What a content object of the mobile pages and of the interfaces says; ``where`` names the object."""

    def stated(*keys: str) -> Iterator[Found]:
        return statements(content, where, *keys)

    return Fields(
        title=(*stated("title", "longtitle"),),
        published=(*stated("pub_time", "pubtime", "publish_time", "alt_time", "time", "timestamp"),),
        summary=(*stated("abstract", "desc", "ext_data.abstract_pad", "intro", "ext_data.htmlIntro"),),
        thumbnail=(
            *stated("imgurl_ext.640360", "shareImg", "miniProShareImage", "imgurl"),
            *_first(content, where, "thumbnails_qqnews"),
            *_first(content, where, "thumbnails"),
            *stated("img"),
        ),
        media=(*stated("chlname", "card.chlname", "cardInfo.chlname", "media", "source", "src"),),
        media_id=(*stated("media_id", "ext_data.media_id", "chlid", "card.chlid", "cardInfo.chlid"),),
        channel=(*stated("catalog1", "category1_name"),),
        keywords=(*stated("tag", "tags"),),
        location=(*stated("userAddress"),),
        comment_id=(*stated("comment_id", "commentid", "cid", "targetid"),),
        identity=(*stated(*IDS, "id", "url", "surl"),),
    )


def _first(data: Mapping[str, Any], where: str, key: str) -> Iterator[Found]:
    """The first string of a list."""
    values = value_under(data, key)
    for value in values if isinstance(values, list) else []:
        if text := text_of(value):
            yield Found(text, f"{where}.{key}")
            return
