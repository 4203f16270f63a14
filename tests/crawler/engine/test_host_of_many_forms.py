"""What is not understood is not hostile: forty pages that are gone or unknown do not stop the crawl of the others."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import crawler.net.backoff
from archive.errors import ExitCode
from archive.store import Archive
from tests.conftest import Called
from tests.site.pages.wechat import FORMS, GOOD, HOST
from tests.site.site import Site

Crawl = Callable[..., Called]


def rows(data: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data / "archive.db")) as database:
        return database.execute(query).fetchall()


@pytest.fixture
def addresses(tmp_path: Path) -> str:
    """A file of all sixty, the good ones among the others."""
    file = tmp_path / "addresses.txt"
    file.write_text("\n".join(f"https://{HOST}/s/{key}" for key in FORMS))
    return str(file)


def test_there_are_sixty_forms_of_which_forty_are_no_articles() -> None:
    outcomes = Counter(form.outcome for form in FORMS.values())
    assert (len(FORMS), outcomes["kept"]) == (60, 20)
    assert outcomes.keys() == {"kept", "gone", "thin", "unreadable"}


def test_forty_pages_that_are_no_articles_stop_no_crawl(
    crawl: Crawl, fresh_site: Site, data: Path, addresses: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawler.net.backoff, "RETRY_PAUSES", (3600.0,))
    ended = crawl(addresses)
    assert ended.code == ExitCode.CHANGED  # Some have no known layout, and somebody should look.
    expected = {f"wx-{key}": form.outcome for key, form in FORMS.items()}
    with Archive.existing(data) as archive:
        kept = {it.article.id for it in archive.articles()}
    assert kept == {name for name, outcome in expected.items() if outcome == "kept"}
    states = {"kept": "done", "gone": "gone", "thin": "waiting", "unreadable": "dropped"}
    found = {
        str(name): (state, str(error or ""))
        for name, state, error in rows(data, "SELECT id, state, last_error FROM links")
    }
    assert {name: state for name, (state, _) in found.items()} == {name: states[out] for name, out in expected.items()}
    assert all(found[name][1].startswith("removed: ") for name, outcome in expected.items() if outcome == "gone")
    assert ended.report["reasons"]["unread_parts"] == {"mp-poll-of-tomorrow": 1}
    assert ended.report["reasons"]["noted"] == {"unread-parts": 1}
    assert "postponed" not in ended.counts
    assert rows(data, "SELECT count(*) FROM hosts WHERE strikes > 0 OR backoff_until > 0") == [(0,)]
    assert len(fresh_site.requests(HOST, "/s/")) == len(FORMS)


def test_a_true_refusal_among_them_still_stops_it(
    crawl: Crawl, fresh_site: Site, data: Path, addresses: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawler.net.backoff, "RETRY_PAUSES", (3600.0,))
    fresh_site.fault(f"/s/{list(FORMS)[20]}", "status", code=403)
    ended = crawl(addresses)
    assert ended.code == ExitCode.BLOCKED
    assert len(fresh_site.requests(HOST, "/s/")) < len(FORMS)
    assert crawl(f"https://{HOST}/s/{GOOD}").code == ExitCode.BLOCKED
