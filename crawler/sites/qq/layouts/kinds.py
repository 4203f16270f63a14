"""What kind of article a page is, by the numbers the site gives to its kinds; and whether it is sold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from crawler.sites.markup.document import Document, statements, text_of, value_under
from crawler.sites.qq.addresses.forms import Address

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
    "525": "card",
}
_BY_ADDRESS: Final = {"video": "video", "question": "question", "topic": "topic", "live": "live"}
_NUMBER_KEYS: Final = ("article_type", "articletype", "atype")
_SOLD: Final = ("article_is_pay", "payment_info.is_pay", "payment_column_info_v1.is_column_article_pay")


def read_kind(page: Document) -> str:
    """text, gallery, video, question, topic, live or card: by what its data says, else by the address."""
    if text_of(page.data.get("entity_type")) == "question":
        return "question"
    return kind_of((found.raw for found in page.stated(*_NUMBER_KEYS)), page.address)


def content_kind(content: Mapping[str, Any], address: Address) -> str:
    """The kind that a content object of the mobile pages or the interfaces states."""
    return kind_of((found.raw for found in statements(content, "", *_NUMBER_KEYS, "type")), address)


def kind_of(numbers: Iterable[str], address: Address) -> str:
    """The kind by the first number that means one; 0 and unknown ones leave it to the address."""
    by_number = next((_KINDS[number] for number in numbers if number in _KINDS), None)
    return by_number or _BY_ADDRESS.get(address.kind, "text")


def sales_notes(data: Mapping[str, Any]) -> tuple[str, ...]:
    """``paid`` where the site sells the article: what a page shows of it may be its beginning only."""
    return ("paid",) if any(value_under(data, key) in (True, 1, "1", "true") for key in _SOLD) else ()
