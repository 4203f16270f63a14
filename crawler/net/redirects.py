"""What a redirect says about an article: it moved, it is gone, or we are being led astray. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from crawler.net.url_policy import OffLimits, check_url
from crawler.sites.page import Blocked, NotAnArticle, Removed
from crawler.sites.registry import NotAnAddress, check_target, read_address

STATUSES = frozenset({301, 302, 303, 307, 308})
MOST_HOPS = 5
"""Redirects of one article followed one after another."""


@dataclass(frozen=True, slots=True)
class UnexpectedRedirect:
    """A redirect that is not followed, and why: a word that is counted, and the target for people."""

    reason: str
    target: str


def followed(article_id: str, url: str, location: str, hops: int) -> str | UnexpectedRedirect:
    """The address to ask next after ``hops`` redirects. Raises `Removed` for the site's page of lost articles,
    `Blocked` for one that wants a human.

    Only an address of the site which names the same article is followed.
    """
    if not location:
        return UnexpectedRedirect("redirect-nowhere", url)
    try:
        target = urljoin(url, location)
    except ValueError:
        return UnexpectedRedirect("redirect-nowhere", location)
    if is_farewell(target):
        raise Removed(url, f"redirected to {target}")
    named = _article_at(target)
    if not named:
        check_target(target)
    if hops >= MOST_HOPS:
        return UnexpectedRedirect("redirect-loop", target)
    try:
        check_url(target)
    except OffLimits:
        return UnexpectedRedirect("off-limits", target)
    return target if named == article_id else UnexpectedRedirect("redirect-elsewhere", target)


def _article_at(url: str) -> str:
    """The id of the article at an address; "" where that names none."""
    try:
        return read_address(url).id
    except NotAnAddress:
        return ""


def wants_human(url: str, location: str) -> bool:
    """Whether a redirect leads to a page that wants a human, or a login."""
    try:
        followed("", url, location, 0)
    except NotAnArticle as error:
        return isinstance(error, Blocked)
    return False


def is_farewell(url: str) -> bool:
    """Whether this is one of the pages by which the site says that what was asked for is not there."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", parts.path.rstrip("/")
    if host == "www.qq.com":
        return path.startswith("/babygohome")
    return host in ("new.qq.com", "news.qq.com", "xw.qq.com") and path in (
        "/notfound.htm",
        "/notfound.html",
        "/404.html",
        "/404.htm",
    )
