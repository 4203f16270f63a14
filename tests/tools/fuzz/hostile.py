"""What a page may be made of to hurt a reader: strings, values, and blocks too large to keep as files."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

STRINGS = (
    "\0",
    "\ud800",
    "\udfff\ud800",
    "\ufeff",
    "\u202e",
    "\u2066\u2067\u2068",
    "};",
    "</script>",
    "<script>",
    "<!--",
    "-->",
    "]]>",
    "<![CDATA[",
    "<!DOCTYPE x [<!ENTITY a 'b'>]>",
    "&a;",
    "&#0;",
    "&#xd800;",
    "&#99999999999;",
    "&amp;lt;",
    "<?php ?>",
    "<",
    ">",
    '"',
    "'",
    "\\",
    "\\u",
    "\\ud800",
    "\\",
    "{{< x >}}",
    "{{%",
    "<!--more-->",
    "*",
    "**",
    "_",
    "`",
    "```",
    "[",
    "](",
    "![",
    "](javascript:alert(1))",
    "|",
    "~",
    "# ",
    "1. ",
    "- ",
    "> ",
    "---",
    "***",
    "\n\n",
    "\r",
    "\u2028",
    "\u3000",
    "\x0b",
    "\x1b[31m",
    "<!--IMG_0-->",
    "<!--VIDEO_0-->",
    "<!--VERTICAL_CARD_BEGIN_0-->",
    "<!--/keyword-->",
    "<br>",
    "<p>",
    "</p>",
    "<table>",
    "<td>",
    "<li>",
    "<ul>",
    '<div class="introduction">',
    "<pre><code>",
    "<pre>",
    "<sup>",
    "<s>",
    "<ol reversed start=9><li value=7>",
    "<span data-formula='a\\\\b|$*c*'>",
    "<embed src='//static.video.qq.com/TPout.swf?vid=c0837yy1f97'>",
    "<mp-common-profile data-id='Mz==' data-nickname='*[x'></mp-common-profile>",
    "<mp-common-sticker data-emoji_url='javascript:x'>",
    "<mpvoice name='](x' voice_encode_fileid='a)b'>",
    '<a href="javascript:alert(1)">',
    '<a href="JaVaScRiPt&#58;alert(1)">',
    '<a href="//[::1">',
    '<img src="data:image/png;base64,AAAA">',
    '<img src="//[">',
    "window.DATA = {",
    "ARTICLE_INFO = {title: '",
    "var msg_title = '",
    "videoArr.push({",
    "安全验证",
    "文章不存在",
    "window.cgiDataNew = {",
    "nick_name: JsDecode('",
    "JsDecode(",
    "\\x3cscript\\x3e",
    "\\x5c",
    "' || \"",
    "' * 1",
    "xml ? getXmlValue('title.DATA') : '",
    ".html(false)",
    "`${",
    "/*",
    "//",
    "/[/",
    "=> {",
    "function () {",
    ": {",
    ", [",
    "</script",
    "<script type=module>",
    "<textarea>",
    "item_show_type: '10' * 1,",
    "<mp-common-profile data-nickname='",
    "<svg style='background-image:url(",
    "<p id='js_text_desc'>",
    "<div id='js_share_content'>",
    "document.getElementById('js_share_notice').innerHTML = '",
)

HOSTILE_VALUES = (
    "",
    " ",
    "0",
    "-1",
    "99999999999999999999",
    "1e9",
    "²",
    "١",
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "http://[::1",
    "http://a b/\n<>",
    "//x:99999999/",
    "data:text/html,x",
    "display:none",
    "color:transparent",
    "font-weight:99999999999999999999",
    "color: rgba(0,0,0," + "0" * 300,
    ";" * 300,
    ":" * 300,
    "introduction",
    "rich_media_content",
    "content-article",
    "article-content",
    "js_content",
    "\u202e反向\u2066",
    "\ud800",
    "\0",
    "<b>" * 100,
    "&amp;" * 100,
    "x" * 5000,
    "2026-13-45 99:99:99",
    "1" * 400,
    "text-decoration:line-through;vertical-align:super",
    "http://static.video.qq.com/TPout.swf?vid=c0837yy1f97",
    "$\\\\frac{a}{b}$",
    "99999999999999",
    "wxv_1",
)


def _many(text: str) -> Callable[[Random], str]:
    return lambda rng: text * rng.choice((100, 3_000, 25_000, 100_000))


def _some(text: str) -> Callable[[Random], str]:
    return lambda rng: text * rng.choice((100, 3_000, 12_000))


def preformatted(text: str) -> Callable[[Random], str]:
    return lambda rng: f"<pre>{_some(text)(rng)}</pre>"


def attributes(rng: Random) -> str:
    return "<p " + " ".join(f"a{number}=1" for number in range(rng.choice((300, 5_000, 100_000)))) + ">"


def long_attribute(rng: Random) -> str:
    name = rng.choice(("style", "href", "class", "alt", "data-src"))
    filling = rng.choice(("x", " ", ";", "color:", "(", "a b ", "%", "/", "\\", "<"))
    return f'<a {name}="{filling * (1_000_000 // len(filling))}"><img {name}="{filling * 1000}">'


def laughs(rng: Random) -> str:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE html [<!ENTITY l0 "ha">{entities}]><p>&l11;</p>'


def wide_table(rng: Random) -> str:
    cell = f'<td colspan="{rng.choice((1, 100, 10**6))}" rowspan="{rng.choice((1, 100, 10**6))}">x</td>'
    rows, columns = rng.choice(((1, 3000), (3000, 1), (60, 60), (2500, 4)))
    return f"<table>{f'<tr>{cell * columns}</tr>' * rows}</table>"


def assignments(rng: Random) -> str:
    begun = ("window.DATA = {", "ARTICLE_INFO = {a: '", "videoArr.push({", "msg_title = '", "window.cgiDataNew = {a: [")
    return rng.choice(begun) * 20_000


def scripts(rng: Random) -> str:
    """A script whose brackets, strings and patterns never end, or end again and again."""
    part = rng.choice(
        ("{a: [", "var nickname = '", "f(", "`${", "x = /[", "ct = a || ", "(function () {", "/*", "'\\", "a ? b : ")
    )
    return f"<script>var ct = '1741500000'; {part * rng.choice((100, 3_000, 40_000))}</script>"


BLOCKS: tuple[Callable[[Random], str], ...] = (
    *(
        _many(text)
        for text in ("<div>", "<span>", "<b><i>", "<p>", "</p>", "<blockquote>", "<ul><li>", "<font>", "<a>")
    ),
    *(
        _many(text)
        for text in ("*", "[", "]", "`", "_", "~", "|", "\\", "&", "<", "![", "](", "*a", "`a", "[a](", "<a ")
    ),
    *(_many(text) for text in ("# ", "- ", "1. ", "\n", " ", "\u3000", "<br>", "&nbsp;", "{{<", "<!--", "-->", "a*b ")),
    *(
        _some(text)
        for text in ("<b>x</b>", "<i>x</i><b>y</b>", '<a href="/x">y</a>', "<li>x", "<td>x", "<code>`</code>")
    ),
    *(
        _some(text)
        for text in ('<img src="//x/y">', "<p>x</p>", "<h2>x</h2>", '<div class="introduction">x', "<table><tr><td>")
    ),
    *(_some(text) for text in ("<s>，", "<sup>x", "<pre><a href='//x.cn'>x", "<embed src='/x.swf'>x")),
    preformatted("<span>x</span><img src='//x/y'>"),
    *(_some(text) for text in ("<!--IMG_0-->", "<!--keyword-->", "<pre>x", '<p style="color:red;font-weight:bold">x')),
    attributes,
    long_attribute,
    laughs,
    wide_table,
    assignments,
    scripts,
)
"""Each draws one block; the largest has about a megabyte."""
