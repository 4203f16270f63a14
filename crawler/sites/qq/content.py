"""The content object that the mobile pages, kuaibao and the interfaces share: an article's text in one of two forms.

Either HTML with placeholders, whose attributes stand beside it (``cnt_html`` and ``cnt_attr``, ``content.text`` and
``attribute``), or a list of typed parts (``content``, ``contents``, ``contentJson``). Where there are both, the HTML
is trusted first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from crawler.body.blocks import Block
from crawler.body.read import read_blocks
from crawler.body.videos import read_video
from crawler.sites.html import parse_fragment
from crawler.sites.page import Body, Removed
from crawler.sites.qq.document import make_body, text_of, value_under
from crawler.sites.qq.placeholders import picture_address, picture_blocks, read_placeholders

_HTML: Final = (
    ("cnt_html", "cnt_attr"),
    ("ext_data.cnt_html", "ext_data.cnt_attr"),
    ("content.text", "attribute"),
    ("originContent.text", "originAttribute"),
)
"""Where HTML stands in a content object, and where its attributes do."""
_PARTS: Final = ("contents", "content", "ext_data.content")
_TEXT_TYPES: Final = frozenset({"1", "cnt_article", "text"})
_PICTURE_TYPES: Final = frozenset({"2", "img_url", "img"})
_VIDEO_TYPES: Final = frozenset({"3", "video"})


def read_bodies(content: Mapping[str, Any], base_url: str, where: str) -> tuple[Body, ...]:
    """The body; behind it the one that the other form gives, if its words differ."""
    bodies = [body for body in _each_body(content, base_url, where) if body.markdown]
    agreeing = tuple(body.where for body in bodies[1:] if _words(body) == _words(bodies[0]))
    first = (replace(body, also=agreeing) for body in bodies[:1])
    return (*first, *(body for body in bodies[1:] if body.where not in agreeing))


def body_notes(bodies: tuple[Body, ...]) -> tuple[str, ...]:
    """``bodies-differ`` where the two forms tell different things."""
    return ("bodies-differ",) if len(bodies) > 1 else ()


def _words(body: Body) -> str:
    return "".join(body.text.split())


def refuse_deleted(content: Mapping[str, Any], url: str) -> None:
    """Raise `Removed` if the object says that its article was deleted."""
    for key in ("is_deleted", "del_flag"):
        if text_of(content.get(key)) not in ("", "0") or content.get(key) is True:
            raise Removed(url, f"{key} in its data")


def _each_body(content: Mapping[str, Any], base_url: str, where: str) -> Iterator[Body]:
    for html_key, attributes_key in _HTML:
        if html := text_of(value_under(content, html_key)):
            placeholders = read_placeholders(value_under(content, attributes_key))
            blocks = read_blocks(parse_fragment(html), base_url=base_url, placeholders=placeholders)
            yield make_body(blocks, f"{where}.{html_key}")
            break
    title = text_of(content.get("title"))
    for key in _PARTS:
        parts = value_under(content, key)
        if isinstance(parts, list) and parts:
            # A video's part is followed by its title as if that were text.
            told = [part for part in parts if not (isinstance(part, dict) and title and _text(part) == title)]
            yield make_body(tuple(part_blocks(told, base_url)), f"{where}.{key}")
            break


def part_blocks(parts: object, base_url: str) -> Iterator[Block]:
    """The blocks of a list of parts ``{type, value}`` or ``{type, desc, img_url …}``; unknown types are passed over."""
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict):
            yield from _part_blocks(part, base_url)


def _part_blocks(part: dict[str, Any], base_url: str) -> Iterator[Block]:
    kind, value = text_of(part.get("type")), part.get("value")
    details = value if isinstance(value, dict) else part
    if kind in _TEXT_TYPES:
        yield from read_blocks(parse_fragment(_text(part)), base_url=base_url)
    elif kind in _PICTURE_TYPES:
        address = text_of(value) or picture_address(details)
        yield from picture_blocks(details, address, text_of(details.get("desc")))
    elif kind in _VIDEO_TYPES and (video := read_video(details)):
        yield video


def _text(part: Mapping[str, Any]) -> str:
    return text_of(part.get("value")) or text_of(part.get("desc"))
