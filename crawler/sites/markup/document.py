"""A downloaded page, opened: its text, its ``window.DATA``, its tree, and the statements found in them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any

from lxml import etree
from lxml.etree import _Element as Element
from parsel import Selector, css2xpath

from crawler.body.blocks import Block, pictures_of, texts_of, videos_of
from crawler.body.marks import CONTROL
from crawler.body.writing.inline import destination
from crawler.body.writing.markdown import write_blocks
from crawler.sites.address import Address
from crawler.sites.encoding.detect import decode
from crawler.sites.markup.html import parse_html
from crawler.sites.markup.javascript import Scripts
from crawler.sites.markup.js_literals import read_answer
from crawler.sites.markup.stylesheets import without_stylesheets
from crawler.sites.page import Body, Found

_UNSOUND = re.compile(rf"[{CONTROL.pattern[1:-1]}\ud800-\udfff]")

_LONG_SCRIPT = 16_000
"""Characters. Those that put a video or some words into the text, where they stand, are far shorter."""
_MARK = re.compile(r"[#.][\w-]+")
_COMMA = re.compile(r",(?![^\[(]*[\])])")
_CONDITION = re.compile(r"\[[^\]]*\]|\([^)]*\)")


class Document:
    """One page of the site. What is costly is worked out when first asked for."""

    def __init__(self, body: bytes, url: str, address: Address, charset: str | None = None) -> None:
        self.url = url
        self.base_url = re.sub(r"^http:", "https:", url)
        """What addresses without a scheme are completed from: the site's pages mean https."""
        self.address = address
        self.text = decode(without_stylesheets(body), charset)
        """The page, its long style sheets emptied."""

    @cached_property
    def scripts(self) -> Scripts:
        """The page's inline scripts, and what they assign."""
        return Scripts(self.text)

    @cached_property
    def _data(self) -> tuple[dict[str, Any], int, int]:
        found = self.scripts.data()
        return (found.value, found.start, found.end) if found else ({}, 0, 0)

    @property
    def data(self) -> dict[str, Any]:
        """``window.DATA``; empty where the page has none that can be read."""
        return self._data[0]

    @cached_property
    def answer(self) -> dict[str, Any]:
        """The object that the body is, where it is no page but an answer of the site's interfaces; else empty."""
        return {} if self.text.lstrip().startswith("<") else read_answer(self.text)

    @property
    def source(self) -> str:
        """``window.DATA`` as it stands in the page: often most of it."""
        return self.text[self._data[1] : self._data[2]]

    @cached_property
    def markup(self) -> str:
        """The page without ``window.DATA`` and without its long scripts: code, which is most of many a page."""
        data = self._data[1:]
        has_more = len(self.text) - (data[1] - data[0]) > _LONG_SCRIPT
        spans = self.scripts.spans if has_more else iter(())
        cuts = [data, *(span for span in spans if span.end - span.start > _LONG_SCRIPT)]
        parts, at = [], 0
        for start, end in sorted(cuts):
            parts.append(self.text[at : max(at, start)])
            at = max(at, end)
        return "".join((*parts, self.text[at:]))

    @cached_property
    def tree(self) -> Element:
        """The tree of the page's markup."""
        return parse_html(self.markup)

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
        for element in self.all("meta"):
            name = (element.get("property") or element.get("name") or "").lower()
            if content := (element.get("content") or "").strip():
                metas.setdefault(name, []).append(content)
        return metas

    def shown(self, *selectors: str) -> Iterator[Found]:
        """The text of the first element that each CSS selector finds."""
        for css in selectors:
            element = self.first(css)
            if element is not None and (text := " ".join(words_in(element).split())):
                yield Found(text, css)

    def first(self, css: str) -> Element | None:
        """The first element that a CSS selector finds."""
        return next(iter(self.all(css)), None)

    def all(self, css: str) -> Sequence[Element]:
        """The elements that a CSS selector finds, in the order of the page."""
        # A page is asked some twenty of them, and most name an id or a class of another layout.
        present = ",".join(part for part, marks in _alternatives(css) if marks <= self._marked.keys())
        if present in self._marked:
            return self._marked[present]
        if present.isalnum():
            return list(self.tree.iter(present))
        found: list[Element] = _compiled(present)(self.tree) if present else []
        return found

    @cached_property
    def _marked(self) -> dict[str, list[Element]]:
        """The elements by id (``#id``) and class (``.class``)."""
        marked: defaultdict[str, list[Element]] = defaultdict(list)
        for element in _named(self.tree):
            if name := element.get("id"):
                marked[f"#{name}"].append(element)
            for name in element.get("class", "").split():
                marked[f".{name}"].append(element)
        return marked

    @cached_property
    def links(self) -> tuple[str, ...]:
        """Where the page's links lead, as they are written."""
        return tuple(href.strip() for anchor in self.tree.iter("a") if (href := anchor.get("href")))

    @cached_property
    def visible_text(self) -> str:
        """The text of the page's body without scripts and styles, white space collapsed."""
        return " ".join(" ".join(self.texts_without("script", "style")).split())

    def text_before(self, place: Element) -> str:
        """The text above an element, without scripts and styles, white space collapsed."""
        return " ".join(" ".join(self.texts_without("script", "style", until=place)).split())

    def texts_without(self, *unseen: str, until: Element | None = None) -> Iterator[str]:
        """The texts of the page's body, in order, but for those inside elements of these tags; ``until`` one begins.

        Walked: XPath would ask for all ancestors of each text, thousands where elements stand within each other.
        """
        if (body := self.tree.find(".//body")) is None:
            return
        walk = etree.iterwalk(body, events=("start", "end", "comment", "pi"))
        for event, element in walk:
            if element is until:
                return
            if event != "start":
                yield element.tail or "" if element is not body else ""
            elif element.tag in unseen:
                walk.skip_subtree()
            else:
                yield element.text or ""


@cache
def _compiled(css: str) -> Callable[[Element], Any]:
    return etree.XPath(css2xpath(css))


@cache
def _alternatives(css: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """The alternatives of a CSS selector, each with the ids and classes that it cannot do without."""
    parts = (part.strip() for part in _COMMA.split(css))
    return tuple((part, frozenset(_MARK.findall(_CONDITION.sub("", part)))) for part in parts)


_named: Callable[[Element], list[Element]] = etree.XPath("descendant-or-self::*[@id or @class]")
words_in: Callable[[Element], str] = etree.XPath("string()")


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
    if isinstance(value, str):
        return _UNSOUND.sub(_mended, value).strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _mended(found: re.Match[str]) -> str:
    return "\ufffd" if found[0] >= "\ud800" else ""


def make_body(blocks: Sequence[Block], where: str, unread: tuple[str, ...] = ()) -> Body:
    """Blocks, written out. ``unread``: names of what could not be read beside them."""
    pictures = tuple(pictures_of(blocks))
    return Body(
        markdown=write_blocks(blocks),
        text=" ".join(text for text in texts_of(blocks) if text),
        pictures=tuple(picture.url for picture in pictures),
        videos=tuple(videos_of(blocks)),
        where=where,
        unread=unread,
        animations={destination(picture.url): picture.animation for picture in pictures if picture.animation},
    )
