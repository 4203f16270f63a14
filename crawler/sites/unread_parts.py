"""Parts of an article that cannot be read: counted and named, so that nobody takes what was read for the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import Final

from lxml import etree
from lxml.etree import _Element as Element

from crawler.body.cards import read_card
from crawler.body.read import read_blocks

_parts: Callable[[Element], list[Element]] = etree.XPath(
    "descendant::*[starts-with(name(), 'mp') or self::qqmusic or self::iframe or self::embed or self::object"
    " or self::audio or self::video]"
)
"""The elements inside another that a script draws, and players."""
_FRAMES: Final = ("iframe", "embed", "object", "audio", "video")
_NO_PARTS: Final = frozenset({"mp-style-type", "mpchecktext", "mp-common-cpsad", "mpcps"})
"""Elements of WeChat that are no parts of an article: notes on its layout and its spelling, advertisements."""
_MOST: Final = 200
"""Parts of one article that are looked at one by one."""


def unread_parts(container: Element) -> tuple[str, ...]:
    """The names of the drawn elements and players inside ``container`` that give nothing to read, in order."""
    return tuple(_unread(container))


def unread_frames(container: Element) -> tuple[str, ...]:
    """The same of players alone, for the news site: it has no elements of its own."""
    found = container.iter(*_FRAMES)
    return tuple(
        str(element.tag) for element in found if not _is_hidden(element, container) and not _gives_anything(element)
    )


def _unread(container: Element) -> Iterator[str]:
    parts = (element for element in _parts(container) if element.tag not in _NO_PARTS)
    for number, element in enumerate(part for part in parts if not _is_hidden(part, container)):
        if number >= _MOST or not _gives_anything(element):
            yield str(element.tag)


def _gives_anything(element: Element) -> bool:
    """Whether it gives a reader more than its kind: words, a picture, or where it leads."""
    card = None if element.tag in _FRAMES else read_card(element)
    if card is not None:
        return bool(card.name or card.url)
    holder = etree.Element("div")
    one = deepcopy(element)
    one.tail = None
    holder.append(one)
    return bool(read_blocks(holder, base_url="https://mp.weixin.qq.com/"))


def _is_hidden(element: Element, container: Element) -> bool:
    for above in (element, *element.iterancestors()):
        if above is container:
            return False
        if "display:none" in above.get("style", "").replace(" ", "").lower():
            return True
    return False


def told(parts: Iterable[str]) -> str:
    """Names with how often each stands there: ``mp-common-poi × 2, iframe``."""
    return ", ".join(name if number == 1 else f"{name} × {number}" for name, number in Counter(parts).items())
