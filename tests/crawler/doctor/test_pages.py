"""``qqnews doctor --pages``: what each extractor says of pages, page by page and counted per layout."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.sites.identify import address_in
from tests.conftest import Called
from tests.crawler.sites.good_pages import dom_page, legacy_page, rain_page, static_page, wechat_page
from tests.site.pages import account, forms
from tests.site.site import Site

ROOT = Path(__file__).parents[3]
WALLS = ROOT / "tests" / "pages" / "walls"
CAPTURES = ROOT.parent / "shared" / "captures" / "accounts"


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


def test_packed_pages_are_unpacked_and_a_name_tells_whose_they_are(tmp_path: Path) -> None:
    (tmp_path / f"wx_01_{account.KEY}.html.gz").write_bytes(gzip.compress(account.text_post("停航一天。")))
    (tmp_path / f"wx_02_{account.KEY}.html.gz").write_bytes(gzip.compress(forms.message("该内容已被发布者删除")))
    (tmp_path / "notes.txt.gz").write_bytes(gzip.compress(b"no page"))
    done = doctor("--pages", str(tmp_path))
    assert done.returncode == 14
    assert "wx_01_" in done.stdout
    assert "article (wechat, text)" in done.stdout
    assert "the article was removed: says: 已被发布者删除" in done.stdout
    assert "notes" not in done.stdout


def test_a_packed_file_that_is_broken_or_a_bomb_is_named(tmp_path: Path) -> None:
    (tmp_path / "half.html.gz").write_bytes(gzip.compress(b"<html>" * 1000)[:-9])
    (tmp_path / "none.html.gz").write_bytes(b"no gzip at all")
    (tmp_path / "bomb.html.gz").write_bytes(gzip.compress(b" " * 2**26))
    done = doctor("--pages", str(tmp_path))
    assert done.returncode == 20
    assert done.stdout.count("cannot be unpacked") == 2
    assert "larger than" in done.stdout


def test_each_field_of_an_account_s_page_says_where_it_was_found_and_what_differs(tmp_path: Path) -> None:
    page = account.article("<p>灯亮着。</p><mp-poll-of-tomorrow></mp-poll-of-tomorrow>", byline="渡口日报")
    (tmp_path / f"wx_{account.KEY}.html").write_bytes(page)
    lines = [line.split() for line in doctor("--pages", str(tmp_path)).stdout.splitlines()]
    assert ["media", "#js_name", "渡口日报"] in lines
    assert ["≠", "cgiDataNew.nick_name", account.ACCOUNT] in lines
    assert ["unread-parts", "#js_content", "mp-poll-of-tomorrow"] in lines
    assert ["title", "cgiDataNew.title", account.TITLE] in lines


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the reference material is not beside the project")
def test_nothing_differs_unseen_in_captures_of_accounts() -> None:
    found = [json.loads(line) for line in doctor("--pages", "--json", str(CAPTURES)).stdout.splitlines()[:-1]]
    articles = [one for one in found if one["outcome"] == "article"]
    assert (len(found), len(articles)) == (7, 5)
    for one in articles:
        said = {name: {each["where"]: each["agrees"] for each in fields} for name, fields in one["fields"].items()}
        assert said.keys() >= {"title", "published", "media", "media_id", "body", "comment_id"}, one["name"]
        differing = {f"{name}-differs" for name, all_said in said.items() if not all(all_said.values())}
        assert differing <= set(one["notes"])
        assert not any(where.startswith("var nickname") and not agrees for where, agrees in said["media"].items())
