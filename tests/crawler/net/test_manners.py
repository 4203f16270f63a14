"""The judgements behind the manners: addresses, pauses, redirects. No sockets."""

from __future__ import annotations

from email.utils import formatdate
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.net.backoff import (
    FIRST_PAUSE,
    LONGEST_ASKED,
    LONGEST_PAUSE,
    RETRY_PAUSES,
    pause_after,
    retry_after,
    retry_pause,
)
from crawler.net.redirects import MOST_HOPS, UnexpectedRedirect, followed
from crawler.net.url_policy import OffLimits, check_url, is_public
from crawler.sites.page import Blocked, Removed

NOW = 1_800_000_000.0
KEY = "20250212A090WZ00"
PAGE = f"https://new.qq.com/rain/a/{KEY}"


@pytest.mark.parametrize("address", ["203.205.254.1", "8.8.8.8", "2402:4e00::1", "64:ff9b::cbcd:fe01"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "100.127.255.255", "0.0.0.0", "255.255.255.255", "224.0.0.1", "192.0.2.1", "::1", "::", "fe80::1%eth0",
        "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
    ],
)  # fmt: skip
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_a_wrapped_address_is_judged_by_what_it_wraps(address: IPv4Address) -> None:
    if not is_public(str(address)):
        assert not is_public(f"::ffff:{address}")
        assert not is_public(str(IPv6Address(int(IPv6Address("64:ff9b::")) + int(address))))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://new.qq.com/rain/a/1", "file:///etc/passwd", "http://127.0.0.1/", "http://qq.com.example.org/",
        "https://evilqq.com/", "http://[::1]/", "http://2130706433/", "https://new.qq.com@10.0.0.1/", "https://",
        "https://user:word@new.qq.com/", "http://mp.weixin.qq.com/s/1", "javascript:alert(1)", "//new.qq.com/",
    ],
)  # fmt: skip
def test_urls_beyond_the_border(url: str) -> None:
    with pytest.raises(OffLimits):
        check_url(url)


@pytest.mark.parametrize("url", [PAGE, "http://NEWS.QQ.COM/x", "https://i.news.qq.com:443/", "https://qq.com./"])
def test_urls_within_the_border(url: str) -> None:
    assert check_url(url).endswith("qq.com")


def test_retry_after_in_both_forms() -> None:
    assert retry_after("120", NOW) == 120
    assert retry_after(formatdate(NOW + 90, usegmt=True), NOW) == pytest.approx(90, abs=1)
    assert retry_after(formatdate(NOW - 90, usegmt=True), NOW) == 0
    assert retry_after("9" * 30, NOW) == LONGEST_ASKED
    assert [retry_after(text, NOW) for text in (None, "", "soon", "-5", "1.5", "٣")] == [None] * 6


@given(st.text())
def test_retry_after_never_breaks(text: str) -> None:
    asked = retry_after(text, NOW)
    assert asked is None or 0 <= asked <= LONGEST_ASKED


def test_rests_grow_and_end_somewhere() -> None:
    pauses = [pause_after(strikes, None) for strikes in range(1, 40)]
    assert pauses[0] == FIRST_PAUSE
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    assert pause_after(1, 2.0) == 2.0, "the first time the host's wish is enough"
    assert pause_after(2, 2.0) == 2 * FIRST_PAUSE
    assert pause_after(2, 86400.0) == 86400.0, "never less than asked"


def test_retries_have_growing_pauses() -> None:
    assert [retry_pause(attempt) for attempt in range(1, 6)] == list(RETRY_PAUSES)
    assert retry_pause(99) == RETRY_PAUSES[-1]


@pytest.mark.parametrize(
    ("location", "target"),
    [
        (f"https://news.qq.com/rain/a/{KEY}", f"https://news.qq.com/rain/a/{KEY}"),
        (f"//news.qq.com/rain/a/{KEY}?from=x", f"https://news.qq.com/rain/a/{KEY}?from=x"),
        (f"/omn/20250212/{KEY}.html", f"https://new.qq.com/omn/20250212/{KEY}.html"),
    ],
)
def test_a_move_within_the_site_is_followed(location: str, target: str) -> None:
    assert followed(KEY, PAGE, location, 0) == target


@pytest.mark.parametrize(
    "location",
    [
        "https://www.qq.com/babygohome/?pgv_ref=apub",
        "http://www.qq.com/babygohome",
        "https://new.qq.com/notfound.htm?uri=x",
        "https://xw.qq.com/404.html",
    ],
)
def test_a_farewell_is_understood(location: str) -> None:
    with pytest.raises(Removed):
        followed(KEY, PAGE, location, 0)


@pytest.mark.parametrize(
    "location",
    [
        "https://ssl.captcha.qq.com/TCapIframe?aid=1",
        "https://waf.tencent.com/501page.html?u=https://new.qq.com/",
        "https://xui.ptlogin2.qq.com/cgi-bin/xlogin",
        "https://news.qq.com/verify?back=1",
        "/antispider/check",
        "https://www.example.com/login",
    ],
)
def test_a_page_that_wants_a_human_or_a_login_is_a_refusal(location: str) -> None:
    for hops in (0, MOST_HOPS):
        with pytest.raises(Blocked):
            followed(KEY, PAGE, location, hops)


@pytest.mark.parametrize("key", ["20250212A0WAF000", "20250212V0WAF100"])
def test_an_article_is_no_page_that_wants_a_human_whatever_its_id(key: str) -> None:
    page = f"https://news.qq.com/rain/a/{key}"
    assert followed(key, PAGE, page, 0) == page
    assert followed(KEY, PAGE, page, 0) == UnexpectedRedirect("redirect-elsewhere", page)


@pytest.mark.parametrize(
    ("location", "hops", "reason"),
    [
        ("", 0, "redirect-nowhere"),
        (f"https://news.qq.com/rain/a/{KEY}", MOST_HOPS, "redirect-loop"),
        ("https://news.qq.com/rain/a/20250212A090WZ01", 0, "redirect-elsewhere"),
        ("https://news.qq.com/", 0, "redirect-elsewhere"),
        ("http://169.254.169.254/", 0, "off-limits"),
        ("https://www.example.com/babygohome/", 0, "off-limits"),
        ("http://[bad", 0, "redirect-nowhere"),
    ],
)
def test_what_leads_astray_is_not_followed(location: str, hops: int, reason: str) -> None:
    found = followed(KEY, PAGE, location, hops)
    assert isinstance(found, UnexpectedRedirect)
    assert found.reason == reason
