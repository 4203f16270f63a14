"""What kind of article a page is, by the numbers the site gives to its kinds."""

from __future__ import annotations

from typing import Final

from crawler.sites.qq.document import Document

_KINDS: Final = {
    "1": "gallery",
    "3": "video",
    "4": "video",
    "11": "topic",
    "31": "live",
    "56": "video",
    "100": "topic",
    "101": "video",
    "102": "live",
    "110": "live",
    "113": "live",
    "118": "video",
}
_BY_ADDRESS: Final = {"video": "video", "question": "question", "topic": "topic", "live": "live"}


def read_kind(page: Document) -> str:
    """text, gallery, video, question, topic or live: by ``article_type``, else by the address."""
    numbers = [found.raw for found in page.stated("article_type", "atype")]
    by_number = next((_KINDS[number] for number in numbers if number in _KINDS), None)
    return by_number or _BY_ADDRESS.get(page.address.kind, "text")
