"""WeChat articles: addresses without asking, pages of several years, and what the registry makes of both sites."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.article.markdown import to_markdown
from crawler.sites.normalise import normalise
from crawler.sites.page import Changed
from crawler.sites.registry import NotAnAddress, fetch_url, is_page_url, read_address, read_page

KEY = "Abcdefgh_jklmnop-rstuv"
SHORT = f"https://mp.weixin.qq.com/s/{KEY}"
SN = "0123456789abcdef0123456789abcdef"
LONG = f"https://mp.weixin.qq.com/s?__biz=MzAxMjM0NTY3OA==&mid=2650000001&idx=2&sn={SN}"
LONG_ID = "wx-MzAxMjM0NTY3OA-2650000001-2"


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        LONG.replace("https:", "http:") + "&chksm=8b&scene=21#wechat_redirect",
        LONG.removeprefix("https:"),
        LONG.removeprefix("https://"),
        LONG.replace("&", "&amp;"),
        f"https://mp.weixin.qq.com/s?sn={SN}&idx=2&mid=2650000001&__biz=MzAxMjM0NTY3OA%3D%3D#rd",
        f"http://mp.weixin.qq.com/mp/appmsg/show?__biz=MzAxMjM0NTY3OA==&appmsgid=2650000001&itemidx=2&sign={SN}",
    ],
)
def test_every_form_with_a_query_is_one_article(text: str) -> None:
    address = read_address(text)
    assert (address.id, address.url) == (LONG_ID, LONG)
    assert fetch_url(address) == LONG


@pytest.mark.parametrize("text", [SHORT, f"{SHORT}?poc_token=x", f"{SHORT}/", f"http:{SHORT[6:]}#rd", f"wx-{KEY}"])
def test_every_form_with_a_key_is_one_article(text: str) -> None:
    address = read_address(text)
    assert (address.id, address.url, address.kind) == (f"wx-{KEY}", SHORT, "article")


def test_an_id_alone_names_its_article() -> None:
    assert read_address(LONG_ID).id == LONG_ID
    assert read_address(read_address(LONG).url) == read_address(LONG)


@pytest.mark.parametrize(
    "text",
    [
        "https://mp.weixin.qq.com/",
        "https://mp.weixin.qq.com/s",
        "https://mp.weixin.qq.com/s/short",
        f"https://mp.weixin.qq.com/s/{KEY}x",
        "https://mp.weixin.qq.com/s?__biz=MzAxMjM0NTY3OA==&idx=1",
        "https://mp.weixin.qq.com/s?__biz=../../etc&mid=1&idx=1",
        "https://mp.weixin.qq.com/s?src=11&timestamp=1&ver=1&signature=abc&new=1",
        "https://mp.weixin.qq.com/mp/profile_ext?action=home&__biz=MzAxMjM0NTY3OA==",
        "https://weixin.qq.com/s/" + KEY,
        f"https://user@mp.weixin.qq.com/s/{KEY}",
        f"https://mp.weixin.qq.com:8443/s/{KEY}",
        f"ftp://mp.weixin.qq.com/s/{KEY}",
        f"https://mp.weixin.qq.com.example.org/s/{KEY}",
        "wx-",
        "wx-../../etc/passwd",
    ],
)
def test_nothing_else_names_an_article(text: str) -> None:
    with pytest.raises(NotAnAddress):
        read_address(text)
    assert not is_page_url(text)


def test_wechat_is_fetched_for_articles_only() -> None:
    assert is_page_url(SHORT)
    assert is_page_url(LONG)
    assert is_page_url("https://new.qq.com/rain/a/20260810A01ABC00")
    assert not is_page_url("https://mp.weixin.qq.com/mp/wappoc_appmsgcaptcha?poc_token=x")
    assert not is_page_url(f"wx-{KEY}")
    assert not is_page_url("https://example.org/s/" + KEY)


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading(text: str) -> None:
    for form in (text, f"wx-{text}", f"https://mp.weixin.qq.com/s/{text}", f"https://mp.weixin.qq.com/s?{text}"):
        try:
            address = read_address(form)
        except NotAnAddress:
            continue
        assert read_address(address.url) == address
        assert read_address(address.id).id == address.id


HEAD = """<!DOCTYPE html><html><head><meta charset="utf-8">
<meta property="og:title" content="旧书市场重新开张"><meta property="og:image" content="https://mmbiz.qpic.cn/a/0?wx_fmt=png">
<meta property="og:description" content="天还没亮就有人排队。"><meta name="author" content="林记者">
<title>旧书市场重新开张</title></head><body id="activity-detail">"""
CONTENT = """<div id="js_article"><h1 class="rich_media_title" id="activity-name">
  旧书市场重新开张 </h1><a id="js_name"> 城南报 </a><em id="publish_time"></em>
<div class="rich_media_content js_underline_content" id="js_content" style="visibility: hidden; opacity: 0;">
<section><p><span leaf="">天还没亮，就有人<strong>排队</strong>。</span></p></section>
<p><img class="rich_pages wxw-img" data-src="https://mmbiz.qpic.cn/b/640?wx_fmt=png" src="data:image/gif;base64,R0"></p>
<p><iframe class="video_iframe" data-src="https://v.qq.com/iframe/preview.html?width=500&amp;vid=c0837yy1f97"></iframe></p>
<p><iframe class="video_iframe" data-mpvid="wxv_12345" data-src="https://mp.weixin.qq.com/mp/readtemplate?vid=wxv_12345">
</iframe></p><mpvoice name="摊主的话" voice_encode_fileid="MzAx_1"></mpvoice>
<blockquote><p>“能开门就好。”</p></blockquote></div></div>"""
SCRIPT = r"""<script>
var biz = "" || "MzAxMjM0NTY3OA==";
var nickname = htmlDecode("城南报");
var msg_title = '旧书市场重新开张'.html(false);
var msg_desc = htmlDecode("天还没亮就有人排队\x26quot;挑书\x26quot;。");
var msg_cdn_url = "http://mmbiz.qpic.cn/c/0?wx_fmt=jpeg";
var ct = "1584675000";
var msg_source_url = 'https://example.org/first';
var comment_id = "" || "1264321" * 1;
window.item_show_type = "0" * 1;
</script></body></html>"""


def test_an_article_comes_out_whole() -> None:
    article = normalise(read_page(f"{HEAD}{CONTENT}{SCRIPT}".encode(), SHORT))
    assert article.id == f"wx-{KEY}"
    assert article.title == "旧书市场重新开张"
    assert article.published_at is not None
    assert article.published_at.isoformat() == "2020-03-20T11:30:00+08:00"
    assert (article.media, article.media_id, article.author) == ("城南报", "MzAxMjM0NTY3OA==", "林记者")
    assert article.thumbnail == "http://mmbiz.qpic.cn/c/0?wx_fmt=jpeg"
    assert article.summary == '天还没亮就有人排队"挑书"。'
    assert (article.kind, article.layout, article.comment_id) == ("text", "wechat", "1264321")
    assert article.body.split("\n\n") == [
        "天还没亮，就有人**排队**。",
        "![图片](https://mmbiz.qpic.cn/b/640?wx_fmt=png)",
        "[视频](https://v.qq.com/x/page/c0837yy1f97.html)",
        "[视频](https://mp.weixin.qq.com/mp/readtemplate?vid=wxv_12345)",
        "[语音：摊主的话](https://res.wx.qq.com/voice/getvoice?mediaid=MzAx_1)",
        "> “能开门就好。”",
        "[阅读原文](https://example.org/first)",
    ]
    assert to_markdown(article).endswith(f"\n\n[qq]({SHORT})\n")


def test_without_scripts_the_page_itself_tells() -> None:
    article = normalise(read_page(f"{HEAD}{CONTENT}</body></html>".encode(), LONG))
    assert article.id == LONG_ID
    assert (article.title, article.media, article.author) == ("旧书市场重新开张", "城南报", "林记者")
    assert article.thumbnail == "https://mmbiz.qpic.cn/a/0?wx_fmt=png"
    # The id tells no day here, unlike those of the news site.
    assert article.published_at is None


def test_a_set_of_pictures_has_no_content_element() -> None:
    page = r"""<html><head><meta property="og:title" content="秋天的四张照片"></head><body><script>
    window.item_show_type = '8'; var nick_name = '城南报'; var ct = '1713009660';
    window.cgiDataNew = { content_noencode: '第一天。\x0a第二天。',
      share_cover: { cdn_url: 'https://mmbiz.qpic.cn/s/0' } };
    </script><script>window.picture_page_info_list = [
      { width: '1080' * 1, height: '810' * 1, cdn_url: 'https://mmbiz.qpic.cn/1/0?wx_fmt=jpeg\x26amp;from=appmsg',
        watermark_info: { cdn_url: 'https://mmbiz.qpic.cn/w/0' } },
      { cdn_url: JsDecode('https://mmbiz.qpic.cn/2/0') },
    ].slice(0, 20);</script></body></html>"""
    article = normalise(read_page(page.encode(), SHORT))
    assert (article.kind, article.title, article.media) == ("gallery", "秋天的四张照片", "城南报")
    assert article.body.split("\n\n") == [
        "第一天。",
        "第二天。",
        "![图片](https://mmbiz.qpic.cn/1/0?wx_fmt=jpeg&from=appmsg)",
        "![图片](https://mmbiz.qpic.cn/2/0)",
    ]


def test_a_short_text_is_titled_by_its_first_line() -> None:
    page = r"""<html><head><meta property="og:title" content="今天闭馆\n明天照常。"></head><body><script>
    window.item_show_type = '10'; var ct = '1713009660';
    window.cgiDataNew = { text_page_info: { content: '今天闭馆。\x0a明天照常。' } };</script></body></html>"""
    article = normalise(read_page(page.encode(), SHORT))
    assert article.title == "今天闭馆。"
    assert article.body == "今天闭馆。\n\n明天照常。"


def test_an_unknown_page_raises_the_alarm() -> None:
    page = (
        "<html><head><title>新版</title></head><body>" + "<div>改版以后的文字放在别处。</div>" * 30 + "</body></html>"
    )
    with pytest.raises(Changed):
        read_page(page.encode(), SHORT)


def test_titles_lose_what_turns_their_direction() -> None:
    page = f"{HEAD}{CONTENT}{SCRIPT}".replace("旧书市场重新开张", "旧书\u202e市场\u2066开张")
    assert normalise(read_page(page.encode(), SHORT)).title == "旧书市场开张"
