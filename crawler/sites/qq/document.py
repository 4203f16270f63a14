"""A downloaded page, opened: its text, its ``window.DATA``, its tree, and the statements found in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any

from lxml import etree
from lxml.etree import _Element as Element
from parsel import Selector, css2xpath

from crawler.body.blocks import Block, pictures_of, texts_of, videos_of
from crawler.body.markdown import write_blocks
from crawler.body.marks import CONTROL
from crawler.sites.charset import decode
from crawler.sites.html import parse_html
from crawler.sites.literals import read_answer
from crawler.sites.page import Body, Found
from crawler.sites.qq.address import Address
from crawler.sites.script import find_json

_SURROGATE = re.compile(r"[\ud800-\udfff]")


class Document:
    """One page of the site. What is costly is worked out when first asked for."""

    def __init__(self, body: bytes, url: str, address: Address, charset: str | None = None) -> None:
        self.url = url
        self.base_url = re.sub(r"^http:", "https:", url)
        """What addresses without a scheme are completed from: the site's pages mean https."""
        self.address = address
        self.text = decode(body, charset)

    @cached_property
    def _data(self) -> tuple[dict[str, Any], int, int]:
        return find_json(self.text, "window.DATA") or ({}, 0, 0)

    @property
    def data(self) -> dict[str, Any]:
        """``window.DATA``; empty where the page has none that can be read."""
        return self._data[0]

    @cached_property
    def answer(self) -> dict[str, Any]:
        """The object that the body is, where it is no page but an answer of the site's interfaces; else empty."""
        return {} if self.text.lstrip().startswith("<") else read_answer(self.text)

    @cached_property
    def tree(self) -> Element:
        """The page's tree, without the often huge ``window.DATA``."""
        _, start, end = self._data
        return parse_html(self.text[:start] + self.text[end:])

    @cached_property
    def selector(self) -> Selector:
        return Selector(root=self.tree, type="html")

    # Statements. Each yields nothing where the page is silent.

    def stated(self, *keys: str) -> Iterator[Found]:
        """The non-empty strings and numbers at keys of ``window.DATA``, such as ``card.chlname``."""
        return statements(self.data, "DATA", *keys)

    def meta(self, *names: str) -> Iterator[Found]:
        """The content of ``meta`` elements, by ``name`` or ``property``, in any case of letters."""
        for name in names:
            for content in self._metas.get(name.lower(), ()):
                yield Found(content, f"meta {name}")

    @cached_property
    def _metas(self) -> dict[str, list[str]]:
        metas: dict[str, list[str]] = {}
        for element in self.tree.iter("meta"):
            name = (element.get("property") or element.get("name") or "").lower()
            if content := (element.get("content") or "").strip():
                metas.setdefault(name, []).append(content)
        return metas

    def shown(self, *selectors: str) -> Iterator[Found]:
        """The text of the first element that each CSS selector finds."""
        for css in selectors:
            element = self.first(css)
            if element is not None and (text := " ".join(_words_in(element).split())):
                yield Found(text, css)

    def first(self, css: str) -> Element | None:
        """The first element that a CSS selector finds."""
        # Compiled once: a page is asked some twenty of them, and parsel's own way costs three times as much.
        found: list[Element] = _compiled(css)(self.tree)
        return found[0] if found else None

    @cached_property
    def visible_text(self) -> str:
        """The text of the page's body without scripts and styles, white space collapsed."""
        texts = self.selector.xpath("//body//text()[not(ancestor::script or ancestor::style)]").getall()
        return " ".join(" ".join(texts).split())


@cache
def _compiled(css: str) -> Callable[[Element], Any]:
    return etree.XPath(css2xpath(css))


_words_in: Callable[[Element], str] = etree.XPath("string()")


def statements(data: Mapping[str, Any], where: str, *keys: str) -> Iterator[Found]:
    """The non-empty strings and numbers at keys of an object, such as ``card.chlname``, and where they stood."""
    for key in keys:
        if text := text_of(value_under(data, key)):
            yield Found(text, f"{where}.{key}")


def value_under(data: Any, key: str) -> Any:
    """What stands under a dotted key; None where nothing does."""
    for step in key.split("."):
        data = data.get(step) if isinstance(data, dict) else None
    return data


def text_of(value: object) -> str:
    """A string or number as text, without lone surrogates and control characters; anything else is ``""``."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return CONTROL.sub("", _SURROGATE.sub("\ufffd", str(value))).strip()


def make_body(blocks: Sequence[Block], where: str) -> Body:
    """Blocks, written out."""
    return Body(
        markdown=write_blocks(blocks),
        text=" ".join(text for text in texts_of(blocks) if text),
        pictures=tuple(pictures_of(blocks)),
        videos=tuple(videos_of(blocks)),
        where=where,
    )
