"""The fields of a WeChat article: what the page's data say, what its head says, and what its readers are shown.

Where the shown contradicts the stated, the shown is believed: bundles and advertisements state names of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Final

from lxml.etree import _Element as Element

from crawler.sites.address import NotAnAddress
from crawler.sites.field_agreement import same_line, same_time, same_title
from crawler.sites.markup.document import Document, words_in
from crawler.sites.normalise import decoded, one_line
from crawler.sites.page import Found, Opinions
from crawler.sites.qq.layouts.fields import Fields
from crawler.sites.times import read_time
from crawler.sites.wechat.address import HOST, long_address, read_address
from crawler.sites.wechat.statements import Statements

_NOBODY: Final = frozenset(
    "wxeditor 135编辑器 135editor xiumi 秀米 秀米xiumi 96编辑器 i排版 壹伴 新媒体管家 易点编辑器 新媒体排版".split()
)
"""Plug-ins that lay out pages, and sign them."""
_AUTHOR_PLACES: Final = (
    (".rich_media_meta_text", re.compile(r"(?:原创\s*[:：]?\s*)?(?:作者\s*[:：\s]\s*)?(.*)")),
    (".rich_media_meta_primary", re.compile(r".*?作者\s*[:：\s]\s*(.*)")),
)
_SOURCE_LINE: Final = re.compile(r"以下(?:文章|内容)?来源于\s*[:：]?\s*(.{1,80}?)\s*(?:[，,。]|$)")
_ZONES: Final = (timedelta(hours=-20), timedelta(hours=6))
"""How far the clocks of the world are from Beijing's: a page that was saved elsewhere shows its reader's time."""
_REPRINT: Final = "2"
CONTENT: Final = "#js_content"
"""Where an ordinary article stands."""


def article_fields(page: Document, said: Statements, text: Iterable[Found] = ()) -> Fields:
    """All fields but the text. ``text``: the title of a post that has none of its own."""
    return Fields(
        title=_title(page, said, tuple(text)),
        published=_published(page, said),
        summary=(*said.said("desc", "msg_desc"), *page.meta("description", "og:description")),
        thumbnail=(*said.said("cdn_url", "msg_cdn_url"), *page.meta("og:image", "twitter:image")),
        author=_author(page, said),
        media=_shown_first(
            (*said.said("nick_name", "nickname", "nick_name"),),
            (*_shown(page, "#js_name", "#post-user", ".profile_nickname"), *page.shown(".wx_follow_nickname")),
            same_line,
        ),
        media_id=(*said.said("bizuin", "biz", "__biz", "appuin"),) or (*said.said("user_name", "user_name"),),
        location=_location(page, said),
        comment_id=(*said.said("comment_id", "comment_id"),),
        source_account=_source_account(page, said),
        source_url=tuple(_source_urls(page, said)),
    )


def _shown_first(stated: Opinions, shown: Opinions, same: Callable[[Found, Found], bool]) -> Opinions:
    """What is stated, then what is shown; the other way round where they contradict each other."""
    if stated and shown and not same(stated[0], shown[0]):
        return (*shown, *stated)
    return (*stated, *shown)


def _title(page: Document, said: Statements, text: Opinions) -> Opinions:
    if text:  # Such a page states its whole text where others have their title.
        return (*text, *_shown(page, "#activity-name"))
    stated = (*said.said("title", "msg_title"), *page.meta("og:title", "twitter:title"))
    shown = (*_shown(page, "#activity-name", ".rich_media_title"),)
    return _shown_first(stated, shown, same_title) or tuple(_shown(page, "h1"))


def _published(page: Document, said: Statements) -> Opinions:
    stated = (
        *said.said("ori_create_time", "ct", "oriCreateTime"),
        *said.said("create_time", "create_time", "createTime", "publish_time"),
    )
    return _shown_first(stated, (*_shown(page, "#publish_time", "#post-date"),), _may_be_same_time)


def _may_be_same_time(one: Found, other: Found) -> bool:
    """Whether a shown time is the stated one, or may be, as the clock of whoever saved the page has it."""
    first, second = read_time(one.raw), read_time(other.raw)
    if first is None or second is None or same_time(one, other):
        return True
    apart = second - first.replace(second=0)
    return _ZONES[0] <= apart <= _ZONES[1] and not apart % timedelta(minutes=15)


def _author(page: Document, said: Statements) -> Opinions:
    stated = (*said.said("author", "author"), *page.meta("author", "og:article:author"))
    shown = (*_shown(page, "#js_author_name"), *_shown_authors(page))
    return _shown_first(tuple(filter(_is_somebody, stated)), tuple(filter(_is_somebody, shown)), same_line)


def _is_somebody(found: Found) -> bool:
    return one_line(decoded(found)).lower() not in _NOBODY


def _shown_authors(page: Document) -> Iterator[Found]:
    """The author in the line under the headline, where that place bears no name of its own."""
    for css, form in _AUTHOR_PLACES:
        for element in _around_the_text(page, css):
            if element.get("id") or "rich_media_meta_nickname" in element.get("class", "").split():
                continue
            text = form.fullmatch(" ".join(words_in(element).split()))
            if text and text[1] and read_time(text[1]) is None:
                yield Found(text[1], css)
                return


def _shown(page: Document, *selectors: str) -> Iterator[Found]:
    """The text of the first element around the article's text that each CSS selector finds."""
    for css in selectors:
        element = next(_around_the_text(page, css), None)
        if element is not None and (text := " ".join(words_in(element).split())):
            yield Found(text, css)


def _around_the_text(page: Document, css: str) -> Iterator[Element]:
    """What a CSS selector finds and readers see outside of the text, into which whole pages are pasted at times."""
    content = page.first(CONTENT)
    for element in page.all(css):
        above = tuple(element.iterancestors())
        if content not in above and not any(map(_is_hidden, (element, *above))):
            yield element


def _is_hidden(element: Element) -> bool:
    return "display:none" in element.get("style", "").replace(" ", "").lower()


def _location(page: Document, said: Statements) -> Opinions:
    for key in ("provinceName", "countryName"):
        found = (
            *said.said(f"ip_wording.{key}", *(("provinceName",) if key == "provinceName" else ())),
            *said.under("ip_wording", key),
        )
        if found:
            return (*found, *page.shown("#js_ip_wording"))
    return tuple(page.shown("#js_ip_wording"))


def _source_account(page: Document, said: Statements) -> Opinions:
    """Who published a reprint first: the account's name, else its id."""
    shown = (
        *page.shown("#js_share_author", ".original_primary_nickname"),
        *(
            Found(line[1], found.where)
            for found in page.shown(".original_primary_card_tips", "#copyright_info")
            if (line := _SOURCE_LINE.search(found.raw))
        ),
    )
    names = _shown_first((*said.said("copyright_info.platform"),) if _is_reprint(said) else (), shown, same_line)
    return names or (
        *said.said("copyright_info.source_username", "source_username"),
        *said.said("copyright_info.source_encode_biz", "source_encode_biz"),
    )


def _is_reprint(said: Statements) -> bool:
    stated = said.said("copyright_info.copyright_stat", "copyright_stat", "_copyright_stat")
    return any(found.raw == _REPRINT for found in stated) or bool(said.value("copyright_info.reprint_url"))


def _source_urls(page: Document, said: Statements) -> Iterator[Found]:
    """Where a reprint, or the article that a card leads to, first stood."""
    share = page.first("#js_share_source")
    linked = (share.get("data-url") or share.get("href") or "") if share is not None else ""
    for found in (Found(linked, "link of #js_share_source"), *said.said("copyright_info.reprint_url")):
        if address := article_link(found.raw).replace("http:", "https:", 1):
            yield Found(address, found.where)
    for where in ("copyright_info.", ""):
        parts = [_first_said(said, f"{where}source_{part}") for part in ("encode_biz", "mid", "idx")]
        if all(parts):
            yield Found(long_address(*parts).url, f"{where}source_mid")
            return


def _first_said(said: Statements, key: str) -> str:
    """The first that is said under a key or by a variable of that name."""
    name = key.rpartition(".")[2]
    return next((found.raw for found in said.said(key, name)), "")


def article_link(href: str) -> str:
    """The canonical address of the article that a link leads to, with the link's own scheme; ``""`` if to none."""
    href = decoded(Found(href, "")).strip()
    try:
        url = read_address(href).url
    except NotAnAddress:
        return ""
    return url.replace("https:", "http:", 1) if href.lower().startswith(f"http://{HOST}/") else url
