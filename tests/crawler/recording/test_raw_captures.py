"""Raw captures of a crawl: everything the site answered, kept before it is read, once, and for good."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.captures.gzip_members import Damage, members
from archive.captures.raw_files import captures, raw_files, read_capture
from archive.store import Archive
from crawler.sites.normalise import normalise
from crawler.sites.qq.read_page import read_page
from tests.conftest import Called
from tests.crawler.archived import rows
from tests.crawler.cli.test_crawl import crawling, wait_for_pages
from tests.site.site import Site

Run = Callable[..., Called]


def v2(site: Site) -> str:
    """An article whose page the canonical address serves without a redirect."""
    return next(key for key in site.world.of_layout("v2") if site.world.story(key).index % 3)


def test_every_list_and_page_is_captured_and_every_article_points_at_its_own(
    qqnews: Run, site: Site, data: Path
) -> None:
    assert qqnews("crawl", "--source", "channel:tech", "--source", "hot", "--limit", "8", "--delay", "0").code == 0
    asked = [seen for seen in site.requests() if seen.path != "/robots.txt" and seen.method != "CONNECT"]
    found = list(captures(data))
    assert sorted(each.url for each in found) == sorted(f"{seen.scheme}://{seen.host}{seen.path}" for seen in asked)
    assert {each.facts["kind"] for each in found} == {"list", "page"}
    assert {each.facts["source"] for each in found if each.facts["kind"] == "list"} == {"channel:tech", "hot"}
    with Archive.existing(data) as archive:
        for archived in archive.articles():
            assert archived.raw_ref is not None
            capture = read_capture(data, archived.raw_ref)
            assert normalise(read_page(capture.body, capture.url)) == archived.article
            assert capture.facts["id"] == archived.article.id
            assert archive.revisions(archived.article.id)[0].raw_ref == archived.raw_ref


def test_the_posted_question_of_a_list_is_kept(qqnews: Run, data: Path) -> None:
    qqnews("crawl", "--source", "channel:tech", "--limit", "1", "--delay", "0")
    asked = next(each for each in captures(data) if each.facts["kind"] == "list")
    assert (asked.method, b"news_news_tech" in asked.request_body) == ("POST", True)


@pytest.mark.parametrize("fault", ["changed", "captcha", "is_deleted", "mojibake"])
def test_a_page_that_is_no_article_is_captured_too(qqnews: Run, fresh_site: Site, data: Path, fault: str) -> None:
    key = v2(fresh_site)
    fresh_site.fault(f"/rain/a/{key}", fault)
    assert qqnews("crawl", key, "--delay", "0").code != 0
    (found,) = captures(data)
    assert (found.facts["id"], found.status) == (key, 200)
    assert rows(data, "SELECT count(*) FROM articles") == [(0,)]


def test_the_redirect_by_which_an_article_is_removed_is_evidence(qqnews: Run, fresh_site: Site, data: Path) -> None:
    key = v2(fresh_site)
    fresh_site.remove(key)
    qqnews("crawl", key, "--delay", "0")
    (found,) = captures(data)
    assert (found.status, "babygohome" in dict(found.headers)["Location"]) == (302, True)


def test_a_compressed_page_is_stored_unpacked_and_says_so(qqnews: Run, fresh_site: Site, data: Path) -> None:
    key = v2(fresh_site)
    assert qqnews("crawl", key, "--delay", "0").code == 0
    (found,) = captures(data)
    headers = {name.lower(): value for name, value in found.headers}
    assert int(headers["content-length"]) == len(found.body)
    assert not {"content-encoding", "transfer-encoding"} & set(headers)
    assert found.body.lstrip().startswith(b"<")


def test_refetching_the_same_page_stores_it_once(qqnews: Run, site: Site, data: Path) -> None:
    key = v2(site)
    for _ in range(5):
        assert qqnews("crawl", key, "--refetch", "--delay", "0").code == 0
    kinds = [each.record.kind for file in raw_files(data) for each in members(file) if not isinstance(each, Damage)]
    assert (kinds.count("response"), kinds.count("revisit")) == (1, 4)
    assert len({each.body for each in captures(data)}) == 1
    (ref,) = rows(data, "SELECT raw_ref FROM articles")
    assert read_capture(data, ref[0]).body == next(captures(data)).body


def test_captures_can_be_turned_off(qqnews: Run, site: Site, data: Path) -> None:
    assert qqnews("crawl", v2(site), "--no-raw", "--delay", "0").code == 0
    assert not (data / "raw").exists()
    assert rows(data, "SELECT raw_ref FROM articles") == [(None,)]


def test_a_dry_run_captures_nothing(qqnews: Run, site: Site, data: Path) -> None:
    qqnews("crawl", v2(site), "--delay", "0")
    before = raw_files(data)
    qqnews("crawl", "--source", "hot", "--dry-run", "--delay", "0")
    assert raw_files(data) == before


def test_after_kill_9_no_article_lacks_its_capture(fresh_site: Site, data: Path) -> None:
    with crawling(fresh_site, data) as process:
        wait_for_pages(fresh_site, 25)
        process.send_signal(signal.SIGKILL)
        process.wait()
    refs = rows(data, "SELECT raw_ref FROM articles UNION ALL SELECT raw_ref FROM payloads")
    assert refs
    for (ref,) in refs:
        assert read_capture(data, ref).status == 200
    for file in raw_files(data):
        assert all(each.torn for each in members(file) if isinstance(each, Damage))
