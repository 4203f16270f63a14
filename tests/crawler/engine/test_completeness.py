"""Gaps between polls, against the loopback site: found, closed by paging deeper, and never hidden by a killed run."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.monitoring.gaps import open_gaps
from archive.store import Archive
from tests.conftest import QQNEWS, Called, clean_environment
from tests.crawler.archived import hours_pass, rows
from tests.site.site import Site

Crawl = Callable[..., Called]
TOP = ("--source", "channel:top", "--pages", "1", "--limit", "1")


@pytest.fixture
def fresh_site() -> Iterator[Site]:
    with Site(seed=3, articles=80) as running:
        yield running


def feed_pages(site: Site) -> int:
    return len(site.requests(path="/web_feed/getPCList"))


def missed(site: Site, data: Path) -> None:
    """Two pages' worth of the channel's articles come while nobody looks."""
    site.publish(150)
    hours_pass(data, 5)
    site.forget_requests()


def test_a_gap_is_named_and_the_next_run_closes_it(crawl: Crawl, fresh_site: Site, data: Path) -> None:
    first = crawl(*TOP)
    assert (first.counts.get("gaps_found"), first.report["gaps"]) == (None, [])
    missed(fresh_site, data)
    found = crawl(*TOP)
    assert (found.counts["gaps_found"], feed_pages(fresh_site)) == (1, 1)
    with Archive.existing(data) as archive:
        (gap,) = open_gaps(archive)
    assert found.report["gaps"] == [f"{gap}; the next run pages deeper"]
    assert gap.most >= 30
    hours_pass(data, 1)
    fresh_site.forget_requests()
    closed = crawl(*TOP)
    assert (closed.counts["gaps_closed"], feed_pages(fresh_site)) == (1, 3)
    assert "is closed" in closed.report["gaps"][0]
    with Archive.existing(data) as archive:
        assert open_gaps(archive) == []
    listed = {article_id for (article_id,) in rows(data, "SELECT article_id FROM sightings")}
    newest = fresh_site.world.in_channel("news_news_top")[:50]
    assert set(newest) <= listed
    hours_pass(data, 1)
    fresh_site.forget_requests()
    assert crawl(*TOP).counts.get("gaps_found") is None
    assert feed_pages(fresh_site) == 1
    assert rows(data, "SELECT overlapped, run_id IS NOT NULL FROM polls") == [(None, 1), (0, 1), (1, 1), (1, 1)]


def test_deeper_paging_has_a_bound(crawl: Crawl, fresh_site: Site, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crawl(*TOP)
    missed(fresh_site, data)
    crawl(*TOP)
    hours_pass(data, 1)
    fresh_site.forget_requests()
    monkeypatch.setattr("crawler.settings.QQNEWS_DEEPEST", 2)
    assert crawl(*TOP).counts.get("gaps_closed") is None
    assert feed_pages(fresh_site) == 2
    assert rows(data, "SELECT tries FROM gaps WHERE closed_at IS NULL") == [(1,)]


def test_a_killed_run_hides_no_gap(crawl: Crawl, fresh_site: Site, data: Path) -> None:
    crawl(*TOP)
    missed(fresh_site, data)
    # The second source keeps the run alive after the first was listed and remembered.
    fresh_site.fault("/getSubNewsMixedList", "slow", seconds=60)
    account = fresh_site.world.accounts[0].suid
    words = [str(QQNEWS), "--data", str(data), "crawl", "--delay", "0", *TOP, "--source", f"account:{account}"]
    dying = subprocess.Popen(words, env=clean_environment(**fresh_site.environment()), stdout=subprocess.DEVNULL)
    seen = len(rows(data, "SELECT 1 FROM sightings"))
    deadline = time.monotonic() + 60
    while len(rows(data, "SELECT 1 FROM sightings")) < seen + 20:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    dying.send_signal(signal.SIGKILL)
    dying.wait()
    hours_pass(data, 1)
    assert crawl(*TOP).counts["gaps_found"] == 1


def test_the_line_for_people_names_the_gap(qqnews: Crawl, fresh_site: Site, data: Path) -> None:
    words = ("crawl", "--delay", "0", *TOP)
    qqnews(*words)
    missed(fresh_site, data)
    assert "1 gaps found, " in (line := qqnews(*words).out)
    assert "channel:top: between " in line
    assert line.count("\n") == 1
