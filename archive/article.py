"""The article as the archive understands it: one frozen record, and the hash that says whether it changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8), "+08:00")
"""The site's own time zone. A fixed offset: China has kept no summer time since 1991."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article, understood. Built by the crawler's `normalise` or read from a Markdown file."""

    id: str
    """The site's own id in its longest form, such as ``20250212A090WZ00``."""
    url: str
    """The canonical address, the one in the Markdown file's last line."""
    title: str
    """Without the site's tail (``_腾讯新闻``)."""
    summary: str = ""
    """One line; white space collapsed."""
    body: str = ""
    """Markdown: blocks separated by one blank line, no closing link, no final newline."""
    published_at: datetime | None = None
    """Aware, Beijing time, to the second where the page says so."""
    published_raw: str = ""
    """The time exactly as the page wrote it."""
    author: str = ""
    """The person or desk named on the page, else the media account."""
    media: str = ""
    """Name of the media account."""
    media_id: str = ""
    """Id of the media account: numeric, or the site's opaque ``suid``."""
    channel: str = ""
    """The site's channel, such as ``tech``."""
    keywords: tuple[str, ...] = ()
    thumbnail: str = ""
    """Address of the cover picture, or ``""``."""
    kind: str = "text"
    """text, gallery, video, question, topic, live …"""
    location: str = ""
    """Where it was posted from, as the site says (``北京``)."""
    comment_id: str = ""
    layout: str = ""
    """Name of the page layout it was read from; empty for an ingested file."""
    provenance: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Per field: (where it was found, the raw string found there). The body's raw string is left out."""
