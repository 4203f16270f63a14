"""Rendering an article's Markdown gives back what the page showed, whatever the page's text is made of."""

from __future__ import annotations

import html
import re
from urllib.parse import unquote

import lxml.html
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from crawler.body.read import read_blocks
from crawler.body.writing.markdown import write_blocks
from crawler.sites.markup.html import parse_fragment

MARKS = """
# |1. |12) |- |+ |* |*|**|***|_|__|`|``|```|~|~~|~~~|[|]|](|)|(|!|![|<b>|</b>|<br>|<script>|</script>
<div>|<!--|<!--more-->|-->|<a@b.c>|&amp;|&|&copy;|&#35;|\\|\\\\|---|===|===|{{<|{{%|>}}|{{|>|> |:|: |[^1]: |[x]: u|[ ] |http://a.b/c_d_e|[a](b)|<http://x.y>
""".replace("\n", "|").split("|")
WORDS = [
    "中文",
    "字",
    "a",
    "b c",
    "，",
    "。",
    "“重估”",
    "（注）",
    "\u3000",
    " ",
    "  ",
    "\n",
    "1",
    "2.5",
    "x_y",
    "|",
    "$",
    "^",
    "😀",
]

texts = st.lists(st.sampled_from(MARKS + WORDS), min_size=1, max_size=9).map("".join)
plain_texts = texts.map(lambda text: html.escape(text, quote=False))


def wrapped(tag: str, attributes: str = "") -> st.SearchStrategy[str]:
    return inline_parts.map(lambda inner: f"<{tag}{attributes}>{inner}</{tag}>")


inline_parts = st.lists(st.one_of(plain_texts, st.just("<br>")), min_size=1, max_size=3).map("".join)
unmarked = st.one_of(
    plain_texts,
    st.just("<br>"),
    wrapped("span"),
    wrapped("a", " href='https://x.qq.com/a_b(c'"),
    wrapped("code"),
    wrapped("u"),
)
emphasis = st.one_of(
    wrapped("b"), wrapped("i"), wrapped("em"), wrapped("span", " style='font-weight: 700'"), wrapped("strong")
)


def blocks_of(inline: st.SearchStrategy[str], *, captions: bool = False) -> st.SearchStrategy[str]:
    line = st.lists(inline, min_size=1, max_size=4).map("".join)
    leaf = st.one_of(
        line.map(lambda text: f"<p>{text}</p>"),
        line.map(lambda text: f"<h3>{text}</h3>"),
        line.map(lambda text: f"<figcaption>{text}</figcaption>" if captions else text),
        line,
        st.just("<hr>"),
        plain_texts.map(lambda text: f"<pre>{text}</pre>"),
        st.lists(st.lists(line, min_size=1, max_size=3), min_size=1, max_size=3).map(table),
    )
    several = st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"<section>{''.join(parts)}</section>"),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"<blockquote>{''.join(parts)}</blockquote>"),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: listed("ul", parts)),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: listed("ol", parts)),
        ),
        max_leaves=6,
    )
    return st.lists(several, min_size=1, max_size=4).map("".join)


def table(rows: list[list[str]]) -> str:
    return (
        "<table>" + "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows) + "</table>"
    )


def listed(tag: str, items: list[str]) -> str:
    return f"<{tag}>" + "".join(f"<li>{item}</li>" for item in items) + f"</{tag}>"


def to_markdown(page: str) -> str:
    return write_blocks(read_blocks(parse_fragment(page), base_url="https://new.qq.com/rain/a/20250101A0000000"))


def ink(document: str) -> str:
    """All that leaves ink when the document is shown: its text without white space."""
    root = lxml.html.fromstring(f"<html><body>{document}</body></html>")
    return re.sub(r"[\s\u200b-\u200d\u2060\ufeff]+", "", str(root.xpath("string()")))


def rendered(markdown: str) -> str:
    return str(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown))


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(blocks_of(unmarked))
@example("<p>1. a</p><p>a<br>---<br>===</p><p># x #</p><p>* * *</p><p>| a |<br>|---|</p>")
@example("<p>5*3*2 与 a*b</p><p>10~20，30~40</p><p>`x` 与 ` y</p><p>[甲](乙) [丙]</p>")
@example("<p>&lt;script&gt;alert(1)&lt;/script&gt; {{&lt; x &gt;}} &amp;copy;</p><pre>{{% y %}}</pre>")
@example("<p>哇！!<a href='https://x.qq.com'>]</a></p><ul><li>[ ] 甲</li><li>- 乙</li></ul>")
@example("<p>[<br>[x]: u</p><p>[甲<br>乙]: u</p>")
def test_the_text_of_a_page_survives_rendering(page: str) -> None:
    markdown = to_markdown(page)
    assert ink(rendered(markdown)) == ink(page)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.sampled_from(["[甲](", "](", "[", "]", "(", ")", "<", ">", "\\", '"', "'", " ", "a", "!"]), max_size=16)
)
@example(["[甲](", "a", "](", "a", "(", "1", ")", ")", "b", ")"])
@example(["[甲](", *["("] * 40, *[")"] * 41])
def test_no_text_becomes_a_link(parts: list[str]) -> None:
    page = f"<p>{html.escape(''.join(parts), quote=False)}</p>"
    shown = rendered(to_markdown(page))
    assert ink(shown) == ink(page)
    assert not re.search("<(?:a|img) ", shown)


@settings(max_examples=300, deadline=None)
@given(st.text("()[]\\<> a", max_size=12))
@example(")()(")
@example("a)(b()")
@example("(" * 40 + ")" * 40)
def test_any_address_stays_within_its_link(tail: str) -> None:
    page = f'<p><a href="https://x.qq.com/{html.escape(tail)}">甲</a>乙</p>'
    (link,) = lxml.html.fragment_fromstring(rendered(to_markdown(page))).iter("a")
    assert (link.text, link.tail) == ("甲", "乙")
    assert unquote(link.get("href", "")) == f"https://x.qq.com/{tail.rstrip()}"


@pytest.mark.parametrize("space", ["\u3000", "\u2003", "\u2028", ""])
def test_an_address_in_angle_brackets_is_no_link(space: str) -> None:
    assert "<a" not in rendered(to_markdown(f"<p>点&lt;https://x{space}y.cn/&gt;看</p>"))


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(blocks_of(st.one_of(unmarked, emphasis), captions=True))
def test_with_emphasis_the_text_survives_but_for_stars(page: str) -> None:
    """The contract writes ``**…**`` even where CommonMark would show the stars, so stars do not count here."""
    markdown = to_markdown(page)
    assert ink(rendered(markdown)).replace("*", "") == ink(page).replace("*", "")


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(blocks_of(st.one_of(unmarked, emphasis), captions=True))
def test_hugo_finds_nothing_to_execute(page: str) -> None:
    markdown = to_markdown(page)
    assert "{{<" not in markdown
    assert "{{%" not in markdown
    assert "<!--more" not in markdown


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40))
def test_any_text_survives_rendering(text: str) -> None:
    page = f"<p>{html.escape(text, quote=False)}</p>"
    assert ink(rendered(to_markdown(page))) == ink(page)


@pytest.mark.parametrize(
    "text",
    [
        "价格5*3元",
        "*注：初步数据",
        "snake_case",
        "妹等你哦~",
        "a < b",
        "R&D",
        "[图]",
        "C:\\路径",
        "1.5倍",
        "#话题#",
        "50%｜涨",
    ],
)
def test_text_that_is_no_markup_is_left_alone(text: str) -> None:
    assert to_markdown(f"<p>{html.escape(text)}</p>") == text
