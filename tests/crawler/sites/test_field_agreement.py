"""Whether a page's statements agree: each is normalised before it is compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crawler.sites.field_agreement import Agreement, Count, agreement, candidates, noted, tally, with_list
from crawler.sites.page import Body, Found, RawArticle
from crawler.sites.qq.read_page import read_page
from crawler.sites.registry import read_address
from tests.crawler.sites.good_pages import rain_page

ADDRESS = read_address("20260810A01ABC00")
EMPTY = RawArticle(address=ADDRESS, layout="rain")


def said(*raws: str, where: str = "DATA.x") -> tuple[Found, ...]:
    return tuple(Found(raw, f"{where}{number}") for number, raw in enumerate(raws))


@pytest.mark.parametrize(
    ("field", "one", "other", "agree"),
    [
        ("published", "2026-08-10 17:10:12", "2026年8月10日17:10", True),
        ("published", "2026-08-10 17:10:12", "1786353012", True),
        ("published", "2026-08-10 17:10:12", "2026-08-10 17:10:13", False),
        ("published", "2026-08-10 17:10:12", "2026-08-11", False),
        ("published", "2026-08-10 17:10:12", "2026-08-10", True),
        ("published", "2026-08-10", "1786353012", True),
        ("published", "2026-08-10 00:00", "2026-08-10 17:10", False),
        ("published", "2026-08-10 17:10:12", "昨天", True),
        ("published", "早上", "早上 ", True),
        ("summary", "天还没亮，\n就有人排队。", "天还没亮， 就有人...", True),
        ("summary", "天还没亮", "天已经亮了", False),
        ("thumbnail", "https://inews.gtimg.com/om_ls/Oa_640330/0", "//inews.gtimg.com/om_ls/Oa_640360/0", True),
        ("thumbnail", "https://inews.gtimg.com/om_ls/Oa/0", "https://inews.gtimg.com/om_ls/Ob/0", False),
        ("keywords", "书;市场", "旧书市场开张,市场,书", True),
        ("keywords", "书,市场", "书,菜", False),
        ("location", "北京", "发布于北京", True),
        ("media", "城南报", " 城南报\n", True),
        ("media", "城南报", "城北报", False),
        ("media", "城&amp;amp;南", "城&南", True),
        ("source_account", "城南报", "城北报", False),
        (
            "source_url",
            "https://mp.weixin.qq.com/s?__biz=a&mid=1&idx=1&sn=b",
            "https://mp.weixin.qq.com/s?__biz=a&mid=1&idx=1",
            True,
        ),
        (
            "source_url",
            "https://mp.weixin.qq.com/s?__biz=a&mid=1&idx=1",
            "https://mp.weixin.qq.com/s?__biz=a&mid=2&idx=1",
            False,
        ),
        ("media_id", "23489717", "8QMc339d5IMbvDfY5gVx", True),
        ("media_id", "23489717", "23489718", False),
    ],
)
def test_two_statements_agree_when_they_mean_the_same(field: str, one: str, other: str, *, agree: bool) -> None:
    changed: dict[str, Any] = {field: said(one, other)}
    raw = replace(EMPTY, **changed)
    assert agreement(raw) == {field: Agreement(2, 1 + agree)}


def test_each_difference_and_unread_parts_are_noted() -> None:
    raw = replace(EMPTY, media=said("城南报", "城北报"), title=said("甲", "甲"), notes=("paid",))
    part = Body("甲", "甲", (), (), "DOM", unread=("iframe", "mp-poll", "iframe"))
    assert noted(raw).notes == ("paid", "media-differs")
    assert noted(noted(replace(raw, bodies=(part,)))).notes == ("paid", "media-differs", "unread-parts")
    assert noted(EMPTY) is EMPTY


def test_what_a_list_says_of_the_account_is_heard_last() -> None:
    raw = replace(EMPTY, media=said("城南报"), media_id=said("23489717"))
    heard = with_list(raw, "channel:tech", "城北报", "8QMc339d5IMbvDfY5gVx")
    assert heard.media == (Found("城南报", "DATA.x0"), Found("城北报", "list channel:tech"))
    assert heard.notes == ("media-differs",)
    assert with_list(raw, "channel:tech", "城南报", "").notes == ()
    assert with_list(raw, "channel:tech", "", "") is raw


def test_a_title_is_compared_without_its_tail() -> None:
    raw = replace(EMPTY, title=(Found("旧书市场", "DATA.title"), Found("旧书市场_财经_腾讯网", "title")))
    assert agreement(raw)["title"] == (2, 2)


def test_one_element_found_twice_is_one_opinion() -> None:
    raw = replace(EMPTY, title=(Found("旧书市场", "#article-title"), Found("旧书市场", "h1")))
    assert agreement(raw)["title"] == (1, 1)


def test_silent_fields_have_no_agreement() -> None:
    assert agreement(EMPTY) == {}


def test_bodies_that_differ_are_shown_both() -> None:
    bodies = tuple(Body(text, text, (), (), where) for text, where in (("甲", "DATA"), ("乙", "DOM")))
    said_of = candidates(replace(EMPTY, bodies=bodies))["body"]
    assert [(one.where, one.raw, one.agrees) for one in said_of] == [("DATA", "甲", True), ("DOM", "乙", False)]


def test_a_second_way_to_the_same_body_counts() -> None:
    page = rain_page("旧书市场", "天还没亮。")
    assert agreement(read_page(page.body, page.url))["body"] == (2, 2)


def test_the_comments_script_is_a_second_word_on_the_channel_of_an_old_page() -> None:
    page = Path(__file__).parents[2] / "pages" / "qq" / "legacy-2016" / "page.html"
    raw = read_page(page.read_bytes(), "https://tech.qq.com/a/20161014/006271.htm")
    assert [(one.where, one.raw, one.agrees) for one in candidates(raw)["channel"]] == [
        ("ARTICLE_INFO.site", "tech", True),
        ("cmt_site", "tech", True),
    ]


LEGACY = "https://tech.qq.com/a/20161014/006271.htm"
INFO = "ARTICLE_INFO = {title: '旧书市场', sosokeys: {key1: '旧书', key2: '市场'}}"
KUAIBAO = '{"cnt_html": "<p>天亮了。</p>", "title": "旧书市场", "abstract": "天亮了。", "tag": "书,市场"}'
STATIC_DATA = 'window.DATA = {"title": "旧书市场", "pubtime": "2018-07-08 09:10:11", "media": "山乡报"}'
PARTS = (
    'var contentJson=[{"type":1,"value":"天亮了。"},{"type":2,"value":"https://inews.gtimg.com/newsapp_bt/0/4/641"}];'
)
PICTURE = '<img src="//inews.gtimg.com/newsapp_bt/0/4/641">'


@pytest.mark.parametrize(
    ("name", "url", "page", "said"),
    [
        (
            "comment_id",
            LEGACY,
            f'<script>{INFO}; cmt_id = 12016101447;</script><a href="http://coral.qq.com/12016101447">评论</a>'
            '<div id="Cnt-Main-Article-QQ">天亮了。</div>',
            {"cmt_id": True, "link to coral.qq.com": True},
        ),
        (
            "comment_id",
            LEGACY,
            f"<script>{INFO}; cmt_id = 12016101447;</script>"
            '<a href="//coral.qq.com/1201610"></a><a href="//coral.qq.com/1201611"></a>'
            '<div id="Cnt-Main-Article-QQ">天亮了。</div>',
            {"cmt_id": True},
        ),
        (
            "keywords",
            LEGACY,
            f'<meta name="keywords" content="旧书,市场"><script>{INFO}</script>'
            '<div id="Cnt-Main-Article-QQ">天亮了。</div>',
            {"meta keywords": True, "ARTICLE_INFO.sosokeys": True},
        ),
        (
            "media",
            LEGACY,
            '<h1>旧书市场</h1><div class="info">2012年05月06日18:40 来源：<span class="where">边关文摘</span></div>'
            '<div id="ArticleCnt"><p>天亮了。</p></div>',
            {".where": True, "visible text": True},
        ),
        (
            "media",
            LEGACY,
            "<h1>旧书市场</h1><table><tr><td>2005年07月20日06:30 　来源：河讯社</td></tr>"
            '<tr><td id="textflag">天亮了。</td></tr></table>',
            {"visible text": True},
        ),
        (
            "title",
            "https://kuaibao.qq.com/s/20181120A0CLOU00",
            f"<title>旧书市场 - 天天快报</title><script>x = {{content: {KUAIBAO}}}</script>",
            {"content.title": True, "title": True},
        ),
        (
            "keywords",
            "https://kuaibao.qq.com/s/20181120A0CLOU00",
            f'<meta name="keywords" content="书,市场"><script>x = {{content: {KUAIBAO}}}</script>',
            {"content.tag": True, "meta keywords": True},
        ),
        (
            "author",
            "https://new.qq.com/rain/a/20260810A01ABC00",
            f'<meta property="article:author" content="山乡报"><script>{STATIC_DATA}</script>'
            '<p class="media-name">山乡报</p><div id="article-content"><p>天亮了。</p></div>',
            {"meta article:author": True, ".media-name": True},
        ),
        (
            "body",
            "https://new.qq.com/cmsn/20180708/20180708001061.html",
            f'<script>{STATIC_DATA}</script><div class="content-article"><p>天亮了。</p><p>{PICTURE}</p>'
            f"<script>{PARTS}</script></div>",
            {".content-article": True, "contentJson": True},
        ),
        (
            "body",
            "https://new.qq.com/cmsn/20180708/20180708001061.html",
            f'<script>{STATIC_DATA}</script><div class="content-article"><p>早。</p><p>天亮了。</p><p>{PICTURE}</p>'
            f"<script>{PARTS}</script></div>",
            {".content-article": True},
        ),
    ],
)
def test_what_a_page_says_twice_is_heard_twice(name: str, url: str, page: str, said: dict[str, bool]) -> None:
    html = f'<html><head><meta charset="utf-8"></head><body>{page}</body></html>'
    found = candidates(read_page(html.encode(), url))[name]
    assert {one.where: one.agrees for one in found} == said


def test_counts_are_kept_per_layout() -> None:
    one = replace(EMPTY, media=said("甲", "甲"), channel=said("tech"))
    other = replace(EMPTY, media=said("甲", "乙"))
    old = replace(EMPTY, layout="legacy", media=said("甲"))
    counts = tally([one, other, old])
    assert counts == {
        "rain": {"media": Count(2, 2, 1), "channel": Count(1, 0, 0)},
        "legacy": {"media": Count(1, 0, 0)},
    }
