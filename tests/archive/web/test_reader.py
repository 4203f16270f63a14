"""A text as a reader sees it: bold as the site shows it, pictures from their copies, and nothing that acts."""

from __future__ import annotations

import re

import pytest

from archive.web.markdown_html import LONGEST, RenderedBody, as_html
from tests.archive.samples import PICTURE

COPY = "media/ab/abc.png"


def shown(body: str, **copies: str) -> RenderedBody:
    return as_html(body, copies, lambda path: f"/{path}", remote="elsewhere", table="table")


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("**他说：“鱼多。”**今日", "<strong>他说：“鱼多。”</strong>今日"),
        ("前**（一）**后**（二）**末", "前<strong>（一）</strong>后<strong>（二）</strong>末"),
        ("**a**b**c**", "<strong>a</strong>b<strong>c</strong>"),
        ("***重***点", "<em><strong>重</strong></em>点"),
        ("**粗***斜*", "<strong>粗</strong><em>斜</em>"),
        ("3 * 4 * 5", "3 * 4 * 5"),
        (r"\*星\*", "*星*"),
        (r"\<b>x\</b>", "&lt;b&gt;x&lt;/b&gt;"),
    ],
)
def test_stars_mean_what_the_site_shows(markdown: str, html: str) -> None:
    assert shown(markdown).html == f"<p>{html}</p>\n"


def test_a_picture_and_its_caption_are_a_figure_and_its_source_is_told() -> None:
    body = f"![图片]({PICTURE}/641)\n\n*老周的船*\n\n![图片](http://inews.gtimg.com/b/0)\n\n文字"
    found = as_html(body, {f"{PICTURE}/641": COPY}, lambda path: f"/{path}", remote="elsewhere")
    assert (found.copies, found.elsewhere) == (1, 1)
    assert re.search(r"<figure><img src=\"/media/ab/abc.png\"[^>]*><figcaption><em>老周的船</em>", found.html)
    remote = re.search(r'<img src="https://inews.gtimg.com/b/0"[^>]*>(.*?)</figure>', found.html)
    assert remote
    assert 'referrerpolicy="no-referrer"' in remote[0]
    assert "elsewhere" in remote[1]


def test_a_line_break_in_a_cell_is_one_and_a_wide_table_can_be_reached() -> None:
    html = shown("| 甲 | 乙 |\n|---|---|\n| 一<br>二 | 三 |").html
    assert re.search(r"<td>一<br ?/?>\s*二</td>", html)
    assert '<div class="wide" role="region" tabindex="0" aria-label="table"><table>' in html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "text <b onclick=alert(1)>x</b> <svg onload=alert(1)>",
        "[x](javascript:alert(1)) [y](JaVaScRiPt:alert(1)) [z](data:text/html,x) [w](vbscript:x)",
        '[x](https://qq.com/"onmouseover="alert(1))',
        '![x" onerror="alert(1)](https://qq.com/a.png)',
        "![x](javascript:alert(1)) ![y](data:image/svg+xml;base64,PHN2Zz4=)",
        "<https://qq.com/<script>> <javascript:alert(1)>",
        "[a]: javascript:alert(1)\n\n[a]",
        "&lt;script&gt; &#60;script&#62;",
        '```html"onclick=alert(1)\n<script>alert(1)</script>\n```',
        "| <script> | b |\n|---|---|\n| [x](javascript:1) | <iframe src=//x> |",
    ],
)
def test_nothing_in_a_text_acts(hostile: str) -> None:
    html = shown(hostile).html
    tags = re.findall(r"<(/?[a-zA-Z][^>]*)>", html)
    assert {re.match(r"/?\w+", tag)[0].lstrip("/") for tag in tags} <= ALLOWED  # type: ignore[index]
    for tag in tags:
        names = set(re.findall(r'([\w-]+)="[^"]*"', tag))
        assert names <= {"href", "src", "alt", "rel", "loading", "decoding", "referrerpolicy", "class", "role",
                         "tabindex", "aria-label"}  # fmt: skip
        assert re.search(r'(?:href|src)="(?!https?://|/media)', tag) is None


ALLOWED = set("p a img small pre code div table thead tbody tr th td br em strong figure h2".split())


def test_a_text_without_end_is_cut_and_control_characters_are_shown_as_lost() -> None:
    found = shown("长" * (LONGEST + 10))
    assert found.is_cut
    assert found.html.count("长") == LONGEST
    assert shown("a\x00b\x1bc\x85d").html == "<p>a\ufffdb\ufffdc\ufffdd</p>\n"
