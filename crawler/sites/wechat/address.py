"""Addresses of WeChat articles, read without fetching anything.

===========================================  ==================================  ===================================
address                                      id                                  canonical address
===========================================  ==================================  ===================================
``mp.weixin.qq.com/s/<key>``                 ``wx-<key>``                        the same, https, without query
``…/s?__biz=<biz>&mid=<mid>&idx=<n>&sn=…``   ``wx-<biz>-<mid>-<n>``              ``/s`` with these four, in this order
``…/mp/appmsg/show?__biz=…&appmsgid=…``      the same (2013: ``itemidx, sign``)  the same
===========================================  ==================================  ===================================

``<biz>`` stands in the id without its ``=``. The query is an article's identity here, so the canonical address
keeps these four parameters and drops every other. A key and a ``biz`` address of one article cannot be told to be
the same without asking; the archive then finds the second one to be a copy by its text.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, urlsplit

from crawler.sites.address import Address, NotAnAddress
from crawler.sites.qq.addresses.forms import LONGEST

HOST = "mp.weixin.qq.com"
PREFIX = "wx-"
"""Every id of a WeChat article begins with it, and no other id does."""

EXPECTED = "expected https://mp.weixin.qq.com/s/<key> or https://mp.weixin.qq.com/s?__biz=…&mid=…&idx=…&sn=…"

_KEY = re.compile(r"[A-Za-z0-9_-]{22}")
_BIZ = re.compile(r"([A-Za-z0-9]{6,24})={0,2}")
_MID = re.compile(r"[0-9]{1,12}")
_IDX = re.compile(r"[1-9][0-9]?")
_SN = re.compile(r"[0-9a-zA-Z]{8,64}")
_LONG_ID = re.compile(r"([A-Za-z0-9]{6,24})-([0-9]{1,12})-([1-9][0-9]?)")
_NAMES = {"/s": ("mid", "idx", "sn"), "/mp/appmsg/show": ("appmsgid", "itemidx", "sign")}


def is_wechat(text: str) -> bool:
    """Whether a text is meant for `read_address`: an id of ours, or any address of WeChat's article host."""
    bare = text.strip()
    return bare.startswith(PREFIX) or _host(bare) == HOST


def is_long(address: Address) -> bool:
    """Whether an article is named by account, message and place, and not by a key."""
    return bool(_LONG_ID.fullmatch(address.id.removeprefix(PREFIX)))


def read_address(text: str) -> Address:
    """Read an article's address of any form, or an id. Raises `NotAnAddress`."""
    bare = text.strip()
    if len(bare) > LONGEST or not bare.isprintable() or " " in bare or "\\" in bare:
        raise NotAnAddress(text, "no address of an article", EXPECTED)
    if bare.startswith(PREFIX):
        return _read_id(bare)
    link = _split(bare)
    if link.path.startswith("/s/"):
        key = link.path.removeprefix("/s/").rstrip("/")
        if not _KEY.fullmatch(key):
            raise NotAnAddress(text, "no WeChat article's key", EXPECTED)
        return _short(key)
    if names := _NAMES.get(link.path.rstrip("/")):
        return _by_query(text, link.query, names)
    raise NotAnAddress(text, "a page of WeChat that is no article", EXPECTED)


def _read_id(text: str) -> Address:
    name = text.removeprefix(PREFIX)
    if found := _LONG_ID.fullmatch(name):
        return long_address(found[1], found[2], found[3], "")
    if _KEY.fullmatch(name):
        return _short(name)
    raise NotAnAddress(text, "no WeChat article's id", EXPECTED)


def _by_query(text: str, query: str, names: tuple[str, str, str]) -> Address:
    # Copied from a page's source, an address has its ampersands escaped.
    values = parse_qs(query.replace("&amp;", "&"))
    biz, mid, idx, sn = (values.get(name, [""])[0] for name in ("__biz", *names))
    account = _BIZ.fullmatch(biz)
    if account and _MID.fullmatch(mid) and _IDX.fullmatch(idx or "1"):
        return long_address(account[1], mid, idx or "1", sn if _SN.fullmatch(sn) else "")
    if "signature" in values:
        raise NotAnAddress(text, "a link that soon expires", "open it, and take the address it leads to")
    raise NotAnAddress(text, "a WeChat address that names no article", EXPECTED)


def _short(key: str) -> Address:
    return Address(f"{PREFIX}{key}", f"https://{HOST}/s/{key}", "article")


def long_address(biz: str, mid: str, idx: str, sn: str = "") -> Address:
    """The address of an article by its account, its message, its place in it, and its signature."""
    padded = biz + "=" * (-len(biz) % 4)
    query = f"__biz={padded}&mid={mid}&idx={idx}" + (f"&sn={sn}" if sn else "")
    return Address(f"{PREFIX}{biz}-{mid}-{idx}", f"https://{HOST}/s?{query}", "article")


def _split(text: str) -> SplitResult:
    link = _parts(text)
    if link is None or link.scheme not in ("http", "https") or _host(text) != HOST or "@" in link.netloc:
        raise NotAnAddress(text, "no address of WeChat's articles", EXPECTED)
    try:
        usual = link.port in (None, 80, 443)
    except ValueError:
        usual = False
    if not usual:
        raise NotAnAddress(text, "an unusual port", EXPECTED)
    return link


def _host(text: str) -> str:
    link = _parts(text)
    return (link.hostname or "").removesuffix(".") if link else ""


def _parts(text: str) -> SplitResult | None:
    if text.startswith("//"):
        text = f"https:{text}"
    elif text.lower().startswith(f"{HOST}/"):
        text = f"https://{text}"
    try:
        return urlsplit(text)
    except ValueError:
        return None
