"""Where the crawler may go: only to the site, only to the public network. Pure judgements, no sockets."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from archive.article.model import is_sound
from crawler.sites.registry import is_page_url, is_site_host

_PICTURE_HOST = re.compile(r"(?:[a-z0-9-]+\.)+(?:gtimg\.(?:com|cn)|qpic\.cn)")
_SOUND_HOST = "res.wx.qq.com"
_NAT64 = IPv6Network("64:ff9b::/96")


class OffLimits(Exception):
    """A target that must never be asked. Drop the link: asking again cannot help.

    Attributes: ``target`` the address or host, ``reason`` why it is refused.
    """

    def __init__(self, target: str, reason: str) -> None:
        super().__init__(f"{target}: {reason}")
        self.target = target
        self.reason = reason


def is_public(address: str) -> bool:
    """Whether an IP address (text) belongs to the public network.

    Loopback, private, link-local, shared (100.64/10), unspecified, multicast and reserved addresses do not,
    nor do IPv6 addresses which only wrap such an IPv4 address. Raises ValueError for what is no IP address.
    """
    ip = ip_address(address.partition("%")[0])
    return all(one.is_global and not one.is_multicast for one in (ip, *_wrapped(ip)))


def _wrapped(ip: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(ip, IPv4Address):
        return []
    found = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    if ip in _NAT64:
        found.append(IPv4Address(int(ip) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


def host_of(url: str) -> str:
    """The host of an address, in lower case and without a final dot; "" where there is none."""
    return (urlsplit(url).hostname or "").rstrip(".")


def is_picture_host(host: str) -> bool:
    """Whether the site keeps pictures there and nothing else: gtimg and qpic."""
    return bool(_PICTURE_HOST.fullmatch(host))


def check_url(url: str) -> str:
    """The host of an address the crawler may ask; raises `OffLimits` for any other address."""
    return _checked(url, is_page_url)


def check_picture_url(url: str) -> str:
    """As `check_url`, for the address of a picture or of a sound of WeChat's."""
    return _checked(url, lambda file: is_picture_host(host_of(file)) or is_sound(file) or is_page_url(file))


def check_rules_url(url: str) -> str:
    """As `check_url`, for a robots.txt: of every host that is asked for articles, pictures or sounds."""
    return _checked(url, lambda rules: _has_rules(host_of(rules)))


def _has_rules(host: str) -> bool:
    return is_picture_host(host) or host == _SOUND_HOST or is_site_host(host)


def _checked(url: str, is_ours: Callable[[str], bool]) -> str:
    parts = urlsplit(url)
    host = host_of(url)
    if parts.scheme not in ("http", "https"):
        raise OffLimits(url, f"scheme {parts.scheme or 'none'} is not http or https")
    if not is_ours(url):
        raise OffLimits(url, f"{host or 'no host'} is not a host of the site, or no article of it")
    if parts.username is not None or parts.password is not None:
        raise OffLimits(url, "the address carries a user name")
    return host
