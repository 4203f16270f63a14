"""Picture galleries: the ``.hdBigPic.js`` file beside an old page, and lists of slides in a page's script.

The file (GBK, single quotes) is a tree of ``Name``, ``Children`` and ``Content``: under ``groupimg`` one ``img`` per
picture, with its address in ``bigimgurl`` and its words in ``cnt_article``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from crawler.body.blocks import Block, texts_of
from crawler.body.read import read_blocks
from crawler.sites.markup.document import Document, make_body, text_of
from crawler.sites.markup.html import parse_fragment
from crawler.sites.page import Found, RawArticle
from crawler.sites.qq.layouts.placeholders import picture_address, picture_blocks

NAME = "gallery"

_WORDS: Final = ("desc", "cnt_article", "text", "content", "note")
_ADDRESSES: Final = ("bigimgurl", "imgurl", "src", "pic", "image", "img")
_DEEPEST: Final = 12
"""Levels of a tree; the site's own have six."""


def recognises(page: Document) -> bool:
    """Whether the body is a gallery's data file."""
    return "Children" in page.answer and "groupimg" in page.text


def read(page: Document) -> RawArticle:
    """The pictures with their captions, in order. Only the page beside the file states its title and time."""
    slides = list(_slides(page.answer))
    return RawArticle(
        address=page.address,
        layout=NAME,
        kind="gallery",
        title=tuple(_titles(page.answer, slides)),
        bodies=(make_body(tuple(slide_blocks(slides)), "groupimg"),),
    )


def slide_blocks(slides: list[Any]) -> Iterator[Block]:
    """Picture and caption of each slide; what has no address is passed over.

    Where no slide has a caption of its own, its name is one: some galleries were written so.
    """
    told = any(text_of(slide.get(key)) for slide in slides if isinstance(slide, dict) for key in _WORDS)
    names = () if told else ("imgname",)
    for slide in slides:
        if isinstance(slide, dict):
            address = picture_address(slide) or next(
                (text for key in _ADDRESSES if (text := text_of(slide.get(key)))), ""
            )
            words = next((text for key in (*_WORDS, *names) if (text := text_of(slide.get(key)))), "")
            yield from picture_blocks(slide, address, _plain(words))


def _plain(html: str) -> str:
    """A caption's words; it may be written as paragraphs."""
    return " ".join(texts_of(read_blocks(parse_fragment(html), base_url=""))) if "<" in html or "&" in html else html


def _slides(tree: dict[str, Any]) -> Iterator[dict[str, str]]:
    for group in _named(tree, "groupimg"):
        for image in _named(group, "img"):
            yield {text_of(child.get("Name")): _content(child) for child in _children(image)}


def _titles(tree: dict[str, Any], slides: list[dict[str, str]]) -> Iterator[Found]:
    for name in ("title", "grouptitle", "groupname"):
        for node in _named(tree, name):
            if text := _content(node):
                yield Found(text, name)
    for name in ("showtit", "imgname"):
        if slides and (text := _plain(slides[0].get(name, ""))):
            yield Found(text, f"groupimg.{name}")


def _named(node: dict[str, Any], name: str, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The nodes of a name below this one; none below a found one."""
    for child in _children(node) if depth < _DEEPEST else ():
        if child.get("Name") == name:
            yield child
        else:
            yield from _named(child, name, depth + 1)


def _children(node: dict[str, Any]) -> list[dict[str, Any]]:
    children = node.get("Children")
    return [child for child in children if isinstance(child, dict)] if isinstance(children, list) else []


def _content(node: dict[str, Any]) -> str:
    """A node's own content, or that of its nameless child."""
    contents = (text_of(part.get("Content")) for part in (node, *_children(node)))
    return next((content for content in contents if content), "")
