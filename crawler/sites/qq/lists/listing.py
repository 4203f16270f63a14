"""What one answer of a list said: the articles it names, what was left out and why, the way to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from crawler.sites.qq.addresses.forms import Address, NotAnAddress, read_address

KIND_OF_TYPE = {
    "1": "gallery",
    **dict.fromkeys(("3", "4", "56", "101", "118"), "video"),
    **dict.fromkeys(("11", "100"), "topic"),
    **dict.fromkeys(("31", "102", "110", "113"), "live"),
}
"""The site's ``articletype`` (``article_type``, ``atype``), where it is more than a plain article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One article as a list names it."""

    id: str
    url: str
    """The canonical address."""
    kind: str = "article"
    """article, gallery, video, question, topic, live or tip."""
    title: str = ""
    published_raw: str = ""
    """As the list wrote it; ``""`` if it does not say."""
    updated_raw: str = ""
    rank: int | None = None
    """Place in a ranking, from 1; None in a list that is no ranking."""
    media: str = ""
    media_id: str = ""
    """The account's opaque ``suid`` where the list has it, else its number."""


class BadLine(NamedTuple):
    """A line of a file of addresses that names no article."""

    number: int
    """From 1."""
    text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One answer, read. Nothing gets lost: entries == len(items) + merged + sum(skipped.values())."""

    items: tuple[Listed, ...] = ()
    """In the answer's order, each article once."""
    entries: int = 0
    """How many things the answer listed, nested ones included."""
    merged: int = 0
    """How many of them named an article that was there already."""
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Reason → how many."""
    next: Mapping[str, str] | None = None
    """What the next request needs to be told; None if the answer says nothing of a next one."""
    more: tuple[str, ...] = ()
    """Addresses of further lists (a site map's parts)."""
    is_signpost: bool = False
    """By its nature it lists no articles, only the way to them: no items are no alarm."""
    bad_lines: tuple[BadLine, ...] = ()


Reader = Callable[[str], Address]
"""Which article an address or an id names; raises `NotAnAddress`."""


class ListBroken(Exception):
    """An answer that is no list: broken JSON, a page instead of data, an error of the site, another shape.

    Attributes: ``url`` that was asked, ``evidence`` what was found instead.
    """

    def __init__(self, url: str, evidence: str) -> None:
        super().__init__(f"{url or 'list'}: {evidence}")
        self.url = url
        self.evidence = evidence


class ListEmpty(ListBroken):
    """Not one byte of an answer. The site does this at times: ask again later, or ask the twin."""


class ListBlocked(ListBroken):
    """The site refuses us (captcha). Back off."""


class SiteError(ListBroken):
    """The site itself tells an error. Attribute: ``code`` its number as text."""

    def __init__(self, url: str, evidence: str, code: str) -> None:
        super().__init__(url, evidence)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing of an answer, before its article is known."""

    names: tuple[str, ...]
    """Ids and addresses, the most telling first; empty ones are passed over."""
    type: str = ""
    """The site's ``articletype``."""
    title: str = ""
    published_raw: str = ""
    updated_raw: str = ""
    rank: int | None = None
    media: str = ""
    media_id: str = ""


class Skip(NamedTuple):
    """One thing of an answer that is no article, and why."""

    reason: str


def to_listing(
    entries: Iterable[Entry | Skip],
    *,
    next: Mapping[str, str] | None = None,
    more: tuple[str, ...] = (),
    read: Reader = read_address,
) -> Listing:
    """Find out which article each entry names, merge those that name the same, count the rest by reason."""
    items: dict[str, Listed] = {}
    skipped: Counter[str] = Counter()
    total = merged = 0
    for entry in entries:
        total += 1
        found = _listed(entry, read)
        if isinstance(found, Skip):
            skipped[found.reason] += 1
        elif found.id in items:
            items[found.id] = _merge(items[found.id], found)
            merged += 1
        else:
            items[found.id] = found
    return Listing(
        items=tuple(items.values()), entries=total, merged=merged, skipped=dict(skipped), next=next, more=more
    )


def _listed(entry: Entry | Skip, read: Reader) -> Listed | Skip:
    if isinstance(entry, Skip):
        return entry
    address = _first_address(entry.names, read)
    if isinstance(address, Skip):
        return address
    return Listed(
        id=address.id,
        url=address.url,
        kind=KIND_OF_TYPE.get(entry.type, address.kind),
        title=entry.title,
        published_raw=entry.published_raw,
        updated_raw=entry.updated_raw,
        rank=entry.rank,
        media=entry.media,
        media_id=entry.media_id,
    )


def _first_address(names: tuple[str, ...], read: Reader) -> Address | Skip:
    reason = "no id"
    for name in filter(None, names):
        try:
            return read(name)
        except NotAnAddress as refusal:
            reason = refusal.reason
    return Skip(reason)


def _merge(first: Listed, later: Listed) -> Listed:
    """The first one, with what only the later one says (a link around a picture has no title)."""
    return replace(
        first,
        kind=later.kind if first.kind == "article" else first.kind,
        title=first.title or later.title,
        published_raw=first.published_raw or later.published_raw,
        updated_raw=first.updated_raw or later.updated_raw,
        rank=later.rank if first.rank is None else first.rank,
        media=first.media or later.media,
        media_id=first.media_id or later.media_id,
    )
