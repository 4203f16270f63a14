"""What a crawl makes of a site that misbehaves: each fault has a named outcome and an exit code."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import crawler.net.backoff
import crawler.pipelines.parse_pages
from archive.errors import ArchiveNotWritable, ExitCode, NotAnArchive
from archive.store import Archive
from crawler.sites.page import EmptyShell
from crawler.sites.qq.read_page import read_page
from tests.conftest import Called
from tests.site.pages import page
from tests.site.site import Site

Crawl = Callable[..., Called]


def one(site: Site) -> str:
    """An article whose page the canonical address serves without a redirect."""
    return next(key for key in site.world.of_layout("v2") if site.world.story(key).index % 3)


def kept(data: Path) -> set[str]:
    with Archive.existing(data) as archive:
        return {it.article.id for it in archive.articles()}


@pytest.mark.parametrize(
    ("fault", "options", "outcome", "reason", "code"),
    [
        ("captcha", {}, "postponed", "blocked", ExitCode.BLOCKED),
        ("changed", {}, "unreadable", "unknown-layout", ExitCode.CHANGED),
        ("mojibake", {}, "unreadable", "garbled", ExitCode.CHANGED),
        ("is_deleted", {}, "gone", "removed", ExitCode.EMPTY),
        ("gzip_bomb", {}, "dropped", "too-large", ExitCode.FAILED),
        ("brotli_bomb", {}, "dropped", "too-large", ExitCode.FAILED),
        ("huge", {}, "dropped", "too-large", ExitCode.FAILED),
        ("huge", {"declared": False}, "dropped", "too-large", ExitCode.FAILED),
        ("loop", {}, "dropped", "redirect-loop", ExitCode.FAILED),
        ("private", {}, "dropped", "off-limits", ExitCode.FAILED),
        ("private", {"location": "http://127.0.0.1:8080/"}, "dropped", "off-limits", ExitCode.FAILED),
        ("foreign", {}, "dropped", "off-limits", ExitCode.FAILED),
        ("redirect", {"location": "https://new.qq.com/ch/tech"}, "dropped", "redirect-elsewhere", ExitCode.FAILED),
        ("redirect", {"location": ""}, "dropped", "redirect-nowhere", ExitCode.FAILED),
        ("status", {"code": 404}, "gone", "removed", ExitCode.EMPTY),
        ("status", {"code": 567}, "postponed", "blocked", ExitCode.BLOCKED),
        ("status", {"code": 501}, "postponed", "blocked", ExitCode.BLOCKED),
        ("status", {"code": 429, "retry_after": 3600}, "postponed", "blocked", ExitCode.BLOCKED),
    ],
)
def test_a_page_that_is_no_article(
    crawl: Crawl,
    fresh_site: Site,
    data: Path,
    fault: str,
    options: dict[str, Any],
    outcome: str,
    reason: str,
    code: ExitCode,
) -> None:
    key = one(fresh_site)
    fresh_site.fault(f"/rain/a/{key}", fault, **options)
    ended = crawl(key)
    assert ended.code == code, ended.out
    assert ended.report["reasons"][outcome] == {reason: 1}
    assert kept(data) == set()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("reset", "truncated"),
        ("truncated", "truncated"),
        ("empty", "empty"),
        ("thin", "thin"),
        ("status", "status-500"),
    ],
)
def test_a_fault_that_passes_is_no_fault(
    crawl: Crawl, fresh_site: Site, data: Path, monkeypatch: pytest.MonkeyPatch, fault: str, reason: str
) -> None:
    """The link is tried again in the same run, after a pause."""
    monkeypatch.setattr(crawler.net.backoff, "RETRY_PAUSES", (0.2, 0.2))
    key = one(fresh_site)
    fresh_site.fault(f"/rain/a/{key}", fault, times=1, code=500)
    ended = crawl(key)
    assert (ended.code, kept(data)) == (0, {key})
    assert ended.report["reasons"]["retried"] == {reason: 1}


def test_a_fault_that_stays_leaves_the_link_for_later(
    crawl: Crawl, fresh_site: Site, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawler.net.backoff, "RETRY_PAUSES", (0.1, 3600.0))
    first, second = fresh_site.world.of_layout("v2")[:2]
    fresh_site.fault(f"/rain/a/{first}", "truncated")
    ended = crawl(first, second)
    assert (ended.report["verdict"], ended.code) == ("partial", ExitCode.PARTIAL)
    assert (ended.counts["left"], ended.counts["retried"]) == (1, 2)
    assert kept(data) == {second}


def test_bombs_and_huge_pages_leave_memory_alone(crawl: Crawl, fresh_site: Site) -> None:
    keys = fresh_site.world.of_layout("v2")[:3]
    for key, fault in zip(keys, ("gzip_bomb", "brotli_bomb", "huge"), strict=True):
        fresh_site.fault(f"/rain/a/{key}", fault)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert crawl(*keys).report["reasons"]["dropped"] == {"too-large": 3}
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 150 * 1024, "KiB"


@pytest.mark.parametrize("farewell", ["babygohome", "notfound", "is_deleted"])
def test_every_way_of_saying_farewell(crawl: Crawl, fresh_site: Site, farewell: str) -> None:
    key = one(fresh_site)
    fresh_site.remove(key, farewell)  # type: ignore[arg-type]
    ended = crawl(key)
    assert (ended.code, ended.counts["gone"]) == (ExitCode.EMPTY, 1)
    assert [seen.host for seen in fresh_site.requests() if seen.host == "www.qq.com"] == []


def test_removed_articles_among_others_are_no_failure(crawl: Crawl, fresh_site: Site, data: Path) -> None:
    keys = fresh_site.world.of_layout("v2")[:4]
    fresh_site.remove(keys[0])
    ended = crawl(*keys)
    assert (ended.code, ended.counts["gone"], ended.counts["kept"]) == (ExitCode.OK, 1, 3)
    assert kept(data) == set(keys[1:])


@pytest.mark.parametrize(
    ("fault", "options", "word", "code"),
    [
        ("emptied", {}, "empty", ExitCode.EMPTY),
        ("error_message", {}, "failed", ExitCode.FAILED),
        ("broken_json", {}, "failed", ExitCode.FAILED),
        ("empty", {}, "failed", ExitCode.FAILED),
        ("captcha", {}, "blocked", ExitCode.BLOCKED),
        ("status", {"code": 567}, "blocked", ExitCode.BLOCKED),
        ("status", {"code": 500}, "failed", ExitCode.FAILED),
        ("status", {"code": 404}, "failed", ExitCode.FAILED),
        ("reset", {}, "failed", ExitCode.FAILED),
    ],
)
def test_a_list_that_is_none(
    crawl: Crawl, fresh_site: Site, fault: str, options: dict[str, Any], word: str, code: ExitCode
) -> None:
    fresh_site.fault("/web_feed/getPCList", fault, **options)
    ended = crawl("--source", "channel:tech")
    assert (ended.report["verdict"], ended.code) == (word, code), ended.out


def test_a_silent_interface_has_a_twin(crawl: Crawl, fresh_site: Site) -> None:
    fresh_site.fault("i.news.qq.com/web_feed/getPCList", "empty")
    ended = crawl("--source", "channel:tech")
    assert ended.code == 0
    assert ended.counts["kept"] == len(fresh_site.world.in_channel("news_news_tech"))


def test_one_source_of_two_that_says_nothing_is_not_ok(crawl: Crawl, fresh_site: Site) -> None:
    fresh_site.fault("/getSubNewsMixedList", "emptied")
    account = fresh_site.world.accounts[0].suid
    ended = crawl("--source", f"account:{account}", "--source", "channel:tech")
    assert (ended.report["verdict"], ended.code) == ("thin", ExitCode.THIN)


def test_a_part_that_fails_is_not_ok(crawl: Crawl, fresh_site: Site, data: Path) -> None:
    keys = fresh_site.world.of_layout("v2")[:5]
    fresh_site.fault(f"/rain/a/{keys[0]}", "foreign")
    ended = crawl(*keys)
    assert (ended.report["verdict"], ended.code) == ("partial", ExitCode.PARTIAL)
    assert [problem["what"] for problem in ended.report["problems"]] == [keys[0]]
    assert kept(data) == set(keys[1:])


def test_a_damaged_archive_is_named_and_not_touched(crawl: Crawl, fresh_site: Site, data: Path) -> None:
    data.mkdir()
    (data / "archive.db").write_bytes(b"not a database" * 100)
    with pytest.raises(NotAnArchive):
        crawl(one(fresh_site))
    assert (data / "archive.db").read_bytes() == b"not a database" * 100
    assert fresh_site.requests() == []


def test_an_edited_article_gets_a_revision(crawl: Crawl, fresh_site: Site, data: Path) -> None:
    key = fresh_site.world.of_layout("v2")[7]
    crawl(key)
    fresh_site.edit(key, "body")
    assert crawl(key).counts == {"known": 1, "listed": 1}
    assert crawl(key, "--refetch").counts["changed"] == 1
    fresh_site.edit(key, "noise")
    assert crawl(key, "--refetch").counts["same"] == 1
    with Archive.existing(data) as archive:
        assert len(archive.revisions(key)) == 2


def test_a_dry_run_writes_nothing(crawl: Crawl, fresh_site: Site, data: Path) -> None:
    keys = fresh_site.world.in_channel("news_news_tech")
    ended = crawl("--source", "channel:tech", "--dry-run")
    assert ended.code == 0
    assert {line.split('"')[3] for line in ended.out.splitlines()} == set(keys)
    assert not data.exists()
    assert fresh_site.requests(path="/rain/a/") == []


def test_a_dry_run_knows_what_is_known(crawl: Crawl, fresh_site: Site, data: Path) -> None:
    keys = fresh_site.world.in_channel("news_news_tech")
    crawl(keys[0])
    before = sorted(path for path in data.rglob("*") if path.suffix in (".md", ".json", ".log"))
    ended = crawl("--source", "channel:tech", keys[0], "--dry-run")
    assert {line.split('"')[3] for line in ended.out.splitlines()} == set(keys[1:])
    assert sorted(path for path in data.rglob("*") if path.suffix in (".md", ".json", ".log")) == before


def test_the_report_is_on_disk_and_the_run_in_the_database(crawl: Crawl, fresh_site: Site, data: Path) -> None:
    ended = crawl("--source", "channel:tech")
    (path,) = (data / "runs").glob("*-crawl.json")
    assert path.read_text().strip() == json.dumps(ended.report, indent=2, ensure_ascii=False)
    report = ended.report
    assert report["hosts"]["i.news.qq.com"]["requests"] == len(fresh_site.requests("i.news.qq.com"))
    assert report["counts"]["requests"] == len(fresh_site.requests())
    assert report["sources"]["channel:tech"]["kept"] == report["counts"]["kept"]


def test_code_that_breaks_over_a_page_is_counted_and_the_run_ends(
    crawl: Crawl, fresh_site: Site, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = fresh_site.world.in_channel("news_news_tech")
    read = read_page

    def breaks(body: bytes, url: str, *, status: int, charset: str | None) -> Any:
        if keys[0] in url:
            raise ZeroDivisionError("over this page")
        return read(body, url, status=status, charset=charset)

    with monkeypatch.context() as patched:
        patched.setattr(crawler.pipelines.parse_pages, "read_page", breaks)
        ended = crawl("--source", "channel:tech", "--source", "hot")
    assert (ended.report["verdict"], ended.counts["crashed"], ended.counts["left"]) == ("partial", 1, 1)
    assert keys[0] not in kept(data)
    assert "ZeroDivisionError" in ended.report["problems"][0]["reason"]


@pytest.mark.parametrize("method", ["keep", "start_run"])
def test_an_archive_that_takes_nothing_more_ends_the_run(
    crawl: Crawl, fresh_site: Site, data: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise ArchiveNotWritable(data, "disk full")

    monkeypatch.setattr(Archive, method, full)
    with pytest.raises(ArchiveNotWritable):
        crawl("--source", "hot")
    assert len(fresh_site.requests(path="/rain/a/")) < 12


def test_an_empty_shell_is_completed_from_the_second_source(
    crawl: Crawl, fresh_site: Site, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page tells nothing; the interface, which the test site does not serve, is asked under the same manners."""
    key = one(fresh_site)

    def shell(body: bytes, url: str, *, status: int, charset: str | None = None) -> Any:
        if "getSimpleNews" in url:
            return read_page(fresh_page(fresh_site, key), f"https://new.qq.com/rain/a/{key}")
        raise EmptyShell(url, "a shell")

    monkeypatch.setattr(crawler.pipelines.parse_pages, "read_page", shell)
    assert crawl(key).counts["second_source"] == 1
    assert kept(data) == {key}
    assert [seen.path for seen in fresh_site.requests("r.inews.qq.com")] == ["/robots.txt", f"/getSimpleNews?id={key}"]


def test_a_shell_without_a_second_answer_is_unreadable(
    crawl: Crawl, fresh_site: Site, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shell(body: bytes, url: str, *, status: int, charset: str | None = None) -> Any:
        raise EmptyShell(url, "a shell")

    monkeypatch.setattr(crawler.pipelines.parse_pages, "read_page", shell)
    ended = crawl(one(fresh_site))
    assert (ended.code, ended.report["reasons"]["unreadable"]) == (ExitCode.CHANGED, {"empty-shell": 1})


def fresh_page(site: Site, key: str) -> bytes:
    """The page as the site serves it."""
    return page(site.world.story(key), site.world.plan.style_bytes)
