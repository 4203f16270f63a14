"""Which articles a text names: every form that the crawler reads, and nothing that only looks like one."""

from __future__ import annotations

import time

import pytest

from archive.article.ids import blotted, ids_of_address, names_in, needles_of
from crawler.sites.registry import read_address
from tests.crawler.sites.test_address import MODERN_FORMS, OTHER_FORMS, TECH_FORMS
from tests.crawler.sites.test_wechat import KEY, LONG, SHORT, SN

BIZ = "__biz=MzAxMjM0NTY3OA"
WECHAT_FORMS = [
    *(SHORT, f"{SHORT}?poc_token=x", f"wx-{KEY}", LONG, LONG.replace("&", "&amp;")),
    f"https://mp.weixin.qq.com/s?sn={SN}&idx=2&mid=2650000001&{BIZ}%3D%3D#rd",
    f"http://mp.weixin.qq.com/mp/appmsg/show?{BIZ}==&appmsgid=2650000001&itemidx=2&sign={SN}",
    f"https://mp.weixin.qq.com/s?{BIZ}==&mid=2650000001&sn={SN}",
]
FORMS = [*MODERN_FORMS, *(form[0] for form in OTHER_FORMS), *TECH_FORMS, *WECHAT_FORMS]


@pytest.mark.parametrize("form", FORMS)
def test_what_the_crawler_reads_as_an_address_names_that_article(form: str) -> None:
    assert read_address(form).id in ids_of_address(form)


@pytest.mark.parametrize("form", [form for form in FORMS if "/" in form and "%61" not in form])
def test_in_a_text_it_is_found_by_its_needles_and_becomes_zeros_of_its_length(form: str) -> None:
    article_id, text = read_address(form).id, f'见"{form.strip()}"一处'
    assert any(article_id in name.ids for name in names_in(text))
    assert any(needle in text for needle in needles_of(article_id))
    left = blotted(text, lambda found: found == article_id)
    assert len(left) == len(text)
    assert not any(article_id in name.ids for name in names_in(left))
    assert blotted(text, lambda found: False) == text


ESCAPED = [
    "https%3A%2F%2Fnew.qq.com%2Frain%2Fa%2F20250212A090WZ00",
    "https:\\/\\/new.qq.com\\/rain\\/a\\/20250212A090WZ00",
    "\\u002Fa\\u002F20250212A090WZ",
    "第一行\\n20250212A090WZ00",
    "编号20250212A090WZ00号",
    "?from=20250212A090WZ00&x=1",
]


@pytest.mark.parametrize("text", ESCAPED)
def test_written_for_another_language_it_is_still_the_name(text: str) -> None:
    assert [name.ids for name in names_in(text)] == [("20250212A090WZ00",)]


NO_NAMES = [
    ("20250212A090WZ01", "an id with another tail"),
    ("X20250212A090WZ00", "a part of a longer word"),
    ("20250212A090WZ00B", "the same"),
    ("发布于20190304010213", "a time of day"),
    ("https://v.qq.com/x/page/c0837yy1f97.html", "a video that others show, too"),
    ("/a/20161014/006270.htm", "an address without its host"),
]


@pytest.mark.parametrize(("text", "what"), NO_NAMES)
def test_what_only_looks_like_a_name_is_none(text: str, what: str) -> None:
    assert list(names_in(text)) == [], what


def test_an_old_page_is_named_with_its_host_alone() -> None:
    one, other = "http://tech.qq.com/a/20161014/006270.htm", "http://finance.qq.com/a/20161014/006270.htm"
    assert [name.ids for name in names_in(f"{one} {other}")] == [
        ("tech-20161014-006270",),
        ("finance-20161014-006270",),
    ]
    here = '<a href="/a/20161014/006270.htm">'
    assert [name.ids for name in names_in(here, "tech.qq.com")] == [("tech-20161014-006270",)]
    assert blotted(f"{one} {other}", lambda found: found.startswith("tech")) == (
        f"http://tech.qq.com/a/00000000/000000.htm {other}"
    )


def test_an_address_is_about_the_article_that_it_leads_to() -> None:
    address = "https://new.qq.com/rain/a/20250212A090WZ00?from=20250101A01AAA00"
    assert ids_of_address(address) == ("20250212A090WZ00",)
    assert ids_of_address("https://r.inews.qq.com/getSimpleNews?id=20250212A090WZ00") == ("20250212A090WZ00",)
    assert ids_of_address("https://i.news.qq.com/search?query=20250212A090WZ00") == ()


def test_a_large_text_takes_time_in_proportion() -> None:
    def seconds(text: str) -> float:
        began = time.process_time()
        list(names_in(text))
        return time.process_time() - began

    for piece in (
        "20250212",
        "-20250212-000001",
        "/20250212",
        "xw.qq.com/",
        "__biz=abcdef&",
        "tech.qq.com/a/20161014/",
    ):
        short, long = seconds(piece * 2_000), seconds(piece * 16_000)
        assert long < 40 * short + 0.05, piece
