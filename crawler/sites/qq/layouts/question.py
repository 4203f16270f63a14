"""Question pages (ids with ``Q``): the question, its description, and the articles that answer it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crawler.body.blocks import Block, Link, Paragraph, TextRun
from crawler.body.unescape import unescaped
from crawler.sites.markup.document import Document, make_body, text_of
from crawler.sites.page import RawArticle
from crawler.sites.qq.layouts.collection import links_to
from crawler.sites.qq.layouts.fields import page_fields
from crawler.sites.qq.layouts.kinds import read_kind, sales_notes

NAME = "question"


def recognises(page: Document) -> bool:
    """Whether the page is of this layout: a question's data without an article's text."""
    return read_kind(page) == "question" and bool(text_of(page.data.get("title"))) and "originContent" not in page.data


def read(page: Document) -> RawArticle:
    """What is visible without asking for more: the description, and the beginning of each answer."""
    related = list(_related(page.data.get("relate_extend_infos")))
    blocks = (*_described(page), *(block for answer in related for block in _answer(answer)))
    return RawArticle(
        address=page.address,
        layout=NAME,
        kind="question",
        bodies=(make_body(blocks, "DATA.desc"),),
        links=links_to(related),
        notes=sales_notes(page.data),
        **page_fields(page),
    )


def _described(page: Document) -> Iterator[Block]:
    description = text_of(page.data.get("desc"))
    yield from (_paragraph(line) for line in description.splitlines() if line.strip())


def _related(value: object) -> Iterator[dict[str, Any]]:
    """One answer, or a list of them: both forms are known."""
    for answer in value if isinstance(value, list) else [value]:
        if isinstance(answer, dict):
            yield answer


def _answer(answer: dict[str, Any]) -> Iterator[Block]:
    title = text_of(answer.get("longTitle")) or text_of(answer.get("title"))
    url = text_of(answer.get("url"))
    if title:
        yield _paragraph(title, Link(url) if url.startswith(("http://", "https://")) else None)
    if abstract := text_of(answer.get("abstract")):
        yield _paragraph(abstract)


def _paragraph(text: str, link: Link | None = None) -> Paragraph:
    return Paragraph((TextRun(" ".join(unescaped(text).split()), link=link),))
