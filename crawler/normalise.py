"""What a page said to what we understood: one opinion per field, in the forms of FORMAT. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from archive.article import BEIJING, Article, plausible
from crawler.body.marks import CONTROL, HTML_SPACE, INVISIBLE
from crawler.sites.page import Body, Found, Opinions, RawArticle

_SUMMARY_LENGTH: Final = 100
_TAIL: Final = re.compile(
    r"(?:_[^\s_-]{1,8})?(?:\s*[_-]\s*[^\s_-]{1,12})?\s*[_-]\s*(?:腾讯(?:新闻|网|[\u4e00-\u9fff]{2,3})|天天快报)\s*$"
)
"""The site's name and up to two sections before it: ``_国内新闻_新闻_腾讯网``."""
_WITH_TAIL: Final = frozenset({"meta og:title", "title"})
_TIME: Final = re.compile(
    r"(?P<year>(?:19|20)\d\d)\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})日?"
    r"(?:[T\s]*(?P<hour>\d{1,2})\s*[:：时]\s*(?P<minute>\d{1,2})(?:\s*[:：分]\s*(?P<second>\d{1,2}))?)?"
)
_LABEL: Final = re.compile(r"^(?:作者|来源|编辑|文字?|记者|撰文)\s*[:：/|丨｜]\s*")
_EPOCH: Final = re.compile(r"1\d{9}(?:\d{3})?")
_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_EMPTY: Final = Body("", "", (), (), "")


def normalise(raw: RawArticle) -> Article:
    """The article of a page. Where opinions differ, the first that can be understood counts."""
    body = raw.bodies[0] if raw.bodies else _EMPTY
    title, title_found = _title(raw.title)
    published, time_found = _published(raw)
    summary, summary_found = _summary(raw.summary, title, body)
    thumbnail, cover_found = _thumbnail(raw.thumbnail, body)
    media = _LABEL.sub("", _first(raw.media))
    found = {
        "title": title_found,
        "published_at": time_found,
        "summary": summary_found,
        "thumbnail": cover_found,
        "body": Found("", body.where),
        **{name: next(iter(getattr(raw, name)), None) for name in _PLAIN},
    }
    return Article(
        id=raw.address.id,
        url=raw.address.url,
        title=title,
        summary=summary,
        body=body.markdown,
        published_at=published,
        published_raw=time_found.raw if time_found else "",
        author=_LABEL.sub("", _first(raw.author)) or media,
        media=media,
        media_id=_first(raw.media_id),
        channel=_first(raw.channel),
        keywords=tuple(_keywords(raw.keywords, title)),
        thumbnail=thumbnail,
        kind=raw.kind,
        location=_first(raw.location).removeprefix("发布于").strip(),
        comment_id=_first(raw.comment_id),
        layout=raw.layout,
        provenance={name: (where.where, where.raw) for name, where in found.items() if where},
    )


_PLAIN: Final = ("author", "media", "media_id", "channel", "keywords", "location", "comment_id")


def one_line(text: str) -> str:
    """White space collapsed to single spaces, control characters gone; ideographic spaces stay inside.

    Gone are also the characters that turn the direction of the text around them: in a list of titles they would
    turn the rest of the line, too.
    """
    return _TURNING.sub("", CONTROL.sub("", HTML_SPACE.sub(" ", text))).strip(INVISIBLE)


def _first(opinions: Opinions) -> str:
    return one_line(opinions[0].raw) if opinions else ""


def _title(opinions: Opinions) -> tuple[str, Found | None]:
    for found in opinions:
        if title := without_tail(found):
            return title, found
    return "", None


def without_tail(found: Found) -> str:
    """A title without the site's tail. Where a page states it in its data, the tail may only be the site's name."""
    text = one_line(found.raw)
    return _TAIL.sub("", text) if found.where in _WITH_TAIL else re.sub(r"_腾讯(?:新闻|网)$", "", text)


def _published(raw: RawArticle) -> tuple[datetime | None, Found | None]:
    for found in raw.published:
        if time := read_time(found.raw):
            return time, found
    # Every id of the site begins with, or holds, the day it was given out. WeChat's ids tell no time.
    day = None if raw.address.id.startswith("wx-") else re.search(r"20\d{6}", raw.address.id)
    if day and (time := read_time(f"{day.group()[:4]}-{day.group()[4:6]}-{day.group()[6:]}")):
        return time, Found(day.group(), "id")
    return None, None


def read_time(text: str) -> datetime | None:
    """A time as the site writes it (Beijing time, or seconds since 1970); None if it is none, or can be none."""
    text = text.strip()
    if _EPOCH.fullmatch(text):
        return plausible(datetime.fromtimestamp(int(text[:10]), BEIJING))
    if (match := _TIME.search(text)) is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        return plausible(datetime(year, month, day, hour, minute, second, tzinfo=BEIJING))
    except ValueError:
        return None


def _summary(opinions: Opinions, title: str, body: Body) -> tuple[str, Found | None]:
    for found in opinions:
        summary = _TURNING.sub("", " ".join(found.raw.split()))
        if summary and summary != title:
            return summary, found
    text = " ".join(body.text.split())
    if not text:
        return "", None
    cut = text[:_SUMMARY_LENGTH] + "..." if len(text) > _SUMMARY_LENGTH else text
    return cut, Found("", body.where)


def _thumbnail(opinions: Opinions, body: Body) -> tuple[str, Found | None]:
    for found in opinions:
        if address := _https(found.raw):
            return address, found
    if body.pictures:
        return body.pictures[0], Found(body.pictures[0], f"{body.where}: first picture")
    poster = next((video.poster for video in body.videos if video.poster), "")
    return (poster, Found(poster, f"{body.where}: video")) if poster else ("", None)


def _https(address: str) -> str:
    address = address.strip()
    if address.startswith("//"):
        return f"https:{address}"
    return address if address.startswith(("http://", "https://")) else ""


def _keywords(opinions: Opinions, title: str) -> Iterator[str]:
    """The words of the first opinion. Pages put the title before them, or in their place."""
    stated = one_line(opinions[0].raw) if opinions else ""
    words = map(one_line, re.split("[,;]", stated.removeprefix(title)))
    yield from dict.fromkeys(word for word in words if word)
