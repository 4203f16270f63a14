"""Articles named by links: the site's front and channel pages of any year, and plain files of addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urljoin

from lxml import etree, html

from crawler.sites.qq.address import NotAnAddress, read_address
from crawler.sites.qq.lists.answers import refuse_captcha, text_of
from crawler.sites.qq.lists.listing import BadLine, Entry, ListBroken, Listing, Reader, Skip, to_listing

_QUOTED_URL = re.compile(r"""['"]url['"]\s*+:\s*+(['"])(?P<url>.*?)\1""")


def read_links(body: bytes, url: str = "") -> Listing:
    """A page of links: every article it links to, with the link's text. Raises `ListBroken`."""
    text = text_of(body, url)
    listing = to_listing(link_entries(text, url))
    if not listing.items:
        refuse_captcha(text, url)
    if not listing.entries:
        raise ListBroken(url, f"a page without links: {text.strip()[:60]!r}")
    return listing


def link_entries(text: str, base: str) -> Iterator[Entry | Skip]:
    """Every link of an HTML text; `base` makes relative ones whole."""
    try:
        # lxml refuses a str that declares its encoding; bytes of a known one it takes.
        root = html.document_fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8"))
    except etree.ParserError:
        return
    for anchor in root.iter("a"):
        href = anchor.get("href", "").strip()
        if href and not href.startswith("#"):
            yield _link(anchor, href, base)


def _link(anchor: html.HtmlElement, href: str, base: str) -> Entry | Skip:
    try:
        whole = urljoin(base, href)
    except ValueError:
        return Skip("broken address")
    title = " ".join(anchor.text_content().split()) or " ".join(anchor.get("title", "").split())
    return Entry(names=(whole,), title=title)


def read_lines(body: bytes, url: str = "", read: Reader = read_address) -> Listing:
    """A file of addresses and ids, one a line; ``#`` begins a comment; ``{'url': '…'}`` lines do too.

    ``read`` says which article an address names. Lines that name none stand in ``bad_lines``. Raises `ListBroken`
    for a file that is no text.
    """
    entries: list[Entry | Skip] = []
    bad: list[BadLine] = []
    for number, line in enumerate(text_of(body, url).splitlines(), start=1):
        name = _name_in(line)
        if not name:
            continue
        try:
            read(name)
            entries.append(Entry(names=(name,)))
        except NotAnAddress as refusal:
            entries.append(Skip(refusal.reason))
            bad.append(BadLine(number, name, refusal.reason))
    return replace(to_listing(entries, read=read), bad_lines=tuple(bad))


def _name_in(line: str) -> str:
    whole = line.strip().rstrip(",")
    quoted = _QUOTED_URL.search(whole) if whole.startswith("{") and whole.endswith("}") else None
    bare = quoted["url"] if quoted else re.split(r"(?:^|\s)#", line, maxsplit=1)[0]
    return bare.strip()
