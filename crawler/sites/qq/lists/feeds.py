"""The lists of 2024 and later: channels, hot modules, hot ranking, accounts, tags, search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from crawler.sites.qq.lists.answers import Object, list_at, object_of, string
from crawler.sites.qq.lists.listing import (
    Entry,
    ListBlocked,
    ListBroken,
    Listing,
    SiteError,
    Skip,
    to_listing,
)

_NOT_ARTICLES = {"123": "tag entry (123)", "560": "explanation (560)"}
_DEEPEST = 8
"""Cards within cards. More is no list anybody made."""


def read_feed(body: bytes, url: str = "") -> Listing:
    """``getPCList`` and ``getHotModuleList``: a channel's items, its cards unwrapped. Raises `ListBroken`."""
    return to_listing(_unwrapped(list_at(object_of(body, url), ("data",), url)))


def read_ranking(body: bytes, url: str = "") -> Listing:
    """``hot_ranking_list`` and its PC twin: rank is the event's own, else its place from `url`'s offset on.

    ``next``, if the answer has more: ``ids_hash``, and as ``offset`` the place behind all that it gave, however
    much was asked for. Raises `ListBroken`.
    """
    parts = list_at(object_of(body, url), ("idlist",), url)
    if not parts or not isinstance(parts[0], dict):
        raise ListBroken(url, "an idlist without a list")
    head = parts[0]
    offset = _number(_parameter(url, "offset"))
    items = list_at(head, ("newslist",), url)
    given = sum(not isinstance(item, dict) or string(item, "articletype") not in _NOT_ARTICLES for item in items)
    following = {"ids_hash": string(head, "ids_hash"), "offset": str(offset + given)}
    more = head.get("has_more") in (1, "1", True) and given
    return to_listing(_ranked(items, offset), next=following if more else None)


def read_account(body: bytes, url: str = "") -> Listing:
    """``getSubNewsMixedList``, or ``getUserHomepageInfo``, which only tells an account's suid.

    ``next``: ``guestSuid`` and ``offset_info``. Raises `ListBroken`.
    """
    data = object_of(body, url)
    if "newslist" not in data and "userinfo" in data:
        suid = string(data, "userinfo", "suid")
        if not suid:
            raise ListBroken(url, "an account without suid")
        return Listing(next={"guestSuid": suid}, is_signpost=True)
    following = {
        "guestSuid": _parameter(url, "guestSuid"),
        "offset_info": string(data, "offsetInfo"),
    }
    goes_on = data.get("hasNext") in (1, "1", True) and following["offset_info"]
    return to_listing(_unwrapped(list_at(data, ("newslist",), url)), next=following if goes_on else None)


def read_tag(body: bytes, url: str = "") -> Listing:
    """``getTagInfo``: the articles of every tab of a tag's page. Raises `ListBroken`."""
    tabs = list_at(object_of(body, url), ("data", "tabs"), url)
    items = [item for tab in tabs for item in list_at(tab, ("articleList",), url)]
    return to_listing(_unwrapped(items))


def read_search(body: bytes, url: str = "") -> Listing:
    """``pc_search/result``: articles and videos of every section. Raises `ListBroken`, `ListBlocked`."""
    try:
        sections = list_at(object_of(body, url), ("secList",), url)
    except SiteError as error:
        # Asked too often, the search wants a captcha and says so by this number alone.
        if error.code == "400":
            raise ListBlocked(url, error.evidence) from error
        raise
    return to_listing(_unwrapped([item for section in sections for item in _section(section)]))


def _parameter(url: str, name: str) -> str:
    return parse_qs(urlsplit(url).query).get(name, [""])[0]


def _number(digits: str) -> int:
    return int(digits) if digits.isdecimal() and len(digits) < 9 else 0


def _section(section: Any) -> Iterator[Any]:
    """A section's items; sections of accounts or words have none."""
    for key in ("newsList", "videoList"):
        items = section.get(key) if isinstance(section, dict) else None
        yield from items if isinstance(items, list) else ()


def _ranked(items: Sequence[Any], offset: int) -> Iterator[Entry | Skip]:
    place = offset
    for item in items:
        for entry in _unwrapped([item]):
            if isinstance(entry, Skip):
                yield entry
                continue
            place += 1
            yield replace(entry, rank=_number(string(item, "hotEvent", "ranking")) or place)


def _unwrapped(items: Sequence[Any], depth: int = 0) -> Iterator[Entry | Skip]:
    """Every item as an entry; a card stands for the items in it."""
    for item in items:
        if not isinstance(item, dict):
            yield Skip("not an object")
            continue
        kind = string(item, "articletype")
        inner = item.get("sub_item")
        if isinstance(inner, list) and inner and depth == _DEEPEST:
            yield Skip("card within too many cards")
        elif isinstance(inner, list) and inner:
            yield Skip(f"card ({kind or 'no type'}), unwrapped")
            yield from _unwrapped(inner, depth + 1)
        elif kind == "525":
            yield Skip("empty card (525)")
        elif kind in _NOT_ARTICLES:
            yield Skip(_NOT_ARTICLES[kind])
        else:
            yield _entry(item, kind)


def _entry(item: Object, kind: str) -> Entry:
    links = tuple(string(item, "link_info", key) for key in ("url", "share_url", "short_url", "org_url"))
    return Entry(
        names=(string(item, "id"), *links, string(item, "url"), string(item, "surl")),
        type=kind,
        title=string(item, "title") or string(item, "longtitle") or string(item, "longTitle"),
        published_raw=_first(item, ("publish_time",), ("time",), ("timestamp",)),
        updated_raw=string(item, "update_time"),
        media=_first(item, ("media_info", "chl_name"), ("card", "chlname"), ("chlname",), ("source",)),
        media_id=_first(
            item,
            ("media_info", "encoded_suid"),
            ("card", "suid"),
            ("media_info", "chl_id"),
            ("card", "chlid"),
            ("media_id",),
            ("chlid",),
        ),
    )


def _first(item: Object, *paths: tuple[str, ...]) -> str:
    return next(filter(None, (string(item, *path) for path in paths)), "")
