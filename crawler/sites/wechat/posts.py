"""The text of WeChat's pages, whatever kind they are of: which element or statement holds it, and what it says.

An ordinary article stands in ``#js_content``. On a page of pictures, of a short text, of a shared article, of a video
or a sound that element is missing, or a frame which a script fills: there the words stand in the page's data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from lxml.etree import _Element as Element

from crawler.body.blocks import Block, Link, Paragraph, Picture, TextRun, Video, texts_of
from crawler.body.cards import SOUND
from crawler.body.read import read_blocks
from crawler.body.unescape import unescaped
from crawler.sites.markup.document import Document, make_body, text_of
from crawler.sites.markup.html import parse_fragment
from crawler.sites.markup.js_literals import Unreadable, read_value
from crawler.sites.page import Body, Found
from crawler.sites.substance import says_something
from crawler.sites.unread_parts import unread_parts
from crawler.sites.wechat.drawn import background_pictures, name_videos
from crawler.sites.wechat.fields import CONTENT, article_link
from crawler.sites.wechat.statements import Statements

_VIDEO, _SOUND, _PICTURES, _TEXT, _SHARED = "5", "7", "8", "10", "11"
"""Of ``item_show_type``; 0 is the ordinary article."""
KINDS: Final = {_VIDEO: "video", _SOUND: "audio", _PICTURES: "gallery"}
_FRAME: Final = "#js_text_desc, #js_image_desc, .js_share_notice_dom, .wx_follow_context, #js_top_profile, #img_swiper"
"""What stands in a frame for a short post, and in no article."""
_SHOWN_WORDS: Final = ("#js_text_desc", "#js_image_desc", "#js_common_share_desc")
_SHARE: Final = "#js_share_content, #js_share_notice, .original_page"
_PORTRAITS: Final = ("round_head_img", "hd_head_img", "ori_head_img_url")
_AVATARS: Final = ".avatar, .wx_follow_avatar, .wx_follow_avatar_pic"
"""Pictures of accounts in what is pasted or put around a text."""
_RECOMMENDED: Final = ".original_primary_tips"
_NOTICE: Final = re.compile(
    r"""getElementById\(\s*['"]js_share_notice['"]\s*\)\s*\.\s*(?:innerHTML|innerText|textContent)\s*=(?!=)"""
)
_PLAYER: Final = "https://mp.weixin.qq.com/mp/readtemplate?t=pages/video_player_tmpl&action=mpvideo&auto=0&vid={}"
_OWN_VIDEO: Final = re.compile(r"wxv_\d{5,30}")
_TENCENT_VIDEO: Final = re.compile(r"[a-z0-9]{11}")
_SOUND_ID: Final = re.compile(r"[\w+/=-]{4,100}", re.ASCII)
_BREAK: Final = re.compile(r"<br\s*/?>|\r\n?", re.I)
_BLOCK: Final = re.compile(r"<(?:p|div|section|ul|ol|li|h[1-6]|table|blockquote|pre|figure)(?=[\s>/])", re.I)
_ESCAPED_TWICE: Final = re.compile(r"&amp;(?=(?:quot|lt|gt|amp|nbsp|apos|#\d{1,5}|#x[0-9a-f]{1,4});)", re.I)
_FIRST_LINE: Final = 64
"""Characters. A short text has no title; its first line stands in, cut here."""


@dataclass(frozen=True, slots=True)
class Post:
    """What a page holds."""

    kind: str
    bodies: tuple[Body, ...]
    title: tuple[Found, ...] = ()
    """The words that stand in for one where it has none."""


def read_post(page: Document, said: Statements) -> Post:
    """The page's text, by the first way that leads to one that says anything."""
    number = text_of(said.value("item_show_type")) or text_of(said.value("real_item_show_type"))
    bodies = (make_body(way.blocks, way.where, way.unread) for way in _ways(page, said, number))
    portraits = [url.raw for key in _PORTRAITS for url in said.said(key, key)]
    found = next((body for body in bodies if says_something(body, portraits)), None)
    if found is None:
        return Post(KINDS.get(number, "text"), ())
    title = tuple(_first_line(page, said)) if _is_untitled(said, number) else ()
    lead = make_body(_recommendation(page), "") if found.where.startswith(CONTENT) else None
    whole = _joined(filter(None, (lead, found, make_body(tuple(_original(said)), ""))), found)
    return Post(KINDS.get(number, "text"), (whole,), title)


def _joined(parts: Iterable[Body], main: Body) -> Body:
    """One body of several, which is the main one in all but its words."""
    told = [part for part in parts if part.markdown]
    markdown, text = "\n\n".join(part.markdown for part in told), " ".join(part.text for part in told if part.text)
    pictures = tuple(url for part in told for url in part.pictures)
    return replace(main, markdown=markdown, text=text, pictures=pictures) if len(told) > 1 else main


def _recommendation(page: Document) -> tuple[Block, ...]:
    """What a reprinting account says before the article."""
    return tuple(block for tips in page.all(_RECOMMENDED) for block in read_blocks(tips, base_url=page.url))


class _Way(NamedTuple):
    """Blocks, where they stood, and what of that place cannot be read."""

    blocks: tuple[Block, ...]
    where: str
    unread: tuple[str, ...] = ()


def _ways(page: Document, said: Statements, number: str) -> Iterator[_Way]:
    content = page.first(CONTENT)
    content = page.first(".rich_media_content") if content is None else content
    if page.all(_SHARE):
        yield _shared(page, said, number, content)
    elif content is not None and not _is_frame(content, page):
        yield from _article(content, page)
    if number == _VIDEO:
        yield _video(page, said)
    if number == _SOUND:
        yield _sound(page, said)
    yield from _short(page, said, number)


def _is_frame(content: Element, page: Document) -> bool:
    """Whether the element is only what a script fills, or what stands around a short post."""
    return any(content in found.iterancestors() for found in page.all(_FRAME))


def _article(content: Element, page: Document) -> Iterator[_Way]:
    """An ordinary article; of one that is nothing but drawings, those."""
    for portrait in page.all(_AVATARS):
        portrait.set("hidden", "")
    name_videos(content)
    unread = unread_parts(content)
    drawn = tuple(background_pictures(content))
    undrawn = ("background picture",) * len(drawn)
    yield _Way(read_blocks(content, base_url=page.url), CONTENT, (*unread, *undrawn))
    yield _Way(drawn, f"{CONTENT}: backgrounds", unread)


def _shared(page: Document, said: Statements, number: str, content: Element | None) -> _Way:
    """What somebody says of another's article, what is shown of that, and the card that leads to it."""
    begun = read_blocks(content, base_url=page.url) if content is not None else ()
    card = tuple(_share_card(page, number))
    return _Way((*_notice(page, said), *begun, *card) if card or begun else (), "#js_share_content")


def _notice(page: Document, said: Statements) -> tuple[Block, ...]:
    """The words of whoever shares an article: shown, put there by a script, or only described."""
    notice = page.first("#js_share_notice")
    shown = read_blocks(notice, base_url=page.url) if notice is not None else ()
    scripts = (script.text or "" for script in page.tree.iter("script"))
    stated = (value for script in scripts if (value := _inner_html(script)))
    return shown or _paragraphs(next(stated, ""), page) or tuple(_lines(_description(page, said)))


def _inner_html(script: str) -> str:
    """What a script puts into the notice."""
    if (found := _NOTICE.search(script)) is None:
        return ""
    try:
        value, _ = read_value(script, found.end())
    except Unreadable:
        return ""
    return value if isinstance(value, str) else ""


def _share_card(page: Document, number: str) -> Iterator[Block]:
    """The card that leads to the shared article. A page that is that article itself (by its type) only says where the
    whole of it stands."""
    source = page.first("#js_share_source")
    address = article_link(source.get("data-url") or source.get("href") or "") if source is not None else ""
    names = ("#js_share_source",) if number == _SHARED else ("#original_panel_title", "#activity-name")
    name = next((found.raw for found in page.shown(*names)), "")
    if name or address:
        yield Paragraph((TextRun(name or "阅读全文", link=Link(address) if address else None),))


def _video(page: Document, said: Statements) -> _Way:
    """A page that is a video, with some words."""
    ids = [text_of(said.value("video_page_info.video_id")), *_texts(said.value("video_ids"))]
    files = said.value("video_page_info.mp_video_trans_info")
    addresses = (
        [text_of(file.get("url")) for file in files if isinstance(file, dict)] if isinstance(files, list) else []
    )
    own = next((_PLAYER.format(ident) for ident in ids if _OWN_VIDEO.fullmatch(ident)), "")
    address = own or next((url for url in map(unescaped, addresses) if url.startswith(("http://", "https://"))), "")
    tencent = next((Video(ident) for ident in ids if _TENCENT_VIDEO.fullmatch(ident)), None)
    video = tencent or Paragraph((TextRun("视频", link=Link(address) if address else None),))
    words = _paragraphs(_words(said).raw, page)
    return _Way((video, *words), "video_page_info", () if address or tencent else ("video",))


def _sound(page: Document, said: Statements) -> _Way:
    """A page that is a sound, with some words."""
    listed = said.value("voice_in_appmsg") or said.value("voiceList.voice_in_appmsg")
    sounds = [sound for sound in listed if isinstance(sound, dict)] if isinstance(listed, list) else []
    lines = tuple(map(_sound_line, sounds or [{}]))
    words = _paragraphs(_words(said).raw, page)
    return _Way((*lines, *words), "voice_in_appmsg", () if sounds else ("voice",))


def _sound_line(sound: dict[str, Any]) -> Paragraph:
    file = next((text for key in ("voice_encode_fileid", "voice_id") if (text := text_of(sound.get(key)))), "")
    name = next((text for key in ("title", "name", "voice_name") if (text := text_of(sound.get(key)))), "")
    link = Link(SOUND.format(file)) if _SOUND_ID.fullmatch(file) else None
    return Paragraph((TextRun(f"语音：{' '.join(unescaped(name).split())}" if name else "语音", link=link),))


def _short(page: Document, said: Statements, number: str) -> Iterator[_Way]:
    """Words and pictures that the page's data state, and a script puts into the page."""
    pictures = tuple(_pictures(said, number))
    words = _words(said)
    yield _Way((*_paragraphs(words.raw, page), *pictures) if words.raw else (), words.where)
    shown = next((found for css in _SHOWN_WORDS for found in page.all(css) if "".join(found.itertext()).strip()), None)
    if shown is not None:
        yield _Way((*read_blocks(shown, base_url=page.url), *pictures), "short text")
    if pictures:
        yield _Way((*_lines(_description(page, said)), *pictures), "picture_page_info_list")


def _words(said: Statements) -> Found:
    """The words of a short post, as HTML; of pages that state them twice that with the links."""
    for key in ("text_page_info.content_noencode", "text_page_info.content", "content_noencode"):
        if text := text_of(said.value(key)):
            return Found(text, key)
    return Found("", "")


def _paragraphs(html: str, page: Document) -> tuple[Block, ...]:
    """The blocks of HTML in which a line is a paragraph, as short posts are written."""
    html = _ESCAPED_TWICE.sub("&", html)
    if not _BLOCK.search(html):
        html = "".join(f"<p>{line}</p>" for line in _BREAK.sub("\n", html).split("\n") if line.strip())
    return read_blocks(parse_fragment(html), base_url=page.url)


def _lines(text: str) -> Iterator[Block]:
    return (Paragraph((TextRun(line.strip()),)) for line in unescaped(text).split("\n") if line.strip())


def _description(page: Document, said: Statements) -> str:
    found = (*said.said("desc", "msg_desc"), *page.meta("description", "og:description"))
    return found[0].raw if found else ""


def _pictures(said: Statements, number: str) -> Iterator[Block]:
    """The pictures of a post, each once. An ordinary article's are listed, too; they stand in its text."""
    listed = [said.value("text_page_info.picture_info"), said.value("text_page_info.short_msg_pic_url")]
    if number not in ("0", _TEXT):
        listed.insert(0, said.value("picture_page_info_list"))
    addresses = (text for pictures in listed for text in _texts(pictures))
    for address in dict.fromkeys(map(unescaped, addresses)):
        if address.startswith(("http://", "https://")):
            yield Picture(address, "图片")


def _texts(values: object) -> Iterator[str]:
    """The strings of a list, and the addresses of its pictures."""
    for value in values if isinstance(values, list) else ():
        if text := text_of(value.get("cdn_url") or value.get("url") if isinstance(value, dict) else value):
            yield text


def _is_untitled(said: Statements, number: str) -> bool:
    """Whether the page states its whole text where others have their title."""
    if number == _TEXT or (not number and said.value("text_page_info") is not None):
        return text_of(said.value("text_page_info.is_user_title")) != "1"
    words = "".join(text_of(said.value("text_page_info.content")).split())
    return bool(words) and any("".join(found.raw.split()) == words for found in said.said("title", "msg_title"))


def _first_line(page: Document, said: Statements) -> Iterator[Found]:
    words = _words(said)
    for line in texts_of(_paragraphs(words.raw, page)):
        if line:
            yield Found(line if len(line) <= _FIRST_LINE else f"{line[: _FIRST_LINE - 1]}…", words.where)
            return


def _original(said: Statements) -> Iterator[Block]:
    """The line under the text that leads to where the article first stood."""
    for found in said.said("source_url", "msg_source_url"):
        address = unescaped(found.raw)
        if address.startswith(("http://", "https://")):
            yield Paragraph((TextRun("阅读原文", link=Link(address)),))
            return
