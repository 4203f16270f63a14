"""``qqnews doctor --pages``: what each extractor says of pages, page by page and counted per layout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.sites.whose import address_in
from tests.conftest import Called
from tests.crawler.good_pages import dom_page, legacy_page, rain_page, static_page, wechat_page
from tests.site.site import Site

ROOT = Path(__file__).parents[2]
WALLS = ROOT / "tests" / "pages" / "walls"


def doctor(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", "import qqnews; qqnews.main()", "doctor", *arguments]
    return subprocess.run(
        program, capture_output=True, text=True, check=False, cwd=ROOT, timeout=90, env=os.environ | environment
    )


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    for number, page in enumerate([rain_page("旧书市场", "天还没亮。"), dom_page("", "菜市场", "天亮了。")]):
        case = tmp_path / f"case{number}"
        case.mkdir()
        (case / "page.html").write_bytes(page.body)
        (case / "meta.json").write_text(json.dumps({"url": page.url}), encoding="utf-8")
    return tmp_path


def test_each_statement_is_shown_and_counted(pages: Path) -> None:
    done = doctor("--pages", str(pages))
    assert done.returncode == 0, done.stderr
    assert "DATA.title" in done.stdout
    assert "#article-title" in done.stdout
    rows = {tuple(line.split()[:2]): line.split()[2:] for line in done.stdout.splitlines() if line.startswith("rain ")}
    assert rows["rain", "title"] == ["2", "2", "2"]
    assert rows["rain", "body"] == ["2", "1", "1"]


def test_a_difference_is_marked(pages: Path) -> None:
    page = pages / "case0" / "page.html"
    page.write_bytes(
        page.read_bytes().replace('<h1 id="article-title">旧书'.encode(), '<h1 id="article-title">新书'.encode())
    )
    lines = doctor("--pages", str(page)).stdout.splitlines()
    assert [line for line in lines if "≠" in line and "新书市场" in line]


def test_machines_get_json_lines(pages: Path) -> None:
    *found, counted = map(json.loads, doctor("--pages", "--json", str(pages)).stdout.splitlines())
    assert [one["layout"] for one in found] == ["rain", "rain"]
    assert found[0]["fields"]["title"][0] == {"where": "DATA.title", "raw": "旧书市场", "agrees": True}
    assert counted["layouts"]["rain"]["title"] == {"pages": 2, "asked_twice": 2, "agree": 2}


def test_walls_are_called_walls() -> None:
    done = doctor("--pages", str(WALLS / "blocked-captcha-200"), str(WALLS / "removed-410-article-frame"))
    assert done.returncode == 14
    assert "a wall, no article" in done.stdout
    assert "the article was removed: status 410" in done.stdout


def test_one_bad_page_does_not_stop_the_others(pages: Path) -> None:
    (pages / "broken.html").write_bytes(b"")
    (pages / "strange.html").write_text("<html><body>nobody's page</body></html>", encoding="utf-8")
    done = doctor("--pages", str(pages))
    assert done.returncode == 14
    assert "an empty file" in done.stdout
    assert "does not say whose page it is" in done.stdout
    assert done.stdout.count("  article (rain") == 2


def test_nothing_to_examine_is_an_error(tmp_path: Path) -> None:
    assert doctor("--pages").returncode == 2
    assert doctor("--pages", str(tmp_path)).returncode == 10
    assert doctor("--pages", str(tmp_path / "none.html")).returncode == 20
    assert doctor("--pages", "https://example.org/").returncode == 20


@pytest.mark.parametrize(
    ("page", "article"),
    [
        (rain_page("甲", "乙").body, "20260810A01ABC00"),
        (static_page("", "甲", "乙").body, "20201130A0G1JJ00"),
        (
            legacy_page("", "甲", "乙").body.replace(
                b"ARTICLE_INFO || {", b"ARTICLE_INFO || {article_url: 'http://tech.qq.com/a/20161014/006270.htm', "
            ),
            "tech-20161014-006270",
        ),
        (
            b'<html><head><meta property="og:url" content="https://news.qq.com/rain/a/20260810A01ABC00"/>',
            "20260810A01ABC00",
        ),
        (b'<link rel="canonical" href="https://new.qq.com/omn/20201130/20201130A0G1JJ00.html">', "20201130A0G1JJ00"),
        (b'{"id": "20171129V077OD00", "title": "x"}', "20171129V077OD00"),
        (
            wechat_page("", "甲", "乙").body
            + b'<script>var msg_link = "http://mp.weixin.qq.com/s?__biz=MzAxMjM0NTY3OA==&amp;mid=1&amp;idx=1#rd";</script>',
            "wx-MzAxMjM0NTY3OA-1-1",
        ),
    ],
)
def test_a_page_says_whose_it_is(page: bytes, article: str) -> None:
    address = address_in(page)
    assert address is not None
    assert address.id == article


def test_a_strangers_page_does_not() -> None:
    assert address_in(b'<link rel="canonical" href="https://example.org/a">') is None
    assert address_in(b"") is None


def test_addresses_are_fetched_and_nothing_is_kept(call: Callable[..., Called], site: Site, data: Path) -> None:
    living, gone = site.world.of_layout("v2")[:2]
    site.remove(gone)
    done = call("doctor", "--pages", f"https://new.qq.com/rain/a/{living}", f"https://news.qq.com/rain/a/{gone}")
    assert done.code == 14, done.err
    assert "article (rain, text)" in done.out
    assert site.world.truth(living).title in done.out
    assert "not fetched (removed" in done.out
    assert not data.exists()
