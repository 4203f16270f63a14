"""What travels from the spiders through the pipeline: links that were listed, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from archive.article.model import Article
from archive.captures.warc import Headers
from archive.frontier.links import Leased
from archive.media.picture_copies import Wanted

READABLE = ("article", "gallery", "video", "question", "topic", "live", "card")
"""Kinds of things whose pages are articles. Explanations (``tip``) are counted and left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One article as a source listed it."""

    id: str
    url: str
    """The address to fetch: some kinds are told by their address, not by their id."""
    kind: str
    title: str
    published_raw: str
    rank: int | None
    source: str
    listed_at: datetime
    media: str = ""
    """The account whose article it is, as the source says; ``""`` where it does not."""
    media_id: str = ""
    new: bool | None = None
    """Whether it is to be fetched; None without an archive that could tell."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was fetched, and the link that led to it."""

    link: Leased
    url: str
    status: int
    body: bytes = field(repr=False)
    fetched_at: datetime
    charset: str | None = None
    """What the HTTP header claims."""
    raw_ref: str | None = None
    """Where its capture lies; None where captures are not kept."""


@dataclass(frozen=True, slots=True)
class Understood:
    """An article that was read from a page."""

    link: Leased
    article: Article
    fetched_at: datetime
    raw_ref: str | None = None
    gathered: tuple[Link, ...] = ()
    """The articles that this one names: to be crawled, too."""


@dataclass(frozen=True, slots=True)
class PictureAnswer:
    """What came for a picture's address."""

    wanted: Wanted
    body: bytes = field(repr=False)
    fetched_at: datetime
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class PictureFailure:
    """Why nothing came for a picture's address; the reason's first word is counted."""

    wanted: Wanted
    reason: str
    fetched_at: datetime
    tries: int = 1
    """0 where it was not even asked for: a rest of its host, or robots.txt, was in the way."""


class Ending(StrEnum):
    """What a setback means for the link."""

    GONE = "gone"
    """The site says the article is not there."""
    DROPPED = "dropped"
    """Asking again cannot help."""
    RETRIED = "retried"
    """Ask again after a pause."""
    POSTPONED = "postponed"
    """The host cannot be asked now; the link did nothing wrong."""
    UNREADABLE = "unreadable"
    """The page has no known layout."""


@dataclass(frozen=True, slots=True)
class Setback:
    """Why a link gave no article. ``reason`` is one of few words and is counted, ``detail`` is for people."""

    link: Leased
    ending: Ending
    reason: str
    detail: str
    until: float = 0.0
    """Unix time before which the link must not be asked for, with RETRIED and POSTPONED."""
