"""Every layout, era and kind has a saved page: what is read from it, field by field and as the whole file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archive.article.markdown import to_markdown
from crawler.reprocess.saved_page import ForeignAddress, page_address, read_saved
from crawler.sites.normalise import normalise
from crawler.sites.page import EmptyShell, NotAnArticle, RawArticle
from crawler.sites.qq.addresses.forms import NotAnAddress, read_address
from crawler.sites.qq.fallback_source import fallback_source, joined, read_fetched
from crawler.sites.qq.read_page import read_page

ROOT = Path(__file__).parents[3]
CASES = sorted(path.parent for path in (ROOT / "tests/pages/qq").glob("*/meta.json"))
ARTICLES = [case for case in CASES if (case / "expected.md").exists()]
REFUSED = [case for case in CASES if not (case / "expected.md").exists()]
LAYOUTS = {path.stem for path in (ROOT / "crawler/sites/qq/layouts").glob("*.py") if "\nNAME = " in path.read_text()}
KINDS = {"text", "video", "gallery", "question", "topic", "live", "card"}


def meta_of(case: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((case / "meta.json").read_text())
    return loaded


def read_case(case: Path) -> RawArticle:
    meta = meta_of(case)
    page = next(path for path in case.iterdir() if path.stem == "page")
    return read_page(page.read_bytes(), meta["url"], status=meta["status"], charset=meta["charset"])


@pytest.mark.parametrize("case", ARTICLES, ids=lambda case: case.name)
def test_case_reads_as_expected(case: Path) -> None:
    meta = meta_of(case)
    raw = read_case(case)
    article = normalise(raw)
    assert to_markdown(article) == (case / "expected.md").read_text()
    assert (raw.layout, article.kind) == (meta["layout"], meta["kind"])
    assert {name: said_of(raw, name) for name in meta["fields"]} == meta["fields"]


@pytest.mark.parametrize("case", ARTICLES, ids=lambda case: case.name)
def test_parse_takes_the_address_of_any_case_an_interface_s_too(case: Path) -> None:
    meta = meta_of(case)
    page = next(path for path in case.iterdir() if path.stem == "page")
    raw = read_saved(str(page), page_address(meta["url"]))
    assert (raw.layout, raw.address) == (meta["layout"], read_fetched(meta["url"]))


@pytest.mark.parametrize("url", ["https://r.inews.qq.com/getSimpleNews", "https://r.inews.qq.com/getSimpleNews?id=x"])
def test_parse_refuses_an_interface_s_address_without_an_article(url: str) -> None:
    with pytest.raises(ForeignAddress):
        page_address(url)


def said_of(raw: RawArticle, name: str) -> object:
    """A field of the article, or of what the page said, as JSON holds it."""
    match name:
        case "links" | "notes":
            return list(getattr(raw, name))
        case "pictures":
            return list(raw.bodies[0].pictures)
        case "videos":
            return [[video.vid, video.title, video.poster, video.duration] for video in raw.bodies[0].videos]
        case "keywords":
            return list(normalise(raw).keywords)
    return getattr(normalise(raw), name)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_case_is_refused(case: Path) -> None:
    meta = meta_of(case)
    with pytest.raises(NotAnArticle) as caught:
        read_case(case)
    assert type(caught.value).__name__ == meta["outcome"]
    assert caught.value.evidence
    if isinstance(caught.value, EmptyShell):
        article = caught.value.article
        assert (article.title[0].raw if article else "") == meta["title"]
        assert fallback_source(read_fetched(meta["url"])) == meta["second_source"]


def test_every_layout_and_kind_has_a_case() -> None:
    metas = [meta_of(case) for case in ARTICLES]
    assert {meta["layout"] for meta in metas} == LAYOUTS
    assert {meta["kind"] for meta in metas} == KINDS


def test_an_empty_page_and_its_second_source_make_one_article() -> None:
    with pytest.raises(EmptyShell) as caught:
        read_case(ROOT / "tests/pages/qq/legacy-gallery-page")
    shell = caught.value.article
    assert shell is not None
    article = normalise(joined(shell, read_case(ROOT / "tests/pages/qq/gallery-file")))
    assert (article.title, article.kind, str(article.published_at)) == (
        "组图：雨季的石桥",
        "gallery",
        "2011-08-16 15:00:00+08:00",
    )
    assert article.body.count("![") == 2


SECOND_SOURCES = {
    "20190304A0SHEL00": "https://r.inews.qq.com/getSimpleNews?id=20190304A0SHEL00",
    "TWF2020041300303000": "https://r.inews.qq.com/getSimpleNews?id=TWF2020041300303000",
    "https://new.qq.com/zt/template/?id=NEW2019092300004000": (
        "https://openapi.inews.qq.com/getQQNewsSpecialListItems"
        "?refer=mobileqqcom&srcfrom=newsapp&id=NEW2019092300004000"
    ),
    "https://new.qq.com/omn/rose.htm?id=SPO2019060700000100": (
        "https://openapi.inews.qq.com/getQQNewsRoseContentOpen?refer=qqcom2&article_id=SPO2019060700000100"
    ),
    "https://news.qq.com/a/20110816/000246.htm": "https://news.qq.com/a/20110816/000246.hdBigPic.js",
    "https://new.qq.com/omv/video/p3050dragon": None,
}


@pytest.mark.parametrize("text", SECOND_SOURCES)
def test_second_source_asks_for_the_same_article(text: str) -> None:
    address = read_address(text)
    asked = fallback_source(address)
    assert asked == SECOND_SOURCES[text]
    if asked is not None:
        assert read_fetched(asked).id == address.id


INTERFACES = (
    "https://openapi.inews.qq.com/getQQNewsNormalContent?id=20181230A0WTCH00&refer=mobilewwwqqcom&otype=jsonp",
    "http://r.inews.qq.com/getSimpleNews/10.2.1_qqnews_5.3.4/news_news_top/20181230A0WTCH00/",
    "https://r.inews.qq.com/getQQNewsRoseContent?article_id=20181230A0WTCH00&chlid&rose_id",
    "https://pacaio.match.qq.com/openapi/getQQNewsSpecialListItems?id=20181230A0WTCH00&callback=getSpecialNews",
)


@pytest.mark.parametrize("url", INTERFACES)
def test_a_request_to_an_interface_names_its_article(url: str) -> None:
    assert read_fetched(url).url == "https://new.qq.com/rain/a/20181230A0WTCH00"


@pytest.mark.parametrize(
    "url",
    [
        "https://r.inews.qq.com/getSimpleNews",
        "https://r.inews.qq.com/getSimpleNews?id=../etc",
        "https://r.inews.qq.com.example.com/getSimpleNews?id=20181230A0WTCH00",
        "https://i.news.qq.com/getQQNewsComment?article_id=20181230A0WTCH00",
    ],
)
def test_other_requests_name_none(url: str) -> None:
    with pytest.raises(NotAnAddress):
        read_fetched(url)


def test_the_page_of_a_seller_without_any_text_is_kept_as_such() -> None:
    page = (
        '<html><head><meta charset="utf-8"><script>window.DATA = {"title":"只卖不看","article_is_pay":true,'
        '"pubtime":"2026-01-02 03:04:05"};</script></head><body id="dc-normal-body"></body></html>'
    )
    raw = read_page(page.encode(), "https://news.qq.com/rain/a/20260102A00PAY00")
    assert (raw.notes, raw.bodies, normalise(raw).title) == (("paid",), (), "只卖不看")


def test_both_forms_of_a_content_object_are_compared() -> None:
    case = ROOT / "tests/pages/qq/kuaibao-page"
    raw = read_case(case)
    assert [(body.where, body.also) for body in raw.bodies] == [("content.cnt_html", ("content.content",))]
    page = (case / "page.html").read_text().replace('"desc": "第二天，果然有雨。"', '"desc": "第二天，没有雨。"')
    raw = read_page(page.encode(), meta_of(case)["url"])
    assert [body.where for body in raw.bodies] == ["content.cnt_html", "content.content"]
    assert raw.notes == ("bodies-differ",)
