"""What WeChat's scripts draw into a text: videos of its own as words with a link, pictures of backgrounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from lxml import etree
from lxml.etree import _Element as Element

from crawler.body.blocks import Block, Picture
from crawler.body.unescape import unescaped

_BACKGROUND: Final = re.compile(r"""url\(\s*["']?\s*((?:https?:)?//[^"'()\s]+)""")


def name_videos(content: Element) -> None:
    """Put the words and the link that a reader sees where videos of WeChat's own will be drawn."""
    for frame in list(content.iter("iframe")):
        if "wxv_" in (frame.get("data-mpvid") or frame.get("vid") or ""):
            address = frame.get("data-src") or ""
            _put(frame, "视频", _said(frame, "data-title"), address if address.startswith("http") else "")


def _put(element: Element, kind: str, name: str, address: str) -> None:
    """Make of an element a paragraph that says what it is, and leads to it."""
    element.clear(keep_tail=True)
    element.tag = "p"
    holder = etree.SubElement(element, "a", {"href": _NO_XML.sub("", address)}) if address else element
    holder.text = _NO_XML.sub("", f"{kind}：{name}" if name else kind)


_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What a tree takes from a parser, but not from us."""


def _said(element: Element, attribute: str) -> str:
    return " ".join(unescaped(element.get(attribute) or "").split())


def background_pictures(content: Element) -> Iterator[Block]:
    """The pictures that parts of an article show as their background, or draw, each once."""
    seen = set()
    for address in _backgrounds(content):
        url = f"https:{address}" if address.startswith("//") else address
        if url not in seen:
            seen.add(url)
            yield Picture(url, "图片")


_drawn: Callable[[Element], list[Element]] = etree.XPath("descendant::*[self::image or contains(@style, 'url(')]")


def _backgrounds(content: Element) -> Iterator[str]:
    for element in _drawn(content):
        address = element.get("href") or element.get("xlink:href") or ""
        if element.tag == "image" and address.startswith(("http://", "https://", "//")):
            yield address
        if found := _BACKGROUND.search(unescaped(element.get("style") or "")):
            yield found[1]
