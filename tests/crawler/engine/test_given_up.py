"""Links that gave no article: how they end, that they come back, and what the user sees of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import crawler.net.backoff
from archive.errors import ExitCode
from tests.conftest import Called
from tests.crawler.archived import hours_pass, rows
from tests.site.routes import ROBOTS
from tests.site.site import Site

Crawl = Callable[..., Called]
SOURCE = "channel:kepu"
LISTS = ("--source", SOURCE)
HOME: dict[str, Any] = {"location": "https://news.qq.com/"}


@pytest.fixture
def listed(fresh_site: Site) -> list[str]:
    """Ids that the channel lists and whose canonical address serves a page."""
    ids = fresh_site.world.in_channel("news_news_kepu")
    direct = [key for key in ids if fresh_site.world.story(key).index % 3 and key in fresh_site.world.of_layout("v2")]
    assert len(direct) > 2
    return direct


@pytest.fixture
def rules(fresh_site: Site) -> Iterator[Callable[[str], None]]:
    """Gives new.qq.com a robots.txt; afterwards it has the usual one again."""
    yield lambda text: fresh_site.robots("new.qq.com", text)
    fresh_site.robots("new.qq.com", ROBOTS)


def kept(data: Path) -> set[str]:
    return {row[0] for row in rows(data, "SELECT id FROM articles")}


@pytest.mark.parametrize(
    ("fault", "options", "ending", "reason"),
    [
        ("redirect", HOME, "dropped", "redirect-elsewhere"),
        ("foreign", {}, "dropped", "off-limits"),
        ("huge", {}, "dropped", "too-large"),
        ("loop", {}, "dropped", "redirect-loop"),
        ("status", {"code": 500}, "failed", "status-500"),
        ("status", {"code": 404}, "gone", "removed"),
        ("redirect", {"location": "https://www.qq.com/babygohome/"}, "gone", "removed"),
        ("mojibake", {}, "dropped", "garbled"),
    ],
)
def test_what_gave_no_article_is_fetched_again_when_it_is_listed_again_and_told_meanwhile(
    crawl: Crawl,
    fresh_site: Site,
    data: Path,
    listed: list[str],
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    options: dict[str, Any],
    ending: str,
    reason: str,
) -> None:
    monkeypatch.setattr(crawler.net.backoff, "RETRY_PAUSES", (0.01,))
    key = listed[0]
    fresh_site.fault(f"/rain/a/{key}", fault, **options)
    first = crawl(*LISTS)
    assert (first.code == ExitCode.OK) == (ending == "gone"), "the run in which a link is given up is not ok"
    assert first.report["reasons"]["given_up"] == {reason: 1}
    assert rows(data, f"SELECT state, given_up FROM links WHERE id = '{key}'") == [(ending, 1)]

    fresh_site.clear_faults()
    fresh_site.forget_requests()
    soon = crawl(*LISTS)
    assert (soon.code, soon.counts["passed_over"], soon.counts["given_up"]) == (0, 1, 1)
    assert fresh_site.requests(path=key) == []

    hours_pass(data, 1.01 + 2 * (ending == "failed"))
    later = crawl(*LISTS)
    assert (later.code, later.counts["kept"], "given_up" in later.counts) == (0, 1, False)
    assert key in kept(data)


def test_a_link_that_keeps_failing_is_asked_for_ever_more_rarely(
    crawl: Crawl, fresh_site: Site, data: Path, listed: list[str]
) -> None:
    key = listed[0]
    fresh_site.fault(f"/rain/a/{key}", "redirect", **HOME)
    hours = (0, 0.9, 1.1, 4.9, 5.3, 20.0, 22.0)
    asked = []
    for before, now in pairwise((0, *hours)):
        if now:
            hours_pass(data, now - before)
        fresh_site.forget_requests()
        crawl(*LISTS)
        asked += [len(fresh_site.requests(path=key))]
    assert dict(zip(hours, asked, strict=True)) == {0: 1, 0.9: 0, 1.1: 1, 4.9: 0, 5.3: 1, 20.0: 0, 22.0: 1}


def test_robots_txt_of_one_day_ends_nothing_for_good(
    crawl: Crawl, fresh_site: Site, data: Path, listed: list[str], rules: Callable[[str], None]
) -> None:
    rules("User-agent: *\nDisallow: /rain/\n")
    refused = crawl(*LISTS)
    assert refused.code == ExitCode.FAILED
    number = refused.report["reasons"]["given_up"]["robots"]
    assert number == len(fresh_site.world.in_channel("news_news_kepu"))
    fresh_site.forget_requests()
    assert crawl(*LISTS).counts["passed_over"] == number, "as long as it forbids them"
    assert {seen.path for seen in fresh_site.requests("new.qq.com")} == {"/robots.txt"}
    rules(ROBOTS)
    elsewhere = crawl("--source", f"account:{fresh_site.world.accounts[0].suid}")
    assert set(listed) <= kept(data), "no list had to name them again"
    assert "given_up" not in elsewhere.counts


def test_a_redirect_to_a_captcha_is_a_refusal_and_no_end(
    crawl: Crawl, fresh_site: Site, data: Path, listed: list[str]
) -> None:
    fresh_site.fault("new.qq.com/rain/a/", "redirect", location="https://ssl.captcha.qq.com/TCapIframe?aid=1")
    assert crawl(*LISTS).code == ExitCode.BLOCKED
    assert rows(data, "SELECT DISTINCT state FROM links") == [("waiting",)]
    assert len(fresh_site.requests("new.qq.com", "/rain/a/")) == 1, "one refusal is enough"
    fresh_site.clear_faults()
    hours_pass(data, 0.2)
    assert crawl(*LISTS).code == ExitCode.OK
    assert set(listed) <= kept(data)


def test_a_run_in_which_all_that_is_listed_was_given_up_before_is_not_ok(
    crawl: Crawl, fresh_site: Site, data: Path, listed: list[str]
) -> None:
    fresh_site.fault("/rain/a/", "redirect", **HOME)
    assert crawl(*LISTS).code == ExitCode.FAILED
    again = crawl(*LISTS)
    assert (again.code, "given up before" in again.report["because"]) == (ExitCode.FAILED, True)


def test_a_dry_run_does_not_promise_what_is_not_to_be_tried_yet(
    crawl: Crawl, fresh_site: Site, data: Path, listed: list[str]
) -> None:
    fresh_site.fault(f"/rain/a/{listed[0]}", "redirect", **HOME)
    crawl(*LISTS)
    assert crawl(*LISTS, "--dry-run").out == ""
    hours_pass(data, 1.01)
    assert [json.loads(line)["id"] for line in crawl(*LISTS, "--dry-run").out.splitlines()] == [listed[0]]


def test_the_user_sees_them_and_sets_them_going(
    crawl: Crawl, qqnews: Crawl, fresh_site: Site, data: Path, listed: list[str]
) -> None:
    away, absent, huge = listed[:3]
    fresh_site.fault(f"/rain/a/{away}", "redirect", **HOME)
    fresh_site.fault(f"/rain/a/{absent}", "status", code=404)
    fresh_site.fault(f"/rain/a/{huge}", "huge")
    crawl(*LISTS)
    status = qqnews("status")
    assert "given up  3 links (" in status.out
    assert json.loads(qqnews("status", "--json").out)["links_given_up"] == {
        "redirect-elsewhere": 1,
        "removed": 1,
        "too-large": 1,
    }
    assert 'qqnews_links_given_up{reason="too-large"} 1.0' in qqnews("status", "--metrics").out

    lines = {line.split("  ")[0]: line for line in qqnews("links", "list").out.splitlines()}
    assert set(lines) == {away, absent, huge}
    assert "  dropped  redirect-elsewhere  1  20" in lines[away]
    assert "  gone  removed  1  when listed after 20" in lines[absent]
    told = [json.loads(line) for line in qqnews("links", "list", "--json", "--reason", "too-large").out.splitlines()]
    assert [(one["id"], one["state"], one["source"], one["returns"]) for one in told] == [
        (huge, "dropped", SOURCE, "when listed")
    ]
    assert told[0]["last_error"].startswith("too-large: ")
    assert len(qqnews("links", "list", "--state", "dropped", "--source", SOURCE).out.splitlines()) == 2
    assert qqnews("links", "list", "--source", "hot").out == ""
    assert len(qqnews("links", "list", "--limit", "1").out.splitlines()) == 1

    fresh_site.clear_faults()
    assert qqnews("links", "retry", away, f"https://view.inews.qq.com/a/{absent}").out.startswith("2 links")
    assert crawl(*LISTS).counts["kept"] == 2
    assert qqnews("links", "retry", "--reason", "too-large").code == 0
    assert crawl(*LISTS).counts["kept"] == 1
    assert qqnews("links", "list").out == ""


def test_what_cannot_be_tried_again_is_named(
    crawl: Crawl, qqnews: Crawl, fresh_site: Site, data: Path, listed: list[str]
) -> None:
    here, away, erased = listed[:3]
    for key in (away, erased):
        fresh_site.fault(f"/rain/a/{key}", "redirect", **HOME)
    crawl(*LISTS)
    assert qqnews("takedown", erased, "--reason", "a request", "--yes").code == 0
    unknown = "20260101A0NONE00"
    mixed = qqnews("links", "retry", away, here, erased, unknown)
    assert (mixed.code, mixed.out) == (ExitCode.PARTIAL, "1 links wait for the next crawl\n")
    assert f"{here}: it is in the archive" in mixed.err
    assert f"{erased}: taken down" in mixed.err
    assert f"{unknown}: no such link" in mixed.err
    assert qqnews("links", "retry", unknown).code == ExitCode.NOT_FOUND
    assert qqnews("links", "retry", "--state", "failed").code == ExitCode.NOT_FOUND
    assert qqnews("links", "retry").code == ExitCode.USAGE


def test_what_was_taken_down_never_comes_back(
    crawl: Crawl, qqnews: Crawl, fresh_site: Site, data: Path, listed: list[str]
) -> None:
    key = listed[0]
    fresh_site.fault(f"/rain/a/{key}", "redirect", **HOME)
    crawl(*LISTS)
    assert qqnews("takedown", key, "--reason", "a request", "--yes").code == 0
    fresh_site.clear_faults()
    for _ in range(3):
        hours_pass(data, 1000)
        fresh_site.forget_requests()
        crawl(*LISTS)
        assert fresh_site.requests(path=key) == []
    assert key not in kept(data)
    with closing(sqlite3.connect(data / "archive.db")) as database:
        assert key not in "\n".join(database.iterdump())
