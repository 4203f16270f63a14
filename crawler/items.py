"""What travels from the spiders through the pipeline: links that were listed, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)

from archive.article import Article
from archive.errors import Erased
from archive.frontier import Leased
from archive.media import Wanted
from archive.warc import Headers
from crawler.download import CertificateRefused, TooLarge
from crawler.guard import OffLimits
from crawler.ledger import now
from crawler.middlewares.rest import HostResting
from crawler.middlewares.robots import RobotsForbid, RobotsUnknown
from crawler.pause import Stopped

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


RULES_AGAIN = 300.0
"""Seconds until a link is tried again for which the rules could not be read."""


def setback_of(link: Leased, error: BaseException) -> Setback:
    """The setback that a failed download means."""
    if isinstance(error, HostResting):
        return Setback(link, Ending.POSTPONED, "host-resting", str(error), error.until)
    if isinstance(error, Stopped):
        return Setback(link, Ending.POSTPONED, "stopped", str(error))
    if isinstance(error, RobotsUnknown):
        # The link is no offender: it waits for another run, which asks again.
        return Setback(link, Ending.POSTPONED, "robots-unknown", str(error), now() + RULES_AGAIN)
    if isinstance(error, IgnoreRequest):
        reason = "too-large" if "DOWNLOAD_MAXSIZE" in str(error) else "robots"
        return Setback(link, Ending.DROPPED, reason, str(error))
    for kind, ending, reason in _ERRORS:
        if isinstance(error, kind):
            return Setback(link, ending, reason, str(error))
    return Setback(link, Ending.RETRIED, "error", f"{type(error).__name__}: {error}")


ERASED = "erased"
"""The reason of what was taken down. Nothing that is written down may say which article that was."""

_ERRORS: tuple[tuple[type[Exception], Ending, str], ...] = (
    (Erased, Ending.DROPPED, ERASED),
    (OffLimits, Ending.DROPPED, "off-limits"),
    (TooLarge, Ending.DROPPED, "too-large"),
    (CertificateRefused, Ending.RETRIED, "certificate"),
    (CannotResolveHostError, Ending.RETRIED, "unknown-host"),
    (DownloadConnectionRefusedError, Ending.RETRIED, "no-connection"),
    (DownloadTimeoutError, Ending.RETRIED, "timeout"),
    (ResponseDataLossError, Ending.RETRIED, "truncated"),
    (DownloadFailedError, Ending.RETRIED, "connection-lost"),
)

NOT_ASKED: tuple[type[Exception], ...] = (HostResting, RobotsForbid, RobotsUnknown, Stopped)
"""The errors that keep a request from being sent."""

FAILURES: tuple[type[Exception], ...] = (IgnoreRequest, *(kind for kind, _, _ in _ERRORS))
"""Every error by which a download fails."""
