"""What WeChat's scripts draw into a text: sounds, videos and cards as words with a link, pictures of backgrounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from lxml import etree
from lxml.etree import _Element as Element

from crawler.body.blocks import Block, Link, Paragraph, Picture, Run
from crawler.body.unescape import unescaped
from crawler.sites.unread import is_drawn

VOICE: Final = "https://res.wx.qq.com/voice/getvoice?mediaid={}"
_PROFILE: Final = "https://mp.weixin.qq.com/mp/profile_ext?action=home&__biz={}"
_BACKGROUND: Final = re.compile(r"""url\(\s*["']?\s*((?:https?:)?//[^"'()\s]+)""")
_CARDS: Final = (
    ("videosnap", "视频号", ("data-nickname", "data-desc")),
    ("profile", "公众号", ("data-nickname",)),
    ("miniprogram", "小程序", ("data-miniprogram-nickname", "data-miniprogram-title")),
    ("weapp", "小程序", ("data-miniprogram-nickname", "data-miniprogram-title")),
    ("poi", "地点", ("data-name", "data-address")),
    ("vote", "投票", ("data-title",)),
)
"""By a part of the element's name: what a reader calls it, and where its words stand."""


def name_media(content: Element) -> None:
    """Put the words and the link that a reader sees where sounds and videos of WeChat's own will be drawn."""
    for element in list(content.iter("mpvoice", "mp-common-mpaudio", "qqmusic", "iframe")):
        if element.tag == "qqmusic":
            _put(element, "音乐", "music_name", "musicname", address="")
        elif element.tag == "iframe":
            if "wxv_" in (element.get("data-mpvid") or element.get("vid") or ""):
                source = element.get("data-src") or ""
                _put(element, "视频", "data-title", address=source if source.startswith("http") else "")
        else:
            file = element.get("voice_encode_fileid") or ""
            _put(element, "语音", "name", address=VOICE.format(file) if file else "")


def _put(element: Element, kind: str, *names: str, address: str) -> None:
    """Make of an element a paragraph that says what it is, and leads to it."""
    name = next((value for key in names if (value := _said(element, key))), "")
    element.clear(keep_tail=True)
    element.tag = "p"
    holder = etree.SubElement(element, "a", {"href": _NO_XML.sub("", address)}) if address else element
    holder.text = _NO_XML.sub("", f"{kind}：{name}" if name else kind)


_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What a tree takes from a parser, but not from us."""


def _said(element: Element, attribute: str) -> str:
    return " ".join(unescaped(element.get(attribute) or "").split())


def names_card(tag: str) -> bool:
    """Whether elements of this name are cards of a kind that is known."""
    return any(part in tag for part, _, _ in _CARDS)


def card_blocks(content: Element) -> Iterator[Block]:
    """A line for each card of an article that is nothing but cards."""
    for element in content.iter(etree.Element):
        if is_drawn(element) and (card := _card(element)):
            yield card


def _card(element: Element) -> Paragraph | None:
    for part, kind, names in _CARDS:
        if part in str(element.tag):
            words = " · ".join(dict.fromkeys(filter(None, (_said(element, name) for name in names))))
            address = element.get("data-url") or ""
            if part == "profile" and (account := element.get("data-id")):
                address = _PROFILE.format(account)
            link = Link(address) if address.startswith(("http://", "https://")) else None
            return Paragraph((Run(f"{kind}：{words}" if words else kind, link=link),))
    return None


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
