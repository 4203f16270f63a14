"""``qqnews reextract`` as its user meets it: a parser was wrong when pages were fetched, and is mended now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import crawler.pipelines.parse_pages
import crawler.reprocess.reextract
from archive.article.markdown import to_markdown
from archive.article.model import Article
from archive.captures.raw_files import read_capture
from archive.errors import ExitCode
from archive.store import Archive
from crawler.reprocess.reextract import with_facts_of_others
from crawler.sites.normalise import normalise
from crawler.sites.page import Changed, EmptyShell
from crawler.sites.qq.read_page import read_page
from tests.archive.samples import an_article
from tests.conftest import Called
from tests.crawler.archived import rows
from tests.site.client import ask
from tests.site.site import Site

Run = Callable[..., Called]


def articles(data: Path) -> dict[str, Article]:
    with Archive.existing(data) as archive:
        return {each.article.id: each.article for each in archive.articles()}


def keys(site: Site, count: int = 3) -> list[str]:
    return list(site.world.of_layout("v2"))[:count]


def careless(raw: Any, at: Any) -> Article:
    """A parser that loses the last paragraph, and takes the account's number for an author."""
    article = normalise(raw, at)
    return replace(article, body=article.body.rpartition("\n\n")[0], author=article.media_id)


def blind(*_: object, **__: object) -> None:
    """A parser that recognises nothing."""
    raise Changed("https://new.qq.com/", "no known layout")


@pytest.fixture
def careless_crawl(qqnews: Run, site: Site, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of three articles that were read carelessly."""
    with monkeypatch.context() as patched:
        patched.setattr(crawler.pipelines.parse_pages, "normalise", careless)
        assert qqnews("crawl", *keys(site), "--delay", "0").code == 0
    return keys(site)


def test_it_shows_per_field_what_would_change_and_changes_nothing(
    qqnews: Run, careless_crawl: list[str], site: Site, data: Path
) -> None:
    before = articles(data)
    site.forget_requests()
    ended = qqnews("reextract", "--json")
    assert ended.code == 0
    assert (ended.report["pages"], ended.report["compared"], ended.report["changed"]) == (3 + _redirects(site), 3, 3)
    assert ended.report["fields"] == {"body": 3, "author": 3}
    assert {each["field"] for each in ended.report["samples"]} == {"body", "author"}
    assert (articles(data), site.requests()) == (before, [])
    assert rows(data, "SELECT DISTINCT kind FROM revisions") == [("first",)]
    told = qqnews("reextract").out
    assert "body          3" in told
    assert "{+" in told
    assert "3 would be changed" in told


def _redirects(site: Site) -> int:
    """Captures of redirects on the way to the three pages."""
    return sum(site.world.story(key).index % 3 == 0 for key in keys(site))


def test_applied_it_makes_reparsed_revisions_and_writes_the_files_again(
    qqnews: Run, careless_crawl: list[str], site: Site, data: Path
) -> None:
    assert qqnews("reextract", "--apply", "--json").report["revisions"] == 3
    now = articles(data)
    for key in careless_crawl:
        assert now[key].body == site.world.truth(key).body
        assert next((data / "articles").rglob(f"{key}.md")).read_text() == to_markdown(now[key])
    found = rows(data, "SELECT kind, count(*) FROM revisions GROUP BY kind ORDER BY kind")
    assert found == [("first", 3), ("reparsed", 3)]
    assert qqnews("list", "--edited").out == ""
    assert "revision 2 reparsed" in qqnews("show", careless_crawl[0]).out
    again = qqnews("reextract", "--apply", "--json")
    assert (again.code, again.report["changed"]) == (0, 0)
    same = qqnews("crawl", *careless_crawl, "--refetch", "--json", "--delay", "0")
    assert same.counts["same"] == 3


def test_articles_can_be_chosen(qqnews: Run, careless_crawl: list[str]) -> None:
    one = careless_crawl[0]
    assert qqnews("reextract", "--id", one, "--json").report["changed"] == 1
    assert qqnews("reextract", "--layout", "static", "--json").report["compared"] == 0
    assert qqnews("reextract", "--layout", "rain", "--json").report["compared"] == 3
    assert qqnews("reextract", "--until", "2020-01-01").code == ExitCode.EMPTY
    assert qqnews("reextract", "--since", "2020-01-01", "--json").report["changed"] == 3


def test_pages_that_no_article_came_from_give_it_now(
    qqnews: Run, site: Site, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(crawler.pipelines.parse_pages, "read_page", blind)
        assert qqnews("crawl", *keys(site), "--delay", "0").code == ExitCode.CHANGED
    assert articles(data) == {}
    assert qqnews("reextract", "--json").report["regained"] == 3
    assert articles(data) == {}
    assert qqnews("reextract", "--apply", "--json").report["regained"] == 3
    now = articles(data)
    assert {key: now[key].body for key in now} == {key: site.world.truth(key).body for key in keys(site)}
    assert qqnews("reextract", "--apply", "--json").report["regained"] == 0
    with Archive.existing(data) as archive:
        for archived in archive.articles():
            assert (
                read_capture(data, archived.raw_ref or "").fetched_at.isoformat(timespec="seconds")
                == archived.first_seen
            )


def test_an_edit_between_two_unread_captures_is_an_edit(
    qqnews: Run, fresh_site: Site, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = keys(fresh_site)[0]
    with monkeypatch.context() as patched:
        patched.setattr(crawler.pipelines.parse_pages, "read_page", blind)
        for _ in range(2):
            qqnews("crawl", key, "--refetch", "--delay", "0")
            fresh_site.edit(key, "title")
    assert qqnews("reextract", "--apply", "--json").report["regained"] == 1
    assert rows(data, "SELECT kind FROM revisions ORDER BY revision") == [("first",), ("edited",)]


def test_a_parser_that_reads_less_than_before_is_an_alarm(
    qqnews: Run, site: Site, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qqnews("crawl", *keys(site), "--delay", "0")
    before = articles(data)
    monkeypatch.setattr(crawler.reprocess.reextract, "read_page", blind)
    ended = qqnews("reextract", "--apply", "--json")
    assert (ended.code, ended.report["unreadable"]) == (ExitCode.CHANGED, 3)
    assert articles(data) == before


def test_facts_learned_elsewhere_stay() -> None:
    """What this page said may be taken back by a mended parser; what another source said may not."""
    known = an_article(location="杭州", author="渔夫老周", provenance={"author": ("DATA.media", "渔夫老周")})
    now = with_facts_of_others(replace(known, location="", author=""), known)
    assert (now.location, now.author) == ("杭州", "")


def test_without_captures_there_is_nothing_to_read(qqnews: Run, site: Site) -> None:
    qqnews("crawl", keys(site)[0], "--no-raw", "--delay", "0")
    assert qqnews("reextract").code == ExitCode.EMPTY


def test_an_empty_page_is_read_again_with_its_second_source(
    qqnews: Run, site: Site, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = v2_without_redirect(site)
    page = ask(site, f"https://new.qq.com/rain/a/{key}").body

    def shell(body: bytes, url: str, *, status: int, charset: str | None = None) -> Any:
        if "getSimpleNews" in url:
            return read_page(page, f"https://new.qq.com/rain/a/{key}")
        raise EmptyShell(url, "a shell")

    monkeypatch.setattr(crawler.pipelines.parse_pages, "read_page", shell)
    monkeypatch.setattr(crawler.reprocess.reextract, "read_page", shell)
    assert qqnews("crawl", key, "--delay", "0").code == 0
    found = qqnews("reextract", "--json").report
    assert (found["compared"], found["changed"], found["still_unread"]) == (1, 0, 0)
    monkeypatch.setattr(crawler.reprocess.reextract, "normalise", careless)
    assert qqnews("reextract", "--json").report["fields"] == {"body": 1, "author": 1}


def v2_without_redirect(site: Site) -> str:
    return next(key for key in site.world.of_layout("v2") if site.world.story(key).index % 3)
