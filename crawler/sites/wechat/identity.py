"""Whether a page of WeChat is of the article that was asked for, by what it says of itself. Pure.

An article has two ids that cannot be told to be the same without asking: its key, and account, message and place
(``biz``, ``mid``, ``idx``). Like is compared with like; a page that states only the other one is believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

from crawler.sites.page import AnotherArticle, Found
from crawler.sites.qq.document import Document
from crawler.sites.qq.identity import stated_in_head
from crawler.sites.qq.ids import Address, NotAnAddress
from crawler.sites.script import find_string, word
from crawler.sites.wechat.address import HOST, is_long, is_wechat, read_address

_VALUE: Final = r"""\s*=\s*(?:(?:''|"")\s*\|\|\s*)*["'](%s)["']"""
# The name comes first: letters are found far faster than patterns, and a page has 4 MB.
_PARTS: Final = {
    name: re.compile(word(name) + _VALUE % form)
    for name, form in (("biz", r"[A-Za-z0-9]{6,24}={0,2}"), ("mid", r"[0-9]{1,12}"), ("idx", r"[1-9][0-9]?"))
}
"""``var mid = "" || "2247500001" || "";``, ``window.idx = '' || '1'``."""


def check_identity(page: Document) -> None:
    """Raise `AnotherArticle` if every statement that can be compared is of another article."""
    comparable = [(address, found) for address, found in _stated(page) if is_long(address) == is_long(page.address)]
    if comparable and all(address.id != page.address.id for address, _ in comparable):
        _, found = comparable[0]
        raise AnotherArticle(page.url, f"the page says that it is {found.raw[:100]} ({found.where})")


def _stated(page: Document) -> Iterator[tuple[Address, Found]]:
    for found in (*stated_in_head(page), *_link(page), *_parts(page)):
        try:
            address = read_address(found.raw)
        except NotAnAddress:
            continue
        if is_wechat(found.raw):
            yield address, found


def _link(page: Document) -> Iterator[Found]:
    if link := unescape(find_string(page.text, "msg_link")):
        yield Found(link, "var msg_link")


def _parts(page: Document) -> Iterator[Found]:
    """The address that account, message and place make, where the page's scripts assign all three."""
    found = {name: pattern.search(page.text) for name, pattern in _PARTS.items()}
    parts = {name: match[1] for name, match in found.items() if match}
    if len(parts) == len(_PARTS):
        address = f"https://{HOST}/s?__biz={parts['biz']}&mid={parts['mid']}&idx={parts['idx']}"
        yield Found(address, "var biz, mid, idx")
