"""Which removals are believed, by what else the site said at that time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from archive.article.decide import Absence
from archive.frontier.rechecks import living_articles, look_again, missed_articles, missed_of_late, report_missing
from archive.frontier.removals import Control, Doubt, Looks, doubt_again, doubt_of
from archive.store import Archive
from tests.archive.samples import NOON, an_article

HOUR = timedelta(hours=1)
ALIVE, GONE, NONE = Control.ALIVE, Control.GONE, Control.NONE
CALM = Looks(new=1, alive=9)


@pytest.mark.parametrize(
    ("host", "channel", "doubt"),
    [
        (Looks(1, alive=99), CALM, Doubt.NONE),
        (Looks(8, alive=92), CALM, Doubt.NONE),
        (Looks(100, alive=2455), CALM, Doubt.NONE),
        (Looks(2, alive=1), None, Doubt.NONE),
        (Looks(3), None, Doubt.NONE),
        (Looks(5), Looks(5), Doubt.NONE),
        (Looks(6), CALM, Doubt.BURST),
        (Looks(30, alive=30), CALM, Doubt.BURST),
        (Looks(6, alive=54), CALM, Doubt.NONE),
        (Looks(7, alive=53), CALM, Doubt.BURST),
        (Looks(2, alive=2, lately=4), CALM, Doubt.BURST),
        (Looks(2, alive=20, lately=40), CALM, Doubt.NONE),
        (Looks(10, alive=90), Looks(10), Doubt.BURST),
        (Looks(10, alive=90), Looks(10, alive=11), Doubt.NONE),
        (Looks(60, control=GONE), None, Doubt.SITE_WIDE),
        (Looks(1, alive=50, control=GONE), CALM, Doubt.SITE_WIDE),
        (Looks(10, alive=90), Looks(10, control=GONE), Doubt.SITE_WIDE),
        (Looks(3, control=NONE), None, Doubt.ALONE),
        (Looks(6, control=NONE), None, Doubt.SITE_WIDE),
        (Looks(3), Looks(3, control=NONE), Doubt.NONE),
    ],
)
def test_what_is_doubted(host: Looks, channel: Looks | None, doubt: Doubt) -> None:
    assert doubt_of(host, channel) is doubt


@pytest.mark.parametrize(
    ("host", "doubt"),
    [
        (Looks(0, again=60), Doubt.NONE),
        (Looks(0, again=60, control=GONE), Doubt.SITE_WIDE),
        (Looks(0, again=5, control=NONE), Doubt.ALONE),
        (Looks(1, again=5, control=NONE), Doubt.SITE_WIDE),
    ],
)
def test_a_confirmation_needs_a_living_one_beside_it(host: Looks, doubt: Doubt) -> None:
    assert doubt_again(host) is doubt


def missing(archive: Archive, hours: float, doubt: Doubt = Doubt.NONE) -> Absence:
    return report_missing(archive, an_article(0).id, NOON + hours * HOUR, doubt)


def due(archive: Archive) -> float:
    """Hours after noon at which the article is looked at next."""
    text = archive.article(an_article(0).id).next_check
    assert text is not None
    return (datetime.fromisoformat(text) - NOON) / HOUR


@pytest.mark.parametrize("doubt", [Doubt.BURST, Doubt.ALONE])
def test_a_doubted_removal_is_believed_after_a_day(archive: Archive, doubt: Doubt) -> None:
    archive.keep(an_article(0), seen_at=NOON)
    assert missing(archive, 1, doubt) is Absence.NOTED
    assert due(archive) == 7
    assert missing(archive, 7) is Absence.EARLY
    assert missing(archive, 20) is Absence.EARLY
    assert due(archive) == 25, "when a day is over"
    assert missing(archive, 24.9) is Absence.EARLY
    assert missing(archive, 25) is Absence.GONE
    assert archive.article(an_article(0).id).status == "gone"


def test_a_doubt_that_comes_later_counts_too_and_a_return_ends_it(archive: Archive) -> None:
    archive.keep(an_article(0), seen_at=NOON)
    assert missing(archive, 1) is Absence.NOTED
    assert missing(archive, 3, Doubt.ALONE) is Absence.EARLY
    assert missing(archive, 4) is Absence.EARLY
    archive.keep(an_article(0), seen_at=NOON + 5 * HOUR)
    assert missing(archive, 6) is Absence.NOTED
    assert missing(archive, 7) is Absence.GONE


def test_nothing_learned_is_nothing_noted(archive: Archive) -> None:
    archive.keep(an_article(0), seen_at=NOON)
    look_again(archive, an_article(0).id, NOON + 10 * HOUR)
    now = archive.article(an_article(0).id)
    assert (now.status, now.missing_since, due(archive)) == ("live", None, 11)
    for hours in (1, 2):
        missing(archive, hours)
    at = archive.article(an_article(0).id).next_check
    look_again(archive, an_article(0).id, NOON + 20 * HOUR)
    assert archive.article(an_article(0).id).next_check == at, "a tombstone has its own times"


@pytest.fixture
def places(archive: Archive) -> Callable[..., list[str]]:
    """Articles in two channels, and one on a host of its own; asks for the living ones."""
    for number in range(6):
        archive.keep(an_article(number, channel="tech" if number % 2 else "world"), seen_at=NOON)
    old = "https://tech.qq.com/a/20161014/006270.htm"
    archive.keep(replace(an_article(6), id="tech-20161014-006270", url=old, channel="tech"), seen_at=NOON)

    def living(origin: str, channel: str = "", but: tuple[int, ...] = (), limit: int = 9) -> list[str]:
        ids = [an_article(number).id for number in but]
        return [url.rpartition("/")[2] for url in living_articles(archive, origin, channel, ids, limit)]

    return living


def test_living_articles_of_a_host_and_channel_those_kept_last_first(
    archive: Archive, places: Callable[..., list[str]]
) -> None:
    ids = [an_article(number).id for number in range(6)]
    assert places("https://new.qq.com") == ids[::-1]
    assert places("https://new.qq.com", "tech") == [ids[5], ids[3], ids[1]]
    assert places("https://new.qq.com", but=(5, 4), limit=2) == [ids[3], ids[2]]
    assert places("https://tech.qq.com") == ["006270.htm"]
    assert places("https://mp.weixin.qq.com") == []
    report_missing(archive, ids[5], NOON + HOUR)
    assert places("https://new.qq.com", "tech") == [ids[3], ids[1]]


def test_what_was_missed(archive: Archive, places: object) -> None:
    one, other, third = (an_article(number).id for number in (1, 2, 3))
    report_missing(archive, one, NOON + HOUR)
    for hours in (1, 3):
        report_missing(archive, other, NOON + hours * HOUR)
    found = missed_articles(archive, [one, other, third, "unknown"])
    assert {each.id: (each.channel, each.is_new, each.is_tombstone) for each in found.values()} == {
        one: ("tech", False, False),
        other: ("world", False, True),
        third: ("tech", True, False),
    }
    assert missed_of_late(archive, "https://new.qq.com", "", NOON) == 2
    assert missed_of_late(archive, "https://new.qq.com", "tech", NOON) == 1
    assert missed_of_late(archive, "https://new.qq.com", "", NOON + 2 * HOUR) == 0
    assert missed_of_late(archive, "https://tech.qq.com", "", NOON) == 0
