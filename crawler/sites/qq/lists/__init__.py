"""List answers: one pure function per kind, ``(bytes, url) → Listing``.

Each raises `ListBroken` (or its kinds `ListEmpty`, `ListBlocked`) for an answer that is no list of its kind.
A list that is sound but names nothing comes back with ``items == ()``: whether that is the last page or an
alarm, the caller knows.
"""

from crawler.sites.qq.lists.feeds import read_account, read_feed, read_ranking, read_search, read_tag
from crawler.sites.qq.lists.links import read_lines, read_links
from crawler.sites.qq.lists.listing import (
    BadLine,
    ListBlocked,
    ListBroken,
    Listed,
    ListEmpty,
    Listing,
    SiteError,
)
from crawler.sites.qq.lists.old_feeds import read_kv, read_ninja, read_pacaio, read_roll
from crawler.sites.qq.lists.sitemap import read_sitemap

__all__ = [
    "BadLine",
    "ListBlocked",
    "ListBroken",
    "ListEmpty",
    "Listed",
    "Listing",
    "SiteError",
    "read_account",
    "read_feed",
    "read_kv",
    "read_lines",
    "read_links",
    "read_ninja",
    "read_pacaio",
    "read_ranking",
    "read_roll",
    "read_search",
    "read_sitemap",
    "read_tag",
]
