"""What a page said, before anyone interprets it; and the named outcomes of a page that is no article."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from crawler.body.blocks import Video

if TYPE_CHECKING:
    from crawler.sites.qq.addresses.forms import Address


class Found(NamedTuple):
    """One statement of a page: the raw string and where it stood (``DATA.title``, ``meta og:title`` …)."""

    raw: str
    where: str

    @property
    def is_shown(self) -> bool:
        """Whether it is what readers are shown, found by a selector; data and the page's head are escaped."""
        return self.where.startswith((".", "#", "[")) or self.where in _SHOWN


_SHOWN: Final = frozenset({"h1", "h2", "h3", "title", "visible text"})


Opinions = tuple[Found, ...]
"""Every statement a page makes about one field, the most trusted first. Empty: it says nothing."""


@dataclass(frozen=True, slots=True)
class Body:
    """The article's text as Markdown and as plain blocks, and the way it was read (``originContent``, ``DOM``)."""

    markdown: str
    text: str
    """The text blocks joined by one space: no captions, alternative texts, list numbers, video lines."""
    pictures: tuple[str, ...]
    """Addresses, in reading order."""
    videos: tuple[Video, ...]
    where: str
    also: tuple[str, ...] = ()
    """Further ways that lead to the same words."""
    unread: tuple[str, ...] = ()
    """Names of the parts of that place which cannot be read (``mp-common-vote``, ``iframe``), one for each."""
    animations: Mapping[str, str] = field(default_factory=dict)
    """Address of a picture that the page shows still → the address at which it moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawArticle:
    """What one page said. Every field is a tuple of opinions; nothing here is interpreted."""

    address: Address
    layout: str
    kind: str = "text"
    title: Opinions = ()
    published: Opinions = ()
    summary: Opinions = ()
    thumbnail: Opinions = ()
    author: Opinions = ()
    media: Opinions = ()
    media_id: Opinions = ()
    channel: Opinions = ()
    keywords: Opinions = ()
    location: Opinions = ()
    comment_id: Opinions = ()
    source_account: Opinions = ()
    """Of a reprint: who published it first."""
    source_url: Opinions = ()
    """Of a reprint, or of a page that shares an article: where that stood first."""
    identity: Opinions = ()
    """The ids and addresses by which the page names its own article."""
    bodies: tuple[Body, ...] = ()
    """The most trusted first; a second one is there where the page offers a second way and it differs."""
    links: tuple[str, ...] = ()
    """Where to fetch the articles that this one gathers (a topic's, a card's): they are to be crawled, too."""
    notes: tuple[str, ...] = field(default=())
    """Short words on what was odd (``bodies-differ``, ``paid``, ``media-differs`` …), counted in the run's report."""


class NotAnArticle(Exception):
    """A page that must not be stored as an article. The subclasses say what should happen next.

    Attributes: ``url`` as it was read, ``evidence`` what gave it away.
    """

    def __init__(self, url: str, evidence: str) -> None:
        super().__init__(f"{url}: {evidence}")
        self.url = url
        self.evidence = evidence


class Removed(NotAnArticle):
    """The site says that the article is gone, or never was. Ask again later before believing it."""


class AnotherArticle(NotAnArticle):
    """The page says of itself that it is another one than was asked for: a mixed-up cache, a front page in place of
    everything. It must not be kept under this name. Ask again later.

    Attribute: ``claim``, the id or address by which the page names itself.
    """

    def __init__(self, url: str, claim: str, where: str) -> None:
        super().__init__(url, f"the page says that it is {claim[:100]} ({where})")
        self.claim = claim


class Blocked(NotAnArticle):
    """The site refuses us (captcha, rate limit, anti-robot page). Back off; the article may well exist."""


class Thin(NotAnArticle):
    """An answer that holds neither an article nor a refusal: a blank, half a page, a server's error, a frame.

    Ask for this article again later. It says nothing of the host.
    """


class Changed(NotAnArticle):
    """A page of no known layout. Keep the page, raise the alarm: the parser needs mending."""


class EmptyShell(Changed):
    """A page that loads its text by script. Ask the site's second source for the text before raising the alarm.

    Attribute: ``article``, what the page does say (title, time …) without its text; None if it says nothing.
    """

    def __init__(self, url: str, evidence: str, article: RawArticle | None = None) -> None:
        super().__init__(url, evidence)
        self.article = article


class Garbled(NotAnArticle):
    """The page's characters were lost in a wrong encoding. Keep the page and flag it; its text is none."""
