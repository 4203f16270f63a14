"""The content object that the mobile pages, kuaibao and the interfaces share: an article's text in one of two forms.

Either HTML with placeholders, whose attributes stand beside it (``cnt_html`` and ``cnt_attr``, ``content.text`` and
``attribute``), or a list of typed parts (``content``, ``contents``, ``contentJson``). Where there are both, the HTML
is trusted first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from crawler.body.blocks import Block
from crawler.body.read import read_blocks
from crawler.body.videos import read_video
from crawler.sites.markup.document import make_body, text_of, value_under
from crawler.sites.markup.html import parse_fragment
from crawler.sites.page import Body, Changed, Removed
from crawler.sites.qq.layouts.placeholders import (
    picture_address,
    picture_blocks,
    read_placeholders,
    unread_attributes,
)
from crawler.sites.substance import says_something
from crawler.sites.unread_parts import unread_frames

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
_WORDS: Final = ("value", "desc", "info", "text", "content")
"""Where the words of a part of text stand, by era."""
_LONGEST_KIND: Final = 40
_VIDEO_TYPES: Final = frozenset({"3", "video"})


def read_bodies(content: Mapping[str, Any], base_url: str, where: str) -> tuple[Body, ...]:
    """The body; behind it the one that the other form gives, if its words differ."""
    bodies = [body for body in _each_body(content, base_url, where) if says_something(body)]
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
            attributes = value_under(content, attributes_key)
            placeholders = read_placeholders(attributes)
            fragment = parse_fragment(html)
            unread = (*unread_attributes(attributes, placeholders), *unread_frames(fragment))
            blocks = read_blocks(fragment, base_url=base_url, placeholders=placeholders)
            yield make_body(blocks, f"{where}.{html_key}", unread)
            break
    title = text_of(content.get("title"))
    for key in _PARTS:
        parts = value_under(content, key)
        if isinstance(parts, list) and parts:
            # A video's part is followed by its title as if that were text.
            told = [part for part in parts if not (isinstance(part, dict) and title and _text(part) == title)]
            yield make_body(tuple(part_blocks(told, base_url)), f"{where}.{key}", unread_kinds(told, base_url))
            break


def part_blocks(parts: object, base_url: str) -> Iterator[Block]:
    """The blocks of a list of parts ``{type, value}`` or ``{type, desc, img_url …}``; see `unread_kinds` for the rest.

    Raises `Changed` for a part of text whose words stand under no known key: without it the article would shrink.
    """
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict):
            yield from _part_blocks(part, base_url)


def unread_kinds(parts: Iterable[object], base_url: str) -> tuple[str, ...]:
    """The types of those parts of a list that give nothing to read, though they hold something."""
    held = (part for part in parts if isinstance(part, dict) and any(part[key] for key in part if key != "type"))
    return tuple(_name_of(part) for part in held if _name_of(part) and not any(_part_blocks(part, base_url)))


def _name_of(part: Mapping[str, Any]) -> str:
    """What a part of another kind than text is called."""
    kind = text_of(part.get("type"))
    return "" if kind in _TEXT_TYPES else f"type {kind}"[:_LONGEST_KIND]


def _part_blocks(part: dict[str, Any], base_url: str) -> Iterator[Block]:
    kind, value = text_of(part.get("type")), part.get("value")
    details = value if isinstance(value, dict) else part
    if kind in _TEXT_TYPES:
        words = _text(part)
        if not words and (unknown := [key for key, word in part.items() if key != "type" and _is_prose(word)]):
            raise Changed(base_url, f"a part of text without known words; it has {', '.join(unknown)[:80]}")
        yield from read_blocks(parse_fragment(words), base_url=base_url)
    elif kind in _PICTURE_TYPES:
        address = text_of(value) or picture_address(details)
        yield from picture_blocks(details, address, text_of(details.get("desc")))
    elif kind in _VIDEO_TYPES and (video := read_video(details)):
        yield video


def _text(part: Mapping[str, Any]) -> str:
    return next((text for key in _WORDS if (text := text_of(part.get(key)))), "")


def _is_prose(word: object) -> bool:
    """Whether somebody may have written this for readers: it holds more than names, numbers and addresses."""
    return isinstance(word, str) and bool(re.search(r"[\u3400-\u9fff]|\w\s+\w", word))
