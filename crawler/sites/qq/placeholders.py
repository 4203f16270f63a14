"""What the comments ``<!--IMG_0-->`` and ``<!--VIDEO_0-->`` of a text stand for: its attributes, old form and new."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from crawler.body.blocks import Block, Caption, Picture
from crawler.body.read import Placeholders
from crawler.body.unescape import unescaped
from crawler.body.videos import read_video
from crawler.sites.qq.document import text_of

_SIZES: Final = (
    "origUrl",
    "url",
    "compressUrl",
    "imgurl641",
    "imgurl1000",
    "imgurl640",
    "imgurl0",
    "imgurl",
    "bigOrigUrl",
    "img_url_wifi",
    "img_url",
)
"""Keys of a picture's address, that of the page's own picture first."""
_EMPTY: Final = re.compile(
    r"(?:VERTICAL_CARD|SECURE_LINK|QNT_LINK|LINK)_(?:BEGIN|END)|EOP|PARAGRAPH|AIPOS|AI_MID_AD|AD.*"
)
"""Kinds of placeholders that stand for nothing: marks around links, places for advertisements."""
_LONGEST_KIND: Final = 40
_WRAPPERS: Final = ("all", "img")
"""Attributes of before 2020 wrap their sizes: ``{"img": {"imgurl641": {"imgurl": …}}}``."""


def read_placeholders(attributes: object, titles: Mapping[str, str] | None = None) -> Placeholders:
    """The blocks by name. ``titles``: those of videos by their id, where the attributes lack them."""
    items = attributes.items() if isinstance(attributes, dict) else ()
    return {name: tuple(_stands_for(name, value, titles or {})) for name, value in items if isinstance(value, dict)}


def _stands_for(name: str, value: dict[str, Any], titles: Mapping[str, str]) -> Iterator[Block]:
    if name.startswith("IMG_"):
        yield from picture_blocks(picture_address(value), text_of(value.get("desc")))
    elif name.startswith("VIDEO_") and (video := read_video(value)):
        yield replace(video, title=video.title or titles.get(video.vid, ""))


def unread_attributes(attributes: object, placeholders: Placeholders) -> tuple[str, ...]:
    """The kinds of a text's placeholders (``IMG``, ``VOTE``) that stand for something which could not be read."""
    names = (name for name, value in attributes.items() if value) if isinstance(attributes, dict) else ()
    kinds = ((name, _kind(name)) for name in names)
    return tuple(kind for name, kind in kinds if not (_EMPTY.fullmatch(kind) or placeholders.get(name)))


def _kind(name: str) -> str:
    return re.sub(r"_\d+$", "", name)[:_LONGEST_KIND]


def picture_blocks(address: str, caption: str) -> Iterator[Block]:
    """A picture and its caption; nothing without a complete address."""
    address = f"https:{address}" if address.startswith("//") else address
    if address.startswith(("http://", "https://")):
        yield Picture(address, "图片")
        if words := " ".join(unescaped(caption).split()):
            yield Caption(words)


def picture_address(value: Mapping[str, Any]) -> str:
    """The address of a picture's attributes, however deep its sizes are wrapped; ``""`` without one."""
    for key in _SIZES:
        found = value.get(key)
        if address := text_of(found.get("imgurl") if isinstance(found, dict) else found):
            return address
    for key in _WRAPPERS:
        inner = value.get(key)
        if isinstance(inner, dict) and (address := picture_address(inner)):
            return address
    return ""
