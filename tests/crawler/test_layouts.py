"""Every layout, era and kind has a saved page: what is read from it, field by field and as the whole file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archive.markdown import to_markdown
from crawler.normalise import normalise
from crawler.sites.page import EmptyShell, NotAnArticle, RawArticle
from crawler.sites.qq.pages import read_page
from crawler.sites.qq.second import joined, read_source, second_source

ROOT = Path(__file__).parents[2]
CASES = sorted(path.parent for path in (ROOT / "tests/pages/qq").glob("*/meta.json"))
ARTICLES = [case for case in CASES if (case / "expected.md").exists()]
REFUSED = [case for case in CASES if not (case / "expected.md").exists()]
LAYOUTS = {path.stem for path in (ROOT / "crawler/sites/qq").glob("*.py") if "\nNAME = " in path.read_text()}
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
        assert second_source(read_source(meta["url"])) == meta["second_source"]


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
