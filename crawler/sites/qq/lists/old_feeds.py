"""The lists of 2009 to 2024, still found in archives and mirrors: pacaio, kv_srv, ninja, roll."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from crawler.sites.qq.lists.answers import Object, data_of, list_at, object_of, refuse_error, string
from crawler.sites.qq.lists.links import link_entries
from crawler.sites.qq.lists.listing import Entry, ListBroken, Listing, Skip, to_listing


def read_pacaio(body: bytes, url: str = "") -> Listing:
    """``irs/rcd`` and its kin (2018–2020): JSON or JSONP, wrapped (``data``, ``newslist`` …) or a bare array.

    ``next``: ``expIds`` of the following request. Raises `ListBroken`.
    """
    data = data_of(body, url)
    account: Object = {}
    if isinstance(data, dict):
        refuse_error(data, url)
        account = data.get("mediainfo") or {}
        wrapper = next((key for key in ("data", "newslist", "mediaArticles") if key in data), "data")
        data = list_at(data, (wrapper,), url)
    if not isinstance(data, list):
        raise ListBroken(url, f"expected an array, found {type(data).__name__}")
    seen = [string(item, "id") for item in data if isinstance(item, dict)]
    following = {"expIds": "|".join(filter(None, seen))} if any(seen) else None
    return to_listing(_each(data, account), next=following)


def read_kv(body: bytes, url: str = "") -> Listing:
    """``kv_srv_http_proxy/list`` (2020–2024). Raises `ListBroken`."""
    return to_listing(_each(list_at(object_of(body, url), ("data", "list"), url)))


def read_ninja(body: bytes, url: str = "") -> Listing:
    """``NinjaPageContentSync`` and ``ninja/fragcontent`` before it (2018–2023). Raises `ListBroken`."""
    return to_listing(_each(list_at(object_of(body, url), ("data",), url)))


def read_roll(body: bytes, url: str = "") -> Listing:
    """``roll.php`` with ``article_info`` as HTML, ``cpcroll.php`` with it as a list (2009–2019).

    ``next``: ``pages``, the number of pages there are. Raises `ListBroken`.
    """
    answer = object_of(body, url)
    refuse_error(answer.get("response") or {}, url)
    data = answer.get("data")
    if not isinstance(data, dict) or "article_info" not in data:
        raise ListBroken(url, "no data.article_info in the answer")
    pages = {"pages": string(data, "count")} if string(data, "count") else None
    # One blank stands for an empty day.
    articles = data["article_info"]
    if isinstance(articles, str):
        return to_listing(link_entries(articles, "https://news.qq.com/") if articles.strip() else (), next=pages)
    return to_listing(_each(list_at(data, ("article_info",), url)), next=pages)


def _each(items: Sequence[Any], account: Object | None = None) -> Iterator[Entry | Skip]:
    for item in items:
        yield _entry(item, account or {}) if isinstance(item, dict) else Skip("not an object")


def _entry(item: Object, account: Object) -> Entry:
    # A numeric id does not tell its three letters, an address may: so the short ids come last.
    names = ("app_id", "cms_id", "vurl", "url", "surl", "article_id", "id")
    return Entry(
        names=tuple(string(item, name) for name in names),
        type=string(item, "article_type") or string(item, "articletype"),
        title=string(item, "title"),
        published_raw=next(
            filter(None, (string(item, key) for key in ("publish_time", "time", "ts", "timestamp"))), ""
        ),
        updated_raw=string(item, "update_time"),
        media=string(item, "media_name") or string(item, "source") or string(account, "name"),
        media_id=next(
            filter(None, (string(item, key) for key in ("media_id", "source_id", "uinname"))),
            string(account, "mid"),
        ),
    )
