"""In every layout a value is read from the statement that gives it: what only looks like one, states nothing."""

from __future__ import annotations

import json

import pytest

from crawler.sites.identify import address_in, address_in_name
from crawler.sites.normalise import normalise
from crawler.sites.page import Changed, RawArticle
from crawler.sites.registry import read_page
from tests.crawler.sites.good_pages import rain_page, static_page

OLD = "https://tech.qq.com/a/20161014/006270.htm"
MOBILE = "https://xw.qq.com/cmsid/20190128A0MINE00"
KUAIBAO = "https://kuaibao.qq.com/s/20181120A0CLOU00"
STATIC = "https://new.qq.com/cmsn/20180708/20180708001061.html"
LIES = (
    "<!-- <script>{}</script> -->",
    '<p title="<script>{}</script>">x</p>',
    "<script>var example = '{}'; // {}\n</script>",
    "<script>function unused() {{ var x; {} }}</script>",
    '<script type="text/plain">{}</script>',
    "<pre>{}</pre>",
)


def lying(lie: str, statement: str) -> str:
    """A lie in which a statement stands, its quotes double so that it fits into any."""
    return lie.replace("{}", statement).replace("{{", "{").replace("}}", "}")


def read(html: str, url: str) -> RawArticle:
    return read_page(f'<html><head><meta charset="utf-8"></head><body>{html}</body></html>'.encode(), url)


@pytest.mark.parametrize("lie", LIES)
def test_the_data_of_a_page_are_those_of_its_statement(lie: str) -> None:
    fake = 'x = 1; DATA = {"title": "假的", "pubtime": "2001-01-01 00:00:00"};'
    for page in (rain_page("渡口", "灯亮着。"), static_page("", "渡口", "灯亮着。")):
        body = page.body.replace(b"<head>", f"<head>{lying(lie, fake)}".encode(), 1)
        found = normalise(read_page(body, page.url))
        assert (found.title, found.body) == ("渡口", "灯亮着。")


@pytest.mark.parametrize("lie", LIES)
def test_an_old_page_s_fields_are_those_of_its_statement(lie: str) -> None:
    fake = 'ARTICLE_INFO = {title: "假的", site: "fake"}; cmt_id = 7777777; cmt_site = "fake";'
    page = (
        f"{lying(lie, fake)}<script>ARTICLE_INFO = window.ARTICLE_INFO || {{site: 'tech', title: '渡口', "
        "pubtime: '2016年10月14日07:17'}; cmt_site = 'tech'; cmt_id = 1576450358;</script>"
        '<div id="Cnt-Main-Article-QQ"><p>灯亮着。</p></div>'
    )
    found = normalise(read(page, OLD))
    assert (found.title, found.channel, found.comment_id) == ("渡口", "tech", "1576450358")


def test_a_comment_s_page_and_a_further_page_are_told_by_links() -> None:
    page = (
        "<script>var a = 'http://coral.qq.com/1111111', b = '006270_1.htm';</script>"
        "<p>http://coral.qq.com/2222222 006270_2.htm</p>"
        '<h1>渡口</h1><div id="Cnt-Main-Article-QQ"><p>灯亮着。</p></div>'
    )
    found = read(page, OLD)
    assert (found.comment_id, found.notes) == ((), ())
    more = '<a href="http://coral.qq.com/1576450358">评</a><a href="006270_1.htm">2</a>'
    found = read(page + more, OLD)
    assert ([one.raw for one in found.comment_id], found.notes) == (["1576450358"], ("one-page-of-many",))


@pytest.mark.parametrize("lie", LIES)
def test_a_mobile_page_s_text_is_that_of_its_statement(lie: str) -> None:
    fake = 'globalConfig = {title: "假的", contents: [{type: 1, value: "假的。"}]};'
    true = "<script>var globalConfig = {title: '渡口', contents: [{type: 1, value: '灯亮着。'}]};</script>"
    found = normalise(read(lying(lie, fake) + true, MOBILE))
    assert (found.layout, found.title, found.body) == ("mobile", "渡口", "灯亮着。")


@pytest.mark.parametrize("lie", LIES)
def test_a_kuaibao_page_s_text_is_that_of_its_statement(lie: str) -> None:
    content = {"title": "假的", "cnt_html": "<p>假的。</p>"}
    fake = f"page = {{content: {json.dumps(content, ensure_ascii=False)}}};"
    true = "<script>window.__page = {a: {content: {title: '渡口', cnt_html: '<p>灯亮着。</p>'}}};</script>"
    found = normalise(read(lying(lie, fake).replace("</p>", "<\\/p>") + true, KUAIBAO))
    assert (found.title, found.body) == ("渡口", "灯亮着。")


@pytest.mark.parametrize("lie", [lie for lie in LIES if not lie.startswith(("<p", "<pre"))])
def test_parts_and_slides_of_a_static_page_are_those_of_their_statements(lie: str) -> None:
    fake = 'contentJson = [{"type": 1, "value": "假的。"}]; IMGDATA = [{"url": "//x.example/0"}];'
    data = 'window.DATA = {"title": "渡口", "pubtime": "2018-07-08 09:10:11"}'
    slides = '[{"url": "//inews.gtimg.com/newsapp_bt/0/1/1000", "desc": "灯&amp;船"}]'
    page = (
        f'<script>{data}</script>{lying(lie, fake)}<div class="content-article"><p>导语。</p>'
        f'<div class="PictureWrap"></div><script>IMGDATA = {slides}</script>'
        '<script>var contentJson=[{"type": 1, "value": "灯亮着。"}];</script></div>'
    )
    found = normalise(read(page, STATIC))
    assert found.body.split("\n\n") == [
        "导语。",
        "![图片](https://inews.gtimg.com/newsapp_bt/0/1/1000)",
        "*灯&船*",
        "灯亮着。",
    ]


def test_the_time_of_an_ancient_page_stands_above_its_text() -> None:
    text = '<div id="ArticleCnt"><p>2001年01月01日10:00 来源：旧闻社，那天灯亮着。</p></div>'
    below = "<p>2009年09月09日09:09 来源：推荐社</p>"
    assert normalise(read(f"<h1>渡口</h1>{text}{below}", "https://news.qq.com/a/20080512/000001.htm")).media == ""
    above = "<table><tr><td>2008年05月12日06:30 来源：渡口社</td></tr></table>"
    found = normalise(read(f"<h1>渡口</h1>{above}{text}{below}", "https://news.qq.com/a/20080512/000001.htm"))
    assert (found.media, found.published_raw) == ("渡口社", "2008年05月12日06:30")


def test_a_saved_page_is_whose_it_states() -> None:
    fake = '<p>og:url content="https://new.qq.com/rain/a/20200101A01ABC00"</p><!-- <link rel="canonical" href="x"> -->'
    page = f'<html>{fake}<meta content="https://news.qq.com/rain/a/20260810A01ABC00" property="og:url"></html>'
    found = address_in(page.encode())
    assert found is not None
    assert found.id == "20260810A01ABC00"
    assert address_in(fake.encode()) is None


@pytest.mark.parametrize(
    ("name", "article"),
    [
        ("20260810A01ABC00", "20260810A01ABC00"),
        ("wx-Abcdefgh_jklmnop-rstuv", "wx-Abcdefgh_jklmnop-rstuv"),
        ("wx_plain_02_Abcdefgh_jklmnop-rstuv", "wx-Abcdefgh_jklmnop-rstuv"),
        ("page", ""),
        ("plain_02_Abcdefgh_jklmnop-rstuv", ""),
    ],
)
def test_a_saved_page_s_name_may_tell_whose_it_is(name: str, article: str) -> None:
    found = address_in_name(name)
    assert (found.id if found else "") == article


# What cannot be read of a text is named, or the text is no success.

INTERFACE = "https://r.inews.qq.com/getSimpleNews?id=20170222A0GAME00"


def answer(*parts: dict[str, object]) -> RawArticle:
    return read_page(json.dumps({"title": "湖边", "content": parts}).encode(), INTERFACE)


@pytest.mark.parametrize("key", ["value", "desc", "info", "text", "content"])
def test_the_words_of_a_part_stand_under_any_known_key(key: str) -> None:
    found = answer({"type": "img", "img_url": "http://inews.gtimg.com/1/641"}, {"type": "text", key: "主队赢了。"})
    assert normalise(found).body == "![图片](http://inews.gtimg.com/1/641)\n\n主队赢了。"
    assert found.notes == ()


def test_a_part_of_text_without_known_words_is_no_smaller_article() -> None:
    with pytest.raises(Changed, match="wording"):
        answer({"type": "text", "value": "开场。"}, {"type": "text", "wording": "主队赢了。"})
    assert answer({"type": "text", "value": "开场。"}, {"type": "text", "value": "", "id": "x1"}).notes == ()


def test_parts_of_unknown_types_are_named() -> None:
    found = answer({"type": "text", "value": "开场。"}, {"type": "vote", "desc": "谁会赢？"}, {"type": "img"})
    assert found.notes == ("unread-parts",)
    assert normalise(found).provenance["unread_parts"] == ("answer.content", "type vote")


def test_placeholders_that_stand_for_nothing_known_are_named() -> None:
    page = rain_page("渡口", "灯亮着。")
    attributes = {
        "VOTE_0": {"id": 1},
        "IMG_0": {"desc": "没有地址"},
        "VERTICAL_CARD_BEGIN_0": {"word": "灯"},
        "VERTICAL_CARD_END_0": {"word": "灯"},
        "IMG_1": {"origUrl": "https://inews.gtimg.com/om_bt/O1/641"},
    }
    body = page.body.replace(b'"originAttribute":{}', b'"originAttribute":' + json.dumps(attributes).encode())
    assert normalise(read_page(body, page.url)).provenance["unread_parts"] == ("DATA.originContent", "VOTE, IMG")


def test_an_empty_frame_is_no_second_opinion() -> None:
    page = rain_page("渡口", "灯亮着。")
    empty = page.body.replace(b'<div class="rich_media_content"><p>', b"<p hidden>")
    assert read_page(empty, page.url).notes == ()


@pytest.mark.parametrize("text", ["，", "、 ，。", "", "|"])
def test_a_page_of_signs_alone_is_no_success(text: str) -> None:
    page = rain_page("渡口", text)
    with pytest.raises(Changed):
        read_page(page.body, page.url)
