"""Each rule of the Markdown contract for bodies, one case or a few per rule."""

from __future__ import annotations

import pytest

from crawler.body.blocks import Caption, Picture, Video
from crawler.body.read import Placeholders, read_blocks
from crawler.body.writing.markdown import write_blocks
from crawler.sites.markup.html import parse_fragment

PLACEHOLDERS: Placeholders = {
    "IMG_0": (Picture("https://inews.gtimg.com/om_bt/Oabc/641", "图片"),),
    "IMG_1": (Picture("https://inews.gtimg.com/om_bt/Odef/1000", "图片"), Caption("雨后的桥")),
    "VIDEO_0": (Video("c0837yy1f97", "江上日出"),),
    "VIDEO_1": (Video("c0837yy1f97"),),
}


def markdown(page: str) -> str:
    blocks = read_blocks(
        parse_fragment(page), base_url="https://tech.qq.com/a/20161014/006270.htm", placeholders=PLACEHOLDERS
    )
    return write_blocks(blocks)


CASES = {
    "paragraphs": ("<P>甲</P><section>乙</section><div class='qnt-p'>丙</div>丁", "甲\n\n乙\n\n丙\n\n丁"),
    "white space collapses": ("<p> 甲 \n\t 乙&nbsp;&nbsp;丙 </p>", "甲 乙 丙"),
    "indents are dropped, inner ones stay": ("<p>\u3000\u3000记者\u3000张三</p>", "记者\u3000张三"),
    "invisible paragraphs vanish": ("<p>\u200b</p><p>&nbsp;</p><p>甲</p><p><br></p>", "甲"),
    "a break": ("<p><br>甲<br/><br>乙<br></p>", "甲  \n乙"),
    "bold": ("<p><strong>甲</strong>乙<b>丙</b><span style='font-weight:600'>丁</span></p>", "**甲**乙**丙丁**"),
    "bold by weight": (
        "<p><span style='FONT-WEIGHT: 700 !important'>甲</span><span style='font-weight:500'>乙</span></p>",
        "**甲**乙",
    ),
    "bold as the contract writes it": ("<p><strong>社讯（编辑 甲）</strong>今日</p>", "**社讯（编辑 甲）**今日"),
    "equal runs merge": ("<p><b>甲</b><strong>乙</strong></p>", "**甲乙**"),
    "white space moves outside": ("<p>一<b> 甲 </b>二<b> </b>三</p>", "一 **甲** 二 三"),
    "empty runs vanish": ("<p>一<b></b><i> </i>二</p>", "一 二"),
    "italic": ("<p><em>甲</em>乙<i>丙</i></p>", "*甲*乙*丙*"),
    "the innermost statement decides": (
        "<p><i><span style='font-style: normal'>甲</span></i><b style='font-weight:normal'>乙</b></p>",
        "甲乙",
    ),
    "a style on a block": ("<p style='font-weight:bold'>甲<i>乙</i></p>", "**甲*乙***"),
    "bold and italic": ("<p><b><i>甲</i></b></p>", "***甲***"),
    "headings": (
        "<h1>一</h1><h2><b>二</b></h2><h3>三<br>行</h3><h6>六</h6>",
        "## 一\n\n## 二\n\n### 三 行\n\n###### 六",
    ),
    "a numbered heading": ("<h2>1. 起因</h2>", "## 1. 起因"),
    "a quote": ("<blockquote><p>甲</p><p>乙<br>丙</p></blockquote>", "> 甲\n>\n> 乙  \n> 丙"),
    "two quotes": ("<blockquote>甲</blockquote><blockquote>乙</blockquote>", "> 甲\n\n> 乙"),
    "a quote in a quote": ("<blockquote>甲<blockquote>乙</blockquote></blockquote>", "> 甲\n>\n> > 乙"),
    "a picture": ("<p><img src='//img1.gtimg.com/a.jpg'></p>", "![图片](https://img1.gtimg.com/a.jpg)"),
    "a picture's own words": (
        "<img alt='江[岸' src='http://img1.gtimg.com/a.jpg'>",
        "![江\\[岸](http://img1.gtimg.com/a.jpg)",
    ),
    "a lazy picture": (
        "<img src='data:image/gif;base64,R0' data-src='https://a.cn/b.png'>",
        "![图片](https://a.cn/b.png)",
    ),
    "no picture": ("<p>甲<img src='data:image/gif;base64,R0'>乙</p>", "甲乙"),
    "a placeholder inside text": (
        "<p>甲<!--IMG_0-->乙</p>",
        "甲\n\n![图片](https://inews.gtimg.com/om_bt/Oabc/641)\n\n乙",
    ),
    "an emoji inside text": ("<p>甲<img src='https://a.cn/e.png' alt='笑'>乙</p>", "甲![笑](https://a.cn/e.png)乙"),
    "a site picture inside text": (
        "<p>甲<img class='qnt-img-img x' src='https://a.cn/b'>乙</p>",
        "甲\n\n![图片](https://a.cn/b)\n\n乙",
    ),
    "a picture on its own line": (
        "<p>甲<br><img src='https://a.cn/b'><br>乙</p>",
        "甲\n\n![图片](https://a.cn/b)\n\n乙",
    ),
    "a stated caption": (
        "<p><!--IMG_1--></p><p>甲</p>",
        "![图片](https://inews.gtimg.com/om_bt/Odef/1000)\n\n*雨后的桥*\n\n甲",
    ),
    "a caption stated twice": (
        "<!--IMG_1--><figcaption>雨后的桥</figcaption>",
        "![图片](https://inews.gtimg.com/om_bt/Odef/1000)\n\n*雨后的桥*",
    ),
    "captions": (
        "<p><img class='content-picture' src='//a.cn/b'><i class='desc'>桥</i></p><figure><img src='//a.cn/c'>"
        "<figcaption><b>岸</b></figcaption></figure><div class='image_desc'>船</div>",
        "![图片](https://a.cn/b)\n\n*桥*\n\n![图片](https://a.cn/c)\n\n*岸*\n\n*船*",
    ),
    "a video": ("<p>甲<!--VIDEO_0-->乙</p>", "甲\n\n[视频：江上日出](https://v.qq.com/x/page/c0837yy1f97.html)\n\n乙"),
    "a video without title": ("<!--VIDEO_1-->", "[视频](https://v.qq.com/x/page/c0837yy1f97.html)"),
    "a pushed video": (
        "<p>甲</p><div class='videoPlayerWrap'></div><script>window.DATA.videoArr.push("
        '{"title":"日出","vid":"h0033y6yr5a","desc":"视频：别的"})</script><p>乙</p>',
        "甲\n\n[视频：日出](https://v.qq.com/x/page/h0033y6yr5a.html)\n\n乙",
    ),
    "an embedded player": (
        "<iframe class='video_iframe' data-src='https://v.qq.com/txp/iframe/player.html?vid=c0837yy1f97&auto=0'></iframe>",
        "[视频](https://v.qq.com/x/page/c0837yy1f97.html)",
    ),
    "lists": (
        "<ul><li>甲</li><li>乙<ul><li>子</li></ul></li></ul><ol><li>一<li>二</ol>",
        "- 甲\n- 乙\n  - 子\n\n1. 一\n2. 二",
    ),
    "a list in a numbered list": ("<ol><li>一<ol><li>子</li></ol></li></ol>", "1. 一\n   1. 子"),
    "a list inside a list": ("<ul><li>甲</li><ul><li>子</li></ul></ul>", "- 甲\n  - 子"),
    "a list that starts later": ("<ol start=3><li>三</li></ol>", "3. 三"),
    "the key points box": ("<ul><li><em>1</em>甲</li><li><em>2</em>乙</li></ul>", "- *1*甲\n- *2*乙"),
    "a table": (
        "<table><tr><th>年</th><th>数</th></tr><tr><td>甲|乙</td><td>一<br>二</td></tr></table>",
        "| 年 | 数 |\n| --- | --- |\n| 甲\\|乙 | 一<br>二 |",
    ),
    "merged cells": (
        "<table><tr><td colspan=2>甲</td></tr><tr><td rowspan=2>乙</td><td>丙</td></tr><tr><td>丁</td></tr></table>",
        "| 甲 |  |\n| --- | --- |\n| 乙 | 丙 |\n|  | 丁 |",
    ),
    "code": (
        "<p>用<code>pip</code>装</p><pre><code>a = 1</code><code>  b = 2</code></pre>",
        "用`pip`装\n\n```\na = 1\n  b = 2\n```",
    ),
    "a rule": ("甲<hr>乙", "甲\n\n***\n\n乙"),
    "a link": (
        "<p><a href='https://x.cn/(a b'>甲</a><a href='//y.cn/'>乙</a></p>",
        "[甲](https://x.cn/%28a%20b)[乙](https://y.cn/)",
    ),
    "a relative link": ("<a href='/zt/2016/'>专题</a>", "[专题](https://tech.qq.com/zt/2016/)"),
    "other schemes": (
        "<a href='javascript:alert(1)'>甲</a><a href='qqnews://a'>乙</a><a href='#a'>丙</a><a>丁</a>",
        "甲乙丙丁",
    ),
    "a link that is bold": (
        "<p><b>甲<a href='https://x.cn'>乙</a></b><a href='https://y.cn'>丙<b>丁</b></a></p>",
        "**甲[乙](https://x.cn)**[丙**丁**](https://y.cn)",
    ),
    "a link of the site": (
        "<a class='qnt-link' href='https://x.cn'>甲</a><a class='a-tips-Article-QQ' href='https://x.cn'>乙</a>",
        "甲乙",
    ),
    "links between keyword marks": (
        "<p><!--keyword--><a class='a-tips-Article-QQ' href='http://x.cn'><!--/keyword-->甲<!--keyword--></a>"
        "(<a href='http://t.qq.com/x'>微博</a>)<!--/keyword-->说<a href='http://z.cn'>乙</a></p>",
        "甲(微博)说[乙](http://z.cn)",
    ),
    "a vertical card": (
        "<p><!--VERTICAL_CARD_BEGIN_0--><a href='https://x.cn'>甲</a><!--VERTICAL_CARD_END_0-->乙</p>",
        "甲乙",
    ),
    "a bare address": ("<p>见 https://x.cn/a_b_c 一文</p>", "见 https://x.cn/a_b_c 一文"),
    "a lead that the body lacks": ("<div class='introduction'>导语。</div><p>甲</p>", "导语。\n\n甲"),
    "a lead that the body begins with": ("<div class='introduction'>导语。</div><p>导语。又说。</p>", "导语。又说。"),
    "what nobody sees": (
        "<style>p{}</style><script>1</script><svg><text>甲</text></svg><!--乙--><p style='display:none'>丙</p>"
        "<noscript>丁</noscript><p>见</p>",
        "见",
    ),
    "transparent text": (
        "<p style='color:transparent'>1</p><p style='color: transparent'><span style='color:red'>见</span></p>",
        "见",
    ),
    "text cut out of a colour": ("<p style='color:transparent;-webkit-background-clip:text'>渐变</p>", "渐变"),
    "furniture": (
        "<div class='article-top-content'>问AI</div><p>甲</p><div class='rv-root-v2'>相关</div>"
        "<div id='article-status'>x</div><a id='backqqcom'>返回</a><div id='Status'>免责</div>",
        "甲",
    ),
    "a player and a picture viewer": (
        "<p>甲</p><div class='videoPlayerWrap'><div class='txp_player'>倍速 00:00</div></div>"
        "<div class='qnt-img-viewer'><img src='https://a.cn/b'>查看原图 96K</div>",
        "甲",
    ),
    "a share button": (
        "<div class='mbArticleSharePic'><div class='mbArticleShareBtn'>转播</div><img src='//a.cn/b'></div>",
        "![图片](https://a.cn/b)",
    ),
    "the editor's line": (
        "<p>甲</p><p>（责任编辑：某某）</p><p>[责任编辑：abc]</p><p>正文已结束，您可以按alt+4进行评论</p>",
        "甲",
    ),
    "ornaments stay": ("<p>01</p><p>◇ ◆ ◇</p><p>编辑：某某</p>", "01\n\n◇ ◆ ◇\n\n编辑：某某"),
    "markup of the text": (
        "<p># 甲</p><p>1. 乙</p><p>- 丙</p><p>*丁*</p><p>a | b</p>",
        "\\# 甲\n\n1\\. 乙\n\n\\- 丙\n\n\\*丁\\*\n\na | b",
    ),
    "numbers on later lines": ("<p>甲<br>2. 乙<br>1. 丙</p>", "甲  \n2. 乙  \n1\\. 丙"),
    "short codes": (
        "<p>{{&lt; a &gt;}} {{% b %}} {{ c }}</p><p><code>{{&lt; d</code></p>",
        "{\\{< a >}} {\\{% b %}} {{ c }}\n\n{\\{< d",
    ),
    "raw HTML": ("<p>&lt;script&gt; 1 &lt; 2 &amp;amp; R&amp;D</p>", "\\<script> 1 < 2 \\&amp; R&D"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_rule_of_the_contract(case: str) -> None:
    page, expected = CASES[case]
    assert markdown(page) == expected


def test_nesting_has_no_bottom() -> None:
    deep = "<blockquote>" * 900 + "<ul><li>" * 300 + "见底" + "</ul>" * 300
    assert "见底" in markdown(deep)
    assert "见底" in markdown("<div><b>" * 900 + "见底")


def test_a_table_cannot_blow_up() -> None:
    page = "<table>" + "<tr><td colspan=1000 rowspan=9999>甲</td></tr>" * 3000 + "</table>"
    assert len(markdown(page)) < 100_000
