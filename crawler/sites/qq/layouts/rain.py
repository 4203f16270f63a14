"""The server-rendered page of April 2024 on (``/rain/a/``): ``window.DATA`` with ``originContent``, and its DOM.

Two ways lead to the body. ``originContent.text`` with ``originAttribute`` is what the page is rendered from and is
trusted first; the rendered DOM is the second opinion, and the only way where the data is missing.
"""

from __future__ import annotations

from dataclasses import replace

from lxml import etree
from lxml.etree import _Element as Element

from crawler.body.blocks import Picture
from crawler.body.read import Placeholders, read_blocks
from crawler.body.videos import read_videos
from crawler.sites.markup.document import Document, make_body, text_of, words_in
from crawler.sites.markup.html import parse_fragment
from crawler.sites.page import Body, RawArticle
from crawler.sites.qq.layouts.fields import page_fields
from crawler.sites.qq.layouts.kinds import read_kind, sales_notes
from crawler.sites.qq.layouts.placeholders import read_placeholders, unread_attributes
from crawler.sites.substance import says_something
from crawler.sites.unread_parts import unread_frames

NAME = "rain"

_CONTAINERS = (
    "#article-content .rich_media_content",
    "#article-content .comps-contentify-wrap",
    "#article-content",
    "#ArticleContent > div > div:has(> p)",
    "#ArticleContent",
)
"""The parts that hold the text. The last two are of the trial pages of 2023 and early 2024."""


def recognises(page: Document) -> bool:
    """Whether the page is of this layout."""
    return isinstance(page.data.get("originContent"), dict) or _container(page) is not None


def read(page: Document) -> RawArticle:
    """What the page says."""
    bodies, notes = _bodies(page)
    return RawArticle(
        address=page.address,
        layout=NAME,
        kind=read_kind(page),
        bodies=bodies,
        notes=(*notes, *sales_notes(page.data)),
        **page_fields(page),
    )


def _bodies(page: Document) -> tuple[tuple[Body, ...], tuple[str, ...]]:
    """The body both ways, where there are two and they differ, and a note if they do."""
    content = page.data.get("originContent")
    origin = text_of(content.get("text")) if isinstance(content, dict) else ""
    container = _container(page)
    if not origin:
        return ((_from_dom(page, container),) if container is not None else _video_only(page)), ()
    fragment = parse_fragment(origin)
    etree.strip_elements(fragment, "style", with_tail=False)
    titles = {video.vid: video.title for video in read_videos(page.data.get("videoArr"))}
    placeholders = read_placeholders(page.data.get("originAttribute"), titles)
    blocks = read_blocks(fragment, base_url=page.base_url, placeholders=placeholders)
    unread = (*unread_attributes(page.data.get("originAttribute"), placeholders), *unread_frames(fragment))
    first = make_body(blocks, "DATA.originContent", unread)
    if container is None:
        return (first,), ()
    if _same_words(fragment, placeholders, container):
        return (replace(first, also=("DOM",)),), ()
    second = _from_dom(page, container)
    if not says_something(second):  # A frame that a script fills is no second opinion.
        return (first,), ()
    if second.markdown == first.markdown:
        return (replace(first, also=("DOM",)),), ()
    return (first, second), ("bodies-differ",)


def _container(page: Document) -> Element | None:
    return next((found for css in _CONTAINERS for found in page.all(css)), None)


def _from_dom(page: Document, container: Element) -> Body:
    etree.strip_elements(container, "style", with_tail=False)
    blocks = read_blocks(container, base_url=page.base_url)
    body = make_body(blocks, "DOM", unread_frames(container))
    videos = () if body.videos else tuple(read_videos(page.data.get("videoArr")))
    # The rendered player does not name its video; where it stood is not known, so it leads.
    return make_body((*videos, *blocks), "DOM", body.unread) if videos else body


def _video_only(page: Document) -> tuple[Body, ...]:
    videos = tuple(read_videos(page.data.get("videoArr")))
    return (make_body(videos, "DATA.videoArr"),) if videos else ()


def _same_words(fragment: Element, placeholders: Placeholders, container: Element) -> bool:
    """Whether both ways lead to the same words and pictures: a quick look that spares writing the body twice."""
    etree.strip_elements(container, "style", with_tail=False)
    return _words(fragment) == _words(container) and _pictures(fragment, placeholders) == [
        image.get("data-src") or image.get("src") for image in container.iter("img")
    ]


def _words(root: Element) -> str:
    return "".join(words_in(root).split())


def _pictures(fragment: Element, placeholders: Placeholders) -> list[str | None]:
    found: list[str | None] = []
    for node in fragment.iter("img", etree.Comment):
        if node.tag == "img":
            found.append(node.get("data-src") or node.get("src"))
        else:
            blocks = placeholders.get((node.text or "").strip(), ())
            found.extend(block.url for block in blocks if isinstance(block, Picture))
    return found
