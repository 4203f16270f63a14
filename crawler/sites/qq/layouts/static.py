"""The static page of 2018 to April 2024 (``/omn/``, ``/cmsn/``, ``/rain/a/``): its data and its text apart.

Its text is HTML; on some pages of 2018 it is a list of parts in a script, and a gallery's pictures are always in one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from lxml import etree

from crawler.body.blocks import Block, pictures_of, texts_of, videos_of
from crawler.body.read import read_blocks
from crawler.body.videos import read_videos
from crawler.sites.markup.document import Document, make_body
from crawler.sites.page import Body, RawArticle
from crawler.sites.qq.layouts.content_object import part_blocks
from crawler.sites.qq.layouts.fields import page_fields
from crawler.sites.qq.layouts.gallery import slide_blocks
from crawler.sites.qq.layouts.kinds import read_kind, sales_notes

NAME = "static"

_GALLERY: Final = "IMG_0"
"""The placeholder which we put where a gallery's pictures will be shown."""


def recognises(page: Document) -> bool:
    """Whether the page is of this layout."""
    return "content-article" in page.text and bool(page.all(".content-article"))


def read(page: Document) -> RawArticle:
    """What the page says."""
    slides = tuple(slide_blocks(page.scripts.value("IMGDATA", list)))
    kind = read_kind(page)
    return RawArticle(
        address=page.address,
        layout=NAME,
        kind="gallery" if slides and kind == "text" else kind,
        bodies=(_body(page, slides),),
        notes=sales_notes(page.data),
        **page_fields(page),
    )


def _body(page: Document, slides: tuple[Block, ...]) -> Body:
    blocks = _blocks(page, slides)
    parts = _parts(page)
    # Saved after its scripts ran, a page has the parts in its text, too.
    written = _words(blocks).endswith(_words(parts)) and _addresses(blocks) >= _addresses(parts)
    if parts and not written:
        blocks = (*blocks, *parts)
    named = {video.vid for video in videos_of(blocks)}
    # Videos that the data lists but no script places: a video page plays them above its text.
    unplaced = [video for video in read_videos(page.data.get("videoArr")) if video.vid not in named]
    body = make_body((*unplaced, *blocks), ".content-article")
    again = parts and written and _words(blocks) == _words(parts)
    return replace(body, also=("contentJson",)) if again else body


def _blocks(page: Document, slides: tuple[Block, ...]) -> tuple[Block, ...]:
    container = page.all(".content-article")[0]
    for place in page.all(".content-article .PictureWrap")[:1] if slides else ():
        place.clear(keep_tail=True)
        place.append(etree.Comment(_GALLERY))
    blocks = read_blocks(container, base_url=page.base_url, placeholders={_GALLERY: slides})
    return blocks if _addresses(blocks) >= _addresses(slides) else (*blocks, *slides)


def _parts(page: Document) -> tuple[Block, ...]:
    return tuple(part_blocks(page.scripts.value("contentJson", list), page.base_url))


def _addresses(blocks: Iterable[Block]) -> set[str]:
    return {picture.url for picture in pictures_of(blocks)}


def _words(blocks: Iterable[Block]) -> str:
    return "".join("".join(texts_of(blocks)).split())
