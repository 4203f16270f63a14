"""Second sources: where to ask for the text of an article whose page is empty, and how to join both answers."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from crawler.sites.page import RawArticle
from crawler.sites.qq.addresses.forms import Address, NotAnAddress, read_address

_SIMPLE: Final = "https://r.inews.qq.com/getSimpleNews?id={}"
_TOPIC: Final = "https://openapi.inews.qq.com/getQQNewsSpecialListItems?refer=mobileqqcom&srcfrom=newsapp&id={}"
_LIVE: Final = "https://openapi.inews.qq.com/getQQNewsRoseContentOpen?refer=qqcom2&article_id={}"
_OLD_PAGE: Final = re.compile(r"(https://[a-z0-9.]+\.qq\.com/a/\d{8}/\d{6})\.htm")
_INTERFACES: Final = re.compile(
    r"/(?:getSimpleNews|getQQNews(?:NormalContent|SpecialListItems\w*|RoseContent\w*)|openapi/getQQNewsSpecialListItems)"
    r"(?:/[^?]*)?"
)
_INTERFACE_HOSTS: Final = re.compile(r"(?:(?:r|openapi|view)\.inews|i\.news|pacaio\.match)\.qq\.com")
_PARAMETERS: Final = ("id", "article_id")


def fallback_source(address: Address) -> str | None:
    """The address to ask when the article's page came empty; None where no second source is known.

    Old pages have their gallery's file beside them; Tencent Video's ids say nothing to the news interfaces.
    """
    if old := _OLD_PAGE.fullmatch(address.url):
        return f"{old[1]}.hdBigPic.js"
    if not re.fullmatch(r"(?:[A-Z]{3})?20\w{14,16}", address.id):
        return None
    form = {"topic": _TOPIC, "live": _LIVE}.get(address.kind, _SIMPLE)
    return form.format(quote(address.id))


def read_fetched(url: str) -> Address:
    """The article that a page that was fetched, or an interface that was asked, is about. Raises `NotAnAddress`."""
    asked = _asked(url)
    return asked if asked is not None else read_address(url)


def joined(page: RawArticle, answer: RawArticle) -> RawArticle:
    """What an empty page says, completed by the second source: the text is the answer's, on the fields both speak."""
    opinions: dict[str, Any] = {
        field.name: (*getattr(page, field.name), *getattr(answer, field.name))
        for field in fields(RawArticle)
        if field.name not in ("address", "layout", "kind", "bodies")
    }
    kind = answer.kind if answer.kind != "text" else page.kind
    return replace(answer, kind=kind, **opinions)


def _asked(url: str) -> Address | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if not (_INTERFACE_HOSTS.fullmatch(parts.hostname or "") and _INTERFACES.fullmatch(parts.path)):
        return None
    query = parse_qs(parts.query)
    names = [query[name][0] for name in _PARAMETERS if name in query]
    names += re.findall(r"/(\w{14,20})/?$", parts.path)
    return read_address(names[0]) if names else None


__all__ = ["NotAnAddress", "fallback_source", "joined", "read_fetched"]
