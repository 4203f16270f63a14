"""Where articles are listed: for each source by name the requests to make and the way to read their answers.

=====================  ====================================================================
name                   what it lists
=====================  ====================================================================
``channel:tech``       a channel of 2026, page after page
``hot-modules``        the cards of the front page
``hot``                the hot ranking, with ranks
``account:ID``         a media account, by its suid, its number, or its page's address
``tag:ID``             a tag's page
``sitemap``            the site map: its parts come in `Source.more`
``search:WORDS``       what the site's search finds
``page:URL``           the links of a page of the site
=====================  ====================================================================
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from crawler.sites.qq.addresses.forms import NotAnAddress, read_page_url
from crawler.sites.qq.lists import (
    Listing,
    read_account,
    read_feed,
    read_links,
    read_ranking,
    read_search,
    read_sitemap,
    read_tag,
)

CHANNELS = {
    "home": "",
    "top": "news",
    "bj": "",
    "tech": "",
    "finance": "",
    "fx": "ai",
    "qa": "",
    "edu": "",
    "world": "",
    "mil": "milite",
    "ent": "",
    "sports": "",
    "nba": "",
    "auto": "",
    "house": "",
    "antip": "health",
    "video": "",
    "game": "games",
    "digi": "",
    "nchupin": "chupin",
    "football": "",
    "kepu": "",
    "esport": "",
    "history": "",
    "baby": "",
    "lic": "finance_licai",
    "istock": "finance_stock",
    "weather": "",
}
"""Channels of 2026: the tail of ``news_news_…``, and the name its page goes by where that is another one."""

_LOCAL_CHANNELS = {"bj"}
_DEVICE = "0_qqnews0000000"
"""The interfaces want an id of a device and take any; one for all, so that nobody is told apart."""
_PAGE = 20
_MOST_OF_RANKING = 50
"""Ranks asked for at once. The site gives 20 of them: where the next page begins, its answer decides."""
_FROM_SITE = (("Origin", "https://news.qq.com"), ("Referer", "https://news.qq.com/"))


@dataclass(frozen=True, slots=True)
class ListRequest:
    """One request of a list."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source. Ask `first`, `read` the answer, ask `next` as long as pages bring anything new."""

    name: str
    """In its canonical form: ``channel:milite`` is ``channel:mil``."""
    start: ListRequest
    reader: Callable[[bytes, str], Listing]
    follow: Callable[[Listing, int], ListRequest | None] = field(default=lambda listing, n: None)
    other_way: Callable[[ListRequest], ListRequest | None] = field(default=lambda request: None)
    in_order: bool = True
    """Whether it lists the newest first, so that a list which ends among known articles has missed none."""

    def first(self) -> ListRequest:
        """The first request."""
        return self.start

    def read(self, body: bytes, url: str = "") -> Listing:
        """Read the answer to the request of this `url`, by default the first one's. Raises `ListBroken`."""
        return self.reader(body, url or self.start.url)

    def next(self, listing: Listing, n: int) -> ListRequest | None:
        """The request after `n` pages, the last of which is `listing`; None if there is no further page."""
        return self.follow(listing, n)

    def more(self, listing: Listing) -> tuple[ListRequest, ...]:
        """Further lists the answer names (a site map's parts); `read` reads them too."""
        return tuple(ListRequest("GET", url) for url in listing.more)

    def twin(self, request: ListRequest) -> ListRequest | None:
        """The same asked of another interface, for when the first one is silent; None: no other."""
        return self.other_way(request)


class UnknownSource(ValueError):
    """A name that is no source. Attributes: ``name``, ``near`` the names most like it."""

    def __init__(self, name: str, reason: str = "", near: tuple[str, ...] = ()) -> None:
        hint = f"did you mean {', '.join(near)}?" if near else f"there are: {', '.join(source_forms())}"
        super().__init__(f"no source {name[:120]!r}: {f'{reason}; ' if reason else ''}{hint}")
        self.name = name
        self.near = near


def source_forms() -> tuple[str, ...]:
    """Every form of name, for help texts: ``channel:NAME``, ``hot`` …"""
    return (*_PLAIN, *(f"{kind}:{word}" for kind, (word, _) in _WITH_WORDS.items()))


def source_names() -> tuple[str, ...]:
    """Every name that is whole without a word of the user's: all channels, hot, hot-modules, sitemap."""
    return (*(f"channel:{name}" for name in CHANNELS), *_PLAIN)


def read_source(name: str) -> Source:
    """The source of a name. Raises `UnknownSource`, which names those nearest to it."""
    kind, _, words = name.strip().partition(":")
    if not words and kind in _PLAIN:
        return _PLAIN[kind]()
    if kind in _WITH_WORDS and words.strip():
        return _WITH_WORDS[kind][1](words.strip())
    near = difflib.get_close_matches(name[:120], source_names(), n=3)
    raise UnknownSource(name, near=tuple(near))


def _channel(words: str) -> Source:
    by_page = {page: name for name, page in CHANNELS.items() if page}
    name = by_page.get(words.lower(), words.lower()).removeprefix("news_news_")
    if name not in CHANNELS:
        near = difflib.get_close_matches(name, [*CHANNELS, *by_page], n=3)
        known = tuple(f"channel:{each}" for each in near or CHANNELS)
        raise UnknownSource(f"channel:{words}", "no such channel", known)
    return Source(
        name=f"channel:{name}",
        start=_feed_request("getPCList", name, 1),
        reader=read_feed,
        follow=lambda listing, n: _feed_request("getPCList", name, n + 1),
        other_way=_feed_twin,
    )


def _hot_modules() -> Source:
    return Source(
        name="hot-modules",
        start=_feed_request("getHotModuleList", "top", 1),
        reader=read_feed,
        follow=lambda listing, n: _feed_request("getHotModuleList", "top", n + 1),
        other_way=_feed_twin,
    )


def _feed_request(interface: str, channel: str, flush: int) -> ListRequest:
    asked = {
        "base_req": {"from": "pc"},
        # 2 asks for the newest, 1 for what lies before; the modules only know the newest.
        "forward": "2" if flush == 1 or interface == "getHotModuleList" else "1",
        "qimei36": _DEVICE,
        "device_id": _DEVICE,
        "flush_num": flush,
        "channel_id": f"news_news_{channel}",
        "item_count": _PAGE,
        "is_local_chlid": "1" if channel in _LOCAL_CHANNELS else "0",
    }
    return ListRequest(
        "POST",
        f"https://i.news.qq.com/web_feed/{interface}",
        (("Content-Type", "application/json;charset=UTF-8"), *_FROM_SITE),
        json.dumps(asked).encode(),
    )


def _feed_twin(request: ListRequest) -> ListRequest:
    return replace(request, url=request.url.replace("//i.news.qq.com/", "//r.inews.qq.com/"))


def _hot() -> Source:
    return Source(
        name="hot",
        start=_ranking_request({}),
        reader=read_ranking,
        follow=lambda listing, n: _ranking_request(listing.next) if listing.next else None,
        other_way=_ranking_twin,
        in_order=False,
    )


def _ranking_request(following: Mapping[str, str]) -> ListRequest:
    return _get("https://r.inews.qq.com/gw/event/hot_ranking_list", {"page_size": str(_MOST_OF_RANKING), **following})


def _ranking_twin(request: ListRequest) -> ListRequest:
    asked = {key: values[0] for key, values in parse_qs(urlsplit(request.url).query).items()}
    first = {"ids_hash": "", "offset": "0"}
    fixed = {"appver": "15.5_qqnews_7.1.60", "rank_id": "hot"}
    return _get("https://i.news.qq.com/gw/event/pc_hot_ranking_list", first | asked | fixed)


def _account(words: str) -> Source:
    ident = unquote(re.split(r"[?#]", words.rpartition("/omn/author/")[2])[0].rstrip("/"))
    if not re.fullmatch(r"[A-Za-z0-9_+/=-]{3,64}", ident):
        raise UnknownSource(f"account:{words}", "an account is named by its number or its suid")
    # Lists want the suid. A number is first exchanged for it.
    by_number = ident.isdecimal()
    start = (
        _get("https://i.news.qq.com/i/getUserHomepageInfo", {"chlid": ident})
        if by_number
        else _account_request({"guestSuid": ident})
    )
    return Source(
        name=f"account:{ident}",
        start=start,
        reader=read_account,
        follow=lambda listing, n: _account_request(dict(listing.next)) if listing.next else None,
    )


def _account_request(asked: dict[str, str]) -> ListRequest:
    query = {"tabId": "om_index", "caller": "1", "from_scene": "103", **asked}
    return _get("https://i.news.qq.com/getSubNewsMixedList", query)


def _tag(words: str) -> Source:
    ident = unquote(words)
    request = _get("https://i.news.qq.com/web_backend/v2/getTagInfo", {"tagId": ident})
    return Source(name=f"tag:{ident}", start=request, reader=read_tag)


def _search(words: str) -> Source:
    return Source(
        name=f"search:{words}",
        start=_search_request(words, 0),
        reader=read_search,
        follow=lambda listing, n: _search_request(words, n),
    )


def _search_request(words: str, page: int) -> ListRequest:
    asked = {
        "page": str(page),
        "query": words,
        "is_pc": "1",
        "search_type": "all",
        "search_count_limit": "10",
        "hippy_custom_version": "24",
    }
    return ListRequest(
        "POST",
        "https://i.news.qq.com/gw/pc_search/result",
        (("Content-Type", "application/x-www-form-urlencoded"), *_FROM_SITE),
        urlencode(asked).encode(),
    )


def _sitemap() -> Source:
    start = ListRequest("GET", "https://news.qq.com/sitemap/index.xml")
    return Source(name="sitemap", start=start, reader=read_sitemap, in_order=False)


def _page(words: str) -> Source:
    try:
        url = read_page_url(words)
    except NotAnAddress as refusal:
        raise UnknownSource(f"page:{words}", f"{refusal.reason}; expected a page of qq.com") from refusal
    return Source(name=f"page:{url}", start=ListRequest("GET", url), reader=read_links, in_order=False)


def _get(url: str, asked: dict[str, str]) -> ListRequest:
    return ListRequest("GET", f"{url}?{urlencode(asked, quote_via=quote)}", _FROM_SITE)


_PLAIN: dict[str, Callable[[], Source]] = {"hot": _hot, "hot-modules": _hot_modules, "sitemap": _sitemap}
_WITH_WORDS: dict[str, tuple[str, Callable[[str], Source]]] = {
    "channel": ("NAME", _channel),
    "account": ("ID", _account),
    "tag": ("ID", _tag),
    "search": ("WORDS", _search),
    "page": ("URL", _page),
}
