"""Special topics and cards: no text of their own but a list of articles, which become links to crawl.

As answers of ``getQQNewsSpecialListItems`` and ``getQQNewsNormalContent``, as ``window.DATA`` of a card, or as a
page that links to its articles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from crawler.body.blocks import Block, Heading, Items, Link, Paragraph, TextRun
from crawler.body.unescape import unescaped
from crawler.sites.markup.document import Document, make_body, text_of, value_under
from crawler.sites.page import EmptyShell, RawArticle
from crawler.sites.qq.addresses.forms import Address, NotAnAddress, fetch_url, read_address
from crawler.sites.qq.layouts.fields import Fields, content_fields, page_fields
from crawler.sites.qq.layouts.kinds import content_kind, read_kind

NAME = "collection"

_SECTION_LISTS: Final = ("idlist", "data.idlist", "sectionData", "sub_item")
_WRAPPED: Final = ("ext_data.content", "content")
"""Lists of parts whose ``desc`` holds sections, in ``getQQNewsNormalContent``."""
_ARTICLE_LISTS: Final = ("newslist", "artlist", "ids")
_MOST_ARTICLES: Final = 3000
"""Of one list. A real topic has some hundred; a hostile page could name millions."""
_URL_KEYS: Final = ("url", "surl", "link", "link_info.url", "link_info.share_url")


@dataclass(frozen=True, slots=True)
class _Entry:
    title: str
    address: Address


@dataclass(frozen=True, slots=True)
class _Section:
    name: str
    entries: tuple[_Entry, ...]


def recognises(page: Document) -> bool:
    """Whether the page or the answer gathers other articles."""
    if page.answer:
        return any(_sections(page.answer))
    kind = read_kind(page)
    return (kind == "card" and any(_sections(page.data))) or (kind == "topic" and "originContent" not in page.data)


def read(page: Document) -> RawArticle:
    """Section by section the titles of the articles, linked. Raises `EmptyShell` if the page names none."""
    data = page.answer or page.data
    sections = list(_sections(data)) or list(_linked(page))
    kind = content_kind(data, page.address) if page.answer else read_kind(page)
    article = RawArticle(
        address=page.address,
        layout=NAME,
        kind=kind if kind in ("card", "topic") else "topic",
        bodies=(make_body(tuple(_blocks(data, sections)), "list of articles"),) if sections else (),
        links=tuple(dict.fromkeys(fetch_url(entry.address) for section in sections for entry in section.entries)),
        **_fields(page),
    )
    if not sections:
        raise EmptyShell(page.url, f"{article.kind} without a list of articles: it is loaded by script", article)
    return article


def links_to(items: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Where to fetch the articles that the items name; what names none is left out."""
    addresses = (_address(item) for item in items)
    return tuple(dict.fromkeys(fetch_url(address) for address in addresses if address))


def _fields(page: Document) -> Fields:
    if not page.answer:
        return page_fields(page)
    inner = page.answer.get("data")
    return content_fields(inner if isinstance(inner, dict) else page.answer, "answer")


def _sections(data: Mapping[str, Any]) -> Iterator[_Section]:
    for key in _SECTION_LISTS:
        yield from _read_sections(value_under(data, key))
    for key in _WRAPPED:
        parts = value_under(data, key)
        for part in parts if isinstance(parts, list) else ():
            yield from _read_sections(value_under(part, "desc.sectionData"))


def _read_sections(groups: object) -> Iterator[_Section]:
    """A list of sections, or of articles, which is then one section without a name."""
    loose: list[_Entry] = []
    for group in groups[:_MOST_ARTICLES] if isinstance(groups, list) else ():
        inner = next((group[key] for key in _ARTICLE_LISTS if isinstance(group, dict) and group.get(key)), None)
        if inner is None:
            loose += _entries([group])
        elif entries := tuple(_entries(inner)):
            yield _Section(_words(group.get("section")) or _words(group.get("title")), entries)
    if loose:
        yield _Section("", tuple(loose))


def _entries(items: object) -> Iterator[_Entry]:
    for item in items[:_MOST_ARTICLES] if isinstance(items, list) else ():
        named = item if isinstance(item, dict) else {"id": item}
        if address := _address(named):
            yield _Entry(_words(named.get("longtitle")) or _words(named.get("title")), address)


def _address(item: Mapping[str, Any]) -> Address | None:
    for key in ("id", *_URL_KEYS):
        try:
            address = read_address(text_of(value_under(item, key)))
        except NotAnAddress:
            continue
        # A topic's id looks like any other; the address to fetch it from does not.
        kind = content_kind(item, address)
        return replace(address, kind=kind) if kind in ("topic", "live") else address
    return None


def _linked(page: Document) -> Iterator[_Section]:
    """The articles that a page links to, save itself: all that old topic pages offer."""
    entries = []
    for anchor in page.selector.css("a[href]")[:_MOST_ARTICLES]:
        title = " ".join(str(anchor.root.xpath("string()")).split())
        address = _address({"url": anchor.root.get("href")})
        if title and address and address.id != page.address.id:
            entries.append(_Entry(title, address))
    if entries:
        yield _Section("", tuple(dict.fromkeys(entries)))


def _blocks(data: Mapping[str, Any], sections: Iterable[_Section]) -> Iterator[Block]:
    if intro := _words(data.get("intro")) or _words(data.get("desc")):
        yield Paragraph((TextRun(intro),))
    for section in sections:
        if section.name:
            yield Heading((TextRun(section.name),), 2)
        items = [_item(entry) for entry in section.entries if entry.title]
        if items:
            yield Items(tuple(items), None)


def _item(entry: _Entry) -> tuple[Block, ...]:
    return (Paragraph((TextRun(entry.title, link=Link(entry.address.url)),)),)


def _words(value: object) -> str:
    """A stated text as one line."""
    return " ".join(unescaped(text_of(value)).split())
