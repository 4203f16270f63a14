"""The forms of the Markdown contract that are not in the simplest pages, one case or a few per rule."""

from __future__ import annotations

import pytest

from tests.crawler.body.test_body import markdown

FLASH = "http://static.video.qq.com/TPout.swf"
LISTS = {
    "numbered lists side by side": (
        "<ol><li>和面<li>擀皮</ol><ol><li>包</ol><ol><li>煮</ol>",
        "1. 和面\n2. 擀皮\n\n1) 包\n\n1. 煮",
    ),
    "lists with points side by side": ("<ul><li>春</ul><p></p><ul><li>夏</ul><ul><li>秋</ul>", "- 春\n\n+ 夏\n\n- 秋"),
    "lists of both kinds side by side": ("<ol><li>甲</ol><ul><li>乙</ul><ol><li>丙</ol>", "1. 甲\n\n- 乙\n\n1. 丙"),
    "text between two lists": ("<ol><li>甲</ol><p>又</p><ol><li>乙</ol>", "1. 甲\n\n又\n\n1. 乙"),
    "lists side by side in an item": ("<ul><li>甲<ul><li>子</ul><ul><li>丑</ul></ul>", "- 甲\n  - 子\n  + 丑"),
    "lists side by side in a quote": (
        "<blockquote><ol><li>甲</ol><ol><li>乙</ol></blockquote>",
        "> 1. 甲\n>\n> 1) 乙",
    ),
    "a list that starts elsewhere": ("<ol start=0><li>零<li>一</ol>", "0. 零\n1. 一"),
    "an item's own number": ("<ol><li>一<li value=5>五<li>六</ol>", "1. 一\n\n5) 五\n6) 六"),
    "an item's number that is its own anyway": ("<ol><li value=1>一<li value=2>二</ol>", "1. 一\n2. 二"),
    "a list that counts down": ("<ol reversed><li>第三<li>第二</ol>", "2. 第三\n\n1) 第二"),
    "an empty item has a number": ("<ol><li>一<li> <li>三</ol>", "1. 一\n\n3) 三"),
    "an item's number in a list without": ("<ul><li>甲<li value=5>乙</ul>", "- 甲\n- 乙"),
    "a number that is none": ("<ol start=-2><li value=x>一</ol>", "1. 一"),
    "a list inside that starts elsewhere": ("<ol><li>一<ol start=4><li>子</ol></ol>", "1. 一\n\n   4. 子"),
    "text between the items of a numbered list": ("<ol>序<li>一</li>间<li>二</ol>", "序\n\n1. 一\n\n间\n\n2. 二"),
    "rules in a second list": ("<ul><li>甲</ul><ul><li><hr></ul>", "- 甲\n\n+ ***"),
}
PREFORMATTED = {
    "a blank line": ("<pre><code>a</code><code><br></code><code>b</code></pre>", "```\na\n\nb\n```"),
    "lines that end with a break": ("<pre><code>a<br></code><code>b<br></code></pre>", "```\na\nb\n```"),
    "lines on lines of the source": ("<pre>\n <code>a</code>\n <code> b</code>\n</pre>", "```\na\n b\n```"),
    "breaks between lines": ("<pre><code>a</code><br><code>b</code></pre>", "```\na\nb\n```"),
    "words of code in a line": ("<pre>use <code>a</code> or <code>b</code>\nc</pre>", "```\nuse a or b\nc\n```"),
    "paragraphs": ("<pre data-lang='c'><p>a;</p><p>b;</p></pre>", "```\na;\nb;\n```"),
    "paragraphs without a language": ("<pre><p>a;</p>\n<p>b;</p></pre>", "```\na;\nb;\n```"),
    "blocks": ("<pre><div>a</div><div><br></div><section>b</section></pre>", "```\na\n\nb\n```"),
    "blocks by style": (
        "<pre><span style='display:block'>a</span><span style='display:block'>b</span></pre>",
        "```\na\nb\n```",
    ),
    "items": ("<pre class='prettyprint'><ol><li>a\n</li><li>  b</li></ol></pre>", "```\na\n  b\n```"),
    "Chinese code that says so": ("<pre class='hljs'><p># 取数</p><p># 写回</p></pre>", "```\n# 取数\n# 写回\n```"),
    "an address in code": (
        "<pre>get <a href='https://x.cn/a'>https://x.cn/a</a></pre>",
        "```\nget https://x.cn/a\n```",
    ),
    "what nobody sees": ("<pre>a<button>复制</button><span style='display:none'>b</span></pre>", "```\na\n```"),
    "a picture between lines": (
        "<pre>甲\n乙\n<img src='https://a.cn/b'>丙</pre>",
        "```\n甲\n乙\n```\n\n![图片](https://a.cn/b)\n\n```\n丙\n```",
    ),
    "a linked picture": (
        "<pre>\n<a href='https://x.cn'><img src='https://a.cn/b'></a>\n</pre>",
        "[![图片](https://a.cn/b)](https://x.cn)",
    ),
    "a linked picture between lines": (
        "<pre><code>a\n<a href='https://x.cn'><img src='https://a.cn/b'></a>\nb</code></pre>",
        "```\na\n```\n\n[![图片](https://a.cn/b)](https://x.cn)\n\n```\nb\n```",
    ),
    "a picture alone": ("<pre><img src='https://a.cn/b'></pre>", "![图片](https://a.cn/b)"),
    "a video between lines": (
        f"<pre>a\n<embed src='{FLASH}?vid=c0837yy1f97'>\nb</pre>",
        "```\na\n```\n\n[视频](https://v.qq.com/x/page/c0837yy1f97.html)\n\n```\nb\n```",
    ),
    "a text that was pasted": (
        "<pre><p><strong>延伸阅读</strong></p><p><a href='https://x.cn'>船</a></p><p>岸</p></pre>",
        "**延伸阅读**\n\n[船](https://x.cn)\n\n岸",
    ),
    "a text in Chinese": (
        "<pre><section>早上出海。</section><section>晚上回来。</section></pre>",
        "早上出海。\n\n晚上回来。",
    ),
    "bold words in paragraphs": ("<pre><p><strong>Read on</strong></p><p>Boats</p></pre>", "**Read on**\n\nBoats"),
    "links in lines": (
        "<pre>读一读\n<a href='https://x.cn'>船</a>\n\n完</pre>",
        "读一读  \n[船](https://x.cn)\n\n完",
    ),
    "a table": ("<pre><table><tr><td>a</td></tr></table></pre>", "| a |\n| --- |"),
    "raised text in lines": ("<pre>10<sup>6</sup>\n二</pre>", "10⁶  \n二"),
}
MARKS = {
    "bold that begins with a picture": (
        "<p><b><img src='https://a.cn/b'> 甲</b></p>",
        "![图片](https://a.cn/b) **甲**",
    ),
    "bold that ends with a picture": (
        "<p><b>甲 <img src='https://a.cn/b'></b>乙</p>",
        "**甲** ![图片](https://a.cn/b)乙",
    ),
    "bold around a picture": ("<p><b>甲 <img src='https://a.cn/b'> 乙</b></p>", "**甲 ![图片](https://a.cn/b) 乙**"),
    "bold between pictures": (
        "<p><b><img src='https://a.cn/b'>\n甲\n<img src='https://a.cn/c'></b></p>",
        "![图片](https://a.cn/b) **甲** ![图片](https://a.cn/c)",
    ),
    "italics and bold that begin with a picture": (
        "<p><i><b><img src='https://a.cn/b'> 甲</b> 乙</i></p>",
        "![图片](https://a.cn/b) ***甲** 乙*",
    ),
    "bold on both sides of a picture that is not": (
        "<p><b>甲</b><img src='https://a.cn/b'><b> 乙</b></p>",
        "**甲**![图片](https://a.cn/b) **乙**",
    ),
    "a linked picture": (
        "<p><a href='https://x.cn'><img src='https://a.cn/b'></a></p>",
        "[![图片](https://a.cn/b)](https://x.cn)",
    ),
    "a linked picture on its own line": (
        "<p>甲<br><a href='https://x.cn'><img src='https://a.cn/b' alt='[岸'></a></p>",
        "甲\n\n[![\\[岸](https://a.cn/b)](https://x.cn)",
    ),
    "a picture in the midst of a link": (
        "<p>看<a href='https://x.cn'>这<img src='https://a.cn/b'>里</a></p>",
        "看[这![图片](https://a.cn/b)里](https://x.cn)",
    ),
    "a linked placeholder": (
        "<a href='https://x.cn'><!--IMG_0--></a>",
        "[![图片](https://inews.gtimg.com/om_bt/Oabc/641)](https://x.cn)",
    ),
    "a picture in a link of the site": (
        "<a class='qnt-link' href='https://x.cn'><img src='https://a.cn/b'></a>",
        "![图片](https://a.cn/b)",
    ),
    "a linked picture in a table": (
        "<table><tr><td><a href='https://x.cn'><img src='https://a.cn/b'></a></td></tr></table>",
        "| [![图片](https://a.cn/b)](https://x.cn) |\n| --- |",
    ),
    "an empty link between words": ("<p>甲<a href='https://x.cn'> </a>乙</p>", "甲 乙"),
    "a link in a caption": (
        "<figcaption>摄影：<a href='https://x.cn'>老<b>周</b></a></figcaption>",
        "*摄影：[老周](https://x.cn)*",
    ),
    "struck": ("<p>原价<s>99</s>元，<del>旧</del>，<strike>废</strike></p>", "原价~~99~~元，~~旧~~，~~废~~"),
    "struck by style": (
        "<p><u style='text-decoration: line-through'>88</u>元<i style='text-decoration-line:line-through'>七</i></p>",
        "~~88~~元*~~七~~*",
    ),
    "signs at the edge of struck text": ("<p>原价<s>￥99</s>元（<s>旧。</s>）</p>", "原价￥~~99~~元（~~旧。~~）"),
    "white space at the edge of struck text": ("<p>一<s> 二 </s>三</p>", "一 ~~二~~ 三"),
    "struck signs": ("<p>一<s>——</s>二</p>", "一——二"),
    "struck and bold": ("<p><s>旧<b>价</b></s></p>", "~~旧~~**~~价~~**"),
    "a struck link": ("<p>见<s><a href='https://x.cn'>旧文</a></s>。</p>", "见[~~旧文~~](https://x.cn)。"),
    "a struck line break": ("<p><s>甲<br>乙</s></p>", "~~甲~~  \n~~乙~~"),
    "struck in a heading, an item, a cell": (
        "<h3>一<s>二</s></h3><ul><li><s>三</s></ul><table><tr><td><s>四</s></td></tr></table>",
        "### 一~~二~~\n\n- ~~三~~\n\n| ~~四~~ |\n| --- |",
    ),
    "tildes beside struck text": ("<p>哦~~，<s>旧</s>~~好~~</p>", "哦~~，~~旧~~\\~\\~好\\~\\~"),
    "raised": ("<p>10<sup>6</sup>，10<sup>-6</sup>，x<sup>n+1</sup>，1<sup>st</sup></p>", "10⁶，10⁻⁶，xⁿ⁺¹，1ˢᵗ"),
    "lowered": ("<p>H<sub>2</sub>O，x<sub>max</sub></p>", "H₂O，xₘₐₓ"),
    "raised text without such letters": (
        "<p>x<sup>q</sup>，2<sup>a/b</sup>，文<sup>注1</sup></p>",
        "x^(q)，2^(a/b)，文^(注1)",
    ),
    "lowered text without such letters": ("<p>x<sub>b</sub>，y<sub>甲</sub></p>", "x_(b)，y_(甲)"),
    "raised signs": ("<p>文<sup>[1]</sup>，牌<sup>®</sup>，30<sup>°</sup>，注<sup>①</sup></p>", "文[1]，牌®，30°，注①"),
    "raised on raised": ("<p>x<sup>y<sup>2</sup></sup></p>", "x^(y²)"),
    "raised in other looks": (
        "<p><b>10<sup>6</sup></b>，文<sup><a href='https://x.cn'>2</a></sup>，<sup><b>3</b></sup></p>",
        "**10⁶**，文[²](https://x.cn)，**³**",
    ),
    "raised by style": (
        "<p>10<span style='font-size:9px;vertical-align: super'>6</span>，<b style='vertical-align:sub'>热点</b></p>",
        "10⁶，**热点**",
    ),
    "raised in a caption and a heading": (
        "<figcaption>10<sup>6</sup></figcaption><h2>H<sub>2</sub></h2>",
        "*10⁶*\n\n## H₂",
    ),
    "nothing raised": ("<p>x<sup> </sup><sub></sub>y</p>", "x y"),
}
FORMULAS = {
    "in the midst of text": ("<p>即<span data-formula='E=mc^2'><svg></svg></span>。</p>", "即$E=mc^2$。"),
    "a block": (
        "<p>甲</p><section data-formula='a_{1}\n+ b'><svg></svg></section><p>乙</p>",
        "甲\n\n$a_{1} + b$\n\n乙",
    ),
    "drawn by other elements": (
        "<p><svg data-formula='x'></svg>，<embed data-formula='y' src='https://a.cn/s'>，<img data-formula='z' src='https://a.cn/i'></p>",
        "$x$，$y$，$z$",
    ),
    "marked by the page": ("<p><i data-formula='$$x$$'></i>，<i data-formula='\\(y\\)'></i></p>", "$x$，$y$"),
    "read as markup": ("<p><i data-formula='a*b*c \\\\ \\{x\\}'></i></p>", "$a\\*b\\*c \\\\\\ \\\\{x\\\\}$"),
    "in a cell": ("<table><tr><td><i data-formula='|x|'></i></td></tr></table>", "| $\\|x\\|$ |\n| --- |"),
    "an empty one": ("<p>甲<span data-formula=''>乙</span></p>", "甲乙"),
    "a picture of one": ("<p>甲<embed data-type='svg+xml' src='https://a.cn/s'>乙</p>", "甲![图片](https://a.cn/s)乙"),
}
ACCOUNT = "https://mp.weixin.qq.com/mp/profile_ext?action=home&__biz=MzAxMjM0NTY3OA=="
POLL = "https://mp.weixin.qq.com/mp/newappmsgvote?action=show&supervoteid=77"
SOUND = "https://res.wx.qq.com/voice/getvoice?mediaid=MzAx_1"
CARDS = {
    "an account": (
        "<p>甲<mp-common-profile data-id='MzAxMjM0NTY3OA==' data-nickname='河岸日记'></mp-common-profile>乙</p>",
        f"甲\n\n[公众号：河岸日记]({ACCOUNT})\n\n乙",
    ),
    "an account in older pages": ("<mpprofile data-nickname='河岸日记'></mpprofile>", "公众号：河岸日记"),
    "a video channel": (
        "<mp-common-videosnap data-nickname='河岸' data-desc='早船' data-url='https://f.cn/v?a=1&amp;b=2'></mp-common-videosnap>",
        "[视频号：河岸 · 早船](https://f.cn/v?a=1&b=2)",
    ),
    "a mini program": (
        "<mp-miniprogram data-miniprogram-nickname='船票' data-miniprogram-title='今天的班次'></mp-miniprogram>",
        "小程序：船票 · 今天的班次",
    ),
    "a place": ("<mp-common-poi data-name='渡口' data-address='江边路1号'></mp-common-poi>", "地点：渡口 · 江边路1号"),
    "a poll": ("<mpvote data-title='坐哪班' data-supervoteid='77'></mpvote>", f"[投票：坐哪班]({POLL})"),
    "a poll in a frame": (
        "<iframe class='vote_iframe' data-src='https://mp.weixin.qq.com/mp/newappmsgvote?action=show&amp;supervoteid=77'></iframe>",
        f"[投票]({POLL})",
    ),
    "a poll in a frame with a short address": (
        "<iframe title='坐哪班' data-src='/mp/newappmsgvote?action=show&amp;supervoteid=77'></iframe>",
        f"[投票：坐哪班]({POLL})",
    ),
    "an address that is none": (
        "<mp-common-poi data-name='渡口' data-url='javascript:x' data-link='//[x'></mp-common-poi>",
        "地点：渡口",
    ),
    "a sound": (
        "<p>听</p><mpvoice name='第&amp;nbsp;3&amp;nbsp;天' voice_encode_fileid='MzAx_1' src='/cgi-bin/p'></mpvoice>",
        f"听\n\n[语音：第 3 天]({SOUND})",
    ),
    "a sound of today": (
        "<mp-common-mpaudio name='船歌' voice_encode_fileid='MzAx_1'></mp-common-mpaudio>",
        f"[语音：船歌]({SOUND})",
    ),
    "music": ("<qqmusic music_name='船歌' singer='周'></qqmusic>", "音乐：船歌 · 周"),
    "an unknown card": (
        "<mp-common-ticket data-title='船票' data-url='//t.cn/1'></mp-common-ticket>",
        "[卡片：船票](https://t.cn/1)",
    ),
    "an unknown element with words": ("<mp-common-box data-title='船票'><p>票价</p></mp-common-box>", "票价"),
    "an unknown element without a name": ("<p>甲</p><mp-style-type data-value='3'></mp-style-type>", "甲"),
    "a card in a list and a cell": (
        "<ul><li>甲<mp-common-poi data-name='渡口'></mp-common-poi></ul>"
        "<table><tr><td><mpprofile data-nickname='河岸' data-id='MzAxMjM0NTY3OA=='></mpprofile></td></tr></table>",
        f"- 甲\n\n  地点：渡口\n\n| [公众号：河岸]({ACCOUNT}) |\n| --- |",
    ),
    "a card's name is no markup": ("<mpprofile data-nickname='*河*[岸'></mpprofile>", "公众号：\\*河\\*[岸"),
    "a sticker": (
        "<p>笑<mp-common-sticker data-emoji_url='https://a.cn/s.gif'></mp-common-sticker></p>",
        "笑![图片](https://a.cn/s.gif)",
    ),
    "a sticker alone": (
        "<p><mp-common-sticker data-emoji_url='//a.cn/s.gif'></mp-common-sticker></p>",
        "![图片](https://a.cn/s.gif)",
    ),
}
VIDEO = "[视频](https://v.qq.com/x/page/c0837yy1f97.html)"
PLAYERS = {
    "an embedded one": (f"<p>甲</p><embed src='{FLASH}?vid=c0837yy1f97&auto=0'><p>乙</p>", f"甲\n\n{VIDEO}\n\n乙"),
    "an object": (
        f"<object><param name='movie' value='{FLASH}?auto=1&amp;vid=c0837yy1f97'>"
        f"<embed src='{FLASH}?vid=c0837yy1f97'></object><p>乙</p>",
        f"{VIDEO}\n\n乙",
    ),
    "an object's data": (f"<object data='{FLASH}?vid=c0837yy1f97'>装插件</object>", VIDEO),
    "its variables apart": (
        "<embed flashvars='auto=0&amp;vid=c0837yy1f97' src='//imgcache.qq.com/player/TencentPlayer.swf'>",
        VIDEO,
    ),
    "variables in a parameter": (
        f"<object><param name='movie' value='{FLASH}'><param name='flashvars' value='vid=c0837yy1f97'></object>",
        VIDEO,
    ),
    "two in a row": (
        f"<p><embed src='{FLASH}?vid=c0837yy1f97'><embed src='{FLASH}?vid=c0837yy1f97'></p>",
        f"{VIDEO}\n\n{VIDEO}",
    ),
    "one of another site": ("<p>甲<embed src='http://player.example.cn/v.swf?vid=c0837yy1f97'>乙</p>", "甲乙"),
    "a hidden one": (f"<p>甲<embed style='display:none' src='{FLASH}?vid=c0837yy1f97'></p>", "甲"),
}
CASES = {
    f"{kind}: {name}": case
    for kind, cases in (
        ("lists", LISTS),
        ("preformatted", PREFORMATTED),
        ("marks", MARKS),
        ("formulas", FORMULAS),
        ("cards", CARDS),
        ("Flash players", PLAYERS),
    )
    for name, case in cases.items()
}


@pytest.mark.parametrize("case", CASES)
def test_a_form_of_the_contract(case: str) -> None:
    page, expected = CASES[case]
    assert markdown(page) == expected
