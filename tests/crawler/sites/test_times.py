"""Times as pages write them: with a zone of their own, by the twelve-hour clock, in words that ask when one looked."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.article.model import BEIJING
from archive.store import Archive
from crawler.sites.field_agreement import candidates
from crawler.sites.normalise import normalise
from crawler.sites.registry import read_page
from crawler.sites.times import is_relative, read_moment
from tests.conftest import Called
from tests.crawler.sites.good_pages import GoodPage, dom_page, legacy_page, rain_page, static_page, wechat_page
from tests.crawler.sites.test_generic import PARAGRAPHS, URL, redesigned
from tests.site.pages import wechat

Run = Callable[..., Called]
NOON = datetime(2026, 3, 10, 4, 0, 30, tzinfo=UTC)
"""A Tuesday, half a minute past noon in Beijing."""
ABSOLUTE = [
    ("2026-03-01 08:05:09", "2026-03-01 08:05:09", "second"),
    ("2026/3/1 8:05", "2026-03-01 08:05:00", "minute"),
    ("2026年03月01日08：05", "2026-03-01 08:05:00", "minute"),
    ("2026.3.1", "2026-03-01 00:00:00", "day"),
    ("发布时间：2026年3月1日 8时5分 来源：河岸", "2026-03-01 08:05:00", "minute"),
    ("1772323509", "2026-03-01 08:05:09", "second"),
    ("1772323509000", "2026-03-01 08:05:09", "second"),
    ("20260301", "2026-03-01 00:00:00", "day"),
    ("20260301080509", "2026-03-01 08:05:09", "second"),
]
ZONES = [
    ("2026-03-01T00:05:09Z", "2026-03-01 08:05:09", "second"),
    ("2026-03-01T00:05:09.250Z", "2026-03-01 08:05:09", "second"),
    ("2026-03-01T00:05Z", "2026-03-01 08:05:00", "minute"),
    ("2026-03-01 00:05:09 UTC", "2026-03-01 08:05:09", "second"),
    ("2026-03-01T09:05:09+09:00", "2026-03-01 08:05:09", "second"),
    ("2026-03-01T09:05:09+0900", "2026-03-01 08:05:09", "second"),
    ("2026-03-01 05:35:09 +05:30", "2026-03-01 08:05:09", "second"),
    ("2026-02-28T19:05:09-05:00", "2026-03-01 08:05:09", "second"),
    ("2026-03-01 08:05 GMT+8", "2026-03-01 08:05:00", "minute"),
    ("2026-03-01T20:30:00Z", "2026-03-02 04:30:00", "second"),
    ("2026-03-01T08:05:09+08:00", "2026-03-01 08:05:09", "second"),
    ("20260301T000509Z", "2026-03-01 08:05:09", "second"),
    ("2026-03-01 08:05:09 北京时间", "2026-03-01 08:05:09", "second"),
    ("2026-03-01 08:05-10:00", "2026-03-01 08:05:00", "minute"),  # From then until then.
    ("2026-03-01 08:05:09+99:00", "2026-03-01 08:05:09", "second"),
]
CLOCKS = [
    ("2026年3月1日 下午2:30", "2026-03-01 14:30:00", "minute"),
    ("2026年3月1日下午2点半", "2026-03-01 14:30:00", "minute"),
    ("2026-03-01 上午9:05:07", "2026-03-01 09:05:07", "second"),
    ("2026-03-01 上午12:05", "2026-03-01 00:05:00", "minute"),
    ("2026-03-01 凌晨1:05", "2026-03-01 01:05:00", "minute"),
    ("2026-03-01 中午12:05", "2026-03-01 12:05:00", "minute"),
    ("2026-03-01 中午1:05", "2026-03-01 13:05:00", "minute"),
    ("2026-03-01 晚上8:05", "2026-03-01 20:05:00", "minute"),
    ("2026-03-01 晚上12:05", "2026-03-02 00:05:00", "minute"),
    ("2026-03-01 深夜1:05", "2026-03-01 01:05:00", "minute"),
    ("2026-03-01 下午14:30", "2026-03-01 14:30:00", "minute"),
    ("2026-03-01 02:30:07 PM", "2026-03-01 14:30:07", "second"),
    ("2026-03-01 12:05 am", "2026-03-01 00:05:00", "minute"),
    ("2026-03-01 12:05 p.m.", "2026-03-01 12:05:00", "minute"),
    ("2026-03-01 PM 2:30", "2026-03-01 14:30:00", "minute"),
    ("2026年3月1日 星期日 14:00", "2026-03-01 14:00:00", "minute"),
    ("2026年3月1日（周日）14:00", "2026-03-01 14:00:00", "minute"),
    ("2026-03-01, Sunday, 14:00", "2026-03-01 14:00:00", "minute"),
    ("2026-03-01 星期日 下午2:00:05", "2026-03-01 14:00:05", "second"),
    ("2026-02-28 24:00", "2026-03-01 00:00:00", "minute"),
    ("2025-12-31 24:00:00", "2026-01-01 00:00:00", "second"),
    ("2026-03-01 14时", "2026-03-01 14:00:00", "day"),
    ("二〇二六年三月一日 下午二时三十分", "2026-03-01 14:30:00", "minute"),
    ("二○二五年十二月二十一日", "2025-12-21 00:00:00", "day"),
    ("2026-03-01 一点资讯", "2026-03-01 00:00:00", "day"),
]
RELATIVE = [
    ("刚刚", "2026-03-10 12:00:00", "minute"),
    ("40秒前", "2026-03-10 11:59:50", "second"),
    ("5分钟前", "2026-03-10 11:55:00", "minute"),
    ("十分钟前", "2026-03-10 11:50:00", "minute"),
    ("3小时前", "2026-03-10 09:00:00", "day"),
    ("两个小时前", "2026-03-10 10:00:00", "day"),
    ("13小时前", "2026-03-09 23:00:00", "day"),
    ("今天 09:15", "2026-03-10 09:15:00", "minute"),
    ("昨天 08:15", "2026-03-09 08:15:00", "minute"),
    ("昨天08:15:07", "2026-03-09 08:15:07", "second"),
    ("昨天", "2026-03-09 00:00:00", "day"),
    ("昨晚 8:15", "2026-03-09 20:15:00", "minute"),
    ("前天 下午3:05", "2026-03-08 15:05:00", "minute"),
    ("3天前", "2026-03-07 00:00:00", "day"),
    ("十天前", "2026-02-28 00:00:00", "day"),
    ("发布于 昨天 08:15", "2026-03-09 08:15:00", "minute"),
    ("星期日 14:00", "2026-03-08 14:00:00", "minute"),
    ("周二 18:00", "2026-03-03 18:00:00", "minute"),
    ("03-05 08:00", "2026-03-05 08:00:00", "minute"),
    ("12月31日", "2025-12-31 00:00:00", "day"),
    ("11:15", "2026-03-10 11:15:00", "minute"),
    ("23:15", "2026-03-09 23:15:00", "minute"),
    ("just now", "2026-03-10 12:00:00", "minute"),
    ("Yesterday 08:15", "2026-03-09 08:15:00", "minute"),
    ("2 days ago", "2026-03-08 00:00:00", "day"),
    ("5 mins ago", "2026-03-10 11:55:00", "minute"),
]
NONE = [
    "", "不详", "1周前", "上周三", "3-5", "2026-13-01", "2026-02-30 08:00", "2026-03-01 25:00", "2026-03-01 12:61",
    "1970-01-01 08:00:00", "1989-12-31 23:59:59", "2101-01-01", "0001-01-01 00:00:00", "9999-12-31", "0",
]  # fmt: skip


@pytest.mark.parametrize(("text", "time", "precision"), ABSOLUTE + ZONES + CLOCKS)
def test_a_time_is_the_same_whenever_one_looks(text: str, time: str, precision: str) -> None:
    for at in (None, NOON):
        found = read_moment(text, at)
        assert found is not None
        assert (f"{found.time:%Y-%m-%d %H:%M:%S}", found.precision) == (time, precision)
        assert found.time.utcoffset() == timedelta(hours=8)
    assert not is_relative(text)


@pytest.mark.parametrize(("text", "time", "precision"), RELATIVE)
def test_a_relative_time_rests_on_the_moment_of_looking(text: str, time: str, precision: str) -> None:
    found = read_moment(text, NOON)
    assert found is not None
    assert (f"{found.time:%Y-%m-%d %H:%M:%S}", found.precision) == (time, precision)
    assert read_moment(text) is None
    assert is_relative(text)


@pytest.mark.parametrize("text", NONE)
def test_what_tells_no_time_of_our_years_is_none(text: str) -> None:
    assert read_moment(text, NOON) is None
    assert not is_relative(text)


@settings(derandomize=True, deadline=None)
@given(st.integers(662_688_000, 4_102_358_400), st.integers(-56, 56))
def test_any_moment_of_any_zone_is_understood(seconds: int, quarters: int) -> None:
    moment = datetime.fromtimestamp(seconds, timezone(timedelta(minutes=15 * quarters)))
    found = read_moment(moment.isoformat())
    assert found is not None
    assert (found.time, found.precision) == (moment, "second")


@settings(derandomize=True, deadline=None)
@given(st.text("0123456789年月日时分秒点:：-/ +T上下午前天昨今周一十Z", max_size=30), st.sampled_from([None, NOON]))
def test_no_text_breaks_the_reading(text: str, at: datetime | None) -> None:
    found = read_moment(text, at)
    assert found is None or 1990 <= found.time.year <= 2100


@pytest.mark.parametrize(
    ("page", "old", "new"),
    [
        (rain_page("题", "文。"), "2026-08-10 17:10:33", "2026-08-10T09:10:33Z"),
        (dom_page("", "题", "文。"), "2026-08-10 17:10:33", "2026-08-10T18:10:33+09:00"),
        (static_page("", "题", "文。"), "2020-12-01 10:46:16", "2020-12-01T02:46:16Z"),
        (legacy_page("", "题", "文。"), "2016年10月14日07:17", "2016年10月14日 星期五 上午7:17"),
        (wechat_page("", "题", "文。"), "1584675000", "2020-03-20T03:30:00+00:00"),
    ],
    ids=["rain", "rain without data", "static", "legacy", "wechat"],
)
def test_every_layout_reads_the_zone(page: GoodPage, old: str, new: str) -> None:
    codec = "gb18030" if page.layout == "legacy" else "utf-8"
    changed = page.body.replace(old.encode(codec), new.encode(codec))
    assert changed != page.body
    before, after = (normalise(read_page(body, page.url)) for body in (page.body, changed))
    assert after.published_at == before.published_at


def test_the_last_resort_reads_the_zone() -> None:
    head = '<meta property="article:published_time" content="2027-01-02T02:00:00Z">'
    article = normalise(read_page(redesigned(PARAGRAPHS, head), URL))
    assert article.published_at == datetime(2027, 1, 2, 10, tzinfo=BEIJING)
    assert (article.published_raw, article.published_precision) == ("2027-01-02T02:00:00Z", "second")


def test_midnight_at_a_days_end_is_the_next_days_whatever_the_id_says() -> None:
    page = rain_page("题", "文。")
    article = normalise(read_page(page.body.replace(b"2026-08-10 17:10:33", b"2026-08-10 24:00:00"), page.url))
    assert article.published_at == datetime(2026, 8, 11, tzinfo=BEIJING)


def test_the_day_of_an_id_stands_in_for_what_is_no_time() -> None:
    page = rain_page("题", "文。")
    article = normalise(read_page(page.body.replace(b"2026-08-10 17:10:33", b"1970-01-01 08:00:00"), page.url))
    assert article.published_at == datetime(2026, 8, 10, tzinfo=BEIJING)
    assert article.published_precision == "day"


def test_a_day_agrees_with_every_time_of_it() -> None:
    page = rain_page("题", "文。")
    head = b'<head><meta property="article:published_time" content="2026-08-10">'
    said = candidates(read_page(page.body.replace(b"<head>", head), page.url))["published"]
    assert len(said) == 2
    assert all(one.agrees for one in said)


def test_a_crawl_reads_relative_times_by_the_moment_of_its_capture(qqnews: Run, data: Path) -> None:
    address = f"https://mp.weixin.qq.com/s/{wechat.OF_YESTERDAY}"
    assert qqnews("crawl", address, "--delay", "0").code == 0
    told = json.loads(qqnews("show", address, "--json").out)
    seen = datetime.fromisoformat(told["first_seen"]).astimezone(BEIJING)
    assert told["published_at"] == f"{seen - timedelta(days=1):%Y-%m-%d}T08:15:00+08:00"
    assert (told["published_raw"], told["published_precision"]) == (wechat.YESTERDAY, "minute")
    assert f"{told['published_at'][:10]} 08:15:00 (to the minute) · " in qqnews("show", address).out
    (line,) = qqnews("list", "--json").out.splitlines()
    assert json.loads(line)["published_precision"] == "minute"
    again = qqnews("reextract", "--json").report
    assert (again["compared"], again["changed"]) == (1, 0)


def test_a_saved_page_without_its_moment_is_undated_and_says_so(qqnews: Run, tmp_path: Path) -> None:
    body = wechat.PAGE_OF_YESTERDAY.encode()
    (tmp_path / "page.html").write_bytes(body)
    address = f"https://mp.weixin.qq.com/s/{wechat.OF_YESTERDAY}"
    done = qqnews("parse", str(tmp_path / "page.html"), "--url", address)
    assert (done.code, 'date: ""' in done.out) == (0, True)
    assert "undated" in done.err
    assert wechat.YESTERDAY in done.err
    told = json.loads(qqnews("parse", str(tmp_path / "page.html"), "--url", address, "--json").out)
    assert (told["published_at"], told["published_precision"]) == (None, "none")
    assert told["published_raw"] == wechat.YESTERDAY


def test_a_time_that_is_told_less_exactly_later_stays_as_exact_as_it_was(data: Path) -> None:
    page, address = "https://mp.weixin.qq.com/s/Abcdefgh_jklmnop-rstuv", "wx-Abcdefgh_jklmnop-rstuv"
    at = datetime(2026, 3, 10, 4, 0, 30, tzinfo=UTC)
    with Archive.open(data) as archive:
        for text, looked in (("5分钟前", at), ("3小时前", at + timedelta(hours=3)), ("1天前", at + timedelta(days=1))):
            body = wechat.PAGE_OF_YESTERDAY.replace(wechat.YESTERDAY, text).replace("三个人", f"三个人（{text}）")
            archive.keep(normalise(read_page(body.encode(), page), looked), seen_at=looked)
        kept = archive.article(address)
    assert kept.revision == 3
    assert kept.article.published_at == datetime(2026, 3, 10, 11, 55, tzinfo=BEIJING)
    assert (kept.article.published_raw, kept.article.published_precision) == ("5分钟前", "minute")
    assert kept.article.provenance["published_at"] == ("#publish_time", "5分钟前")
