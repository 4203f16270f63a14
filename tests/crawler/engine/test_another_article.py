"""A site that gives another article's page: nothing is kept under a wrong name, and the user is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from archive.article.model import BEIJING
from archive.errors import ExitCode
from archive.store import Archive
from tests.conftest import Called
from tests.crawler.archived import hours_pass, rows
from tests.site.client import ask
from tests.site.pages import wechat
from tests.site.site import Site
from tests.site.story import Layout

Run = Callable[..., Called]
MANY = 300


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site of 300 articles, the newest minutes old."""
    with Site(seed=5, articles=MANY, now=datetime.now(BEIJING).isoformat(timespec="seconds")) as running:
        yield running


def as_told(site: Site, data: Path) -> set[str]:
    """Ids of what is archived; each is what the site tells of it."""
    with Archive.existing(data) as archive:
        for it in archive.articles():
            assert it.article.title == site.world.truth(it.article.id).title
        return {it.article.id for it in archive.articles()}


def test_two_mixed_up_pages_of_three_hundred_are_not_kept_and_told(
    crawl: Run, qqnews: Run, fresh_site: Site, data: Path, tmp_path: Path
) -> None:
    keys = fresh_site.world.ids
    wrong = {keys[10]: keys[200], keys[77]: keys[78]}
    for key, other in wrong.items():
        fresh_site.mistake(key, other)
    (tmp_path / "all.txt").write_text("\n".join(keys))
    ended = crawl(str(tmp_path / "all.txt"), "--concurrency", "16", "--no-raw")
    assert as_told(fresh_site, data) == set(keys) - set(wrong)
    assert (ended.code, ended.counts["another"], ended.counts["left"]) == (ExitCode.PARTIAL, 2, 2)
    assert "2 answers were pages of other articles than were asked for, and were not kept" in ended.report["because"]
    assert ended.report["reasons"]["retried"] == {"another-article": 2}
    assert {problem["what"] for problem in ended.report["problems"]} == set(wrong)
    assert all(wrong[problem["what"]] in problem["reason"] for problem in ended.report["problems"])
    told = [json.loads(line) for line in qqnews("links", "list", "--json").out.splitlines()]
    assert {(one["id"], one["reason"]) for one in told} == {(key, "another-article") for key in wrong}
    for key in wrong:
        fresh_site.mistake(key, None)
    hours_pass(data, 0.1)
    assert crawl("--source", "hot", "--no-raw").counts["kept"] == 2
    assert as_told(fresh_site, data) == set(keys)


@pytest.mark.parametrize("layout", ["v2", "v1", "dom", "video", "static", "classic"])
def test_in_every_layout(crawl: Run, fresh_site: Site, data: Path, layout: Layout) -> None:
    key, other, third = fresh_site.world.of_layout(layout)[:3]
    fresh_site.mistake(key, other)
    assert crawl(key, third).counts["another"] == 1
    assert as_told(fresh_site, data) == {third}


def test_in_every_pair_of_layouts(crawl: Run, fresh_site: Site, data: Path) -> None:
    layouts: tuple[Layout, ...] = ("v2", "v1", "dom", "video", "static", "classic")
    first = {layout: fresh_site.world.of_layout(layout)[0] for layout in layouts}
    for layout, other in zip(layouts, (*layouts[1:], layouts[0]), strict=True):
        fresh_site.mistake(first[layout], first[other])
    ended = crawl(*first.values())
    assert (ended.code, ended.counts["another"]) == (ExitCode.CHANGED, 6)
    assert "most pages were those of other articles" in ended.report["because"]
    assert as_told(fresh_site, data) == set()


@pytest.mark.parametrize("other", [wechat.GOOD, wechat.NAMED])
def test_a_wechat_article(crawl: Run, fresh_site: Site, data: Path, other: str) -> None:
    asked = {wechat.GOOD: wechat.NAMED, wechat.NAMED: wechat.GOOD}[other]
    fresh_site.mistake(f"wx-{asked}", f"wx-{other}")
    ended = crawl(f"https://{wechat.HOST}/s/{asked}")
    silent = other == wechat.GOOD
    assert (ended.counts.get("another", 0), ended.counts.get("kept", 0)) == ((0, 1) if silent else (1, 0))
    fresh_site.mistake(f"wx-{asked}", None)
    assert crawl(f"https://{wechat.HOST}/s?{wechat.LONG}").counts["kept"] + silent >= 1


def test_the_text_of_another_article_completes_no_page(crawl: Run, fresh_site: Site, data: Path) -> None:
    key, other = fresh_site.world.of_layout("v2")[:2]
    fresh_site.fault(f"/rain/a/{key}", "shell")
    fresh_site.mistake(key, other)
    ended = crawl(key)
    assert (ended.counts["second_source"], ended.counts["another"], "unreadable" in ended.counts) == (1, 1, False)
    assert as_told(fresh_site, data) == set()


def test_looking_again_makes_no_edit_of_another_article_s_text(
    crawl: Run, qqnews: Run, fresh_site: Site, data: Path
) -> None:
    key, other, third = fresh_site.world.of_layout("v2")[:3]
    assert crawl(key, third).code == 0
    hours_pass(data, 2)
    fresh_site.mistake(key, other)
    ended = qqnews("recheck", "--json", "--delay", "0")
    assert (ended.code, ended.counts["another"], ended.counts["same"]) == (ExitCode.PARTIAL, 1, 1)
    assert rows(data, "SELECT DISTINCT revision, status FROM articles") == [(1, "live")]
    assert rows(data, f"SELECT missing_since FROM articles WHERE id = '{key}'") == [(None,)]


def test_a_front_page_in_place_of_every_article_is_a_sick_site(crawl: Run, fresh_site: Site, data: Path) -> None:
    keys = fresh_site.world.of_layout("v2")[:5]
    fresh_site.fault("/rain/a/", "front_page")
    ended = crawl(*keys)
    assert (ended.code, ended.counts["another"]) == (ExitCode.CHANGED, 5)
    assert as_told(fresh_site, data) == set()


def test_parse_names_a_page_that_was_saved_from_elsewhere(qqnews: Run, fresh_site: Site, tmp_path: Path) -> None:
    key, other = fresh_site.world.of_layout("v2")[:2]
    (tmp_path / "page.html").write_bytes(ask(fresh_site, f"https://news.qq.com/rain/a/{other}").body)
    assert qqnews("parse", str(tmp_path / "page.html"), "--url", other).code == 0
    ended = qqnews("doctor", "--pages", str(tmp_path / "page.html"), "--json")
    assert json.loads(ended.out.splitlines()[0])["outcome"] == "article", "it says whose page it is"
    (tmp_path / "meta.json").write_text(json.dumps({"url": f"https://news.qq.com/rain/a/{key}"}))
    ended = qqnews("doctor", "--pages", str(tmp_path / "page.html"), "--json")
    assert (ended.code, json.loads(ended.out.splitlines()[0])["outcome"].startswith("another article: ")) == (20, True)


def test_parse_reads_a_page_under_its_own_name_and_says_so(call: Run, fresh_site: Site, tmp_path: Path) -> None:
    key, other = fresh_site.world.of_layout("v2")[:2]
    (tmp_path / "page.html").write_bytes(ask(fresh_site, f"https://news.qq.com/rain/a/{other}").body)
    ended = call("parse", str(tmp_path / "page.html"), "--url", key)
    assert (ended.code, ended.err.count("\n")) == (ExitCode.OK, 1)
    assert f"the page says that it is {other}" in ended.err
    assert ended.out.endswith(f"[qq](https://new.qq.com/rain/a/{other})\n")


def test_parse_ends_with_bad_input_where_the_page_is_a_front_page(call: Run, fresh_site: Site, tmp_path: Path) -> None:
    key = fresh_site.world.of_layout("v2")[0]
    fresh_site.fault("/rain/a/", "front_page")
    (tmp_path / "page.html").write_bytes(ask(fresh_site, f"https://news.qq.com/rain/a/{key}").body)
    ended = call("parse", str(tmp_path / "page.html"), "--url", key)
    assert (ended.code, ended.out, ended.err.count("\n")) == (ExitCode.BAD_INPUT, "", 1)


def test_reading_captures_again_regains_no_article_under_another_s_name(
    crawl: Run, qqnews: Run, fresh_site: Site, data: Path
) -> None:
    key, other, third = fresh_site.world.of_layout("v2")[:3]
    fresh_site.mistake(key, other)
    crawl(key, third)
    ended = qqnews("reextract", "--apply", "--json")
    assert json.loads(ended.out)["regained"] == 0
    assert as_told(fresh_site, data) == {third}
