"""The sites that are read, as one: whose address it is, and whose page."""

from __future__ import annotations

from urllib.parse import urlsplit

from crawler.sites.page import RawArticle
from crawler.sites.qq import address as qq
from crawler.sites.qq import pages as qq_pages
from crawler.sites.qq.ids import Address, NotAnAddress
from crawler.sites.wechat import address as wechat
from crawler.sites.wechat import pages as wechat_pages

__all__ = ["Address", "NotAnAddress", "fetch_url", "is_page_url", "read_address", "read_page"]


def read_address(text: str) -> Address:
    """Read an address of any site and form, or a bare id. Raises `NotAnAddress`."""
    return wechat.read_address(text) if wechat.is_wechat(text) else qq.read_address(text)


def fetch_url(address: Address) -> str:
    """The address to download."""
    return address.url if address.id.startswith(wechat.PREFIX) else qq.fetch_url(address)


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


def read_page(body: bytes, url: str, *, status: int = 200) -> RawArticle:
    """Read the page that was downloaded from ``url``.

    Raises `NotAnAddress` if ``url`` names no article, `Removed` and `Blocked` for what is no article, `Changed` if
    the page has no known layout.
    """
    read = wechat_pages.read_page if wechat.is_wechat(url) else qq_pages.read_page
    return read(body, url, status=status)
