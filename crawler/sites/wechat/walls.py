"""WeChat pages that are no article: deleted, forbidden, moved ones, and the page that wants a human."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from crawler.sites.page import Blocked, Removed
from crawler.sites.qq import walls as site_walls
from crawler.sites.qq.document import Document

_GATES: Final = re.compile(r"/mp/(?:wappoc_appmsgcaptcha|verifycode|antispider|readtemplate)\b")
_MESSAGES: Final = ".weui-msg, .global_error_msg, .page_msg, .icon_msg.warn, #js_verify, .mesg-block"
_REMOVED: Final = re.compile(
    r"已被发布者删除|已被(?:作者|发送人)删除|因违规(?:已被?)?(?:无法查看|删除|不可查看)|涉嫌(?:违规|违反|侵)|违反.{0,20}(?:规定|法律)"
    r"|帐号已(?:被|自主)?(?:屏蔽|注销|迁移|封)|账号已(?:被|自主)?(?:屏蔽|注销|迁移|封)|公众号已(?:被)?(?:封禁|迁移|注销|屏蔽)"
    r"|隐私设置|发送失败无法查看|链接已(?:过期|失效)|内容不存在|无法查看(?:该|此)内容|参数错误"
)
_BLOCKED: Final = re.compile(
    r"环境异常|完成验证|去验证|验证码|访问过于频繁|操作(?:过于)?频繁|在微信客户端打开|系统(?:出错|繁忙)"
)


def check_answer(url: str, status: int) -> None:
    """Raise `Removed` or `Blocked` if the answer's address or status already says so."""
    check_gate(url)
    site_walls.check_answer(url, status)


def check_gate(url: str) -> None:
    """Raise `Blocked` if this is the address of the page that wants a human."""
    if _GATES.search(urlsplit(url).path):
        raise Blocked(url, f"led to {url}")


_MOST_BOXES: Final = 4


def check_message(page: Document) -> None:
    """Raise `Removed` or `Blocked` for a page that holds a message where the article should stand."""
    if page.selector.css("#js_content").xpath("self::*[normalize-space() or .//img or .//iframe or .//mpvoice]"):
        return
    # A message has a box or two; thousands of them within each other are none.
    boxes = page.selector.css(_MESSAGES)[:_MOST_BOXES]
    _judge(page, " ".join(found for box in boxes for found in box.xpath(".//text()").getall()))


def check_stranger(page: Document) -> None:
    """Raise `Removed` or `Blocked` for a page without an article's text, if that is what it is."""
    _judge(page, site_walls.visible_text(page))
    site_walls.check_stranger(page)


def _judge(page: Document, text: str) -> None:
    if words := _BLOCKED.search(text):
        raise Blocked(page.url, f"says: {words.group()}")
    if words := _REMOVED.search(text):
        raise Removed(page.url, f"says: {words.group()}")
