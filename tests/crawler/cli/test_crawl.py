"""``qqnews crawl`` as a user meets it: whole processes against the loopback site."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.article.markdown import to_markdown
from archive.errors import ExitCode
from archive.store import Archive
from tests.conftest import QQNEWS, Called, clean_environment
from tests.site.site import Site

Call = Callable[..., Called]
MANY = 400


@pytest.fixture(scope="module")
def large_site() -> Iterator[Site]:
    """A site large enough to be interrupted in the midst of a crawl."""
    with Site(seed=11, articles=MANY) as running:
        yield running


def pages_asked(site: Site) -> Counter[str]:
    """How often each article's page was asked for, redirects not counted."""
    return Counter(seen.path.rpartition("/")[2] for seen in site.requests(path="/rain/a/") if seen.status == 200)


def archived(data: Path) -> dict[str, str]:
    """Id → Markdown text of what is in the archive, as the database has it."""
    with Archive.existing(data) as archive:
        return {it.article.id: to_markdown(it.article) for it in archive.articles()}


def test_a_channel_comes_out_as_the_site_tells_it(call: Call, site: Site, data: Path) -> None:
    ended = call("crawl", "--source", "channel:tech", "--delay", "0")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("ok: ")
    assert ended.out.count("\n") == 1
    expected = {key: site.world.truth(key) for key in site.world.in_channel("news_news_tech")}
    kept = archived(data)
    assert set(kept) == set(expected)
    for key, truth in expected.items():
        file = next((data / "articles").rglob(f"{key}.md")).read_text()
        assert file == kept[key]
        assert f'title: "{truth.title}"' in file
        assert f'date: "{truth.date}"' in file
        assert file.endswith(f"\n\n{truth.body}\n\n[qq]({truth.url})\n")


def test_crawling_ten_times_adds_nothing_and_asks_for_no_article(crawl: Call, site: Site, data: Path) -> None:
    wanted = ("--source", "channel:tech", "--source", "hot")
    assert crawl(*wanted, "--limit", "15").counts["kept"] == 15
    assert crawl(*wanted).code == 0
    before, size = archived(data), (data / "archive.db").stat().st_size
    site.forget_requests()
    for _ in range(10):
        again = crawl(*wanted)
        assert (again.code, again.counts.get("leased", 0)) == (0, 0)
    assert pages_asked(site) == Counter()
    assert archived(data) == before
    assert (data / "archive.db").stat().st_size - size < 50_000


@contextmanager
def crawling(site: Site, data: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A crawl that is under way."""
    environment = clean_environment(**site.environment(), QQNEWS_LEASE="2")
    command = [str(QQNEWS), "--data", str(data), "crawl", "--source", "sitemap", "--delay", "0", *arguments]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for_pages(site: Site, number: int) -> None:
    """Until so many pages were asked for."""
    deadline = time.monotonic() + 30
    while sum(pages_asked(site).values()) < number:
        assert time.monotonic() < deadline, "the crawl does not get going"
        time.sleep(0.05)


def integrity(data: Path) -> None:
    """The database is sound, each article stands once in it and once in the tree."""
    with sqlite3.connect(data / "archive.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = database.execute("SELECT id, revision FROM articles").fetchall()
        assert {revision for _, revision in rows} == {1}
        assert database.execute("SELECT count(*) FROM revisions").fetchone() == (len(rows),)
    files = sorted(path.stem for path in (data / "articles").rglob("*.md"))
    assert files == sorted(article_id for article_id, _ in rows)


def test_after_kill_9_the_next_run_goes_on_with_what_was_left(large_site: Site, data: Path) -> None:
    large_site.forget_requests()
    with crawling(large_site, data) as process:
        wait_for_pages(large_site, 60)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with crawling(large_site, data) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, ""), out
    assert set(archived(data)) == set(large_site.world.in_sitemap())
    integrity(data)
    in_the_air = 4
    assert sum(count - 1 for count in pages_asked(large_site).values()) <= in_the_air


def test_two_crawls_at_once_lose_and_double_nothing(large_site: Site, data: Path) -> None:
    large_site.forget_requests()
    with crawling(large_site, data) as one, crawling(large_site, data) as other:
        assert (one.communicate(timeout=90)[1], other.communicate(timeout=90)[1]) == ("", "")
    assert (one.returncode, other.returncode) == (0, 0)
    assert set(archived(data)) == set(large_site.world.in_sitemap())
    integrity(data)
    assert set(pages_asked(large_site).values()) == {1}


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_crawl_cleanly(large_site: Site, data: Path, sent: signal.Signals, code: int) -> None:
    large_site.forget_requests()
    with crawling(large_site, data) as process:
        wait_for_pages(large_site, 20)
        process.send_signal(sent)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (code, "")
    assert out.startswith("partial: ")
    integrity(data)
    with sqlite3.connect(data / "archive.db") as database:
        leased = "SELECT count(*) FROM links WHERE state = 'waiting' AND lease_until > 0"
        assert database.execute(leased).fetchone() == (0,)
        assert database.execute("SELECT verdict FROM runs").fetchone() == ("partial",)


def test_it_works_with_a_bare_environment(site: Site, data: Path, tmp_path: Path) -> None:
    environment = {**site.environment(), "PATH": "/usr/bin:/bin", "LANG": "C"}
    command = [str(QQNEWS), "--data", str(data), "crawl", site.world.ids[0], "--delay", "0"]
    ended = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(list((data / "articles").rglob("*.md"))) == 1


def test_help_is_quick_and_imports_no_crawler() -> None:
    code = "import sys, qqnews; qqnews.sys.argv[1:] = ['--help']; qqnews.main()"
    ended = subprocess.run([QQNEWS.with_name("python"), "-X", "importtime", "-c", code], capture_output=True, text=True)
    assert ended.returncode == 0
    imported = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert not imported & {"scrapy", "lxml", "sqlite_utils", "aiohttp"}


def test_a_closed_pipe_is_no_error(site: Site, data: Path) -> None:
    environment = clean_environment(**site.environment())
    ids = " ".join(site.world.ids[:3])
    shell = f"{QQNEWS} --data {data} crawl {ids} --delay 0 >&-; {QQNEWS} --data {data} list | true"
    ended = subprocess.run(["sh", "-c", shell], env=environment, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in ended.stderr


def test_options_may_stand_before_or_after_the_command(call: Call, site: Site, data: Path) -> None:
    key = site.world.ids[0]
    after = call("crawl", key, "--delay", "0", "--json")
    before = call("--json", "crawl", key, "--delay", "0", "--refetch")
    assert (after.counts["kept"], before.counts["same"]) == (1, 1)
    assert len(list((data / "runs").glob("*.json"))) == 2


def test_the_log_as_json_lines(crawl: Callable[..., Called], data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QQNEWS_LOG_FORMAT", "json")
    crawl("--source", "hot", "--limit", "1")
    (log,) = data.glob("runs/*-crawl.log")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines
    assert {"time", "level", "name", "message"} <= set(lines[0])


@pytest.mark.parametrize("name", ["hot", "channel:tech", "search:腾讯"])
def test_a_source_that_was_put_where_articles_are_is_told_where_it_belongs(
    crawl: Callable[..., Called], fresh_site: Site, name: str
) -> None:
    ended = crawl(name)
    assert ended.code == ExitCode.BAD_INPUT
    assert f"'{name}' is a source, not an article: list it with --source {name}\n" in ended.err
    assert fresh_site.requests() == []


def test_times_in_a_log_carry_their_zone(crawl: Callable[..., Called], data: Path) -> None:
    crawl("--source", "hot", "--limit", "1")
    (log,) = data.glob("runs/*.log")
    lines = [line for line in log.read_text().splitlines() if line[:2] == "20"]
    assert lines
    assert [line for line in lines if not re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4} \[", line)] == []
