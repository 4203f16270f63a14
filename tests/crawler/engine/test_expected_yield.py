"""A run that does not bring what earlier ones did says so, once for real for each way in which the site can break."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from archive.errors import ExitCode
from archive.store import Archive
from tests.conftest import Called
from tests.crawler.archived import rows
from tests.site.site import Site

Crawl = Callable[..., Called]
CHANNELS = ("channel:top", "channel:home", "channel:tech", "channel:world")
LISTED = ("--limit", "1", "--pages", "1", *(word for name in CHANNELS for word in ("--source", name)))
SHARES = {"title": [9, 9], "published": [9, 9], "text": [9, 9], "agreement": [27, 27]}


@pytest.fixture
def fresh_site() -> Iterator[Site]:
    with Site(seed=3, articles=120) as running:
        yield running


@pytest.fixture
def lived(data: Path, fresh_site: Site) -> Path:
    """An archive that has crawled four channels every hour of two weeks, and nine pages each time."""
    Archive.open(data).close()
    now = datetime.now(UTC).replace(microsecond=0)
    hours = [(now - timedelta(hours=n)).isoformat() for n in range(1, 14 * 24)]
    lengths = {name: _length(fresh_site, name) for name in CHANNELS}
    polls = [(name, hour, lengths[name]) for hour in hours for name in CHANNELS]
    with closing(sqlite3.connect(data / "archive.db")) as connection, connection:
        # Rows that are not sealed: this archive is not to be verified.
        insert = "INSERT INTO polls (source, polled_at, pages, listed, fresh, overlapped) VALUES (?, ?, 1, ?, 2, NULL)"
        connection.executemany(insert, polls)
        insert = "INSERT INTO coverage (layout, read_at, pages, fields) VALUES ('rain', ?, 9, ?)"
        connection.executemany(insert, [(hour, orjson.dumps(SHARES).decode()) for hour in hours])
    return data


def _length(site: Site, name: str) -> int:
    return min(20, len(site.world.in_channel(name.replace("channel:", "news_news_"))))


def test_a_run_as_ever_is_ok_and_writes_down_what_it_brought(crawl: Crawl, lived: Path) -> None:
    ended = crawl(*LISTED)
    assert (ended.code, ended.report["surprises"]) == (0, [])
    (run,) = rows(lived, "SELECT id FROM runs")
    assert len(rows(lived, f"SELECT id FROM polls WHERE run_id = {run[0]}")) == 4
    ((layout, pages, fields),) = rows(lived, f"SELECT layout, pages, fields FROM coverage WHERE run_id = {run[0]}")
    assert (layout, pages, orjson.loads(fields)["title"]) == ("rain", 1, [1, 1])


def test_half_the_channels_emptied(crawl: Crawl, lived: Path, fresh_site: Site) -> None:
    fresh_site.fault("/web_feed/getPCList", "emptied", times=2)
    ended = crawl(*LISTED)
    assert (ended.report["verdict"], ended.code) == ("thin", ExitCode.THIN)
    first, second = ended.report["surprises"]
    assert first.startswith("channel:top listed 0 articles, 10 to ")
    assert second.startswith("channel:home listed 0 articles, ")
    assert ended.report["because"] == f"{first}; and 1 more of the kind"


def test_pages_without_their_text(crawl: Crawl, lived: Path, fresh_site: Site) -> None:
    fresh_site.fault("/rain/a/", "teaser")
    ended = crawl(*fresh_site.world.of_layout("v2")[:12])
    assert (ended.report["verdict"], ended.code) == ("changed", ExitCode.CHANGED)
    assert ended.report["because"].startswith("0 of 12 pages of the layout rain have a text worth the name, 100% to ")


@pytest.mark.parametrize("path", ["/rain/a/", "/web_feed/"])
def test_a_captcha_that_calls_itself_an_answer(crawl: Crawl, lived: Path, fresh_site: Site, path: str) -> None:
    fresh_site.fault(path, "captcha")
    ended = crawl(*LISTED)
    assert (ended.report["verdict"], ended.code) == ("blocked", ExitCode.BLOCKED)


def test_the_floor_of_the_time_table_holds_before_there_is_a_history(
    crawl: Crawl, fresh_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--source", "channel:top", "--limit", "1", "--pages", "1")
    monkeypatch.setenv("QQNEWS_FLOOR", "20")
    assert crawl(*words).code == 0
    monkeypatch.setenv("QQNEWS_FLOOR", "21")
    ended = crawl(*words)
    assert (ended.report["verdict"], ended.code) == ("thin", ExitCode.THIN)
    assert ended.report["because"] == "all sources together listed 20 articles, the time-table's floor is 21"
    monkeypatch.setenv("QQNEWS_FLOOR", "many")
    with pytest.raises(Exception, match="QQNEWS_FLOOR='many': expected a number of articles"):
        crawl(*words)
