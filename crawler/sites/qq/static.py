"""The static page of 2018 to April 2024 (``/omn/``, ``/cmsn/``, ``/rain/a/``): its data and its text apart."""

from __future__ import annotations

from crawler.body.read import read_blocks
from crawler.body.videos import read_videos
from crawler.sites.page import Body, RawArticle
from crawler.sites.qq.document import Document, make_body
from crawler.sites.qq.kinds import read_kind

NAME = "static"


def recognises(page: Document) -> bool:
    """Whether the page is of this layout."""
    return "content-article" in page.text and bool(page.selector.css(".content-article"))


def read(page: Document) -> RawArticle:
    """What the page says. ``apub:time`` is when the file was made, not when the article was published."""
    return RawArticle(
        address=page.address,
        layout=NAME,
        kind=read_kind(page),
        title=(*page.stated("title"), *page.shown(".LEFT h1", "h1", "title")),
        published=(*page.stated("pubtime"),),
        summary=(
            *page.stated("desc", "abstract"),
            *page.meta("description"),
            *page.stated("introduction"),
            *page.shown(".content-article .introduction"),
        ),
        thumbnail=(*page.meta("og:image"), *page.stated("shareImg")),
        author=(),
        media=(*page.stated("media"),),
        media_id=(*page.stated("media_id"),),
        channel=(*page.stated("catalog1"),),
        keywords=(*page.stated("tags"), *page.meta("keywords")),
        comment_id=(*page.stated("comment_id"),),
        bodies=(_body(page),),
    )


def _body(page: Document) -> Body:
    blocks = read_blocks(page.selector.css(".content-article")[0].root, base_url=page.url)
    body = make_body(blocks, ".content-article")
    named = {video.vid for video in body.videos}
    # Videos that the data lists but no script places: a video page plays them above its text.
    unplaced = [video for video in read_videos(page.data.get("videoArr")) if video.vid not in named]
    return make_body((*unplaced, *blocks), ".content-article") if unplaced else body
