"""What the comments ``<!--IMG_0-->`` and ``<!--VIDEO_0-->`` of a text stand for: its attributes, old form and new."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from archive.article.model import SIZED_HOSTS
from crawler.body.blocks import Block, Caption, Picture
from crawler.body.read import Placeholders
from crawler.body.unescape import unescaped
from crawler.body.videos import read_video
from crawler.sites.markup.document import text_of

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
_MOVING: Final = ("gifUrl", "gif_url", "gifurl")
_IS_GIF: Final = ("isGif", "isgif", "is_gif")
_OF_GIFS: Final = frozenset((*_MOVING, *_IS_GIF))
_SIZE: Final = re.compile(r"/\d{1,4}$")
_WRAPPERS: Final = ("all", "img")
"""Attributes of before 2020 wrap their sizes: ``{"img": {"imgurl641": {"imgurl": …}}}``."""


def read_placeholders(attributes: object, titles: Mapping[str, str] | None = None) -> Placeholders:
    """The blocks by name. ``titles``: those of videos by their id, where the attributes lack them."""
    items = attributes.items() if isinstance(attributes, dict) else ()
    return {name: tuple(_stands_for(name, value, titles or {})) for name, value in items if isinstance(value, dict)}


def _stands_for(name: str, value: dict[str, Any], titles: Mapping[str, str]) -> Iterator[Block]:
    if name.startswith("IMG_"):
        yield from picture_blocks(value, picture_address(value), text_of(value.get("desc")))
    elif name.startswith("VIDEO_") and (video := read_video(value)):
        yield replace(video, title=video.title or titles.get(video.vid, ""))


def unread_attributes(attributes: object, placeholders: Placeholders) -> tuple[str, ...]:
    """The kinds of a text's placeholders (``IMG``, ``VOTE``) that stand for something which could not be read."""
    names = (name for name, value in attributes.items() if value) if isinstance(attributes, dict) else ()
    kinds = ((name, _kind(name)) for name in names)
    return tuple(kind for name, kind in kinds if not (_EMPTY.fullmatch(kind) or placeholders.get(name)))


def _kind(name: str) -> str:
    return re.sub(r"_\d+$", "", name)[:_LONGEST_KIND]


def picture_blocks(value: Mapping[str, Any], address: str, caption: str) -> Iterator[Block]:
    """The picture at an address and its caption; nothing without a complete address. ``value``: its attributes."""
    address = _completed(address)
    if address:
        animation = animation_address(value, address)
        yield Picture(address, "图片", animation=animation if animation != address else "")
        if words := " ".join(unescaped(caption).split()):
            yield Caption(words)


def picture_address(value: Mapping[str, Any]) -> str:
    """The address of a picture's attributes, however deep its sizes are wrapped; ``""`` without one."""
    for layer in _layers(value):
        for key in _SIZES:
            found = layer.get(key)
            if address := text_of(found.get("imgurl") if isinstance(found, dict) else found):
                return address
    return ""


def animation_address(value: Mapping[str, Any], address: str) -> str:
    """Where the picture that is shown from ``address`` moves; ``""`` where its attributes call it no GIF."""
    for layer in _layers(value):
        if _OF_GIFS.isdisjoint(layer):
            continue
        if moving := next((found for key in _MOVING if (found := _completed(text_of(layer.get(key))))), ""):
            return moving
        if any(layer.get(key) is True or text_of(layer.get(key)) in ("1", "true") for key in _IS_GIF):
            # The site's own hosts keep a picture as it was sent under the size 0.
            return _SIZE.sub("/0", address) if SIZED_HOSTS.match(address) else address
    return ""


def _layers(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A picture's attributes, and those that they wrap, from the outside in."""
    waiting = [value]
    while waiting:
        layer = waiting.pop()
        yield layer
        waiting += [inner for key in reversed(_WRAPPERS) if isinstance(inner := layer.get(key), dict)]


def _completed(address: str) -> str:
    """An address with its scheme; ``""`` for what is none of the web."""
    address = f"https:{address}" if address.startswith("//") else address
    return address if address.startswith(("http://", "https://")) else ""
