"""The sites that are read, as one: whose address it is, and whose page."""

from __future__ import annotations

from urllib.parse import urlsplit

from crawler.sites.address import Address, NotAnAddress
from crawler.sites.field_agreement import noted
from crawler.sites.page import RawArticle
from crawler.sites.qq import read_page as qq_pages
from crawler.sites.qq.addresses import forms as qq
from crawler.sites.qq.fallback_source import read_fetched as read_qq_fetched
from crawler.sites.qq.walls import checks as qq_walls
from crawler.sites.wechat import address as wechat
from crawler.sites.wechat import pages as wechat_pages
from crawler.sites.wechat import walls as wechat_walls

__all__ = [
    "Address",
    "NotAnAddress",
    "check_target",
    "fetch_url",
    "is_page_url",
    "is_site_host",
    "read_address",
    "read_fetched",
    "read_page",
]


def read_address(text: str) -> Address:
    """Read an address of any site and form, or a bare id. Raises `NotAnAddress`."""
    return wechat.read_address(text) if wechat.is_wechat(text) else qq.read_address(text)


def read_fetched(url: str) -> Address:
    """The article that a page's address, or a request to one of the site's interfaces, is about.

    Raises `NotAnAddress`.
    """
    return wechat.read_address(url) if wechat.is_wechat(url) else read_qq_fetched(url)


def fetch_url(address: Address) -> str:
    """The address to download."""
    return address.url if address.id.startswith(wechat.PREFIX) else qq.fetch_url(address)


def is_site_host(host: str) -> bool:
    """Whether articles are fetched from this host, so that its rules for robots are wanted."""
    return host == wechat.HOST or qq.is_page_host(host)


def check_target(url: str) -> None:
    """Raise `Blocked` if a redirect to this address asks for a human, whoever's the address is."""
    if wechat.is_wechat(url):
        wechat_walls.check_gate(url)
    else:
        qq_walls.check_gate(url)


def is_page_url(url: str) -> bool:
    """Whether this address may be fetched: any of a host of Tencent News, but of WeChat's host only an article."""
    if not wechat.is_wechat(url):
        try:
            return qq.is_page_host(urlsplit(url).hostname or "")
        except ValueError:
            return False
    try:
        wechat.read_address(url)
    except NotAnAddress:
        return False
    return url.startswith(("http://", "https://"))


def read_page(body: bytes, url: str, *, status: int = 200, charset: str | None = None) -> RawArticle:
    """Read the page that was downloaded from ``url``; ``charset`` is what the HTTP header claims of it.

    Raises `NotAnAddress` if ``url`` names no article, `Removed`, `Blocked` and `Thin` for what is no article,
    `AnotherArticle` if the page says that it is another one, `Garbled` if its characters are lost, `Changed` if the
    page has no known layout.
    """
    if wechat.is_wechat(url):
        return noted(wechat_pages.read_page(body, url, status=status))
    return noted(qq_pages.read_page(body, url, status=status, charset=charset))
