"""Pages that are no article: removed ones, and walls put up against robots."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from crawler.sites.page import Blocked, Removed
from crawler.sites.qq.document import Document

_REFUSALS: Final = frozenset({403, 418, 429, 501, 503, 567})
_GONE: Final = frozenset({404, 410, 451})
_REMOVED_PAGES: Final = re.compile(r"/babygohome(?:/|$)|/notfound\.html?$|/404\.html?$", re.I)
_REMOVED_WORDS: Final = re.compile(
    r"404 - 腾讯网|宝贝回家|页面(?:不存在|没有找到|找不到)"
    r"|(?:文章|内容|新闻)(?:不存在|已(?:被)?删除|已下线|已失效)"
    r"|您(?:要)?访问的(?:页面|内容|文章)(?:不存在|已)"
)
_CAPTCHA_WORDS: Final = re.compile(
    r"安全验证|人机验证|验证码|滑动验证|拖动滑块|访问(?:过于|太)?频繁|请求(?:过于|太)频繁|访问受限|TCaptcha|captcha",
    re.I,
)
_THIN: Final = 200
"""Characters of visible text. A page below this that no layout recognises is a blank put up for robots."""


def check_answer(url: str, status: int) -> None:
    """Raise `Removed` or `Blocked` if the answer's address or status already says so."""
    if is_removed_address(url):
        raise Removed(url, f"led to {url}")
    if status in _GONE:
        raise Removed(url, f"status {status}")
    if status in _REFUSALS or status >= 500:
        raise Blocked(url, f"status {status}")


def is_removed_address(url: str) -> bool:
    """Whether the site sends requests for removed articles to this address."""
    return bool(_REMOVED_PAGES.search(urlsplit(url).path))


def check_data(page: Document) -> None:
    """Raise `Removed` if the page's own data says that it was deleted."""
    if any(found.raw not in ("0", "false") for found in page.stated("is_deleted", "del_flag")):
        raise Removed(page.url, "is_deleted in its data")


def check_stranger(page: Document) -> None:
    """Raise `Removed` or `Blocked` for a page of no known layout, if that is what it is."""
    shown = _visible_text(page)
    if words := _CAPTCHA_WORDS.search(page.text):
        raise Blocked(page.url, f"asks for a captcha: {words.group()}")
    if words := _REMOVED_WORDS.search(shown):
        raise Removed(page.url, f"says: {words.group()}")
    if len(shown) < _THIN:
        raise Blocked(page.url, f"thin page: {len(shown)} characters of text in {len(page.text)}")


def _visible_text(page: Document) -> str:
    texts = page.selector.xpath("//title//text() | //body//text()[not(ancestor::script or ancestor::style)]").getall()
    return " ".join(" ".join(texts).split())
