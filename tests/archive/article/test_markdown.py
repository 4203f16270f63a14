"""The Markdown file: exact to the byte, read back equal, and refused when it is not ours."""

import re
from datetime import datetime
from pathlib import Path

import frontmatter
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from archive.article.front_matter import QQNewsHandler
from archive.article.markdown import KEYS, from_markdown, to_markdown
from archive.article.model import BEIJING
from archive.article.yaml_writer import emit, quoted
from archive.errors import ExitCode, NotOurMarkdown
from tests.archive.samples import an_article

SAMPLE = Path(__file__).parents[4] / "shared" / "sample.md"

EXPECTED = """---
title: "他说：\\"好\\"　--- 然后走了"
date: "2025-02-12 21:13:09"
summary: "12:30:45"
categories:
  - "qq"
lang:
  - "zh-CN"
translations:
  - "zh-CN"
tags:
  - "qq"
menu: ""
thumbnail: ""
lead: ""
comments: false
authorbox: false
pager: true
toc: false
mathjax: false
sidebar: "right"
widgets:
  - "search"
  - "recent"
  - "taglist"
---

　　第一段。

---

第二段。

[qq](https://new.qq.com/rain/a/20250212A0000100)
"""
ARTICLE = an_article(
    title='他说："好"　--- 然后走了', summary="12:30:45", thumbnail="", body="　　第一段。\n\n---\n\n第二段。"
)

NASTY = [
    *("no", "yes", "on", "Off", "true", "null", "~", "", " ", "12:30:45", "0123", "0o17", "0x1F", "1e3", ".5", "-"),
    *("2025-02-12", "2025-02-12 21:13:09", "---", "...", "- a", "a: b", "# x", "a #b", "&a", "*a", "!a", "%a", "@a"),
    *('"', "'", "\\", "\\n", '\\"', "\t", "a\tb", "a\nb", "\r\n", "\x00", "\x07", "\x1b", "\x7f", "\x85", "\xa0"),
    *(
        "\u2028",
        "\u2029",
        "\ufeff",
        "\ufffe",
        "\uffff",
        "\ufffd",
        "\u200b",
        "😀",
        "👨‍👩‍👧",
        "\U0010ffff",
        "{{<",
        "<<",
        "=",
    ),
]
STRINGS = st.text(max_size=20) | st.sampled_from(NASTY) | st.lists(st.sampled_from(NASTY), max_size=4).map("".join)
BODIES = st.lists(STRINGS.filter(lambda text: "\r" not in text), max_size=5).map("\n\n".join)


def yaml_1_2(text: str) -> object:
    return YAML(typ="safe", pure=True).load(text)


@pytest.mark.skipif(not SAMPLE.exists(), reason="../shared/sample.md is not present")
class TestSample:
    def test_it_is_written_byte_for_byte(self) -> None:
        sample = SAMPLE.read_bytes()
        article = from_markdown(sample.decode()).to_article("20250212A090WZ00")
        assert to_markdown(article).encode() == sample

    def test_it_is_read_as_it_stands(self) -> None:
        file = from_markdown(SAMPLE.read_text("utf-8"))
        assert file.url == "https://new.qq.com/rain/a/20250212A090WZ00"
        assert file.published_at == datetime(2025, 2, 12, 21, 13, 9, tzinfo=BEIJING)
        assert file.title.endswith("｜港股风向标")
        assert file.summary.endswith("2.64%...")
        assert file.thumbnail.endswith("_640360/0")
        assert file.body.startswith("**财联社")
        assert file.body.endswith("（财联社 冯轶）")

    def test_users_of_python_frontmatter_get_its_bytes_back(self) -> None:
        sample = SAMPLE.read_text("utf-8")
        post = frontmatter.loads(sample, handler=QQNewsHandler())
        assert frontmatter.dumps(post, handler=QQNewsHandler()) == sample


def test_a_file_is_exactly_of_the_sample_s_form() -> None:
    assert to_markdown(ARTICLE) == EXPECTED


def test_an_article_without_text_is_its_link_alone() -> None:
    text = to_markdown(an_article(body=""))
    assert text.endswith('"taglist"\n---\n\n[qq](https://new.qq.com/rain/a/20250212A0000100)\n')
    assert from_markdown(text).body == ""


def test_the_date_is_beijing_s_wherever_the_moment_comes_from() -> None:
    utc = datetime.fromisoformat("2025-02-12T13:13:09+00:00")
    assert 'date: "2025-02-12 21:13:09"\n' in to_markdown(an_article(published_at=utc))


def test_an_unknown_date_is_an_empty_string() -> None:
    text = to_markdown(an_article(published_at=None))
    assert 'date: ""\n' in text
    assert from_markdown(text).published_at is None


@given(title=STRINGS.filter(bool), summary=STRINGS, thumbnail=STRINGS, body=BODIES)
def test_article_to_file_to_article(title: str, summary: str, thumbnail: str, body: str) -> None:
    article = an_article(title=title, summary=summary, thumbnail=thumbnail, body=body)
    file = from_markdown(to_markdown(article))
    assert (file.title, file.summary, file.thumbnail) == (title, summary, thumbnail)
    assert (file.body, file.url, file.published_at) == (body, article.url, article.published_at)
    assert to_markdown(file.to_article(article.id)) == to_markdown(article)


@given(title=STRINGS.filter(bool), summary=STRINGS, body=BODIES)
def test_python_frontmatter_with_our_handler_changes_no_byte(title: str, summary: str, body: str) -> None:
    text = to_markdown(an_article(title=title, summary=summary, body=body))
    post = frontmatter.loads(text, handler=QQNewsHandler())
    assert (post["title"], post["summary"], post["comments"]) == (title, summary, False)
    assert list(post.keys()) == list(KEYS)
    assert frontmatter.dumps(post, handler=QQNewsHandler()) == text


@settings(max_examples=500, deadline=None)
@given(st.lists(STRINGS, min_size=20, max_size=30))
def test_10_000_strings_are_equal_for_readers_of_yaml_1_1_and_1_2(strings: list[str]) -> None:
    text = emit({"strings": strings, "flag": True})
    for read in (yaml.safe_load, lambda text: yaml.load(text, Loader=yaml.CSafeLoader), yaml_1_2):
        assert read(text) == {"strings": strings, "flag": True}
    assert QQNewsHandler().load(text) == {"strings": strings, "flag": True}


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=50))
def test_a_string_stays_on_one_line_in_readable_characters(text: str) -> None:
    assert quoted(text).splitlines() == [quoted(text)]
    assert quoted("恒指😀　｜—") == '"恒指😀　｜—"'


def test_half_a_character_cannot_break_a_file() -> None:
    text = to_markdown(an_article(title="坏\ud83d字", body="\udc00文"))
    assert 'title: "坏\ufffd字"' in text
    assert "\ufffd文" in text
    text.encode()


def test_a_file_from_windows_is_read_like_any_other() -> None:
    assert from_markdown("\ufeff" + EXPECTED.replace("\n", "\r\n")) == from_markdown(EXPECTED)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no front matter"),
        ("# 标题\n\n正文\n", "no front matter"),
        (EXPECTED.removeprefix("---\n"), "no front matter"),
        (EXPECTED.replace("\n---\n", "\n", 1).replace("\n---\n", "\n"), "no front matter"),
        ("\x00\x01PNG", "no front matter"),
        ("---\ntitle: [\n---\n\n正文\n", "not YAML"),
        ("---\n- a\n---\n\n正文\n", "lacks title, date, summary"),
        (re.sub("summary: .*\n", "", EXPECTED), "lacks summary"),
        (EXPECTED.replace("pager: true\n", "").replace('menu: ""\n', ""), "lacks menu, pager"),
        (EXPECTED.replace("pager:", "draft: true\npager:"), "not ours: draft"),
        (EXPECTED.replace('"2025-02-12 21:13:09"', '"12.2.2025"'), "date '12.2.2025'"),
        (EXPECTED.replace('"2025-02-12 21:13:09"', "true"), "date is not a string"),
        (EXPECTED.replace('"12:30:45"', "[a]"), "summary is not a string"),
        (re.sub("title: .*", 'title: ""', EXPECTED), "title is empty"),
        (EXPECTED.replace("[qq](", "[link]("), "last line is not [qq](address)"),
        (EXPECTED + "\n还有一段。\n", "last line is not [qq](address)"),
    ],
)
def test_what_is_not_ours_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(NotOurMarkdown, match=re.escape(reason)) as caught:
        from_markdown(text)
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [7, None, {"a": "b"}, ["a", 1]])
def test_the_emitter_refuses_what_the_form_does_not_know(value: object) -> None:
    with pytest.raises(TypeError, match="weight"):
        emit({"weight": value})
