"""What an article gathers: a topic, a card or a question names other articles, which are to be crawled, too. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from crawler.items import READABLE, Link
from crawler.sites.page import RawArticle
from crawler.sites.registry import NotAnAddress, fetch_url, read_address


def gathered(raw: RawArticle, at: datetime) -> tuple[Link, ...]:
    """A link to each article that this one names; its own id is their source. ``at``: when it was fetched."""
    return tuple(_links(raw, at))


def _links(raw: RawArticle, at: datetime) -> Iterator[Link]:
    for url in raw.links:
        try:
            address = read_address(url)
        except NotAnAddress:
            continue
        if address.kind in READABLE and address.id != raw.address.id:
            yield Link(
                id=address.id,
                url=fetch_url(address),
                kind=address.kind,
                title="",
                published_raw="",
                rank=None,
                source=raw.address.id,
                listed_at=at,
            )
