"""Articles named by links: the site's front and channel pages of any year, and plain files of addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import urljoin

from lxml import etree, html

from crawler.sites.qq.addresses.forms import NotAnAddress, read_address
from crawler.sites.qq.lists.answers import refuse_captcha, text_of
from crawler.sites.qq.lists.listing import BadLine, Entry, ListBroken, Listing, Reader, Skip, to_listing

MOST_BAD_LINES: Final = 1000
"""Lines that name no article and are told one by one."""
_LONGEST_PROLOGUE: Final = 100_000
"""Lines before the first that names an article: a larger file without one is something else."""
_LONGEST_LINE: Final = 4096
"""Characters. Addresses have a hundred."""
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

    ``read`` says which article an address names. Lines that name none are counted in ``skipped``, and the first of
    them stand in ``bad_lines``. Raises `ListBroken` for a file that is no text.
    """
    bad: list[BadLine] = []
    return replace(to_listing(_entries(text_of(body, url), url, read, bad), read=read), bad_lines=tuple(bad))


def _entries(text: str, url: str, read: Reader, bad: list[BadLine]) -> Iterator[Entry | Skip]:
    """What the lines name; the first that name nothing are added to ``bad``."""
    named = 0
    for number, line in enumerate(_lines(text), start=1):
        if number > _LONGEST_PROLOGUE and not named:
            raise ListBroken(url, f"none of its first {_LONGEST_PROLOGUE} lines names an article")
        name = _name_in(line)
        if not name:
            continue
        try:
            read(name)
            named += 1
            yield Entry(names=(name,))
        except NotAnAddress as refusal:
            yield Skip(refusal.reason)
            if len(bad) < MOST_BAD_LINES:
                bad.append(BadLine(number, name, refusal.reason))


def _lines(text: str) -> Iterator[str]:
    """One by one: a list of thirty million lines of two letters would take gigabytes."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield from text[start:end].splitlines() or [""]
        start = end + 1
    yield from text[start:].splitlines()


def _name_in(line: str) -> str:
    if len(line) > _LONGEST_LINE:
        return line[:_LONGEST_LINE]  # No address is as long: it will be named as none.
    whole = line.strip().rstrip(",")
    quoted = _QUOTED_URL.search(whole) if whole.startswith("{") and whole.endswith("}") else None
    bare = quoted["url"] if quoted else re.split(r"(?:^|\s)#", line, maxsplit=1)[0]
    return bare.strip()
