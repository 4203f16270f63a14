"""Which article a saved page is of, by what it says of itself: for pages that were saved without their address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

from crawler.sites.encoding.detect import decode
from crawler.sites.markup.html import parse_html
from crawler.sites.markup.javascript import Scripts
from crawler.sites.markup.js_literals import read_answer
from crawler.sites.registry import Address, NotAnAddress, read_address

_KEYS: Final = ("cms_id", "cmsId", "article_id", "url")
_LINKS: Final = "//meta[@property='og:url' or @name='og:url']/@content | //link[@rel='canonical']/@href"
_NAMED: Final = re.compile(r"wx[_-](?:.*[_-])?([\w-]{22})", re.ASCII)


def address_in(body: bytes) -> Address | None:
    """The article that the page names as its own; None if it names none of the sites which are read."""
    for claim in _claims(decode(body)):
        try:
            return read_address(claim)
        except NotAnAddress:
            continue
    return None


def address_in_name(name: str) -> Address | None:
    """The article that a saved page's name tells: its id, or ``wx_…_`` before the key of a WeChat article."""
    named = _NAMED.fullmatch(name)
    for claim in (name, f"wx-{named[1]}" if named else ""):
        try:
            return read_address(claim)
        except NotAnAddress:
            continue
    return None


def _claims(text: str) -> Iterator[str]:
    scripts = Scripts(text)
    found = scripts.data()
    data = found.value if found else {}
    answer = {} if text.lstrip().startswith("<") else read_answer(text)
    info = scripts.value("ARTICLE_INFO", dict)
    for claims, keys in ((data, _KEYS), (answer, ("id", *_KEYS)), (info, ("article_url",))):
        yield from (value for key in keys if isinstance(value := claims.get(key), str))
    yield from map(str, parse_html(text).xpath(_LINKS))
    yield unescape(str(scripts.value("cgiDataNew", dict).get("link", "")))
    yield unescape(scripts.value("msg_link", str))
