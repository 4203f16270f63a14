"""Pages that are no articles: front pages, farewells, the shell without text, the captcha, the unknown layout."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import chain, repeat

from tests.site.channels import CHANNELS
from tests.site.pages.skeleton import attribute
from tests.site.story import Story

GONE = "https://www.qq.com/babygohome/?pgv_ref=apub"
NOT_FOUND = "https://new.qq.com/notfound.htm"


def notice(title: str, text: str) -> bytes:
    """A small page that says one thing."""
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head><meta charset="utf-8"><title>'
        f"{attribute(title)}</title></head>\n"
        f'<body><div class="wrap"><h1>{title}</h1><p>{text}</p></div></body>\n</html>\n'
    ).encode()


def babygohome() -> bytes:
    return notice("腾讯公益 宝贝回家", "您访问的页面找不到了，让我们一起帮助走失的孩子回家。")


def not_found() -> bytes:
    return notice("404 - 腾讯网", "抱歉，您访问的页面不存在。")


def front_page(name: str, stories: Iterable[Story]) -> bytes:
    """A channel's page with its newest articles as plain links, among links that lead elsewhere."""
    links = "".join(f'<li><a href="{story.url}" target="_blank">{attribute(story.title)}</a></li>' for story in stories)
    elsewhere = '<a href="https://www.qq.com/">首页</a> <a href="https://v.qq.com/">视频</a>'
    return notice(f"{name}_腾讯新闻", f"{elsewhere}</p><ul>{links}</ul><p>")


def home_page() -> bytes:
    """The front page of all, which calls itself so."""
    sections = "".join(
        f'<li><a href="https://news.qq.com/ch/{name}/">今天的{title}要闻</a></li>' for name, title in CHANNELS.values()
    )
    page = notice("腾讯新闻_首页", f"</p><ul>{sections}</ul><p>")
    return page.replace(b"<head>", b'<head><link rel="canonical" href="https://news.qq.com/">')


def shell() -> bytes:
    """The client-rendered page of 2018 to 2021 behind an address without ``.html``: no text in it."""
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head><meta charset="utf-8"><title>腾讯新闻</title></head>\n'
        '<body><div id="root"></div><script src="//mat1.gtimg.com/pingjs/ext2020/main.js"></script></body>\n</html>\n'
    ).encode()


def captcha() -> bytes:
    return notice("安全验证", "为了您的访问安全，请完成人机验证：拖动滑块，填写验证码后继续访问。")


def thin() -> bytes:
    """A page with the site's frame and nothing in it."""
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><title>腾讯新闻</title></head><body></body></html>'
    ).encode()


def unknown_layout() -> bytes:
    """An article's page after a redesign: text, but nothing where any layout had it."""
    text = "改版之后的文字，放在从前没有的地方。"
    paragraphs = "".join(f"<div class='x{number}f'><span>第{number}段，{text}</span></div>" for number in range(9))
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head><meta charset="utf-8">'
        "<title>改版以后的页面_腾讯新闻</title></head>\n"
        f"<body><main id='app-2027'>{paragraphs}</main></body>\n</html>\n"
    ).encode()


def teaser(page: bytes) -> bytes:
    """An article's page whose paragraphs are gone but for one, which says that there is more elsewhere."""
    return _IN_DATA.sub(_one_line(rb"\u003cp\u003e%s\u003c/p\u003e"), _IN_MARKUP.sub(_one_line(b"<p>%s</p>"), page))


def _one_line(form: bytes) -> Callable[[re.Match[bytes]], bytes]:
    lines = chain([form % "点击查看全文".encode()], repeat(b""))
    return lambda paragraph: next(lines)


_IN_MARKUP = re.compile(rb"<p[ >].*?</p>", re.DOTALL)
_IN_DATA = re.compile(rb"\\u003cp(?: |\\u003e).*?\\u003c/p\\u003e", re.DOTALL)


def marked_deleted(page: bytes) -> bytes:
    """An article's page whose data say that it is deleted."""
    unmarked = page.replace(b'"is_deleted": 0,', b"")
    return unmarked.replace(b"DATA = {", b'DATA = {"is_deleted":1,', 1)
