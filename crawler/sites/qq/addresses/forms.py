"""Addresses of Tencent News: every form an article has had, read without fetching anything.

One article has many addresses (PC, mobile, app, short link) and one id, which decides (see `ids`).
The mobile address of an old PC page (``xw.qq.com/tech/20161014006270/TEC2016101400627000``) names that page
if the site's own rewriting rule makes its three letters of the site's name; else the three-letter id counts.
A numeric id (``cmsn/20190304/20190304010213.html``) does not tell its three letters and stays numeric.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from crawler.sites.address import Address, NotAnAddress
from crawler.sites.qq.addresses.ids import (
    HOST,
    mobile_letters,
    read_id,
    read_modern_id,
    read_old_page,
    read_video_id,
)

__all__ = ["Address", "NotAnAddress", "fetch_url", "is_page_host", "read_address", "read_page_url"]

LONGEST = 2048
"""Characters. A longer text is no address anybody published."""


def read_address(text: str) -> Address:
    """Read an address of any form and era, or a bare id. Raises `NotAnAddress`."""
    bare = _cleaned(text)
    address = read_id(bare)
    if address is not None:
        return address
    link = _link(bare)
    for hosts, path, read in _FORMS:
        found = path.fullmatch(link.path) if hosts.fullmatch(link.host) else None
        address = read(found, link) if found else None
        if address is not None:
            return address
    raise _refusal(bare, link)


def fetch_url(address: Address) -> str:
    """The address to download: the canonical one, except where the site is known to serve another."""
    if address.kind == "topic":
        return f"https://new.qq.com/zt/template/?id={address.id}"
    if address.kind == "live":
        return f"https://new.qq.com/omn/rose.htm?id={address.id}"
    if re.fullmatch(r"[0-9]{14}00", address.id):
        return f"https://new.qq.com/cmsn/{address.id[:8]}/{address.id[:14]}.html"
    return address.url


def is_page_host(host: str) -> bool:
    """Whether pages may be fetched from this host: ``qq.com`` and below it, but not WeChat's hosts."""
    name = host.lower().removesuffix(".")
    return bool(HOST.fullmatch(name)) and not _WECHAT.fullmatch(name)


def read_page_url(text: str) -> str:
    """The https address of any page of the site, article or not, without fragment. Raises `NotAnAddress`."""
    bare = _cleaned(text)
    parts = _split(bare)
    if parts.scheme not in ("http", "https"):
        raise NotAnAddress(text, "not an http address")
    host = _host(bare, parts)
    return SplitResult("https", host, parts.path or "/", parts.query, "").geturl()


class _Link(NamedTuple):
    host: str
    """Lower case, without port."""
    path: str
    """Decoded, single slashes, none at the end."""
    query: str


_Reader = Callable[[re.Match[str], _Link], Address | None]

_WECHAT = re.compile(r"(?:.+\.)?(?:weixin|wx)\.qq\.com")


def _by_id(found: re.Match[str], link: _Link) -> Address | None:
    return read_modern_id(found["id"])


def _by_query(parameter: str, kind: str) -> _Reader:
    def read(found: re.Match[str], link: _Link) -> Address | None:
        return read_modern_id(parse_qs(link.query).get(parameter, [""])[0], kind)

    return read


def _by_video(found: re.Match[str], link: _Link) -> Address | None:
    return read_video_id(found["id"])


def _old_page(found: re.Match[str], link: _Link) -> Address | None:
    return read_old_page(link.host.removesuffix(".qq.com"), found["day"], found["number"])


def _mobile_short(found: re.Match[str], link: _Link) -> Address | None:
    return read_old_page(found["site"], found["day"], found["number"])


def _mobile_long(found: re.Match[str], link: _Link) -> Address | None:
    if found["id"] == f"{mobile_letters(found['site'])}{found['day']}{found['number']}00":
        return read_old_page(found["site"], found["day"], found["number"])
    return read_modern_id(found["id"])


def _form(hosts: str, path: str, read: _Reader) -> tuple[re.Pattern[str], re.Pattern[str], _Reader]:
    return re.compile(rf"(?:{hosts})\.qq\.com"), re.compile(path), read


_ID = r"(?P<id>[0-9A-Z]{14,19})"
_DAY_NUMBER = r"(?P<day>[0-9]{8})(?P<number>[0-9]{6})"
_FORMS = (
    _form(r"new|news|m\.news", rf"/rain/a/{_ID}(?:\.html?)?", _by_id),
    _form(r"new|news|m\.news", rf"/(?:omn|cmsn)/(?:[0-9A-Z]{{8}}/)?{_ID}(?:\.html?)?", _by_id),
    _form("new|news", r"/omv/video/(?P<id>[a-z0-9]{11})(?:\.html?)?", _by_video),
    _form("new|news", r"/zt/template(?:/index\.html?)?", _by_query("id", "topic")),
    _form("new|news", r"/omn/rose\.html?", _by_query("id", "live")),
    _form(r"(?:view\.)?inews", rf"/[akqw]/{_ID}(?:\.html?)?", _by_id),
    _form("kuaibao", rf"/s/{_ID}(?:\.html?)?", _by_id),
    _form("kb", r"/article\.htm", _by_query("id", "")),
    _form("xw", rf"/(?:cmsid|a)/(?:[0-9A-Z]{{14}}/)?{_ID}", _by_id),
    _form("xw", rf"/(?:c|a)/(?P<site>[a-z0-9_]+)/{_DAY_NUMBER}", _mobile_short),
    _form("xw", rf"/(?P<site>[a-z0-9_]+)/{_DAY_NUMBER}/{_ID}", _mobile_long),
    _form("xw", r"/m/rose", _by_query("id", "live")),
    # A long article was cut into 006270_1.htm …, beside 006270_all.htm; a gallery had a .hdPic.js beside it.
    _form(
        "[a-z0-9.-]+",
        r"/a/(?P<day>[0-9]{8})/(?P<number>[0-9]{6})(?:(?:_[0-9]{1,2}|_all)?\.htm|\.hd(?:Big)?Pic\.js)",
        _old_page,
    ),
)


def _cleaned(text: str) -> str:
    stripped = text.strip()
    if not stripped:
        raise NotAnAddress(text, "empty text")
    if len(stripped) > LONGEST:
        raise NotAnAddress(text, "too long for an address")
    if "\\" in stripped or not stripped.isprintable() or " " in stripped:
        raise NotAnAddress(text, "white space or control characters inside")
    return stripped


def _link(text: str) -> _Link:
    """Take an address apart; refuse what is no http(s) address of a page host."""
    parts = _split(text)
    if parts.scheme == "qqnews":
        return _app_link(text, parts)
    if parts.scheme not in ("http", "https"):
        raise NotAnAddress(text, "neither an http address nor an id", _capitals_hint(text))
    path = re.sub(r"/{2,}", "/", unquote(parts.path).strip())
    return _Link(_host(text, parts), path.rstrip("/") or "/", parts.query)


def _split(text: str) -> SplitResult:
    if text.startswith("//"):
        text = f"https:{text}"
    elif re.match(r"(?:[a-z0-9-]+\.)+qq\.com(?::[0-9]+)?(?:[/?#]|$)", text, re.IGNORECASE):
        text = f"https://{text}"
    try:
        return urlsplit(text)
    except ValueError as error:
        raise NotAnAddress(text, "broken address") from error


def _app_link(text: str, parts: SplitResult) -> _Link:
    """``qqnews://article_9527?nm=<id>``, the app's own scheme, as if it were the short link."""
    named = parse_qs(parts.query).get("nm", [""])[0]
    if not re.fullmatch(r"article_[0-9]+", parts.netloc) or read_modern_id(named) is None:
        raise NotAnAddress(text, "an address of the app that names no article")
    return _Link("view.inews.qq.com", f"/a/{named}", "")


def _host(text: str, parts: SplitResult) -> str:
    try:
        host, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError as error:
        raise NotAnAddress(text, "broken address") from error
    if "@" in parts.netloc:
        raise NotAnAddress(text, "a user name in the address")
    if _WECHAT.fullmatch(host):
        raise NotAnAddress(text, "a WeChat page", "articles of WeChat accounts are not read yet")
    if not (HOST.fullmatch(host) and parts.netloc.isascii()):
        raise NotAnAddress(text, "not a qq.com host")
    if port not in (None, 80, 443):
        raise NotAnAddress(text, "an unusual port")
    return host


def _capitals_hint(text: str) -> str:
    capitals = text.upper()
    return f"ids are written in capitals: {capitals}" if read_modern_id(capitals) else ""


_NEWS = r"(?:new|news)\.qq\.com"
_BY_PAGE = "list it with --source page:{url}"
_NO_ARTICLES = tuple(
    (re.compile(hosts), re.compile(path), reason, hint)
    for hosts, path, reason, hint in (
        (
            r"(?:new|news|xw|www)\.qq\.com",
            r"/(?:notfound\.html?|404\.html?|babygohome.*)",
            "the site's page for missing articles",
            "",
        ),
        (_NEWS, r"/omn/author/(?P<name>[^/]+)", "an account's page", "list it with --source account:{name}"),
        (_NEWS, r"/ch2?/(?P<name>[^/]+)", "a channel's page", f"{_BY_PAGE} or --source channel:{{name}}"),
        (r"(?:new|news|xw)\.qq\.com", r"/(?:d|m|ch2?)/.*", "a channel's page", _BY_PAGE),
        (r"news\.qq\.com", r"/sitemap/.*", "a site map", "list it with --source sitemap"),
        (r".*", r"/zt[0-9]{4}/.*", "a special topic without an id", _BY_PAGE),
        (r"coral\.qq\.com", r".*", "a page of comments", ""),
        (r"v\.qq\.com", r".*", "a page of Tencent Video", ""),
        (r"(?:gu|stockhtm\.finance)\.qq\.com", r".*", "a page of stock prices", ""),
        (r"(?:i\.news|(?:r|openapi)\.inews|(?:.+\.)?match)\.qq\.com", r".*", "an interface of the site", ""),
        (r".*", r"/", "a front page", _BY_PAGE),
        (r".*", r".*20[0-9]{6}.*", "no known id in the address", ""),
    )
)


def _refusal(text: str, link: _Link) -> NotAnAddress:
    """Say what the address is, when it is no article, and what it is good for."""
    for hosts, path, reason, hint in _NO_ARTICLES:
        found = path.fullmatch(link.path) if hosts.fullmatch(link.host) else None
        if found:
            return NotAnAddress(text, reason, hint.format(url=text, **found.groupdict()))
    return NotAnAddress(text, "no known form of an article's address")
