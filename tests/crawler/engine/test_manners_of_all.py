"""Manners hold for every request: all who wait for robots.txt, all processes, second sources, pictures, ``doctor``."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from archive.errors import ExitCode
from tests.conftest import QQNEWS, Called, clean_environment
from tests.site.log import Seen
from tests.site.routes import ROBOTS
from tests.site.site import Site

Crawl = Callable[..., Called]

LISTED = ("--source", "channel:tech", "--source", "channel:finance", "--source", "channel:sports", "--source", "hot")
AT_ONCE = ("--delay", "0", "--concurrency", "16")
HOSTS = ("new.qq.com", "news.qq.com", "i.news.qq.com", "r.inews.qq.com", "inews.gtimg.com")
REFUSAL = "User-agent: *\nDisallow: /\n"


@pytest.fixture
def rules(fresh_site: Site) -> Iterator[Callable[[str], None]]:
    """Gives all hosts a robots.txt; afterwards they have the usual one again."""

    def give(text: str) -> None:
        for host in HOSTS:
            fresh_site.robots(host, text)

    yield give
    give(ROBOTS)


def direct(site: Site, number: int) -> tuple[str, ...]:
    """Articles whose page the canonical address serves without a redirect."""
    return tuple(key for key in site.world.of_layout("v2") if site.world.story(key).index % 3)[:number]


def beside_robots(site: Site) -> list[Seen]:
    return [seen for seen in site.requests() if seen.path != "/robots.txt"]


FAILING: dict[str, tuple[str, dict[str, Any]]] = {
    "500": ("status", {"code": 500}),
    "a page": ("changed", {}),
    "bytes": ("binary", {}),
    "a captcha": ("captcha", {}),
    "cut off": ("truncated", {}),
    "cut by a reset": ("reset", {}),
    "no end": ("trickle", {"seconds": 5}),
    "no beginning": ("slow", {"seconds": 30}),
    "another site": ("foreign", {}),
    "no bound": ("huge", {}),
}


@pytest.mark.parametrize("fault", FAILING)
def test_rules_that_cannot_be_read_let_nobody_through(
    crawl: Crawl, fresh_site: Site, rules: object, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr("crawler.settings.DOWNLOAD_TIMEOUT", 1)
    monkeypatch.setattr("crawler.settings.RETRY_TIMES", 0)
    kind, options = FAILING[fault]
    fresh_site.fault("/robots.txt", kind, **options)
    ended = crawl(*direct(fresh_site, 16), *LISTED, *AT_ONCE[2:])
    assert beside_robots(fresh_site) == []
    assert ended.code == ExitCode.FAILED
    assert ended.report["reasons"]["postponed"] == {"robots-unknown": 16}
    assert ended.report["reasons"]["broken"] == {"robots-unknown": 4}


def test_rules_that_refuse_us_let_nobody_through(crawl: Crawl, fresh_site: Site, rules: Callable[[str], None]) -> None:
    rules(REFUSAL)
    ended = crawl(*direct(fresh_site, 16), *LISTED, *AT_ONCE[2:])
    assert beside_robots(fresh_site) == []
    assert ended.report["reasons"]["dropped"] == {"robots": 16}
    assert ended.report["reasons"]["broken"] == {"robots": 4}
    assert len(fresh_site.requests("new.qq.com", "/robots.txt")) == 1, "one answer for all who wait"


def test_four_processes_at_once_slip_past_no_rules(fresh_site: Site, data: Path, rules: Callable[[str], None]) -> None:
    rules(REFUSAL)
    fresh_site.fault(".inews.qq.com/robots.txt", "status", code=500)
    fresh_site.fault("i.news.qq.com/robots.txt", "status", code=500)
    environment = clean_environment(**fresh_site.environment())
    command = [str(QQNEWS), "--data", str(data), "crawl", *direct(fresh_site, 16), *LISTED, *AT_ONCE]
    four = [subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) for _ in range(4)]
    assert {process.wait(timeout=60) for process in four} == {ExitCode.FAILED}
    assert beside_robots(fresh_site) == []


def test_rules_are_judged_for_the_place_that_a_redirect_leads_to(crawl: Crawl, fresh_site: Site, rules: object) -> None:
    moved = [key for key in fresh_site.world.of_layout("v2") if fresh_site.world.story(key).index % 3 == 0][:4]
    fresh_site.robots("news.qq.com", REFUSAL)
    ended = crawl(*moved, *AT_ONCE[2:])
    assert ended.report["reasons"]["dropped"] == {"robots": 4}
    assert [seen for seen in fresh_site.requests("news.qq.com") if seen.path != "/robots.txt"] == []


def test_rules_hold_for_second_sources(crawl: Crawl, fresh_site: Site, rules: object, data: Path) -> None:
    keys = direct(fresh_site, 3)
    for key in keys:
        fresh_site.fault(f"/rain/a/{key}", "shell")
    fresh_site.robots("r.inews.qq.com", REFUSAL)
    ended = crawl(*keys)
    assert (ended.report["reasons"]["dropped"], "unreadable" in ended.counts) == ({"second-source-robots": 3}, False)
    assert [seen.path for seen in fresh_site.requests("r.inews.qq.com")] == ["/robots.txt"]
    fresh_site.robots("r.inews.qq.com", ROBOTS)
    assert crawl(*keys).counts["kept"] == 3, "what is allowed is fetched and read"


@pytest.mark.parametrize(("code", "outcome"), [(503, "postponed"), (500, "retried")])
def test_a_second_source_that_fails_is_no_page_of_a_new_layout(
    crawl: Crawl, fresh_site: Site, rules: object, monkeypatch: pytest.MonkeyPatch, code: int, outcome: str
) -> None:
    monkeypatch.setattr("crawler.net.backoff.RETRY_PAUSES", (3600.0,))
    one, other = direct(fresh_site, 2)
    for key in (one, other):
        fresh_site.fault(f"/rain/a/{key}", "shell")
    fresh_site.fault("/getSimpleNews", "status", code=code)
    ended = crawl(one, other, "--concurrency", "1")
    assert (ended.counts[outcome], ended.counts["left"], "unreadable" in ended.counts) == (2, 2, False)
    if code == 503:
        assert len(fresh_site.requests(path="/getSimpleNews")) == 1, "one refusal is enough"


def test_rules_hold_for_pictures(crawl: Crawl, fresh_site: Site, rules: object, data: Path) -> None:
    fresh_site.robots("inews.gtimg.com", REFUSAL)
    ended = crawl(*direct(fresh_site, 3), "--media", *AT_ONCE[2:])
    assert ended.counts["pictures_missing"] == ended.counts["pictures_asked"] > 3
    assert [seen.path for seen in fresh_site.requests("inews.gtimg.com")] == ["/robots.txt"]
    with closing(sqlite3.connect(data / "archive.db")) as database:
        assert database.execute("SELECT DISTINCT tries FROM pictures").fetchall() == [(0,)], "nobody was asked"


def order_rest(data: Path, host: str, until: float) -> None:
    """What another process notes that was told to stay away."""
    with closing(sqlite3.connect(data / "archive.db", timeout=30, isolation_level=None)) as database:
        database.execute(
            "INSERT INTO hosts (host, backoff_until, strikes) VALUES (?1, ?2, 1)"
            " ON CONFLICT (host) DO UPDATE SET backoff_until = ?2, strikes = 1",
            (host, until),
        )


@pytest.mark.parametrize("delay", ["0", "0.4"])
def test_a_rest_that_another_process_orders_holds_at_once(
    fresh_site: Site, data: Path, rules: object, delay: str
) -> None:
    """Each page takes half a second, so the order always comes while one is under way."""
    fresh_site.fault("https://new.qq.com/rain/", "slow", seconds=0.5)
    command = [str(QQNEWS), "--data", str(data), "crawl", *direct(fresh_site, 6), "--delay", delay]
    environment = clean_environment(**fresh_site.environment())
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as running:
        while not fresh_site.requests("new.qq.com", "/rain/"):
            time.sleep(0.01)
        order_rest(data, "new.qq.com", time.time() + 3600)
        begun = time.time()
        assert running.wait(timeout=60) == ExitCode.BLOCKED
    assert [seen for seen in fresh_site.requests("new.qq.com") if seen.time > begun] == []


def test_the_pace_is_kept_by_whoever_had_to_wait_for_the_archive(fresh_site: Site, data: Path, rules: object) -> None:
    """Somebody else writes for most of the time: turns that were taken are missed, and taken anew."""
    keys, delay = direct(fresh_site, 8), 0.5
    environment = clean_environment(**fresh_site.environment())
    assert subprocess.run([str(QQNEWS), "--data", str(data), "crawl", *keys[:1]], env=environment).returncode == 0
    fresh_site.forget_requests()
    command = [str(QQNEWS), "--data", str(data), "crawl", "--refetch", "--delay", str(delay)]
    both = [subprocess.Popen([*command, *part], env=environment) for part in (keys[:4], keys[4:])]
    ended = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(data / "archive.db", timeout=30, isolation_level=None)) as database:
            while not ended.wait(0.03):
                database.execute("BEGIN IMMEDIATE")
                ended.wait(0.3)
                database.execute("ROLLBACK")

    writing = threading.Thread(target=write)
    writing.start()
    assert [process.wait(timeout=60) for process in both] == [0, 0]
    ended.set()
    writing.join()
    moments = [seen.time for seen in fresh_site.requests("new.qq.com")]
    assert len(moments) >= len(keys) + 2
    assert min(after - before for before, after in pairwise(moments)) > 0.6 * delay


def test_doctor_leaves_a_resting_site_alone(
    crawl: Crawl, fresh_site: Site, rules: object, data: Path, call: Crawl
) -> None:
    (key,) = direct(fresh_site, 1)
    assert crawl(key).code == 0
    fresh_site.forget_requests()
    order_rest(data, "new.qq.com", time.time() + 3600)
    looked = call("doctor")
    assert "new.qq.com told us to stay away until" in looked.out
    assert looked.code == ExitCode.PARTIAL
    page = call("doctor", "--pages", f"https://new.qq.com/rain/a/{key}")
    assert "not fetched (host-resting" in page.out
    assert fresh_site.requests() == []


def test_doctor_keeps_the_pace_and_writes_nothing_else(
    crawl: Crawl, fresh_site: Site, rules: object, data: Path, call: Crawl
) -> None:
    (key,) = direct(fresh_site, 1)
    for known in (False, True):
        if known:
            assert crawl(key, delay="1").code == 0
        fresh_site.forget_requests()
        assert "live page" in call("doctor").out
        moments = [seen.time for seen in fresh_site.requests("new.qq.com")]
        assert len(moments) == 3, "its own look at robots.txt, the crawler's, the page"
        assert min(after - before for before, after in pairwise(moments)) > 0.8
    with closing(sqlite3.connect(data / "archive.db")) as database:
        assert database.execute("SELECT count(*), min(state) FROM links").fetchone() == (1, "done")
        assert database.execute("SELECT count(*) FROM runs").fetchone() == (1,)
