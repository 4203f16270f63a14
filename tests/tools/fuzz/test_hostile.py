"""Hostile pages: none crashes, hangs or bloats the reader, and each is read as what it is."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from random import Random

import pytest

from crawler.sites.markup.html import parse_html
from crawler.sites.normalise import normalise
from crawler.sites.page import Changed
from crawler.sites.registry import read_page
from tests.crawler.sites.good_pages import GoodPage, dom_page, legacy_page, static_page, wechat_page
from tests.tools.fuzz import runner
from tests.tools.fuzz.hostile import BLOCKS
from tests.tools.fuzz.mutate import mutated
from tests.tools.fuzz.runner import Hang, in_time
from tests.tools.fuzz.seeds import CORPUS, URLS, Seed, all_seeds, corpus
from tests.tools.fuzz.target import tried

CASES = tuple(corpus())


class Largest(Random):
    """Draws what is largest: the last of every choice, and of the blocks the one that is asked for."""

    def random(self) -> float:
        return 0.9999


class Smaller(Random):
    """Draws from the midst of every choice."""

    def random(self) -> float:
        return 0.6


def corpus_article(name: str) -> tuple[str, str]:
    """Title and text of a corpus page."""
    path = CORPUS / name
    article = normalise(read_page(path.read_bytes(), URLS[name.partition("-")[0]]))
    return article.title, article.body


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_corpus_breaks_nothing(case: Seed) -> None:
    tried(case.body, case.url)


def test_a_wall_of_elements_within_each_other_is_told_in_time() -> None:
    wall = (
        "<title>提示</title><body id='activity-detail'><noscript></noscript>" + "<div class='introduction'>x" * 12_000
    )
    tried(wall.encode(), URLS["wechat"])
    message = "<body id='activity-detail'>" + "<div class='weui-msg'>x" * 12_000
    tried(message.encode(), URLS["wechat"])


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_the_largest_blocks_end_in_time(block: Callable[[Random], str]) -> None:
    text = block(Largest())
    for page in (dom_page("", "标题", "@@"), wechat_page("", "标题", "@@")):
        body, url = page.body.replace(b"@@", text.encode(), 1), page.url
        tried(body, url)


def test_two_million_characters_without_a_word_end_in_time() -> None:
    tried(("<body id='activity-detail'>" + "%\0" * 1_000_000).encode(), URLS["wechat"])


@pytest.mark.parametrize("blocks", ["<li>甲，乙。" * 7_900, "<td>x" * 7_900, "<table><tr><td>x</table>" * 1_900])
def test_many_short_blocks_do_not_hold_up_the_last_resort(blocks: str) -> None:
    prose = "<p>天还没亮，城南旧书市场的门口已经排起了长队，有人凌晨四点就出了门，排到的人都说值得。</p>" * 6
    page = f"<html><head><title>旧书市场_腾讯新闻</title></head><body>{blocks}{prose}</body></html>"
    assert tried(page.encode(), URLS["rain"])[0] == "article"


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_no_block_holds_up_the_last_resort(block: Callable[[Random], str]) -> None:
    paragraphs = "<p>天还没亮，城南旧书市场的门口已经排起了长队，有人凌晨四点就出了门。</p>" * 9
    for size in (Smaller(), Largest()):
        text = f"<main>{paragraphs}{block(size)}</main>"
        page = f"<html><head><title>旧书市场_腾讯新闻</title></head><body>{text}</body></html>"
        tried(page.encode(), URLS["rain"])


@pytest.mark.parametrize(
    ("name", "title", "body"),
    [
        ("rain-nul.html", "标题", "正文一段。"),
        ("rain-surrogates.html", "标\ufffd题", "正\ufffd文\ufffd一段。"),
        ("rain-brace-in-string.html", "标题", "代码 };\n\n与 都在正文里。"),
        ("rain-duplicate-keys.html", "标题", "正文一段。"),
        ("rain-numbers-for-strings.html", "123", "12"),
        ("rain-javascript-links.html", "标题", "一二三四"),
        ("rain-deep.html", "标题", "正文一段。\n\n尾声。"),
        ("rain-open-comment.html", "标题", "正文一段。"),
        ("rain-control-characters.html", "标[31m题", "正 文]0;x一段。"),
    ],
)
def test_a_hostile_page_is_read_as_what_it_is(name: str, title: str, body: str) -> None:
    assert corpus_article(name) == (title, body)


def test_directions_are_turned_in_no_title() -> None:
    title, body = corpus_article("rain-bidi-title.html")
    assert title == "标题"
    # A text may hold what is written from right to left; there it is the writer's.
    assert "正文" in body


@pytest.mark.parametrize(
    "tag", ["div", "span", "p", "blockquote", "ul><li", "b><i", "table><tr><td", "font", "embed", "wbr"]
)
@pytest.mark.parametrize("depth", [100, 2_047, 2_100, 20_000])
def test_no_text_is_lost_below_any_depth(tag: str, depth: int) -> None:
    root = parse_html(f"<html><body>前文{f'<{tag}>' * depth}深处{'</div>' * depth}<p>后文</p></body></html>")
    text = "".join(root.itertext())
    assert all(words in text for words in ("前文", "深处", "后文"))


def test_flattened_paragraphs_stay_apart() -> None:
    page = dom_page("", "标题", "@@")
    deep = "<section>" * 3000 + "<p>一</p><p>二</p>" + "</section>" * 3000 + "<p>三</p>"
    article = normalise(read_page(page.body.replace(b"@@", deep.encode()), page.url))
    assert article.body.split() == ["一", "二", "三"]


def test_many_attributes_end_in_time_and_the_first_ones_count() -> None:
    attributes = " ".join(f"a{number}=1" for number in range(200_000))
    root = in_time(lambda: parse_html(f'<p id="x" {attributes}>正文</p><p title="{"甲 " * 500}">后文</p>'))
    first, second = root.iter("p")
    assert (first.get("id"), first.get("a3"), first.text) == ("x", "1", "正文")
    assert second.get("title") == "甲 " * 500


def test_a_page_of_more_tags_than_any_raises_the_alarm() -> None:
    page = dom_page("", "标题", "@@")
    with pytest.raises(Changed, match="tags"):
        read_page(page.body.replace(b"@@", b"<b>x</b>" * 40_000), page.url)


@pytest.mark.parametrize("make", [dom_page, static_page, legacy_page, wechat_page])
def test_a_megabyte_of_text_is_an_article(make: Callable[[str, str, str], GoodPage]) -> None:
    text = "天还没亮，就有人排队。" * 90_000
    page = make("", "标题", text)
    assert normalise(read_page(page.body, page.url)).body == text


def test_the_same_number_gives_the_same_page() -> None:
    seeds = all_seeds()
    assert [mutated(seeds, number) for number in range(30)] == [mutated(seeds, number) for number in range(30)]
    assert mutated(seeds, 1, salt=1) != mutated(seeds, 1, salt=2)
    assert len({mutated(seeds, number)[1] for number in range(200)}) > 190


def test_a_hang_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "SECONDS", 0.05)

    def dawdle() -> None:
        end = time.process_time() + 5
        while time.process_time() < end:
            pass

    with pytest.raises(Hang):
        in_time(dawdle)


def test_a_short_run_breaks_nothing_and_says_what_it_did() -> None:
    command = [sys.executable, "-m", "tests.tools.fuzz", "--mutations", "400", "--workers", "1", "--salt", "7"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("400 mutations in ")
    assert "article " in done.stdout


def test_seeds_are_of_every_kind() -> None:
    names = {seed.name for seed in all_seeds()}
    assert {"site-v2", "site-classic", "rain-nul.html", "wechat-deleted"} <= names


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(f"<tr>{'<td colspan=1000000 rowspan=1000000>格' * 60}" * 60, id="everything-merged"),
        pytest.param("<tr>" + "<td>格" * 3000 + "<tr><td>格" * 3000, id="wide-then-long"),
        pytest.param("<tr><td>格" * 3000 + "<tr>" + "<td>格" * 3000, id="long-then-wide"),
    ],
)
def test_no_table_grows_into_millions_of_cells(table: str) -> None:
    page = dom_page("", "标题", "@@")
    body = page.body.replace(b"@@", f"<table>{table}</table>".encode())
    markdown = in_time(lambda: normalise(read_page(body, page.url)).body)
    assert markdown.count("格") == table.count("格")
    assert len(markdown) < 1_000_000
    head, rule = markdown.splitlines()[:2]
    assert head.count("|") == rule.count("|")
