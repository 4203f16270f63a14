"""Lists: page by page without loss or repetition, and never by reading what is not shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from archive.article.model import BEIJING
from archive.frontier.rechecks import report_missing
from archive.media.picture_copies import copies
from archive.store import Archive
from archive.web.http import BadRequest
from archive.web.pages.newest import distinct
from archive.web.queries import Entry, ListFilter, edits, newest, removals
from tests.archive.samples import EVENING, NOON, an_article

START = datetime(2025, 1, 1, tzinfo=BEIJING)


@pytest.fixture
def filled(archive: Archive) -> Archive:
    """Thirty articles: times that coincide, some without; every third edited, every fifth removed."""
    with archive.transaction():
        for number in range(30):
            dated = START + timedelta(hours=number // 4) if number % 7 else None
            facts = {"published_at": dated, "channel": ("tech", "life")[number % 2], "kind": "text"}
            archive.keep(an_article(number, **facts), seen_at=NOON)
            if number % 3 == 0:
                later = NOON + timedelta(minutes=number // 6)
                archive.keep(an_article(number, body=f"第{number}篇改过了，多了一句。", **facts), seen_at=later)
            if number % 5 == 0:
                for seen_at in (NOON, EVENING):
                    report_missing(archive, an_article(number).id, seen_at)
    return archive


@pytest.mark.parametrize("size", [1, 4, 7, 30])
@pytest.mark.parametrize(
    "chosen", [ListFilter(), ListFilter(channel="tech"), ListFilter(channel="life", status="gone")]
)
def test_page_by_page_is_the_whole_list(filled: Archive, chosen: ListFilter, size: int) -> None:
    connection = filled.database.connection
    whole = newest(connection, chosen, size=100)
    found, before = list[Entry](), None
    while True:
        sheet = newest(connection, chosen, before, size)
        found += sheet.shown
        before = sheet.after
        if before is None:
            break
    assert tuple(found) == whole.shown
    assert len(found) == {(None, None): 30, ("tech", None): 15, ("life", "gone"): 3}[chosen.channel, chosen.status]
    dates = [entry.published_at or "" for entry in found]
    assert dates == sorted(dates, reverse=True)


def test_removals_and_edits_page_by_page(filled: Archive) -> None:
    connection = filled.database.connection
    assert {entry.id for entry in removals(connection).shown} == {an_article(number).id for number in range(0, 30, 5)}
    seen, before = [], None
    while True:
        sheet = edits(connection, before, 3)
        seen += [(edit.seen_at, edit.entry.id) for edit in sheet.shown]
        before = sheet.after
        if before is None:
            break
    assert len(seen) == len(set(seen)) == 10
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("text", ["", "x", "a~b~c~d", "~"])
def test_a_damaged_cursor_of_edits_is_refused(filled: Archive, text: str) -> None:
    if text:
        with pytest.raises(BadRequest):
            edits(filled.database.connection, text)


QUESTIONS: dict[str, Callable[[Archive], object]] = {
    "all": lambda archive: newest(archive.database.connection, ListFilter()),
    "deep": lambda archive: newest(archive.database.connection, ListFilter(), "2025-01-01T03:00:00+08:00~x"),
    "channel": lambda archive: newest(archive.database.connection, ListFilter(channel="tech")),
    "kind": lambda archive: newest(archive.database.connection, ListFilter(kind="text")),
    "status": lambda archive: newest(archive.database.connection, ListFilter(status="gone")),
    "every filter": lambda archive: newest(
        archive.database.connection,
        ListFilter(channel="tech", kind="text", status="gone"),
        "2025-01-01T03:00:00+08:00~x",
    ),
    "removals": lambda archive: removals(archive.database.connection),
    "edits": lambda archive: edits(archive.database.connection),
    "channels": lambda archive: distinct(archive.database.connection, "channel"),
    "kinds": lambda archive: distinct(archive.database.connection, "kind"),
    "pictures": lambda archive: copies(archive, ["https://x/y"]),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_list_reads_or_sorts_what_it_does_not_show(filled: Archive, name: str) -> None:
    connection, asked = filled.database.connection, list[str]()
    connection.set_trace_callback(asked.append)
    QUESTIONS[name](filled)
    connection.set_trace_callback(None)
    assert asked
    for query in asked:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")]
        assert [step for step in plan if "TEMP B-TREE" in step] == [], plan
        scanned = [step for step in plan if step.startswith("SCAN") and "INDEX" not in step]
        assert [step for step in scanned if "articles" in step or "revisions" in step or step == "SCAN a"] == [], plan
