"""How the crawler behaves towards the site: robots.txt, pace, rests, certificates, borders."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from archive.errors import ExitCode
from crawler.net.backoff import FIRST_PAUSE
from crawler.net.download import PublicResolver
from crawler.net.url_policy import OffLimits
from tests.conftest import QQNEWS, Called, clean_environment
from tests.site.log import Seen
from tests.site.routes import ROBOTS
from tests.site.site import Site

Crawl = Callable[..., Called]


def direct(site: Site, number: int) -> tuple[str, ...]:
    """Articles whose page the canonical address serves without a redirect."""
    return tuple(key for key in site.world.of_layout("v2") if site.world.story(key).index % 3)[:number]


def pages(site: Site) -> list[Seen]:
    return site.requests("new.qq.com", "/rain/a/")


@pytest.fixture
def rules(fresh_site: Site) -> Callable[[str], None]:
    """Gives new.qq.com a robots.txt; the usual one stands there again at the next test."""

    def give(text: str) -> None:
        fresh_site.robots("new.qq.com", text)

    give(ROBOTS)
    return give


def test_robots_txt_is_asked_once_and_first(crawl: Crawl, fresh_site: Site, rules: object) -> None:
    crawl(*direct(fresh_site, 3))
    asked = [seen.path for seen in fresh_site.requests("new.qq.com")]
    assert asked[0] == "/robots.txt"
    assert asked.count("/robots.txt") == 1


def test_what_robots_txt_forbids_is_not_asked(crawl: Crawl, fresh_site: Site, rules: Callable[[str], None]) -> None:
    one, other = direct(fresh_site, 2)
    rules(f"User-agent: *\nDisallow: /rain/a/{one}\n")
    ended = crawl(one, other)
    assert [seen.path for seen in pages(fresh_site)] == [f"/rain/a/{other}"]
    assert ended.report["reasons"]["dropped"] == {"robots": 1}
    assert ended.code == ExitCode.PARTIAL


def test_rules_for_us_by_name_count(crawl: Crawl, fresh_site: Site, rules: Callable[[str], None]) -> None:
    rules("User-agent: qqnews\nDisallow: /\n\nUser-agent: *\nAllow: /\n")
    assert crawl(*direct(fresh_site, 1)).code == ExitCode.FAILED
    assert pages(fresh_site) == []


@pytest.mark.parametrize(
    ("fault", "code", "exit_code"),
    [
        ("status", 500, ExitCode.FAILED),
        ("status", 503, ExitCode.BLOCKED),
        ("reset", 0, ExitCode.FAILED),
        ("loop", 0, ExitCode.FAILED),
    ],
)
def test_unknown_rules_are_no_permission(
    crawl: Crawl, fresh_site: Site, rules: object, fault: str, code: int, exit_code: ExitCode
) -> None:
    fresh_site.fault("https://new.qq.com/robots.txt", fault, code=code)
    (key,) = direct(fresh_site, 1)
    assert crawl(key).code == exit_code
    assert pages(fresh_site) == []
    fresh_site.clear_faults()
    if fault != "status":
        assert crawl(key).code == ExitCode.OK, "the next run asks again"


@pytest.mark.parametrize("code", [404, 403, 410])
def test_no_rules_are_permission(crawl: Crawl, fresh_site: Site, rules: object, code: int) -> None:
    fresh_site.fault("https://new.qq.com/robots.txt", "status", code=code)
    assert crawl(*direct(fresh_site, 1)).code == ExitCode.OK


def test_rules_behind_a_redirect_count(crawl: Crawl, fresh_site: Site, rules: Callable[[str], None]) -> None:
    fresh_site.robots("news.qq.com", "User-agent: *\nDisallow: /rain/\n")
    fresh_site.fault("https://new.qq.com/robots.txt", "redirect", location="https://news.qq.com/robots.txt")
    assert crawl(*direct(fresh_site, 1)).report["reasons"]["dropped"] == {"robots": 1}
    fresh_site.robots("news.qq.com", ROBOTS)


def mean_gap(seen: list[Seen]) -> float:
    """Seconds between two requests, on average: a busy machine holds up single requests, not the whole row."""
    moments = [each.time for each in seen]
    return (max(moments) - min(moments)) / (len(moments) - 1)


def gaps(seen: list[Seen]) -> list[float]:
    moments = [each.time for each in seen]
    return [after - before for before, after in pairwise(moments)]


def test_requests_to_one_host_keep_their_distance(crawl: Crawl, fresh_site: Site, rules: object) -> None:
    crawl(*direct(fresh_site, 4), delay="0.3")
    assert mean_gap(fresh_site.requests("new.qq.com")) > 0.27


def test_crawl_delay_is_kept_even_without_a_delay(crawl: Crawl, fresh_site: Site, rules: Callable[[str], None]) -> None:
    rules("User-agent: *\nCrawl-delay: 0.4\n")
    crawl(*direct(fresh_site, 4))
    assert mean_gap(pages(fresh_site)) > 0.37


def test_the_pace_follows_a_slow_server(crawl: Crawl, fresh_site: Site, rules: object) -> None:
    fresh_site.fault("https://new.qq.com/rain/", "slow", seconds=0.5)
    crawl(*direct(fresh_site, 4), delay="0.05")
    assert gaps(pages(fresh_site))[-1] > 0.3, "the third delay is half of 0.5 s and more"


def test_two_processes_share_the_pace(fresh_site: Site, data: Path, rules: object) -> None:
    keys = direct(fresh_site, 6)
    environment = clean_environment(**fresh_site.environment())
    command = [str(QQNEWS), "--data", str(data), "crawl", "--delay", "0.3"]
    both = [subprocess.Popen([*command, *part], env=environment) for part in (keys[:3], keys[3:])]
    assert [process.wait(timeout=60) for process in both] == [0, 0]
    assert len(pages(fresh_site)) == 6
    assert mean_gap(fresh_site.requests("new.qq.com")) > 0.27, "each by itself would make it half of that"


def test_one_request_at_a_time(crawl: Crawl, fresh_site: Site, rules: object) -> None:
    fresh_site.fault("https://new.qq.com/rain/", "slow", seconds=0.2)
    crawl(*direct(fresh_site, 4))
    assert mean_gap(pages(fresh_site)) > 0.19


@pytest.mark.parametrize("form", ["retry_after", "retry_date"])
def test_retry_after_holds_across_runs(crawl: Crawl, fresh_site: Site, rules: object, form: str) -> None:
    keys = direct(fresh_site, 3)
    fresh_site.fault("https://new.qq.com/rain/", "status", times=1, code=429, **{form: 60})
    first = crawl(*keys)
    assert (first.report["verdict"], first.code) == ("blocked", ExitCode.BLOCKED)
    assert len(pages(fresh_site)) == 1, "one refusal is enough"
    fresh_site.forget_requests()
    second = crawl(*keys)
    assert (second.report["verdict"], second.code) == ("blocked", ExitCode.BLOCKED)
    assert fresh_site.requests("new.qq.com") == [], "not even robots.txt"


def rest_of(data: Path, host: str) -> tuple[float, int]:
    """Seconds that a host is still left alone, and its refusals in a row; afterwards its rest is over."""
    with closing(sqlite3.connect(data / "archive.db", isolation_level=None)) as database:
        until, strikes = database.execute("SELECT backoff_until, strikes FROM hosts WHERE host = ?", (host,)).fetchone()
        database.execute("UPDATE hosts SET backoff_until = 0 WHERE host = ?", (host,))
    return until - time.time(), strikes


def test_rests_grow_from_run_to_run_until_the_host_answers(
    crawl: Crawl, fresh_site: Site, data: Path, rules: object
) -> None:
    keys = direct(fresh_site, 4)
    rests = []
    for key, fault in zip(keys, ("status", "captcha", "status"), strict=False):
        fresh_site.clear_faults()
        fresh_site.fault("https://new.qq.com/rain/", fault, code=567)
        assert crawl(key).code == ExitCode.BLOCKED
        rests.append(rest_of(data, "new.qq.com"))
    assert [strikes for _, strikes in rests] == [1, 2, 3]
    assert [round(seconds / FIRST_PAUSE, 1) for seconds, _ in rests] == [1.0, 2.0, 4.0]
    fresh_site.clear_faults()
    assert crawl(keys[3]).code == ExitCode.OK
    assert rest_of(data, "new.qq.com")[1] == 0


def test_a_short_rest_is_waited_for(crawl: Crawl, fresh_site: Site, rules: object) -> None:
    keys = direct(fresh_site, 3)
    fresh_site.fault("https://new.qq.com/rain/", "status", times=1, code=503, retry_after=2)
    ended = crawl(*keys)
    assert (ended.code, ended.counts["kept"]) == (0, 3)
    assert gaps(pages(fresh_site))[0] >= 2.0


def test_who_we_are(crawl: Crawl, fresh_site: Site, rules: object) -> None:
    crawl(*direct(fresh_site, 1), "--contact", "keeper@example.org")
    assert {seen.user_agent for seen in fresh_site.requests()} == {"qqnews/0.1.0 (+keeper@example.org)"}


def test_a_certificate_of_an_unknown_authority_is_refused(
    crawl: Crawl, fresh_site: Site, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Site(seed=1, articles=1) as stranger, monkeypatch.context() as patched:
        patched.setenv("SSL_CERT_FILE", stranger.ca_file)
        ended = crawl(*direct(fresh_site, 1))
    assert (ended.report["verdict"], ended.code) == ("failed", ExitCode.FAILED)
    assert "certificate" in ended.report["problems"][0]["reason"].lower()
    assert pages(fresh_site) == []
    listed = crawl("--source", "channel:tech")
    assert listed.code == 0, "with the right authority it goes on"


def test_the_proxy_option_leads_everything(fresh_site: Site, data: Path) -> None:
    (key,) = direct(fresh_site, 1)
    environment = clean_environment(SSL_CERT_FILE=fresh_site.ca_file, no_proxy="*")
    command = [str(QQNEWS), "--data", str(data), "crawl", key, "--proxy", fresh_site.proxy, "--delay", "0"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(pages(fresh_site)) == 1


@pytest.mark.parametrize("proxy", ["ftp://127.0.0.1:1", "nonsense", "http://"])
def test_a_proxy_that_is_none(crawl: Crawl, fresh_site: Site, proxy: str) -> None:
    ended = crawl(*direct(fresh_site, 1), "--proxy", proxy)
    assert ended.code == ExitCode.USAGE
    assert "--proxy" in ended.err


@pytest.mark.parametrize(
    "private",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "fe80::1", "fd00::1"],
)
def test_a_name_that_leads_into_a_private_network_is_refused(monkeypatch: pytest.MonkeyPatch, private: str) -> None:
    family = socket.AF_INET6 if ":" in private else socket.AF_INET

    def resolved(*arguments: object, **options: object) -> list[object]:
        public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("203.205.254.1", 443))
        return [public, (family, socket.SOCK_STREAM, 6, "", (private, 443, 0, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    with pytest.raises(OffLimits):
        asyncio.run(PublicResolver(set()).resolve("new.qq.com", 443))
    assert len(asyncio.run(PublicResolver({"new.qq.com"}).resolve("new.qq.com", 443))) == 2


def test_without_a_proxy_a_private_target_is_never_connected(
    crawl: Crawl, fresh_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site's own names, resolved to this machine, where somebody listens."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        port = listening.getsockname()[1]
        answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: answer)
        ended = crawl(*direct(fresh_site, 1))
        with pytest.raises(TimeoutError):
            listening.accept()
    assert ended.code == ExitCode.FAILED
    assert "not a public address" in ended.report["problems"][0]["reason"]


def test_a_slow_drip_does_not_hold_us(crawl: Crawl, fresh_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.settings.DOWNLOAD_TIMEOUT", 1)
    monkeypatch.setattr("crawler.net.backoff.RETRY_PAUSES", (3600.0,))
    (key,) = direct(fresh_site, 1)
    # Each piece comes within the limit, and all of them together would take minutes and be a page.
    fresh_site.fault(f"/rain/a/{key}", "trickle", seconds=0.3)
    assert crawl(key).report["reasons"]["retried"] == {"timeout": 1}
