"""What the readers look for in a page's tree, and what is left out of it before it is built."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from parsel import Selector

from crawler.sites.markup.document import Document
from crawler.sites.markup.html import parse_fragment
from crawler.sites.markup.stylesheets import without_stylesheets
from crawler.sites.qq.fallback_source import read_fetched
from crawler.sites.qq.layouts import legacy, rain
from crawler.sites.qq.walls import checks as walls
from tests.crawler.sites.test_layouts import ARTICLES, meta_of

SHEET = "a > b{color:red}" * 100


def in_json(text: str) -> bytes:
    """The text in a string of a page's data, as the site writes it."""
    return orjson.dumps({"text": text}).replace(b"<", b"\\u003c").replace(b">", b"\\u003e")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"甲<style>{SHEET}</style>乙", "甲<style></style>乙"),
        (f'<style type="text/css">{SHEET}</style>乙', '<style type="text/css"></style>乙'),
        (f"<style>{SHEET}</style>甲<style>{SHEET}</style>乙", "<style></style>甲<style></style>乙"),
    ],
)
def test_long_style_sheets_are_emptied(text: str, left: str) -> None:
    assert without_stylesheets(text.encode()).decode() == left
    assert without_stylesheets(in_json(text)).decode() == in_json(left).decode()


WORDS = "河边的早晨" * 300


@pytest.mark.parametrize(
    "text",
    [
        f"<!--<style>-->{WORDS}</style>",
        f"<style>a{{}}</style>{WORDS}",
        f"<style>{WORDS}",
        f"<p>{WORDS}</p><style>a{{}}",
        f"<style title='<'>{SHEET}</style>{WORDS}",
    ],
)
def test_no_text_is_taken_for_a_style_sheet(text: str) -> None:
    assert without_stylesheets(text.encode()).decode() == text
    assert without_stylesheets(in_json(text)) == in_json(text)


@pytest.mark.parametrize(
    "data",
    [
        # The string ends, with its quotation mark or behind an escaped backslash; a tag in other letters.
        rb'{"a":"\u003cstyle\u003e","b":"%s","c":"\u003c/style\u003e"}',
        rb'{"a":"\u003cstyle\u003e%s\\","c":"\u003c/style\u003e"}',
        rb'{"a":"\u003cstyle\u003e\u003C/style\u003e%s\u003c/style\u003e"}',
        rb'{"a":"\u003cstyle\u003e</style>%s\u003c/style\u003e"}',
    ],
)
def test_no_data_is_taken_for_a_style_sheet(data: bytes) -> None:
    page = data % (b"a{color:red}" * 100)
    assert without_stylesheets(page) == page


def test_what_stands_behind_a_sheet_is_read() -> None:
    body = parse_fragment(f"<p>甲</p><style>{SHEET}</style><p>乙</p>")
    assert [paragraph.text for paragraph in body.iter("p")] == ["甲", "乙"]


SELECTORS = (
    *rain._CONTAINERS,
    *legacy._CONTAINERS,
    *legacy._TITLES,
    *legacy._SOURCES,
    legacy._LEADS,
    walls._PLACES,
    ".media-meta span:nth-child(2)",
    ".content-article .introduction",
    "#article-title",
    "title",
    "em.rich_media_meta_text:not([id])",
)


@pytest.mark.parametrize("case", ARTICLES, ids=lambda case: case.name)
def test_a_selector_finds_what_parsel_finds(case: Path) -> None:
    url = meta_of(case)["url"]
    body = next(path for path in case.iterdir() if path.stem == "page").read_bytes()
    page = Document(body, url, read_fetched(url))
    for css in SELECTORS:
        assert list(page.all(css)) == [found.root for found in Selector(root=page.tree, type="html").css(css)], css
