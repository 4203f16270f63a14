"""What a page shows beside its words survives rendering: numbers of items, lines of code, links and where they lead."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urljoin

import lxml.html
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from lxml.etree import _Element as Element

from archive.article.markdown import to_markdown as to_file
from archive.article.model import Article
from archive.export.formats.markdown import CONFIGURATION
from archive.web.markdown_html import as_html
from tests.crawler.body.test_body_properties import ink, plain_texts, rendered, to_markdown

PAGE = "https://new.qq.com/rain/a/20250101A0000000"
words = st.sampled_from(
    ["甲", "乙丙", "丁。", "a b", "x_1", "（注）", "￥9", "1. 戊", "- 己", "*", "100%", "~~", "[1]", "10"]
)


class Seen(NamedTuple):
    """What a document shows beside its words."""

    letters: list[tuple[str, str]]
    """Each inked character, and where it leads."""
    pictures: list[tuple[str, str]]
    numbers: list[tuple[int, str]]
    """Of each item of a numbered list: its number and its words."""


def seen(document: str) -> Seen:
    root = lxml.html.fromstring(f"<html><body>{document}</body></html>")
    letters = [(char, target) for text, target in texts(root, "") for char in re.sub(r"\s", "", text)]
    pictures = [(image.get("src", ""), target_of(image)) for image in root.iter("img")]
    return Seen(letters, pictures, list(numbers(root)))


def texts(element: Element, target: str) -> Iterator[tuple[str, str]]:
    inside = address(element) if element.tag == "a" else target
    yield element.text or "", inside
    for child in element:
        yield from texts(child, inside)
        yield child.tail or "", inside


def target_of(element: Element) -> str:
    return next((address(outer) for outer in element.iterancestors("a")), "")


def address(anchor: Element) -> str:
    return unquote(urljoin(PAGE, anchor.get("href", "")))


def numbers(root: Element) -> Iterator[tuple[int, str]]:
    """As HTML counts: from ``start``, backwards where ``reversed``, on from each ``value``; in the document's order."""
    counted: dict[Element, int] = {}
    for outer in root.iter("ol"):
        items = [child for child in outer if child.tag == "li"]
        step = 1 if outer.get("reversed") is None else -1
        number = int(outer.get("start") or (1 if step > 0 else len(items)))
        for item in items:
            number = int(item.get("value") or number)
            counted[item] = number
            number += step
    for item in root.iter("li"):
        said = re.sub(r"\s", "", str(item.xpath("string()")))
        if said and item in counted:
            yield counted[item], said


links = st.builds(
    lambda where, text: f"<a href='{where}'>{text}</a>",
    st.sampled_from(["https://x.qq.com/a_b(c", "https://y.cn/?q=a&amp;b=*c*", "/zt/2016/", "//z.cn/[1]"]),
    st.lists(st.one_of(words, st.just("<img src='https://p.cn/1'>"), st.just("<br>")), min_size=1, max_size=3).map(
        "".join
    ),
)
pictures = st.sampled_from(["<img src='https://p.cn/2'>", "<img src='https://p.cn/3' alt='[图'>"])
inlines = st.lists(st.one_of(words, links, pictures, st.just(" ")), min_size=1, max_size=4).map("".join)
paragraphs = inlines.map(lambda text: f"<p>{text}</p>")


def items(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    value = st.sampled_from(["", "", "", " value=7", " value=1"])
    item = st.tuples(value, st.lists(inner, max_size=2).map("".join)).map(lambda it: f"<li{it[0]}>{it[1]}</li>")
    return st.lists(item, min_size=1, max_size=3).map("".join)


def lists(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    start = st.sampled_from(["", "", " start=3", " start=0", " reversed", " reversed start=9"])
    numbered = st.tuples(start, items(inner)).map(lambda it: f"<ol{it[0]}>{it[1]}</ol>")
    return st.one_of(numbered, numbered, items(inner).map(lambda it: f"<ul>{it}</ul>"))


blocks = st.recursive(
    st.one_of(paragraphs, inlines, st.just("<hr>")),
    lambda inner: st.one_of(
        lists(inner),
        lists(inner),
        st.lists(inner, min_size=1, max_size=2).map(lambda it: f"<blockquote>{''.join(it)}</blockquote>"),
    ),
    max_leaves=6,
)
pages = st.lists(blocks, min_size=1, max_size=4).map("".join)


@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(pages)
@example("<ol><li>和面</li><li>擀皮</li></ol><ol><li>包</li></ol><ol><li value=9>煮</li></ol>")
@example("<ul><li>春</li></ul><ul><li>夏</li></ul><p></p><ul><li>秋</li></ul>")
@example("<ol><li>一<ol start=4><li>子</li></ol></li><li>二<ul><li>左</li></ul><ul><li>右</li></ul></li></ol>")
@example("<ol reversed><li>第三名</li><li>第二名</li><li>第一名</li></ol>")
@example("<ol><li>甲</li><li></li><li>丙</li></ol>")
@example("<blockquote><ol><li>甲</li></ol><ol><li>乙</li></ol></blockquote>")
@example("<ul><li><hr></li></ul><ul><li><hr></li><li>*</li></ul>")
@example("<p><a href='/a'><img src='https://p.cn/1'></a></p><p>看<a href='/b'>图<img src='https://p.cn/2'></a>吧</p>")
def test_numbers_links_and_pictures_survive_rendering(page: str) -> None:
    shown = seen(page)
    assume(all(number >= 0 for number, _ in shown.numbers))  # Markdown has none below.
    assert seen(rendered(to_markdown(page))) == shown


code_lines = st.sampled_from(
    ["a = 1", "    return x", "", "", "```", "- item", "# note", "1. x", "<b>", "**x**", "&amp;", "~~~", "\\"]
)
WAYS = {
    "text": lambda lines: "<pre>" + "\n".join(lines) + "</pre>",
    "breaks": lambda lines: "<pre>" + "<br>".join(lines) + "</pre>",
    "WeChat": lambda lines: (
        "<pre data-lang=c>" + "".join(f"<code><span>{line or '<br>'}</span></code>" for line in lines) + "</pre>"
    ),
    "WeChat, ended": lambda lines: "<pre>" + "".join(f"<code>{line}<br></code>" for line in lines) + "</pre>",
    "WeChat, in lines": lambda lines: (
        "<pre>\n" + "\n".join(f"  <code>{line or '<br>'}</code>" for line in lines) + "\n</pre>"
    ),
    "blocks": lambda lines: "<pre><code>" + "".join(f"<div>{line or '<br>'}</div>" for line in lines) + "</code></pre>",
    "paragraphs": lambda lines: "<pre class=hljs>" + "\n".join(f"<p>{line or '<br>'}</p>" for line in lines) + "</pre>",
    "sections": lambda lines: (
        "<pre data-lang=go>" + "".join(f"<section><span>{line or ' '}</span></section>" for line in lines) + "</pre>"
    ),
    "numbered": lambda lines: "<pre><ol>" + "".join(f"<li>{line}\n</li>" for line in lines) + "</ol></pre>",
}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(code_lines, min_size=1, max_size=6), st.sampled_from(sorted(WAYS)))
def test_code_keeps_its_lines(lines: list[str], way: str) -> None:
    expected = "\n".join(lines).strip("\n").rstrip()
    page = f"<p>前</p>{WAYS[way]([html.escape(line) for line in lines])}<p>后</p>"
    document = lxml.html.fromstring(f"<div>{rendered(to_markdown(page))}</div>")
    code = [str(element.text_content()) for element in document.iter("code")]
    shown = [
        "\n".join(line.rstrip() if way == "sections" else line for line in each.split("\n")).rstrip() for each in code
    ]
    assert shown == [expected] * bool(expected.strip())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(
        st.one_of(
            plain_texts,
            words,
            st.builds(lambda tag, text: f"<{tag}>{text}</{tag}>", st.sampled_from(["s", "del", "strike"]), words),
            st.sampled_from(
                ["<s><b>粗</b>细</s>", "<s><a href='/a'>链</a></s>", "<s><code>c</code></s>", "<s>a<br>b</s>"]
            ),
            st.sampled_from(["10<sup>6</sup>", "x<sup>2n+1</sup>", "H<sub>2</sub>O", "a<sub>(12)</sub>"]),
        ),
        min_size=1,
        max_size=6,
    ).map("".join)
)
@example("原价<s>￥99</s>元，<del>（旧）</del>新")
@example("面积10<sup>6</sup>平方米")
def test_struck_raised_and_lowered_text_survives_rendering(line: str) -> None:
    """A mark that a renderer did not see would be left over as ink."""
    for page in (f"<p>{line}</p>", f"<h3>{line}</h3>", f"<table><tr><td>{line}</td></tr></table>"):
        shown = rendered(to_markdown(page)).replace("*", "")
        assert unicodedata.normalize("NFKC", ink(shown)) == unicodedata.normalize("NFKC", ink(page.replace("*", "")))


@pytest.mark.parametrize("struck", ["99", "￥99", "（旧）", "a b", "9.9%"])
def test_struck_text_is_struck_between_chinese_letters(struck: str) -> None:
    shown = lxml.html.fromstring(rendered(to_markdown(f"<p>原价<del>{struck}</del>元</p>")))
    (found,) = shown.iter("s")
    assert found.text_content() in struck
    assert re.search(r"\w", found.text_content())
    assert shown.text_content().strip() == f"原价{struck}元"


SHOWN = {
    "lists": "<ol><li>洗</li><li>切</li></ol><ol><li>炒</li></ol><ol><li value=7>装</li></ol>"
    "<ul><li>a</li></ul><ul><li>b</li></ul>",
    "nested": "<ol><li>一<ol start=4><li>子</li></ol></li><li>二<ul><li>左</li></ul><ul><li>右</li></ul></li></ol>",
    "pictures": "<p><a href='https://x.cn/a'><img src='https://p.cn/1'></a></p>"
    "<p>看<a href='https://x.cn/b'>图<img src='https://p.cn/2'></a></p>",
    "marks": "<p>原价<s>￥99</s>元，现价<del>88</del>元，面积10⁶，式$a_{1}*b*c$，\\{{ x }}</p>",
    "cards": "<p>下载<a href='https://mp.weixin.qq.com/mp/profile_ext?action=home&amp;__biz=MzA=='>公众号：甲</a></p>",
    "code": "<p>前</p><pre><code>a</code><code><br></code><code>  b</code></pre><p>后</p>",
}
"""Pages whose Markdown uses every form that is not in the simplest pages."""


def test_serve_shows_what_the_page_shows() -> None:
    for page in SHOWN.values():
        assert seen(as_html(to_markdown(page), {}, str).html) == seen(page)


def test_hugo_shows_what_the_page_shows(tmp_path: Path) -> None:
    if shutil.which("hugo") is None:
        pytest.skip("hugo is not installed")
    (tmp_path / "hugo.toml").write_text(CONFIGURATION)
    for folder in ("content/articles", "layouts/_default"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "layouts/_default/single.html").write_text("{{ .Content }}")
    for name, page in SHOWN.items():
        article = Article(id=name, url=PAGE, title=name, body=to_markdown(page))
        (tmp_path / "content/articles" / f"{name}.md").write_text(to_file(article))
    done = subprocess.run(["hugo", "--quiet"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    for name, page in SHOWN.items():
        built = (tmp_path / "public" / name / "index.html").read_text()
        assert seen(built.replace(f'<p><a href="{PAGE}">qq</a></p>', "")) == seen(page)
