"""Every page and list is read in a time that grows with it, wherever in it stands what patterns hate."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest

from archive.article.markdown import to_markdown
from crawler.body.read import read_blocks
from crawler.body.writing.escape import Piece
from crawler.body.writing.escape import escape as escaped
from crawler.body.writing.markdown import write_blocks
from crawler.sites.encoding.detect import decode
from crawler.sites.identify import address_in
from crawler.sites.markup.html import parse_fragment
from crawler.sites.normalise import normalise
from crawler.sites.page import NotAnArticle
from crawler.sites.qq.lists import read_links, read_ranking
from crawler.sites.qq.lists.links import read_lines
from crawler.sites.qq.lists.listing import ListBroken
from crawler.sites.registry import read_page
from crawler.sites.times import read_time
from tests.archive.samples import an_article
from tests.conftest import QQNEWS, clean_environment
from tests.linear import UNITS, slow_inputs

CASES = Path(__file__).parents[1] / "pages" / "qq"
SIGNS = tuple(unit for unit in UNITS if len(unit) == 1)


def page(name: str, before: str, filling: Callable[[str], str]) -> Callable[[str], None]:
    """Reads the page of a case with a text put in behind ``before``."""
    folder = CASES / name
    url = json.loads((folder / "meta.json").read_text("utf-8"))["url"]
    whole = (folder / "page.html").read_bytes()
    text = decode(whole)
    assert before in text
    head, _, tail = text.partition(before)

    def read(put_in: str) -> None:
        try:
            normalise(read_page(f"{head}{before}{filling(put_in)}{tail}".encode(), url))
        except NotAnArticle:
            return

    return read


def in_json(text: str) -> str:
    """As the text of a page that stands in its data."""
    return json.dumps(escape(text, quote=False), ensure_ascii=False)[1:-1]


def in_html(text: str) -> str:
    return escape(text, quote=False)


def as_it_is(text: str) -> str:
    return text


def read_list(reader: Callable[[bytes, str], object], whole: str) -> Callable[[str], None]:
    def read(text: str) -> None:
        try:
            reader(whole.replace("HERE", text).encode(), "https://news.qq.com/")
        except ListBroken:
            return

    return read


RANKED = '{"ret":0,"idlist":[{"newslist":[{"id":"20250318A01ABC00","title":"HERE","url":"HERE"}]}]}'
READERS: dict[str, Callable[[str], object]] = {
    "rain, its data": page("rain-v2", "青石渡口恢复夜航", in_json),
    "rain, its title": page("rain-v2", "<title>", as_it_is),
    "rain, its text": page("rain-v2-dom-only", "<p", lambda text: f">{in_html(text)}</p><pre>{in_html(text)}</pre><p"),
    "legacy, its markup": page("legacy-2019", "<body", lambda text: f"><div title='{text}'>{text}</div><body"),
    "ancient, its text": page("ancient-2012", "<p>", in_html),
    "mobile, its scripts": page(
        "mobile-html", "<script>", lambda text: f"var a = '{text}'; b = {text};</script><script>"
    ),
    "a page of no layout": lambda text: address_in(f"<html><title>{text}</title>{text}".encode()),
    "links": read_list(read_links, "<a href='HERE'>HERE</a><a href=/rain/a/20250318A01ABC00>x</a>"),
    "ranking": lambda text: read_list(read_ranking, RANKED)(in_json(text)),
    "addresses": read_list(read_lines, "HERE\n{'url': 'HERE'}\n{HERE}\n"),
    "a time": read_time,
}


@pytest.mark.parametrize("name", READERS)
def test_four_times_the_text_takes_no_more_than_eight_times_the_time(name: str) -> None:
    assert slow_inputs(READERS[name], 4_000) == []


def test_text_is_escaped_in_a_time_that_grows_with_it() -> None:
    """Copies of what is left would show in long texts only."""
    assert slow_inputs(lambda text: escaped([Piece(text)]), 20_000, SIGNS) == []


@pytest.mark.parametrize("place", ["paragraph", "heading", "cell"])
def test_marks_that_wait_for_a_partner_are_escaped_in_time(place: str) -> None:
    assert slow_inputs(lambda text: escaped([Piece(text)], place), 4_000) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("element", ["p", "pre", "code", "h2", "li", "td", "blockquote", "b", "figcaption"])
def test_elements_with_any_text_are_written_in_time(element: str) -> None:
    def written(text: str) -> None:
        inner = in_html(text)
        write_blocks(read_blocks(parse_fragment(f"<{element}>{inner}</{element}><p>x<{element}>{inner}"), base_url=""))

    assert slow_inputs(written, 3_000, SIGNS) == []


@pytest.mark.parametrize(
    "markup",
    ["<p>", "<p>x</p>", "<br>x", "<b>x<i>", "<ul><li>", "<table><tr><td>", "<div>x", "<a href=x>", "<img src=x>"],
)
def test_elements_in_each_other_and_in_a_row_are_read_in_time(markup: str) -> None:
    read = page("rain-v2-dom-only", "<p", lambda text: f">x</p>{text}<p")
    assert slow_inputs(read, 6_000, (markup,)) == []


def test_a_file_of_brackets_is_taken_in_as_soon_as_one_of_words(tmp_path: Path) -> None:
    """By the command, with the time to start it."""
    seconds = {}
    for name, text in (("words", "河边的早晨有雾，"), ("brackets", "[![`")):
        body = f"```\n{text * (30_000 // len(text))}\n```"
        article = an_article(1 if name == "words" else 2, title=name, body=body)
        (tmp_path / f"{name}.md").write_text(to_markdown(article), "utf-8")
        command = [str(QQNEWS), "--data", str(tmp_path / name), "ingest", str(tmp_path / f"{name}.md")]
        start = time.perf_counter()
        ended = subprocess.run(command, env=clean_environment(), capture_output=True, timeout=200, check=False)
        seconds[name] = time.perf_counter() - start
        assert ended.returncode == 0, ended.stderr
    assert seconds["brackets"] < 4 * seconds["words"]
