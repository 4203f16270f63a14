"""The article as the archive understands it: one frozen record, and the hash that says whether it changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import orjson

BEIJING = timezone(timedelta(hours=8), "+08:00")
"""The site's own time zone. A fixed offset: China has kept no summer time since 1991."""
FIRST_YEAR, LAST_YEAR = 1990, 2100
"""In Beijing. Programs write year 1, 1970 or 9999 where there is no date: what lies outside is none."""


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
    """The time exactly as the page wrote it, understood or not."""
    published_precision: str = ""
    """The unit to which ``published_at`` is known: second, minute or day; none without one."""
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
    animations: Mapping[str, str] = field(default_factory=dict)
    """Address of a picture that the page shows still → the address at which it moves."""
    kind: str = "text"
    """text, gallery, video, question, topic, live …"""
    location: str = ""
    """Where it was posted from, as the site says (``北京``)."""
    comment_id: str = ""
    source_account: str = ""
    """Of a reprint: the account that published it first. No part of the text."""
    source_url: str = ""
    """Of a reprint: the address at which it stood first."""
    layout: str = ""
    """Name of the page layout it was read from; empty for an ingested file."""
    provenance: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Per field: (where it was found, the raw string found there). The body's raw string is left out."""

    def __post_init__(self) -> None:
        if self.published_at is None or self.published_precision in ("", "none"):
            object.__setattr__(self, "published_precision", "second" if self.published_at else "none")


SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What an id is made of: it becomes the name of a file."""


def plausible(moment: datetime | None) -> datetime | None:
    """``moment``, if something may have been published then; else None."""
    if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR + 1:
        return None
    return moment if FIRST_YEAR <= moment.astimezone(BEIJING).year <= LAST_YEAR else None


# What follows the text is optional, so that a picture without an address is passed over as a whole: all openings in
# it share its end, and to look for that from each of them would take the square of a text of brackets.
_PICTURE = re.compile(r"(!\[[^\]\n]*+)(?:(\]\()((?:https?:)?//[^)\s]+))?")
_SIZE = re.compile(r"(?<=[^/:])(?:_(?:\d{6,8}|\d+x\d+s?))?/\d{1,4}$|_(?:\d{6,8}|\d+x\d+s?)$")
_SOUND = re.compile(r"https?://res\.wx\.qq\.com/voice/getvoice\?[^)\s]+")
_SOUND_LINK = re.compile(rf"\]\(({_SOUND.pattern})\)")
SIZED_HOSTS = re.compile(r"(?:https?:)?//[^/]*\.gtimg\.(?:com|cn)/")
"""The site's hosts whose pictures have their size at the end of their addresses."""


def content_hash(article: Article) -> str:
    """``v1:`` and a SHA-256 in hex, over what a reader reads: title, author, text, pictures in their order.

    Blind to white space, to the scheme and the size of pictures, and to every fact beside the text.
    """
    read = (article.title, article.author, _PICTURE.sub(_sizeless, article.body))
    # White space is collapsed, so that a line break can only be the seam between two fields.
    return "v1:" + sha256("\n".join(" ".join(text.split()) for text in map(utf8_safe, read)).encode()).hexdigest()


def _sizeless(picture: re.Match[str]) -> str:
    return f"{picture[1]}{picture[2]}{sizeless(picture[3])}" if picture[3] else picture[0]


def sizeless(address: str) -> str:
    """A picture's address without scheme and, on the site's own hosts, without the size it is shown in."""
    address = address[address.index("//") :]
    return _SIZE.sub("", address) if SIZED_HOSTS.match(address) else address


def pictures_in(body: str) -> tuple[str, ...]:
    """The addresses of a body's pictures as they stand there, in reading order."""
    return tuple(picture[3] for picture in _PICTURE.finditer(body) if picture[3])


def sounds_in(body: str) -> tuple[str, ...]:
    """The addresses of a body's sounds, voices of WeChat's, as they stand there."""
    return tuple(_SOUND_LINK.findall(body))


def is_sound(address: str) -> bool:
    """Whether the file of one of WeChat's sounds is kept at this address."""
    return bool(_SOUND.fullmatch(address))


def storable(article: Article) -> Article:
    """The same article with U+FFFD for every lone surrogate, which neither UTF-8 nor SQLite can hold; undated, if its
    date can be none.
    """
    if plausible(article.published_at) is not article.published_at:
        article = replace(article, published_at=None)
    with suppress(TypeError):  # A tenth of the time of looking into each text: nearly no article has any.
        orjson.dumps(article)
        return article
    values = {f.name: getattr(article, f.name) for f in fields(article)}
    mended = {name: _mended(value) for name, value in values.items()}
    return article if mended == values else Article(**mended)


def _mended(value: Any) -> Any:
    match value:
        case str():
            return utf8_safe(value)
        case tuple():
            return tuple(map(_mended, value))
        case Mapping():
            return {_mended(key): _mended(item) for key, item in value.items()}
    return value


def utf8_safe(text: str) -> str:
    """``text`` with U+FFFD for every lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def completed(article: Article, known: Article) -> Article:
    """``article`` with the facts it does not state taken from ``known``. The text itself is never mixed."""
    missing = {name: getattr(known, name) for name in _FACTS if not getattr(article, name) and getattr(known, name)}
    if _tells_time_better(known, article):
        missing |= {name: getattr(known, name) for name in _TIME}
        told = {name: found for name, found in known.provenance.items() if name == "published_at"}
        missing["provenance"] = {**article.provenance, **missing.get("provenance", {}), **told}
    if "layout" in missing:  # A file says neither of what kind its article is nor how the page wrote the time.
        missing["kind"] = known.kind
    if {"published_at", "layout"} & missing.keys() and article.published_at in (None, known.published_at):
        missing["published_raw"] = known.published_raw
    return replace(article, **missing) if missing else article


def _tells_time_better(known: Article, article: Article) -> bool:
    """Whether ``known`` has the better word on the time: the only one, a page's own, or of that day a finer one.

    3天前 was a moment when it was 刚刚.
    """
    if known.published_at is None or article.published_at is None:
        return known.published_at is not None
    if "published_at" not in known.provenance:
        return False
    if known.published_at == article.published_at:
        return "published_at" not in article.provenance
    finer, coarser = (_PRECISIONS.index(each.published_precision) for each in (known, article))
    days = {moment.astimezone(BEIJING).date() for moment in (known.published_at, article.published_at)}
    return finer < coarser and len(days) == 1


_PRECISIONS = ("second", "minute", "day", "none")
_TIME = ("published_at", "published_raw", "published_precision")
_FACTS = tuple(
    f.name for f in fields(Article) if f.name not in {"id", "url", "title", "body", "kind", "published_precision"}
)
