"""The forms of WeChat's pages: who said what, and which element or statement holds it."""

from __future__ import annotations

from typing import Any

import pytest

from archive.article.model import Article
from crawler.sites.field_agreement import candidates
from crawler.sites.normalise import normalise
from crawler.sites.page import Changed, NotAnArticle, RawArticle
from crawler.sites.registry import read_page
from tests.site.pages.account import (
    ACCOUNT,
    BIZ,
    FRAME,
    TITLE,
    URL,
    article,
    data,
    literal,
    page,
    picture_post,
    share_page,
    statement,
    text_post,
)

LINK = f"http://mp.weixin.qq.com/s?__biz={BIZ}&mid=2650000001&idx=1&sn=0123456789abcdef"


def raw(body: bytes) -> RawArticle:
    return read_page(body, URL)


def read(body: bytes) -> Article:
    return normalise(raw(body))


def blocks(body: bytes) -> list[str]:
    return read(body).body.split("\n\n")


# Kind 1: a value is read from where it is stated.


def test_the_page_s_object_states_its_fields_in_any_order() -> None:
    stated = data(
        author="林摆渡", desc="灯亮着。", cdn_url="https://mmbiz.qpic.cn/c/0", ip_wording={"provinceName": "浙江"}
    )
    backwards = dict(reversed(stated.items()))
    body = page('<div id="js_content"><p>灯亮着，船还没回来。</p></div>', statement(backwards), headline="", byline="")
    found = read(body)
    assert (found.title, found.media, found.author, found.summary) == (TITLE, ACCOUNT, "林摆渡", "灯亮着。")
    assert (found.media_id, found.thumbnail, found.location) == (BIZ, "https://mmbiz.qpic.cn/c/0", "浙江")
    assert (found.published_at and found.published_at.isoformat()) == "2025-03-09T14:00:00+08:00"
    assert found.provenance["media"] == ("cgiDataNew.nick_name", ACCOUNT)
    assert raw(body).notes == ()


@pytest.mark.parametrize(
    "inner",
    [
        '<mp-common-profile data-nickname="别家的号" data-id="MzB"></mp-common-profile>',
        '<a data-miniprogram-nickname="小程序" href="">看</a><section data-author="Wxeditor"></section>',
        "<pre><code>var nickname = htmlDecode(\"别家的号\"); window.cgiDataNew = {nick_name: '别家的号'};</code></pre>",
        '<p title=\'<script>var nickname = "别家的号", author = "Wxeditor";</script>\'>x</p>',
        "<!-- <script>var nickname = '别家的号'; var ct = '1';</script> -->",
        '<h1 id="activity-name">别的题目</h1><a id="js_name">别家的号</a><em id="publish_time">2001-01-01</em>',
    ],
)
def test_what_stands_in_the_text_states_no_field(inner: str) -> None:
    old = (
        f'<script>var biz = "" || "{BIZ}", nickname = htmlDecode("{ACCOUNT}"); var ct = "1741500000";\n'
        f"var msg_title = window.title = '{TITLE}'.html(false); var author = '';</script>"
    )
    for body in (article(f"<p>灯亮着。</p>{inner}"), page(f'<div id="js_content"><p>灯亮着。</p>{inner}</div>', old)):
        found = read(body)
        assert (found.title, found.media, found.author, found.media_id) == (TITLE, ACCOUNT, ACCOUNT, BIZ)
        assert not [note for note in raw(body).notes if note.endswith("-differs")]


@pytest.mark.parametrize(
    ("stated", "shown", "field", "believed"),
    [
        ({"nick_name": "微信广告"}, {"byline": "渡口日报"}, "media", "渡口日报"),
        ({"title": "点击就看"}, {"headline": "渡口的灯"}, "title", "渡口的灯"),
        ({"author": "广告部"}, {"head": "", "before": '<span id="js_author_name">林摆渡</span>'}, "author", "林摆渡"),
        ({}, {"before": '<em id="publish_time">2025-03-11 09:30</em>'}, "published", "2025-03-11T09:30:00+08:00"),
    ],
)
def test_where_a_page_contradicts_itself_the_shown_is_believed_and_the_difference_noted(
    stated: dict[str, Any], shown: dict[str, str], field: str, believed: str
) -> None:
    before = shown.pop("before", "")
    content = f'{before}<div class="rich_media_content" id="js_content"><p>灯亮着。</p></div>'
    found = raw(page(content, statement(data(**stated)), **shown))
    understood = normalise(found)
    value = understood.published_at.isoformat() if field == "published" and understood.published_at else ""
    assert (value or getattr(understood, field)) == believed
    assert found.notes == (f"{field}-differs",)
    assert [one.agrees for one in candidates(found)[field]].count(False) >= 1


@pytest.mark.parametrize("shown", ["2025-03-09", "2025年3月9日 14:00", "昨天", "2025-03-09 07:00"])
def test_a_shown_time_that_may_be_the_stated_one_changes_nothing(shown: str) -> None:
    """A day, a minute, words, or the clock of somebody in London who saved the page."""
    content = f'<em id="publish_time">{shown}</em><div id="js_content"><p>灯亮着。</p></div>'
    found = normalise(raw(page(content, statement(data()))))
    assert found.published_at is not None
    assert found.published_at.isoformat() == "2025-03-09T14:00:00+08:00"


# Kind 2: an element that is there is not an element that holds the article.


def test_a_short_text_is_its_words_with_their_links() -> None:
    words = "渡口今天停航。\n\n要过河的人，看昨天的通知。\n明天再说。"
    html = words.replace("昨天的通知", f'<a href="{LINK.replace("&", "&amp;")}" target="_blank">昨天的通知</a>')
    found = read(text_post(words, html=html))
    assert (found.kind, found.title, found.media, found.author) == ("text", "渡口今天停航。", ACCOUNT, ACCOUNT)
    assert found.body.split("\n\n") == ["渡口今天停航。", f"要过河的人，看[昨天的通知]({LINK})。", "明天再说。"]
    assert (found.summary, found.thumbnail) == (" ".join(words.split()), "")


def test_a_short_text_may_be_stated_by_a_variable() -> None:
    info = literal({"content": "停航一天。", "content_noencode": f'<a href="{LINK}">停航</a>一天。'})
    variables = (
        f"<script>window.item_show_type = '10'; window.ct = '1741500000'; window.text_page_info = {info};</script>"
    )
    assert blocks(page(FRAME, variables, headline="")) == [f"[停航]({LINK})一天。"]


def test_a_short_text_may_have_a_title_of_its_own() -> None:
    assert read(text_post("停航一天。", user_title="通知")).title == "通知"


def test_a_short_text_that_was_saved_after_its_script_ran_is_read_as_shown() -> None:
    shown = FRAME.replace("share_notice_inner", 'x"').replace('x"">', 'x">停航一天，<b>请绕行</b>。')
    body = page(shown, statement(data(item_show_type=10, title="停航一天，请绕行。")), headline="", byline="")
    assert blocks(body) == ["停航一天，**请绕行**。"]


def test_a_long_short_text_is_titled_by_the_beginning_of_its_first_line() -> None:
    title = read(text_post("渡口" * 60 + "\n完。")).title
    assert (len(title), title[-1]) == (64, "…")


def test_pictures_keep_their_words_and_the_links_in_them() -> None:
    words = f'灯有三盏。\n<a href="{LINK.replace("&", "&amp;")}" class="normal_text_link">昨天</a>也有图。'
    urls = ["https://mmbiz.qpic.cn/1/0?wx_fmt=png&amp;from=appmsg", "https://mmbiz.qpic.cn/2/0"]
    found = read(picture_post(words, urls))
    assert (found.kind, found.title, found.media) == ("gallery", TITLE, ACCOUNT)
    assert found.body.split("\n\n") == [
        "灯有三盏。",
        f"[昨天]({LINK})也有图。",
        "![图片](https://mmbiz.qpic.cn/1/0?wx_fmt=png&from=appmsg)",
        "![图片](https://mmbiz.qpic.cn/2/0)",
    ]
    assert found.summary == "灯有三盏。 昨天也有图。"


def test_a_shared_article_is_what_is_said_of_it_and_a_card() -> None:
    found = read(share_page("这一篇要读。\n写了三年。", link=f"{LINK}&scene=45#wechat_redirect"))
    assert found.body.split("\n\n") == ["这一篇要读。", "写了三年。", f"[对岸的灯]({LINK})"]
    assert (found.media, found.source_account, found.source_url) == (ACCOUNT, "河对岸", LINK.replace("http:", "https:"))


def test_what_is_shown_of_a_shared_article_is_kept() -> None:
    begun = "<p>对岸也有一盏灯。</p>"
    assert blocks(share_page("要读。", link=LINK, begun=begun)) == ["要读。", "对岸也有一盏灯。", f"[对岸的灯]({LINK})"]


def test_an_article_that_a_script_fills_is_read_from_the_data() -> None:
    html = '<p>灯亮着。</p><p><img data-src="https://mmbiz.qpic.cn/b/640"></p>'
    for frame in ('<div id="js_content"></div>', "", '<div id="js_content"><p>，</p><p> 、 </p></div>'):
        assert blocks(page(frame, statement(data(content_noencode=html)))) == [
            "灯亮着。",
            "![图片](https://mmbiz.qpic.cn/b/640)",
        ]


def test_an_article_of_cards_alone_is_its_cards() -> None:
    cards = (
        '<section><mp-common-videosnap data-nickname="渡口晚报" data-desc="夜航&amp;amp;灯" data-url="https://x.example/1">'
        '</mp-common-videosnap><mp-miniprogram data-miniprogram-nickname="船票"></mp-miniprogram></section>'
    )
    assert blocks(article(cards)) == ["[视频号：渡口晚报 · 夜航&灯](https://x.example/1)", "小程序：船票"]


def test_an_article_of_drawings_alone_is_its_pictures() -> None:
    drawings = (
        '<section><svg style="background-image:url(&quot;https://mmbiz.qpic.cn/1/640&quot;)"></svg></section>'
        '<section style="background: url(//mmbiz.qpic.cn/2/640)"><svg></svg></section>'
    )
    assert blocks(article(drawings)) == ["![图片](https://mmbiz.qpic.cn/1/640)", "![图片](https://mmbiz.qpic.cn/2/640)"]


@pytest.mark.parametrize(
    ("stated", "line"),
    [
        (
            {"video_page_info": {"video_id": "wxv_123456789"}},
            "[视频](https://mp.weixin.qq.com/mp/readtemplate?t=pages/video_player_tmpl&action=mpvideo&auto=0"
            "&vid=wxv_123456789)",
        ),
        ({"video_ids": ["c0837yy1f97"]}, "[视频](https://v.qq.com/x/page/c0837yy1f97.html)"),
        (
            {"video_page_info": {"mp_video_trans_info": [{"url": "https://mpvideo.qpic.cn/a.mp4?x=1&amp;y=2"}]}},
            "[视频](https://mpvideo.qpic.cn/a.mp4?x=1&y=2)",
        ),
    ],
)
def test_a_page_that_is_a_video_is_a_link_and_its_words(stated: dict[str, Any], line: str) -> None:
    found = read(page("", statement(data(item_show_type=5, content_noencode="夜航。", **stated))))
    assert (found.kind, found.body.split("\n\n")) == ("video", [line, "夜航。"])


def test_a_video_that_is_not_named_is_an_unread_part() -> None:
    found = raw(page("", statement(data(item_show_type=5, content_noencode="夜航。"))))
    assert (found.bodies[0].markdown, found.notes) == ("视频\n\n夜航。", ("unread-parts",))


def test_a_page_that_is_a_sound_is_a_link_and_its_words() -> None:
    sounds = [{"voice_id": "MzAx_1", "title": "第&amp;nbsp;一&amp;nbsp;夜"}]
    found = read(page("", statement(data(item_show_type=7, voice_in_appmsg=sounds, content_noencode="听。"))))
    assert (found.kind, found.body.split("\n\n")) == (
        "audio",
        ["[语音：第 一 夜](https://res.wx.qq.com/voice/getvoice?mediaid=MzAx_1)", "听。"],
    )


@pytest.mark.parametrize(
    "body",
    [
        page(FRAME, statement(data(item_show_type=10))),
        article(""),
        article("<p>，</p><p> 、</p>"),
        article('<p><img src="http://wx.qlogo.cn/mmhead/Q3/132"></p><p>,</p>'),
        article('<p><img class="wx_follow_avatar" src="http://mmbiz.qpic.cn/head/300"></p><p>,</p>'),
        article(
            '<img data-src="http://mmbiz.qpic.cn/head/300">,', round_head_img="https://mmbiz.qpic.cn/head/0?wx_fmt=png"
        ),
        article("<p>,</p>", source_url="https://x.example/"),
        page(
            '<div class="original_primary_tips"><p>编者荐语：</p></div><div id="js_content"></div>', statement(data())
        ),
    ],
)
def test_a_page_without_a_sentence_is_no_success(body: bytes) -> None:
    with pytest.raises(Changed):
        raw(body)


def test_what_cannot_be_read_is_counted_and_named() -> None:
    parts = (
        '<mp-common-vote-of-tomorrow></mp-common-vote-of-tomorrow><iframe src="https://x.example/game"></iframe>'
        '<iframe data-src="https://v.qq.com/iframe/preview.html?vid=c0837yy1f97"></iframe>'
        '<p style="display: none"><mp-style-type data-value="3"></mp-style-type><iframe src="/hidden"></iframe></p>'
    )
    found = raw(article(f"<p>灯亮着。</p>{parts}{parts}"))
    assert found.notes == ("unread-parts",)
    named = "mp-common-vote-of-tomorrow × 2, iframe × 2"
    assert normalise(found).provenance["unread_parts"] == ("#js_content", named)
    assert [one.raw for one in candidates(found)["unread-parts"]] == [named]
    assert raw(article("<p>灯亮着。</p>")).notes == ()


def test_the_pictures_behind_a_text_are_named_where_they_are_not_kept() -> None:
    inner = '<section style="background-image:url(https://mmbiz.qpic.cn/1/640)"><p>灯亮着。</p></section>'
    found = normalise(raw(article(inner)))
    assert (found.body, found.provenance["unread_parts"][1]) == ("灯亮着。", "background picture")


# Kind 8: who said it.


@pytest.mark.parametrize(
    ("line", "author"),
    [
        ('<span class="rich_media_meta rich_media_meta_text">林摆渡</span>', "林摆渡"),
        ('<em class="rich_media_meta rich_media_meta_text">作者：林摆渡</em>', "林摆渡"),
        ('<p class="rich_media_meta_primary">原创 作者 林摆渡</p>', "林摆渡"),
        ('<p class="rich_media_meta_primary">广告</p>', ACCOUNT),
        (
            '<span id="copyright_logo" class="rich_media_meta rich_media_meta_text">原创：</span>'
            '<em id="post-date" class="rich_media_meta rich_media_meta_text">2025-03-09</em>'
            '<span class="rich_media_meta rich_media_meta_text">2025年3月9日</span>'
            '<span class="rich_media_meta rich_media_meta_text rich_media_meta_nickname">渡口晚报</span>',
            ACCOUNT,
        ),
        ('<span class="rich_media_meta rich_media_meta_text" style="display: none">林摆渡</span>', ACCOUNT),
        ('<span id="js_author_name">Wxeditor</span>', ACCOUNT),
        ('<span id="js_author_name">秀米</span>', ACCOUNT),
    ],
)
def test_the_author_is_who_the_line_under_the_headline_names(line: str, author: str) -> None:
    inner = '<p>灯亮着。</p><span class="rich_media_meta_text">不是他</span>'
    body = page(f'{line}<div id="js_content">{inner}</div>', statement(data()))
    assert read(body).author == author


REPRINT = {
    "copyright_stat": 2,
    "platform": "对岸",
    "reprint_url": f"{LINK.replace('&', '&amp;')}&amp;scene=1",
    "source_username": "gh_aa0123456789",
    "source_encode_biz": BIZ,
    "source_mid": 2650000001,
    "source_idx": 1,
}
CARD = (
    '<p class="original_primary_card_tips"><span>以下文章来源于对岸</span><span>，作者林摆渡</span></p>'
    '<a id="copyright_info"><strong class="original_primary_nickname">对岸</strong></a>'
)


def test_a_reprint_says_who_said_it_first() -> None:
    content = f'{CARD}<div id="js_content"><p>灯亮着。</p></div>'
    body = page(content, statement(data(author="林摆渡", copyright_info=REPRINT)))
    found = read(body)
    assert (found.media, found.author) == (ACCOUNT, "林摆渡")
    assert (found.source_account, found.source_url) == ("对岸", LINK.replace("http:", "https:"))
    assert found.provenance["source_account"] == ("cgiDataNew.copyright_info.platform", "对岸")
    assert found.provenance["source_url"][0] == "cgiDataNew.copyright_info.reprint_url"
    assert (found.body, raw(body).notes) == ("灯亮着。", ())


def test_an_older_reprint_says_so_in_its_variables_and_its_card() -> None:
    old = (
        f"<script>var source_encode_biz = '{BIZ}', source_mid = '12', source_idx = '3'; var ct = '1741500000';</script>"
    )
    found = read(page(f'{CARD}<div id="js_content"><p>灯亮着。</p></div>', old))
    assert (found.source_account, found.source_url) == ("对岸", f"https://mp.weixin.qq.com/s?__biz={BIZ}&mid=12&idx=3")


def test_the_id_of_an_account_stands_in_for_its_name() -> None:
    old = "<script>var source_username = 'gh_aa0123456789'; var ct = '1741500000';</script>"
    assert read(page('<div id="js_content"><p>灯亮着。</p></div>', old)).source_account == "gh_aa0123456789"


def test_an_article_of_its_own_has_no_source() -> None:
    own = {"copyright_stat": 1, "platform": "", "source_encode_biz": ""}
    found = read(article("<p>灯亮着。</p>", copyright_info=own))
    assert (found.source_account, found.source_url) == ("", "")


def test_what_a_reprinting_account_says_before_the_article_is_kept() -> None:
    tips = '<div class="original_primary_tips"><p>编者荐语：</p><p>灯亮了三年。</p></div>'
    assert blocks(page(f'{tips}{CARD}<div id="js_content"><p>灯亮着。</p></div>', statement(data()))) == [
        "编者荐语：",
        "灯亮了三年。",
        "灯亮着。",
    ]


def test_a_name_of_a_sound_that_was_escaped_twice_is_read() -> None:
    sound = '<mpvoice name="【第&amp;nbsp;3&amp;nbsp;夜】灯" voice_encode_fileid="MzAx_1"></mpvoice>'
    assert blocks(article(f"<p>听。</p>{sound}"))[1].startswith("[语音：【第 3 夜】灯](")


@pytest.mark.parametrize("cut", range(400, 6000, 371))
def test_half_a_page_is_never_taken_for_a_whole_one(cut: int) -> None:
    whole = article("<p>灯亮着。</p><p>船还没回来。</p>", copyright_info=REPRINT)
    try:
        found = read(whole[:cut])
    except NotAnArticle:
        return
    assert found.body == "灯亮着。\n\n船还没回来。"
