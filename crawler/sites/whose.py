"""Which article a saved page is of, by what it says of itself: for pages that were saved without their address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

from crawler.sites.charset import decode
from crawler.sites.literals import read_answer
from crawler.sites.registry import Address, NotAnAddress, read_address
from crawler.sites.script import find_json, find_object, find_string

_LINKS: Final = re.compile(
    r"<(?:meta|link)\b[^<>]{0,200}?(?:og:url|canonical)[^<>]{0,200}?(?:content|href)\s*=\s*[\"']([^\"'<>]{1,500})", re.I
)
_KEYS: Final = ("cms_id", "cmsId", "article_id", "url")


def address_in(body: bytes) -> Address | None:
    """The article that the page names as its own; None if it names none of the sites which are read."""
    for claim in _claims(decode(body)):
        try:
            return read_address(claim)
        except NotAnAddress:
            continue
    return None


def _claims(text: str) -> Iterator[str]:
    found = find_json(text, "window.DATA")
    data = found[0] if found else {}
    answer = {} if text.lstrip().startswith("<") else read_answer(text)
    info = find_object(text, "ARTICLE_INFO") or {}
    for claims, keys in ((data, _KEYS), (answer, ("id", *_KEYS)), (info, ("article_url",))):
        yield from (value for key in keys if isinstance(value := claims.get(key), str))
    yield from map(unescape, _LINKS.findall(text))
    yield unescape(find_string(text, "msg_link"))
