"""What a page said to what we understood: one opinion per field, in the forms of FORMAT. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Final

from archive.article.model import Article
from crawler.body.marks import CONTROL, HTML_SPACE, INVISIBLE
from crawler.body.unescape import unescaped
from crawler.sites.page import Body, Found, Opinions, RawArticle
from crawler.sites.times import Moment, read_moment
from crawler.sites.unread_parts import told

_SUMMARY_LENGTH: Final = 100
_TAIL: Final = re.compile(
    r"(?:_[^\s_-]{1,8})?(?:\s*[_-]\s*[^\s_-]{1,12})?\s*[_-]\s*(?:腾讯(?:新闻|网|[\u4e00-\u9fff]{2,3})|天天快报)\s*$"
)
"""The site's name and up to two sections before it: ``_国内新闻_新闻_腾讯网``."""
_SECTIONS: Final = 40
"""Characters: more than two sections and what parts them have."""
_WITH_TAIL: Final = frozenset({"meta og:title", "title"})
_LABEL: Final = re.compile(r"^(?:作者|来源|编辑|文字?|记者|撰文)\s*[:：/|丨｜]\s*")
_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_REMEMBERED: Final = 64
"""Titles and times whose reading is remembered: each is asked for by what reads, compares and counts a page."""
_EMPTY: Final = Body("", "", (), (), "")


def normalise(raw: RawArticle, at: datetime | None = None) -> Article:
    """The article of a page. Where opinions differ, the first that can be understood counts.

    ``at``: when the page was fetched. Without it, a time like 昨天 is none.
    """
    body = raw.bodies[0] if raw.bodies else _EMPTY
    title, title_found = _title(raw.title)
    published, time_found = _published(raw, at)
    summary, summary_found = _summary(raw.summary, title, body)
    thumbnail, cover_found = _thumbnail(raw.thumbnail, body)
    media = _LABEL.sub("", _first(raw.media))
    found = {
        "title": title_found,
        "published_at": time_found if published else None,
        "summary": summary_found,
        "thumbnail": cover_found,
        "body": Found("", body.where),
        "unread_parts": Found(told(body.unread), body.where) if body.unread else None,
        **{name: next(iter(getattr(raw, name)), None) for name in _PLAIN},
    }
    return Article(
        id=raw.address.id,
        url=raw.address.url,
        title=title,
        summary=summary,
        body=body.markdown,
        published_at=published.time if published else None,
        published_raw=time_found.raw if time_found else "",
        published_precision=published.precision if published else "none",
        author=_LABEL.sub("", _first(raw.author)) or media,
        media=media,
        media_id=_first(raw.media_id),
        channel=_first(raw.channel),
        keywords=tuple(_keywords(raw.keywords, title)),
        thumbnail=thumbnail,
        animations=body.animations,
        kind=raw.kind,
        location=_first(raw.location).removeprefix("发布于").strip(),
        comment_id=_first(raw.comment_id),
        source_account=_first(raw.source_account),
        source_url=next((address for found in raw.source_url if (address := _https(found))), ""),
        layout=raw.layout,
        provenance={name: (where.where, where.raw) for name, where in found.items() if where},
    )


_PLAIN: Final = (
    "author",
    "media",
    "media_id",
    "channel",
    "keywords",
    "location",
    "comment_id",
    "source_account",
    "source_url",
)


def decoded(found: Found) -> str:
    """What was found as it was meant: what a reader is shown was decoded already, data and heads are escaped."""
    return found.raw if found.is_shown else unescaped(found.raw)


def one_line(text: str) -> str:
    """White space collapsed to single spaces, control characters gone; ideographic spaces stay inside.

    Gone are also the characters that turn the direction of the text around them: in a list of titles they would
    turn the rest of the line, too.
    """
    return _TURNING.sub("", CONTROL.sub("", HTML_SPACE.sub(" ", text))).strip(INVISIBLE)


def _first(opinions: Opinions) -> str:
    return one_line(decoded(opinions[0])) if opinions else ""


def _title(opinions: Opinions) -> tuple[str, Found | None]:
    for found in opinions:
        if title := without_tail(found):
            return title, found
    return "", None


@lru_cache(maxsize=_REMEMBERED)
def without_tail(found: Found) -> str:
    """A title without the site's tail. Where a page states it in its data, the tail may only be the site's name."""
    text = one_line(decoded(found))
    if found.where not in _WITH_TAIL:
        return text.removesuffix("_腾讯新闻" if text.endswith("_腾讯新闻") else "_腾讯网")
    site = max(text.rfind("腾讯"), text.rfind("天天快报"))
    tail = _TAIL.search(text, max(0, site - _SECTIONS)) if site >= 0 else None
    return text[: tail.start()] if tail else text


def _published(raw: RawArticle, at: datetime | None) -> tuple[Moment | None, Found | None]:
    """The moment, and the statement that it was read from; of a page that tells none, its first statement."""
    for found in raw.published:
        if moment := read_moment(found.raw, at):
            return moment, found
    # Every id of the site begins with, or holds, the day it was given out. WeChat's ids tell no time.
    day = None if raw.address.id.startswith("wx-") else re.search(r"20\d{6}", raw.address.id)
    if day and (moment := read_moment(day.group())):
        return moment, Found(day.group(), "id")
    return None, next(iter(raw.published), None)


def _summary(opinions: Opinions, title: str, body: Body) -> tuple[str, Found | None]:
    for found in opinions:
        summary = _TURNING.sub("", " ".join(decoded(found).split()))
        if summary and summary != title:
            return summary, found
    text = " ".join(body.text.split())
    if not text:
        return "", None
    cut = text[:_SUMMARY_LENGTH] + "..." if len(text) > _SUMMARY_LENGTH else text
    return cut, Found("", body.where)


def _thumbnail(opinions: Opinions, body: Body) -> tuple[str, Found | None]:
    for found in opinions:
        if address := _https(found):
            return address, found
    if body.pictures:
        return body.pictures[0], Found(body.pictures[0], f"{body.where}: first picture")
    poster = next((video.poster for video in body.videos if video.poster), "")
    return (poster, Found(poster, f"{body.where}: video")) if poster else ("", None)


def _https(found: Found) -> str:
    """The complete address that was found; ``""`` where it is none."""
    address = decoded(found).strip()
    if address.startswith("//"):
        return f"https:{address}"
    return address if address.startswith(("http://", "https://")) else ""


def _keywords(opinions: Opinions, title: str) -> Iterator[str]:
    """The words of the first opinion. Pages put the title before them, or in their place."""
    stated = one_line(decoded(opinions[0])) if opinions else ""
    words = map(one_line, re.split("[,;]", stated.removeprefix(title)))
    yield from dict.fromkeys(word for word in words if word)
