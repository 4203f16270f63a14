"""Every fault, as a client meets it."""

from __future__ import annotations

import gzip
import socket
import time
from email.utils import parsedate_to_datetime
from http.client import IncompleteRead

import brotli  # type: ignore[import-untyped]
import pytest

from tests.site import Site
from tests.site.client import ask, ask_json
from tests.site.faults import KINDS

ROBOTS = "https://news.qq.com/robots.txt"
FEED = "https://i.news.qq.com/web_feed/getPCList"
QUESTION = {"channel_id": "news_news_tech", "flush_num": 1, "forward": "2", "item_count": 12}


def article(site: Site) -> str:
    return f"http://news.qq.com/rain/a/{site.world.of_layout('v2')[0]}"


def test_a_fault_strikes_so_many_times_after_so_many(site: Site) -> None:
    site.fault("robots.txt", "status", times=2, skip=1, code=503)
    assert [ask(site, ROBOTS).status for _ in range(5)] == [200, 503, 503, 200, 200]


def test_a_fault_strikes_only_what_it_names_until_cleared(site: Site) -> None:
    site.fault("https://news.*/robots.txt", "status", code=501)
    assert ask(site, "https://new.qq.com/robots.txt").status == 200
    assert ask(site, ROBOTS).status == 501
    site.clear_faults()
    assert ask(site, ROBOTS).status == 200


@pytest.mark.parametrize("code", [403, 429, 500, 501, 503, 567])
def test_statuses(site: Site, code: int) -> None:
    site.fault("robots.txt", "status", code=code)
    assert ask(site, ROBOTS).status == code


def test_retry_after_in_both_forms(site: Site) -> None:
    site.fault("robots.txt", "status", times=1, code=429, retry_after=7)
    site.fault("robots.txt", "status", times=1, code=429, retry_date=60)
    assert ask(site, ROBOTS).headers["retry-after"] == "7"
    before = time.time()
    then = parsedate_to_datetime(ask(site, ROBOTS).headers["retry-after"])
    assert int(before) + 60 <= then.timestamp() <= time.time() + 60  # HTTP knows whole seconds.


def test_a_slow_answer_holds_up_nobody_else(site: Site) -> None:
    site.fault("slow=1", "slow", seconds=3600)
    with socket.create_connection(("127.0.0.1", int(site.proxy.rpartition(":")[2]))) as slow:
        slow.sendall(b"GET http://news.qq.com/robots.txt?slow=1 HTTP/1.1\r\nHost: news.qq.com\r\n\r\n")
        while not site.requests(path="slow=1"):  # Until it has come there.
            pass
        assert ask(site, ROBOTS).status == 200
        slow.setblocking(False)
        with pytest.raises(BlockingIOError):
            slow.recv(1)


def test_a_slow_answer_comes_in_the_end(site: Site) -> None:
    site.fault("slow=2", "slow", seconds=0.3)
    began = time.monotonic()
    assert ask(site, f"{ROBOTS}?slow=2").status == 200
    assert time.monotonic() - began >= 0.3


def test_a_trickle_comes_whole_but_late(site: Site) -> None:
    whole = ask(site, article(site)).body
    site.fault("/rain/a/", "trickle", seconds=0.03)
    started = time.monotonic()
    assert ask(site, article(site)).body == whole
    assert time.monotonic() - started > 0.2


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_half_an_answer(site: Site, scheme: str) -> None:
    whole = ask(site, article(site)).body
    site.fault("/rain/a/", "truncated")
    with pytest.raises(IncompleteRead) as caught:
        ask(site, article(site).replace("http:", f"{scheme}:"))
    assert caught.value.partial == whole[: len(whole) // 2]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_reset_connection(site: Site, scheme: str) -> None:
    site.fault("/rain/a/", "reset")
    # Python's ssl takes the reset for an end of the stream; what it had read until then stays.
    with pytest.raises(ConnectionResetError if scheme == "http" else IncompleteRead):
        ask(site, article(site).replace("http:", f"{scheme}:"))


def test_pages_that_are_no_articles(site: Site) -> None:
    for kind in ("captcha", "thin", "changed", "empty", "binary"):
        site.fault("/rain/a/", kind, times=1)
    captcha, thin, changed, empty, binary = (ask(site, article(site)) for _ in range(5))
    assert {answer.status for answer in (captcha, thin, changed, empty, binary)} == {200}
    assert "安全验证" in captcha.body.decode()
    assert len(thin.body) < 200
    assert "window.DATA" not in changed.body.decode()
    assert empty.body == b""
    assert b"\x00" in binary.body


def test_bombs_are_small_on_the_wire(site: Site) -> None:
    site.fault("/rain/a/", "gzip_bomb", times=1, megabytes=20)
    site.fault("/rain/a/", "brotli_bomb", times=1, megabytes=20)
    gzipped, squeezed = ask(site, article(site)), ask(site, article(site))
    assert gzipped.headers["content-encoding"] == "gzip"
    assert len(gzipped.body) < 100_000
    assert len(gzip.decompress(gzipped.body)) == 20_000_000
    assert squeezed.headers["content-encoding"] == "br"
    assert len(squeezed.body) < 10_000
    assert len(brotli.decompress(squeezed.body)) == 20_000_000


@pytest.mark.parametrize("declared", [True, False])
def test_a_huge_page_with_and_without_a_length(site: Site, declared: bool) -> None:
    site.fault("/rain/a/", "huge", megabytes=5, declared=declared)
    answer = ask(site, article(site))
    assert len(answer.body) == 5_000_000
    assert ("content-length" in answer.headers) == declared


def test_a_wrong_charset(site: Site) -> None:
    site.fault("/a/", "charset")
    assert ask(site, article(site)).headers["content-type"] == "text/html; charset=gb2312"
    classic = site.world.story(site.world.of_layout("classic")[0]).url
    assert ask(site, classic).headers["content-type"] == "text/html; charset=utf-8"


def test_redirects_that_should_not_be_followed(site: Site) -> None:
    for kind in ("loop", "private", "foreign"):
        site.fault("/rain/a/", kind, times=1)
    site.fault("/rain/a/", "redirect", times=1, location="http://127.0.0.1:22/", code=301)
    locations = [ask(site, article(site)).headers["location"] for _ in range(4)]
    assert locations == [
        article(site),
        "http://169.254.169.254/latest/meta-data/",
        "http://www.example.com/elsewhere.html",
        "http://127.0.0.1:22/",
    ]


def test_lists_that_are_empty_broken_or_refused(site: Site) -> None:
    for kind in ("emptied", "broken_json", "error_message"):
        site.fault("getPCList", kind, times=1)
    assert ask_json(site, FEED, QUESTION)["data"] == []
    with pytest.raises(ValueError, match=r"unexpected|EOF"):
        ask_json(site, FEED, QUESTION)
    assert ask_json(site, FEED, QUESTION) == {"ret": 404, "msg": "参数错误"}


def test_an_article_that_says_it_is_deleted(site: Site) -> None:
    site.fault("/rain/a/", "is_deleted")
    assert b'window.DATA = {"is_deleted":1,' in ask(site, article(site)).body


def test_every_kind_is_told_in_one_line() -> None:
    for name, spoiler in KINDS.items():
        assert name in ("captcha", "thin", "changed", "shell", "front_page") or spoiler.__doc__, name
