"""Finds what a page of links, a site map or a feed says of certain articles. Pure.

In a page that is the element around a link: the largest in which no other article is linked to, and what follows it
in its place in the list. In XML it is the entry whose address names the article.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from itertools import pairwise, takewhile
from typing import Final
from urllib.parse import urljoin

from archive.article.ids import ids_of_address

_VOID: Final = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_ENDS: Final = {
    "li": ("li",),
    "dt": ("dt", "dd"),
    "dd": ("dt", "dd"),
    "tr": ("td", "th", "tr"),
    "td": ("td", "th"),
    "th": ("td", "th"),
    **dict.fromkeys(("p", "div", "ul", "ol", "dl", "table", "h1", "h2", "h3", "h4"), ("p",)),
}
"""Elements that end where one of these begins, with all in them, if nobody said so before."""
_WALLS: Final = frozenset("html head body main ul ol dl table tbody thead section nav".split())
"""What is never taken out for the sake of one article in it."""
_DEEPEST: Final = 100
"""Elements within elements; what lies deeper counts as its outer element's."""

_MARK: Final = re.compile(r"<(?:(!--)|(/?)([a-zA-Z][^\s/<>]*)([^<>]*)>)")
_CLOSED: Final = {
    "!--": re.compile(r"-->"),
    "script": re.compile(r"</script\s*>", re.IGNORECASE),
    "style": re.compile(r"</style\s*>", re.IGNORECASE),
}
"""What ends the stretches in which nothing is markup."""
_HREF: Final = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_ITSELF: Final = re.compile(
    r"""<(?:link\b[^>]*\brel=["']?canonical\b|meta\b[^>]*\bproperty=["']?og:url\b)[^>]*>""", re.IGNORECASE
)
_ADDRESS: Final = re.compile(r"""\b(?:href|content)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_ENTRY: Final = re.compile(r"<(/?)((?:\w+:)?(?:url|sitemap|item|entry))\b[^<>]*>")
_LINE_END: Final = re.compile(r"[ \t]*\r?\n")
_LOCATION: Final = re.compile(
    r"""<(?:\w+:)?(?:loc|link|guid|id)\b(?:[^>]*\bhref=["']([^"']*))?[^>]*>\s*(?:<!\[CDATA\[)?\s*([^<\]]*)"""
)

Wanted = Callable[[str], bool]
Span = tuple[int, int]


@dataclass(slots=True, eq=False)
class _Element:
    tag: str
    start: int
    end: int
    parent: _Element | None
    children: list[_Element] = field(default_factory=list)
    articles: int = 0
    """Links to articles in it."""
    others: int = 0
    """Of these, links to articles that stay."""


def find_entries(text: str, is_wanted: Wanted) -> list[Span]:
    """The entries of an XML list (a site map, a feed) that are about wanted articles."""
    return [span for span in _entries(text) if _is_about(text[slice(*span)], is_wanted)]


def _entries(text: str) -> Iterator[Span]:
    """Where each entry begins and ends, the end of its line included."""
    name, start = "", 0
    for mark in _ENTRY.finditer(text):
        if not mark[1] and not name:
            name, start = mark[2], mark.start()
        elif mark[1] and mark[2] == name:
            rest = _LINE_END.match(text, mark.end())
            yield start, rest.end() if rest else mark.end()
            name = ""


def _is_about(entry: str, is_wanted: Wanted) -> bool:
    addresses = (unescape(found[1] or found[2]) for found in _LOCATION.finditer(entry))
    first = next((ids for each in addresses if (ids := ids_of_address(each))), ())
    return any(map(is_wanted, first))


def names_itself(text: str, is_wanted: Wanted, url: str) -> bool:
    """Whether a page says of itself (``canonical``, ``og:url``) that it is a wanted article."""
    for said in _ITSELF.finditer(text):
        if found := _ADDRESS.search(said[0]):
            address = unescape(found[1] or found[2] or found[3] or "")
            if any(map(is_wanted, ids_of_address(urljoin(url, address)))):
                return True
    return False


def find_elements(text: str, is_wanted: Wanted, url: str) -> list[Span]:
    """What a page's text says of wanted articles that it links to. ``url``: where the page came from."""
    links = _links_to(text, is_wanted, url)
    return sorted({span for link in links for span in _item_around(link)})


def _links_to(text: str, is_wanted: Wanted, url: str) -> list[_Element]:
    """The links to wanted articles, each in the tree of elements."""
    here, depth, links = _Element("", 0, len(text), None), 0, list[_Element]()
    for mark in _marks(text):
        tag, attributes = mark[3].lower(), mark[4]
        if mark[2]:
            here, depth = _left(here, depth, (tag,), mark.start(), mark.end())
            continue
        here, depth = _left(here, depth, _ENDS.get(tag, ()), mark.start(), mark.start())
        element = _Element(tag, mark.start(), mark.end(), here)
        here.children.append(element)
        if tag == "a" and (ids := _ids_of_link(attributes, url)):
            is_other = not any(map(is_wanted, ids))
            _count(element, is_other=is_other)
            links += [] if is_other else [element]
        if tag not in _VOID and not attributes.endswith("/") and depth < _DEEPEST:
            element.end, here, depth = len(text), element, depth + 1
    return links


def _marks(text: str) -> Iterator[re.Match[str]]:
    """The beginnings and ends of elements; not what stands in comments, scripts and style sheets."""
    place, unclosed = 0, set[str]()
    while mark := _MARK.search(text, place):
        place, kind = mark.end(), (mark[1] or mark[3]).lower()
        if not mark[1]:
            yield mark
        if kind in _CLOSED and not mark[2] and kind not in unclosed:
            end = _CLOSED[kind].search(text, place)
            # Where one is not closed, none that comes later is.
            unclosed |= set() if end else {kind}
            place = end.start() if end else place


def _left(here: _Element, depth: int, tags: tuple[str, ...], start: int, end: int) -> tuple[_Element, int]:
    """The element that goes on, and how deep it lies, where the nearest open one of these ends, if there is one."""
    closed: _Element | None = here if tags else None
    while closed is not None and closed.tag not in tags:
        closed = None if closed.tag in _WALLS or closed.tag == "td" else closed.parent
    while closed is not None and here.parent is not None:
        here.end = end if here is closed else start
        is_last, here, depth = here is closed, here.parent, depth - 1
        if is_last:
            break
    return here, depth


def _ids_of_link(attributes: str, url: str) -> tuple[str, ...]:
    found = _HREF.search(attributes)
    address = unescape(found[1] or found[2] or found[3] or "").strip() if found else ""
    try:
        return ids_of_address(urljoin(url, address)) if address else ()
    except ValueError:  # An address that no program could ask.
        return ()


def _count(element: _Element | None, *, is_other: bool) -> None:
    while element is not None:
        element.articles += 1
        element.others += is_other
        element = element.parent


def _item_around(link: _Element) -> Iterator[Span]:
    """The whole of what a list says where this link stands in it."""
    item = _outermost(link)
    yield item.start, item.end
    following = list(_following(item))
    if following:
        yield item.end, following[-1].end


def _outermost(link: _Element) -> _Element:
    """The largest element around a link that is one item among others; where there are no others, a small one."""
    item = link
    while item.parent is not None and item.parent.tag not in _WALLS and not item.parent.others:
        item = item.parent
        if item.parent is None:  # Nothing else is linked to.
            return next((each for each in _around(link) if each.tag in ("li", "dd", "dt", "tr", "p")), link)
    return item


def _around(link: _Element) -> Iterator[_Element]:
    element: _Element | None = link
    while element is not None and element.parent is not None:
        yield element
        element = element.parent


def _following(item: _Element) -> list[_Element]:
    """The elements behind an item that belong to it: as many as there are between others of the same list."""
    siblings = item.parent.children if item.parent else []
    place = siblings.index(item) + 1
    behind = list(takewhile(lambda each: not each.articles, siblings[place:]))
    return behind if item.tag == "dt" else behind[: _usual_gap(siblings)]


def _usual_gap(siblings: list[_Element]) -> int:
    """How many elements without a link to an article stand at least between two with one."""
    with_articles = [place for place, each in enumerate(siblings) if each.articles]
    gaps = (after - before - 1 for before, after in pairwise(with_articles) if siblings[before].others)
    return min(gaps, default=0)
