"""WeChat pages that are no article: deleted, forbidden, moved ones, and the page that wants a human.

They come in the language of the client. A page that asks for a human is told by its machinery, too; one that says
anything else in an article's place concerns that article alone.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from lxml.etree import _Element as Element

from crawler.sites.markup.document import Document, text_of
from crawler.sites.page import Blocked, RawArticle, Removed
from crawler.sites.qq.walls import checks as site_walls
from crawler.sites.wechat.wall_words import BLOCKED, REMOVED

_GATES: Final = re.compile(r"/mp/(?:wappoc_appmsgcaptcha|verifycode|antispider|readtemplate)\b")
_MESSAGES: Final = ".weui-msg, .global_error_msg, .page_msg, .icon_msg.warn, #js_verify, .mesg-block"
_MACHINERY: Final = "#js_verify, #tcaptcha_iframe_dy, #tcaptcha_transform_dy"
_DELETED_SCRIPT: Final = re.compile(r"/(?:js|assets)/(?:[\w-]+/)*del(?:-legacy)?\.[\w.]*js")
"""The script of the page that WeChat shows in place of a deleted article."""
_LONGEST_MESSAGE: Final = 400
"""Characters. No message has more, its advice and its buttons included."""
_MOST_BOXES: Final = 4


def check_answer(url: str, status: int) -> None:
    """Raise `Removed` or `Blocked` if the answer's address or status already says so."""
    check_gate(url)
    site_walls.check_answer(url, status)


def check_gate(url: str) -> None:
    """Raise `Blocked` if this is the address of the page that wants a human."""
    if _GATES.search(urlsplit(url).path):
        raise Blocked(url, f"led to {url}")


def check_message(page: Document) -> None:
    """Raise `Removed` or `Blocked` for a page that holds a message where the article should stand."""
    if page.selector.css("#js_content").xpath("self::*[normalize-space() or .//img or .//iframe or .//mpvoice]"):
        return
    # A message has a box or two; thousands of them within each other are none.
    boxes = [box for box in page.all(_MESSAGES)[:_MOST_BOXES] if not _is_hidden(box)]
    _judge(page, " ".join(text for box in boxes for text in box.itertext()))


def check_stranger(page: Document, article: RawArticle) -> None:
    """Raise `Removed`, `Blocked` or `Thin` for a page without an article's text, if that is what it is.

    A page that states an article's time proves itself: that its text is not found is our fault.
    """
    if article.title and article.published:
        return
    shown = site_walls.visible_text(page)
    if len(shown) <= _LONGEST_MESSAGE:
        _judge(page, shown)
    site_walls.check_blank(page, shown)


def _judge(page: Document, text: str) -> None:
    if words := BLOCKED.search(text):
        raise Blocked(page.url, f"says: {words.group()}")
    if page.all(_MACHINERY):
        raise Blocked(page.url, "asks for a human")
    if words := REMOVED.search(text):
        raise Removed(page.url, f"says: {words.group()}")
    scripts = page.all("script")
    if any(_DELETED_SCRIPT.search(script.get("src") or script.get("data-src") or "") for script in scripts):
        raise Removed(page.url, f"the page of deleted articles: {' '.join(text.split())[:60]}")
    reason = text_of(page.scripts.value("cgiData", dict).get("del_reason_id"))
    if reason not in ("", "0"):
        raise Removed(page.url, f"del_reason_id {reason[:20]} in its data")


def _is_hidden(box: Element) -> bool:
    return any("display:none" in above.get("style", "").replace(" ", "") for above in (box, *box.iterancestors()))
