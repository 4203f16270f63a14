"""One page of WeChat: an article (the family of ``rich_media_content``), a set of pictures, or a wall."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

from lxml import etree
from lxml.etree import _Element as Element

from crawler.body.blocks import Block, Link, Paragraph, Picture, Run
from crawler.body.read import read_blocks
from crawler.sites.legibility import legible
from crawler.sites.page import Body, Changed, Found, RawArticle
from crawler.sites.qq import walls as site_walls
from crawler.sites.qq.document import Document, make_body, text_of
from crawler.sites.script import find_string
from crawler.sites.wechat import walls
from crawler.sites.wechat.address import read_address

NAME = "wechat"

_CONTENT: Final = "#js_content"
_KINDS: Final = {"5": "video", "7": "audio", "8": "gallery"}
"""By ``item_show_type``; 0 is the ordinary article, 10 a short text."""
_PICTURES: Final = re.compile(r"picture_page_info_list\s*=\s*\[")
_PICTURE: Final = re.compile(
    r"""(?<!:)(?<!:\s)\{\s*(?:(?:width|height)\s*:[^,{}]*,\s*)*cdn_url\s*:\s*(?:\w+\(\s*)?["']([^"']+)["']"""
)
_VOICE: Final = "https://res.wx.qq.com/voice/getvoice?mediaid={}"
_FIRST_LINE: Final = 64
"""Characters. A short text has no title; its first line stands in, cut here."""


def read_page(body: bytes, url: str, *, status: int = 200) -> RawArticle:
    """Read the page that was downloaded from ``url``.

    Raises `NotAnAddress` if ``url`` names no article, `Removed` and `Blocked` for what is no article, `Garbled` if
    its characters are lost, `Changed` if nothing is recognised.
    """
    walls.check_answer(url, status)
    page = Document(body, url, read_address(url))
    site_walls.check_size(page)
    walls.check_message(page)
    article = _read(page)
    site_walls.check_article(page, article)
    if article.title and (article.kind in ("video", "audio") or any(one.markdown for one in article.bodies)):
        return legible(article, url)
    walls.check_stranger(page)
    raise Changed(url, "a WeChat page without " + ("text" if article.title else "title"))


def _read(page: Document) -> RawArticle:
    text = tuple(_short_text(page))
    # There og:title repeats the whole text.
    titleless = any(found.where.startswith("text_page_info") for found in text)
    return RawArticle(
        address=page.address,
        layout=NAME,
        kind=_KINDS.get(find_string(page.text, "item_show_type"), "text"),
        title=(
            *_said(page, "msg_title"),
            *(() if titleless else page.meta("og:title", "twitter:title")),
            *page.shown("#activity-name", "h1"),
            *(Found(_first_line(found.raw), found.where) for found in text),
        ),
        published=(
            *_said(page, "ct", "oriCreateTime", "create_time", "createTime", "publish_time"),
            *page.shown("#publish_time", "#post-date"),
        ),
        summary=(*_said(page, "msg_desc"), *page.meta("description", "og:description")),
        thumbnail=(*_said(page, "msg_cdn_url"), *page.meta("og:image", "twitter:image")),
        author=(
            *_said(page, "author"),
            *page.meta("author", "og:article:author"),
            *page.shown("#js_author_name", "em.rich_media_meta_text:not([id])"),
        ),
        media=(*_said(page, "nickname", "nick_name"), *page.shown("#js_name", "#post-user", ".profile_nickname")),
        media_id=(*_said(page, "biz", "__biz", "user_name"),),
        location=(*_said(page, "provinceName"), *page.shown("#js_ip_wording")),
        comment_id=(*_said(page, "comment_id"),),
        bodies=tuple(_bodies(page, text)),
    )


def _said(page: Document, *names: str) -> Iterator[Found]:
    """What the page's scripts say: strings, whose entities are those of HTML."""
    for name in names:
        if value := text_of(unescape(find_string(page.text, name))):
            yield Found(value, f"var {name}")


def _short_text(page: Document) -> Iterator[Found]:
    """The words of a page that has no ``#js_content``: a short text, or what is said of a set of pictures."""
    if page.all(_CONTENT):
        return
    yield from _said(page, "content_noencode")
    if at := page.text.find("text_page_info"):
        content = find_string(page.text[at:], "content") if at > 0 else ""
        if value := text_of(unescape(content)):
            yield Found(value, "text_page_info.content")


def _first_line(text: str) -> str:
    line = next((line for line in _lines(text)), "")
    return line if len(line) <= _FIRST_LINE else f"{line[: _FIRST_LINE - 1]}…"


def _lines(text: str) -> list[str]:
    plain = re.sub(r"<[^<>]*>", "", re.sub(r"<br\s*/?>|</p>", "\n", text))
    return [line.strip() for line in plain.split("\n") if line.strip()]


def _bodies(page: Document, text: tuple[Found, ...]) -> Iterator[Body]:
    ending = tuple(_original(page))
    for found in page.all(_CONTENT)[:1]:
        _name_media(found)
        blocks = read_blocks(found, base_url=page.url)
        if blocks:
            yield make_body((*blocks, *ending), _CONTENT)
            return
    words = text[:1] or tuple(page.meta("description", "og:description"))[:1]
    pictures = tuple(_picture_list(page))
    if text or pictures:
        paragraphs = [Paragraph((Run(line),)) for found in words for line in _lines(found.raw)]
        yield make_body((*paragraphs, *pictures, *ending), "scripts")


def _picture_list(page: Document) -> Iterator[Block]:
    begin = _PICTURES.search(page.text)
    end = page.text.find("</script>", begin.end()) if begin else -1
    if begin and end >= 0:
        for address in dict.fromkeys(_PICTURE.findall(page.text, begin.end(), end)):
            url = unescape(address.replace("\\x26", "&"))
            if url.startswith(("http://", "https://")):
                yield Picture(url, "图片")


def _original(page: Document) -> Iterator[Block]:
    """The line under the text that leads to where the article first stood."""
    for found in _said(page, "msg_source_url"):
        if found.raw.startswith(("http://", "https://")):
            yield Paragraph((Run("阅读原文", link=Link(found.raw)),))


def _name_media(content: Element) -> None:
    """Sounds and videos of WeChat's own are drawn by scripts: put the words and the link there that a reader sees."""
    for element in list(content.iter("mpvoice", "mp-common-mpaudio", "qqmusic", "iframe")):
        if element.tag == "qqmusic":
            _put(element, "音乐：", "music_name", "musicname", address="")
        elif element.tag == "iframe":
            if "wxv_" in (element.get("data-mpvid") or element.get("vid") or ""):
                source = element.get("data-src") or ""
                _put(element, "视频", "data-title", address=source if source.startswith("http") else "")
        else:
            file = element.get("voice_encode_fileid") or ""
            _put(element, "语音：", "name", address=_VOICE.format(file) if file else "")


def _put(element: Element, kind: str, *names: str, address: str) -> None:
    """Make of an element a paragraph that says what it is, and leads to it."""
    name = next((" ".join(value.split()) for key in names if (value := element.get(key))), "")
    element.clear(keep_tail=True)
    element.tag = "p"
    holder = etree.SubElement(element, "a", {"href": _NO_XML.sub("", address)}) if address else element
    holder.text = _NO_XML.sub("", f"{kind.rstrip('：')}：{name}" if name else kind.rstrip("："))


_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What a tree takes from a parser, but not from us."""
