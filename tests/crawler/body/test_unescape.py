r"""Text that was escaped once too often is decoded to the end, in every field of every layout."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.body.unescape import unescaped
from crawler.sites.normalise import normalise
from crawler.sites.registry import read_page
from tests.crawler.sites.good_pages import rain_page
from tests.site.pages.account import URL, article

TWICE = "A&amp;amp;B \\x26quot;岸\\x26quot; &lt;灯&gt;&nbsp;&#20013;"
MEANT = 'A&B "岸" <灯> 中'


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (TWICE, 'A&B "岸" <灯>\xa0中'),
        (r"一行\x0a\x0a二行", "一行\n\n二行"),
        (r"一行\n二行\t三", "一行 二行 三"),
        (r"C:\new\table", r"C:\new\table"),
        (r"¯\_(ツ)_/¯ 与 a\b", r"¯\_(ツ)_/¯ 与 a\b"),
        (r"\ud83d\ude00\u706f", "😀灯"),
        ("Q&A，R&D，AT&T，a&lt", "Q&A，R&D，AT&T，a&lt"),
        ("&amp;amp;amp;amp;", "&amp;"),
        ("讲解 <b> 与 <video> 标签，1 < 2 > 0", "讲解 <b> 与 <video> 标签，1 < 2 > 0"),
        ('见<a href="http://x.example/?a=1&amp;b=2" class="link">上一回</a>。', "见上一回。"),
        ("见&lt;a href=&quot;http://x.example&quot;&gt;上一回&lt;/a&gt;。", "见上一回。"),
        ('截在一半<a href="http://mp.weixin.qq.co', "截在一半"),
        ('<span style="color:red">红</span>与<br/>绿', "红与\n绿"),
        ("没有可解的", "没有可解的"),
    ],
)
def test_escapes_are_taken_back_and_nothing_else(text: str, meant: str) -> None:
    assert unescaped(text) == meant


@settings(derandomize=True, deadline=None)
@given(st.text("ab灯&;#x26\\<>/ \"'=n", max_size=60))
def test_any_text_ends_the_same_however_often_it_is_decoded(text: str) -> None:
    once = unescaped(text)
    assert len(once) <= len(text)
    assert unescaped(unescaped(unescaped(once))) == unescaped(unescaped(unescaped(unescaped(once))))


def test_the_fields_of_an_account_s_page_are_decoded() -> None:
    page = article(
        "<p>灯亮了。</p>", head=f'<meta name="author" content="{TWICE.replace("&", "&amp;")}">', headline="", byline="",
        **dict.fromkeys(("title", "desc", "nick_name"), TWICE), cdn_url="https://mmbiz.qpic.cn/c/0?a=1&amp;amp;b=2",
    )  # fmt: skip
    found = normalise(read_page(page, URL))
    assert (found.title, found.summary, found.media, found.author) == (MEANT, found.summary, MEANT, MEANT)
    assert found.thumbnail == "https://mmbiz.qpic.cn/c/0?a=1&b=2"


def test_the_fields_of_a_page_of_the_news_site_are_decoded() -> None:
    page = rain_page("@@", "灯亮了。")
    data = json.dumps(
        {"title": TWICE, "desc": f"{TWICE}。", "media": TWICE, "tags": "灯&amp;船,岸&nbsp;边", "userAddress": TWICE}
    )
    more = data[1:-1].replace("<", "\\u003c").encode()
    body = page.body.replace(b'"title":"@@","desc":"",', more + b",", 1).replace('"media":"城南报",'.encode(), b"", 1)
    found = normalise(read_page(body, page.url))
    assert (found.title, found.summary, found.media, found.location) == (MEANT, f"{MEANT}。", MEANT, MEANT)
    assert found.keywords == ("灯&船", "岸 边")


def test_captions_and_names_of_videos_are_decoded() -> None:
    page = rain_page("渡口", "灯亮了。")
    attributes = {
        "IMG_0": {"origUrl": "https://inews.gtimg.com/om_bt/O1/641", "desc": TWICE},
        "VIDEO_0": {"vid": "c0837yy1f97", "title": TWICE},
    }
    body = page.body.replace(b'"originAttribute":{}', b'"originAttribute":' + json.dumps(attributes).encode())
    body = body.replace("灯亮了。".encode(), "灯亮了。\\u003c!--IMG_0-->\\u003c!--VIDEO_0-->".encode(), 1)
    markdown = normalise(read_page(body, page.url)).body
    assert f"*{MEANT}*" in markdown.replace("\\", "")
    assert f"[视频：{MEANT}]" in markdown.replace("\\", "")


def test_what_readers_are_shown_is_not_decoded_again() -> None:
    page = article("<p>它们的用法。</p>", headline="实体 &amp;nbsp; 与 &lt;b&gt;")
    # The headline is parsed once: its readers see just these words.
    assert normalise(read_page(page, URL)).title == "实体 &amp;nbsp; 与 &lt;b&gt;"
