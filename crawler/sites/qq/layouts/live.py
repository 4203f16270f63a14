"""Text live shows (``rose``): entries with their times, as ``getQQNewsRoseContentOpen`` answers them.

The page itself (``/omn/rose.htm?id=``) loads them by script. The answer holds ``content.live_room.top`` and ``new``:
lists of threads, each a list whose first element is the reporter's entry (``pub_time``, ``reply_content``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from archive.article.model import BEIJING
from crawler.body.blocks import Block, Break, Paragraph, TextRun
from crawler.body.read import read_blocks
from crawler.sites.markup.document import Document, make_body, text_of, value_under
from crawler.sites.markup.html import parse_fragment
from crawler.sites.page import RawArticle
from crawler.sites.qq.layouts.fields import content_fields
from crawler.sites.qq.layouts.placeholders import picture_address, picture_blocks

NAME = "live"

_ROOMS: Final = ("content.live_room", "data.live_room", "live_room")
_THREADS: Final = ("top", "new", "list")
_TEXTS: Final = ("reply_content", "content", "text")
_PICTURES: Final = ("pics", "images", "reply_img", "img")


def recognises(page: Document) -> bool:
    """Whether the answer is a live show's."""
    return any(isinstance(value_under(page.answer, key), dict) for key in _ROOMS)


def read(page: Document) -> RawArticle:
    """The entries in the order in which the show lists them, each under its time."""
    content = page.answer.get("content")
    room = next(room for key in _ROOMS if isinstance(room := value_under(page.answer, key), dict))
    fields = content_fields(content if isinstance(content, dict) else page.answer, "content")
    if not fields["title"]:
        fields = fields | content_fields(room, "live_room")
    blocks = tuple(block for entry in _entries(room) for block in _blocks(entry, page.base_url))
    return RawArticle(
        address=page.address,
        layout=NAME,
        kind="live",
        bodies=(make_body(blocks, "live_room"),),
        **fields,
    )


def _entries(room: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every entry once: a pinned one stands again in its own place."""
    seen = set()
    for key in _THREADS:
        threads = room.get(key)
        for thread in threads if isinstance(threads, list) else ():
            entry = thread[0] if isinstance(thread, list) and thread else thread
            if isinstance(entry, dict) and (known := (_time(entry), _text(entry))) not in seen:
                seen.add(known)
                yield entry


def _blocks(entry: Mapping[str, Any], base_url: str) -> Iterator[Block]:
    blocks = read_blocks(parse_fragment(_text(entry)), base_url=base_url)
    time = TextRun(_time(entry), bold=True)
    match blocks:
        case [Paragraph(inlines), *rest] if time.text:
            yield Paragraph((time, Break(), *inlines))
            yield from rest
        case _:
            yield from (Paragraph((time,)),) if time.text and blocks else ()
            yield from blocks
    for key in _PICTURES:
        pictures = entry.get(key)
        for picture in pictures if isinstance(pictures, list) else [pictures]:
            address = picture_address(picture) if isinstance(picture, dict) else text_of(picture)
            yield from picture_blocks(picture if isinstance(picture, dict) else {}, address, "")


def _text(entry: Mapping[str, Any]) -> str:
    return next((text for key in _TEXTS if (text := text_of(entry.get(key)))), "")


def _time(entry: Mapping[str, Any]) -> str:
    """The entry's time as a reader in Beijing sees it; as the site wrote it where that is no number of seconds."""
    raw = text_of(entry.get("pub_time")) or text_of(entry.get("time"))
    if raw.isdigit() and len(raw) == 10:
        return datetime.fromtimestamp(int(raw), BEIJING).strftime("%Y-%m-%d %H:%M")
    return raw
