"""``qqnews recheck`` as its user meets it: edits, noise, removals, articles that come back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from archive.article.model import BEIJING
from tests.conftest import Called
from tests.crawler.archived import hours_pass, rows
from tests.site.site import Site

Run = Callable[..., Called]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site whose newest articles are minutes old."""
    with Site(seed=3, articles=40, now=datetime.now(BEIJING).isoformat(timespec="seconds")) as running:
        yield running


@pytest.fixture
def young(qqnews: Run, site: Site) -> list[str]:
    """Ids of three archived articles that are less than an hour old."""
    keys = list(site.world.of_layout("v2"))[:3]
    assert qqnews("crawl", *keys, "--delay", "0").code == 0
    return keys


def recheck(qqnews: Run, *arguments: str) -> Called:
    return qqnews("recheck", "--json", "--delay", "0", *arguments)


def listed(qqnews: Run, *arguments: str) -> set[str]:
    return {json.loads(line)["id"] for line in qqnews("list", "--json", *arguments).out.splitlines()}


def test_nothing_is_due_before_its_time(qqnews: Run, young: list[str], site: Site) -> None:
    site.forget_requests()
    ended = recheck(qqnews)
    assert (ended.code, ended.report["because"]) == (0, "nothing was due")
    assert site.requests(path="/rain/") == []


def test_a_quiet_article_costs_one_request_a_rung_and_no_revision(
    qqnews: Run, young: list[str], site: Site, data: Path
) -> None:
    pauses = []
    for _ in range(12):
        (due,) = rows(data, "SELECT max(next_check) FROM articles")[0]
        if due is None:
            break
        hours = (datetime.fromisoformat(due) - datetime.now(BEIJING)).total_seconds() / 3600 + 0.01
        pauses.append(hours)
        hours_pass(data, hours)
        site.forget_requests()
        assert recheck(qqnews).counts["same"] == 3
        assert len({seen.path for seen in site.requests(path="/rain/a/")}) == 3
    assert len(pauses) == 6
    assert pauses == sorted(pauses)
    assert rows(data, "SELECT count(*) FROM revisions") == [(3,)]


def test_an_edit_becomes_a_revision_and_noise_does_not(
    qqnews: Run, young: list[str], fresh_site: Site, data: Path
) -> None:
    titled, noisy, written = young
    fresh_site.edit(titled, "title")
    fresh_site.edit(noisy, "noise")
    fresh_site.edit(written, "body")
    hours_pass(data, 2)
    ended = recheck(qqnews)
    assert (ended.code, ended.counts["changed"], ended.counts["same"]) == (0, 2, 1)
    assert listed(qqnews, "--edited") == {titled, written}
    changes = dict(rows(data, "SELECT article_id, changes FROM revisions WHERE kind = 'edited'"))
    assert "title" in json.loads(changes[titled])
    assert {"title"} & set(json.loads(changes[written])) == set()
    file = next((data / "articles").rglob(f"{titled}.md")).read_text()
    assert fresh_site.world.truth(titled).title in file
    assert "revision 2 edited" in qqnews("show", titled).out


def test_a_removal_is_a_tombstone_after_two_answers_and_a_return_undoes_it(
    qqnews: Run, young: list[str], fresh_site: Site, data: Path
) -> None:
    key = young[0]
    file = next((data / "articles").rglob(f"{key}.md"))
    before = file.read_bytes()
    fresh_site.remove(key)
    hours_pass(data, 2)
    first = recheck(qqnews)
    assert (first.code, first.report["reasons"]["absent"]) == (0, {"missing": 1})
    assert "not yet confirmed" in qqnews("show", key).out
    assert listed(qqnews, "--gone") == set()
    hours_pass(data, 1.1)
    assert recheck(qqnews).report["reasons"]["absent"] == {"tombstone": 1}
    assert listed(qqnews, "--gone") == {key}
    assert "this is the last copy" in qqnews("show", key).out
    assert file.read_bytes() == before
    fresh_site.restore(key)
    hours_pass(data, 24)
    assert recheck(qqnews).code == 0
    assert listed(qqnews, "--gone") == set()
    assert rows(data, "SELECT DISTINCT revision FROM articles") == [(1,)]


@pytest.mark.parametrize("farewell", ["notfound", "is_deleted"])
def test_a_removal_met_by_an_ordinary_crawl_counts(
    qqnews: Run, young: list[str], fresh_site: Site, data: Path, farewell: str
) -> None:
    key = young[0]
    fresh_site.remove(key, farewell)  # type: ignore[arg-type]
    for expected in ("missing", "tombstone"):
        ended = qqnews("crawl", key, "--refetch", "--json", "--delay", "0")
        assert ended.report["reasons"]["absent"] == {expected: 1}
        hours_pass(data, 1.1)
    assert listed(qqnews, "--gone") == {key}


def test_a_site_that_fails_removes_nothing(qqnews: Run, young: list[str], fresh_site: Site, data: Path) -> None:
    for fault in ("changed", "captcha"):
        fresh_site.fault("/rain/a/", fault)
        hours_pass(data, 30)
        assert recheck(qqnews).code != 0
        fresh_site.clear_faults()
    assert rows(data, "SELECT DISTINCT status, missing_since FROM articles") == [("live", None)]


def test_a_dry_run_names_what_is_due_and_fetches_nothing(qqnews: Run, young: list[str], site: Site, data: Path) -> None:
    hours_pass(data, 2)
    site.forget_requests()
    ended = qqnews("recheck", "--dry-run", "--json")
    assert {json.loads(line)["id"] for line in ended.out.splitlines()} == set(young)
    assert (ended.err, site.requests()) == ("3 due\n", [])
    assert len(qqnews("recheck", "--dry-run", "--limit", "2").out.splitlines()) == 2
    assert recheck(qqnews, "--limit", "2").counts["same"] == 2
    assert recheck(qqnews).counts["same"] == 1


def test_the_ladder_is_a_setting(qqnews: Run, site: Site, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import crawler.settings

    monkeypatch.setattr(crawler.settings, "QQNEWS_LADDER", "")
    qqnews("crawl", site.world.of_layout("v2")[0], "--delay", "0")
    assert rows(data, "SELECT next_check FROM articles") == [(None,)]
