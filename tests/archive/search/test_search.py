"""What a search finds: what LIKE finds in folded texts, whatever the width, script and case of the letters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.article.model import BEIJING, Article
from archive.article.plain_text import fold, fold_with_places, visible
from archive.search.index import Index
from archive.search.query import BadQuery, read_query
from archive.search.results import Limits, Order, search_articles
from archive.search.snippet import Marks, marked, snippet
from archive.search.sync import index_new
from archive.search.tokenizer import tokenize
from archive.store import Archive
from tests.archive.duplicates.stories import story
from tests.archive.samples import NOON, an_article
from tests.archive.search.truth import found_by_like, like_table, random_words, readable

TEXTS = {
    1: "腾讯公布财报，微信用户增长。",
    2: "騰訊發佈財報：微信用戶增長",
    3: "ＧＰＵ 芯片出货 １２０ 万片，Tencent Cloud 表示满意。",
    4: "gpu芯片缺货；said nothing about AI.",
    5: "她说：“甲，乙两地。”\n\n乙甲相连 😀",
    6: "![图片](https://inews.gtimg.com/om_bt/Oabc/641)\n\n**财**报[链接](https://example.org/weixin)与\\*星号\\*",
    7: "年报，不是财务报告。covid-19 过去了",
}
FOUND = {
    "腾讯": {1, 2},
    "騰訊 財報": {1, 2},
    "腾讯公布财报": {1},
    "财报": {1, 2, 6},
    "报": {1, 2, 3, 4, 5, 6, 7},
    "body:报": {1, 2, 6, 7},
    "甲乙": set(),
    "甲": {5},
    "乙甲": {5},
    "GPU": {3, 4},
    "gpu芯片": {3, 4},
    "芯片出货": {3},
    "120": {3},
    "12": set(),
    "12*": {3},
    "ai": {4},
    "tenc*": {3},
    "TENCENT CLOUD": {3},
    '"cloud tencent"': set(),
    '"tencent cloud"': {3},
    "covid19": {7},
    "😀": {5},
    "gtimg": set(),
    "weixin": set(),
    "链接与": {6},
    "星号": {6},
    "财报 OR 芯片": {1, 2, 3, 4, 6},
    "财报 -腾讯": {6},
    "财报 NOT (腾讯 OR 链接)": set(),
    "(腾讯 OR gpu) (财报 OR 芯片) -公布": {2, 3, 4},
    "报 -财报": {3, 4, 5, 7},
    "腾\0讯": {1, 2},
    "“微信用户”": {1, 2},
    "title:号": {1, 2, 3, 4, 5, 6, 7},
    "title:三": {3},
    "title:腾讯": set(),
    "body:腾讯 -body:发布": {1},
    "media:河边": {1, 2, 3, 4, 5, 6, 7},
    "keywords:渔夫 title:(一 OR 二)": {1, 2},
    "河边 日报": {1, 2, 3, 4, 5, 6, 7},
}


def ids(numbers: set[int]) -> set[str]:
    return {an_article(number).id for number in numbers}


def found(archive: Archive, query: str, order: Order = Order.DATE, **limits: Any) -> list[str]:
    index_new(archive)
    with Index.open(archive.data) as index:
        return [
            hit.article_id
            for hit in search_articles(index.connection, read_query(query).match, order, Limits(**limits))
        ]


def keep(archive: Archive, *articles: Article) -> None:
    with archive.transaction():
        for article in articles:
            archive.keep(article, seen_at=NOON)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive.open(tmp_path_factory.mktemp("small")) as archive:
        for number, body in TEXTS.items():
            title = f"第{'零一二三四五六七'[number]}号"
            keep(archive, an_article(number, title=title, summary="", body=body, author="", keywords=("渔夫",)))
        yield archive


@pytest.mark.parametrize("query", FOUND)
@pytest.mark.parametrize("order", Order)
def test_what_is_found(small: Archive, query: str, order: Order) -> None:
    result = found(small, query, order)
    assert set(result) == ids(FOUND[query])
    assert len(result) == len(set(result))


BAD = {
    "": "nothing to search",
    "  ": "nothing to search",
    "——！": "nothing to search",
    '"腾讯': "never closed",
    "(腾讯": "without a closing",
    "腾讯)": "without an opening",
    "OR 腾讯": "each side",
    "腾讯 OR": "each side",
    "腾讯 AND OR 财报": "each side",
    "NOT": "a word after",
    "NOT 腾讯": "only what is not wanted",
    "-腾讯 -财报": "only what is not wanted",
    "title:": "a word is missing",
    "腾" * 1001: "more than 1000",
    "(" * 200 + "腾" + ")" * 200: "too many brackets",
}


@pytest.mark.parametrize("query", BAD)
def test_a_query_that_cannot_be_understood_is_answered(query: str) -> None:
    with pytest.raises(BadQuery, match=BAD[query]) as caught:
        read_query(query)
    assert "\n" not in str(caught.value)


PIECES = [*'腾讯财报aB1 "“”()（）:-*^~+\\\0\ufdd0\ud800😀é́\u3000\n', "OR ", "NOT ", "AND ", "title:"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_query_is_understood_or_refused(small: Archive, query: str) -> None:
    try:
        result = found(small, query)
    except BadQuery as error:
        result = [] if error.reason else ["an error without a reason"]
    assert set(result) <= ids(set(TEXTS))


def test_random_words_are_found_where_like_finds_them(archive: Archive) -> None:
    chance = Random(8)
    articles = [an_article(number, title=story(chance, 1)[:20], body=story(chance, 9)) for number in range(150)]
    keep(archive, *articles)
    truth = like_table(articles)
    index_new(archive)
    with Index.open(archive.data) as index:
        for word in random_words([readable(each) for each in articles], 2000, chance):
            hits = search_articles(index.connection, read_query(word).match, Order.DATE)
            assert {hit.article_id for hit in hits} == found_by_like(truth, word), word


def test_newest_first_and_undated_last(archive: Archive) -> None:
    moments = [datetime(2024, 5, day, tzinfo=BEIJING) for day in (2, 1, 3, 3)]
    keep(archive, *(an_article(number, published_at=moment) for number, moment in enumerate([*moments, None])))
    order = found(archive, "渔夫")
    assert order[:2] in ([an_article(n).id for n in pair] for pair in ((2, 3), (3, 2)))
    assert order[2:] == [an_article(n).id for n in (0, 1, 4)]


def test_days_are_those_of_beijing_and_both_count(archive: Archive) -> None:
    last_second = datetime(2024, 5, 2, 23, 59, 59, tzinfo=BEIJING)
    keep(archive, *(an_article(number, published_at=last_second) for number in range(5)))
    keep(archive, an_article(5, published_at=datetime(2024, 5, 3, tzinfo=BEIJING)), an_article(6, published_at=None))
    second = date(2024, 5, 2)
    assert set(found(archive, "渔夫", since=second, until=second)) == ids({0, 1, 2, 3, 4})
    assert set(found(archive, "渔夫", since=date(2024, 5, 3))) == ids({5})
    assert set(found(archive, "渔夫", until=date(2024, 5, 1))) == set()
    assert len(found(archive, "渔夫", Order.RANK, since=date.min, until=date.max)) == 6


def test_limits_by_channel_kind_and_account(archive: Archive) -> None:
    keep(
        archive,
        an_article(1, channel="tech"),
        an_article(2, kind="video"),
        an_article(3, media="山脚晚报", media_id="9"),
    )
    assert set(found(archive, "渔夫", channel="tech")) == ids({1})
    assert set(found(archive, "渔夫", kind="video")) == ids({2})
    assert set(found(archive, "渔夫", media="山脚晚报")) == set(found(archive, "渔夫", media="9")) == ids({3})


def test_a_word_in_the_title_ranks_above_one_in_the_text(archive: Archive) -> None:
    keep(archive, *(an_article(number, body="邮差来了。" * 3) for number in range(20)))
    keep(archive, an_article(50, body="木匠和邮差。"), an_article(51, title="木匠的一天"))
    assert found(archive, "木匠", Order.RANK) == [an_article(51).id, an_article(50).id]


@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_a_part_of_a_text_is_folded_as_inside_the_whole(text: str, start: int, end: int) -> None:
    composed, folded, place_of = fold_with_places(text)
    assert folded == fold(text)
    one_by_one = [place for place, each in enumerate(composed) for _ in fold(each)]
    assert [*map(place_of, range(len(folded) + 1))] == [*one_by_one, len(composed)]
    assert all(ord(each) < 0xD800 or ord(each) > 0xDFFF for each in folded)
    # A mark that joins the letter before it is no text of its own.
    assert "".join(fold(each) for each in composed) == folded


def test_pairs_never_reach_over_a_sign() -> None:
    assert tokenize(fold("腾讯，AI财报！2024年")) == ["腾", "腾讯", "讯", "ai", "财", "财报", "报", "2024", "年"]


@pytest.mark.parametrize("word", ["2月", "GWh和", "月11日", "生物、公"])
def test_no_beginnings_are_looked_for_where_words_and_characters_meet(word: str) -> None:
    assert "*" not in read_query(word).match


def test_what_a_reader_does_not_see_is_not_text() -> None:
    links = "![图片](https://x.y/z)![狗](u)\n\n[文字](https://x.y)"
    body = f"> ## 小标题\n\n- 一 **粗** *斜*\n\n{links} 2 \\* 3\n\n| 表 | 格 |\n| --- | --- |"
    assert visible(body).split() == "小标题 一 粗 斜 狗 文字 2 * 3 表 格".split()


def test_snippets_mark_what_was_found_in_the_text_as_it_is() -> None:
    marks = Marks("[", "]")
    text = "开头很长。" * 30 + "騰訊公佈了ＧＰＵ的财报" + "，结尾。" * 30
    shown = snippet(text, read_query("腾讯 gpu 财报").shown, marks)
    assert "[騰訊]公佈了[ＧＰＵ]的[财报]" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) < 100
    assert marked("a\x1b[31m 263 与 2", ("2",), marks) == "a\ufffd[31m 263 与 [2]"
    assert snippet("没有找到", ("别的",), marks) == "没有找到"
