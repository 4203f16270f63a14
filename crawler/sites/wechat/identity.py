"""Whether a page of WeChat is of the article that was asked for, by what it says of itself. Pure.

An article has two ids that cannot be told to be the same without asking: its key, and account, message and place
(``biz``, ``mid``, ``idx``). Like is compared with like; a page that states only the other one is believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from crawler.sites.address import Address, NotAnAddress
from crawler.sites.markup.document import Document
from crawler.sites.page import AnotherArticle, Found
from crawler.sites.qq.identity import stated_in_head
from crawler.sites.wechat.address import HOST, is_long, is_wechat, read_address
from crawler.sites.wechat.statements import Statements

_PARTS: Final = {"biz": "bizuin", "mid": "mid", "idx": "idx"}
"""Name of the variable → key in the page's object."""


def check_identity(page: Document, said: Statements) -> None:
    """Raise `AnotherArticle` if every statement that can be compared is of another article."""
    comparable = [
        (address, found) for address, found in _stated(page, said) if is_long(address) == is_long(page.address)
    ]
    if comparable and all(address.id != page.address.id for address, _ in comparable):
        _, found = comparable[0]
        raise AnotherArticle(page.url, found.raw, found.where)


def _stated(page: Document, said: Statements) -> Iterator[tuple[Address, Found]]:
    for found in (*stated_in_head(page), *said.said("link", "msg_link"), *_parts(said)):
        try:
            address = read_address(found.raw)
        except NotAnAddress:
            continue
        if is_wechat(found.raw):
            yield address, found


def _parts(said: Statements) -> Iterator[Found]:
    """The address that account, message and place make, where the page states all three."""
    parts = {name: next((found.raw for found in said.said(key, name)), "") for name, key in _PARTS.items()}
    if all(parts.values()):
        yield Found(f"https://{HOST}/s?__biz={parts['biz']}&mid={parts['mid']}&idx={parts['idx']}", "biz, mid, idx")
