"""From sightings and polls to who held which rank: what no poll saw is not drawn."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from lxml import html

from archive.article.model import BEIJING
from archive.frontier.links import Frontier
from archive.monitoring.retention import KEPT_WHOLE, thin
from archive.store import Archive
from archive.web.rank_chart import chart
from archive.web.ranking import Poll, Polls, RankHistory, Sighting, Stay, rank_histories
from tests.archive.frontier.test_links import Item
from tests.archive.samples import NOON, an_article
from tests.archive.web.client import get
from tests.archive.web.serving import Served, serving

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def polled(hours: Iterable[float], listed: int | None = 10) -> list[Poll]:
    return [Poll(at(hour), listed) for hour in hours]


HALF_HOURS = [number / 2 for number in range(17)]


def ways(seen: list[Sighting], polls: list[Poll], begin: float = 0, end: float = 8) -> list[RankHistory]:
    return rank_histories(seen, Polls(polls, seen), at(begin), at(end), 10)


def of(found: list[RankHistory]) -> dict[str, tuple[Stay, ...]]:
    return {course.article_id: course.stays for course in found}


def test_a_stay_ends_with_the_last_poll_that_saw_it() -> None:
    seen = [
        Sighting("a", 1, at(0)),
        Sighting("b", 2, at(0)),
        Sighting("b", 1, at(2)),
        Sighting("a", 2, at(2)),
        Sighting("c", 2, at(5)),
    ]
    found = ways(seen, polled(HALF_HOURS))
    assert of(found) == {
        "a": (Stay(1, at(0), at(1.5)), Stay(2, at(2), at(4.5), follows=True)),
        "b": (Stay(2, at(0), at(1.5)), Stay(1, at(2), at(8), follows=True)),
        "c": (Stay(2, at(5), at(8)),),
    }
    assert [course.article_id for course in found] == ["b", "a", "c"]
    assert [course.rank_at(at(8)) for course in found] == [1, None, 2]


def test_hours_in_which_nobody_looked_are_gaps() -> None:
    seen = [Sighting("a", 1, at(0)), Sighting("b", 2, at(0)), Sighting("b", 1, at(6)), Sighting("a", 2, at(6))]
    polls = [hour for hour in HALF_HOURS if not 2 < hour < 6]
    found = ways(seen, polled(polls))
    assert of(found) == {
        "a": (Stay(1, at(0), at(2)), Stay(2, at(6), at(8))),
        "b": (Stay(2, at(0), at(2)), Stay(1, at(6), at(8))),
    }
    assert Polls(polled(polls), seen).outages(at(-1), at(9)) == [
        (at(-1), at(0)),
        (at(2), at(6)),
        (at(8), at(9)),
    ]


def test_who_stood_there_before_an_outage_and_after_it_is_not_drawn_over_it() -> None:
    polls = polled([0, 0.5, 1, 7, 7.5, 8])
    assert of(ways([Sighting("a", 1, at(0))], polls)) == {"a": (Stay(1, at(0), at(1)), Stay(1, at(7), at(8)))}


@pytest.mark.parametrize(
    ("hours", "longest"),
    [
        ([n / 12 for n in range(60)], 0.5),  # every five minutes
        ([n / 2 for n in range(20)], 1.5),
        ([float(n) for n in range(20)], 2),
        ([0.0, 12.0], 2),  # two polls prove no rule
    ],
)
def test_how_long_a_pause_is_an_outage_depends_on_the_usual_one(hours: list[float], longest: float) -> None:
    last = hours[-1]
    just, longer = (polled([*hours, last + longest + extra]) for extra in (0, 0.02))
    assert Polls(just, []).outages(at(last), at(last + longest)) == []
    assert Polls(longer, []).outages(at(last), at(last + longest)) == [(at(last), at(last + longest))]


def test_a_poll_whose_list_was_shorter_ends_a_stay() -> None:
    seen = [Sighting("a", 1, at(0)), Sighting("b", 9, at(0))]
    polls = [*polled([0, 0.5, 1], 10), *polled([1.5, 2], 4), *polled([2.5, 3], 0)]
    assert of(ways(seen, polls)) == {"a": (Stay(1, at(0), at(2)),), "b": (Stay(9, at(0), at(1)),)}


def test_a_list_that_is_always_short_of_its_ranks_ends_none() -> None:
    seen = [Sighting("a", 10, at(0))]
    assert of(ways(seen, polled([0, 0.5, 1], 9))) == {"a": (Stay(10, at(0), at(1)),)}


def test_what_was_seen_before_the_day_counts_from_its_beginning() -> None:
    seen = [Sighting("a", 3, at(-50)), Sighting("b", 1, at(-9)), Sighting("b", 2, at(-4))]
    found = ways(seen, polled([hour / 2 for hour in range(-20, 20)]), end=4)
    assert of(found) == {"a": (Stay(3, at(0), at(4)),), "b": (Stay(2, at(0), at(4)),)}


def test_the_same_rank_seen_again_is_one_stay() -> None:
    assert of(ways([Sighting("a", 1, at(hour)) for hour in range(4)], polled(range(5)), end=4)) == {
        "a": (Stay(1, at(0), at(4)),)
    }


def test_a_run_that_died_and_noted_no_poll_claims_its_sightings_only() -> None:
    seen = [Sighting("a", 1, at(0)), Sighting("a", 2, at(5.2)), Sighting("b", 1, at(5.2))]
    assert of(ways(seen, polled([0, 0.5, 1]))) == {
        "a": (Stay(1, at(0), at(1)), Stay(2, at(5.2), at(5.2))),
        "b": (Stay(1, at(5.2), at(5.2)),),
    }


def test_a_poll_that_is_noted_after_other_lists_were_read_is_the_poll_of_its_sightings() -> None:
    minutes = [Sighting("a", 1, at(0)), Sighting("b", 1, at(0.5))]
    assert of(ways(minutes, polled([0.1, 0.6, 1.1]))) == {
        "a": (Stay(1, at(0), at(0.1)),),
        "b": (Stay(1, at(0.5), at(1.1)),),
    }


def test_an_article_that_left_for_a_lower_rank_holds_its_old_one_no_more() -> None:
    seen = [Sighting("a", 9, at(0)), Sighting("a", 31, at(1))]
    assert of(ways(seen, polled(HALF_HOURS))) == {"a": (Stay(9, at(0), at(0.5)),)}


def test_the_picture_stays_in_its_box_and_is_drawn_by_any_reader_of_svg() -> None:
    seen = [Sighting(f"a{(rank + hour) % 12}", rank, at(hour)) for hour in range(24) for rank in range(1, 11)]
    polls = Polls(polled(hour for hour in range(24) if hour not in (7, 8, 9)), [])
    drawn = chart(rank_histories(seen, polls, at(0), at(24), 10), polls.outages(at(0), at(23)), at(0), at(24), 10)
    assert len(drawn.lines) == 12
    assert [rank for rank, _ in drawn.ranks] == list(range(1, 11))
    assert 4 <= len(drawn.hours) <= 6
    assert [words for words, _, _ in drawn.outages] == ["14:00 – 18:00"]
    for line in drawn.lines:
        for path in line.paths:
            ElementTree.fromstring(f'<path d="{path}"/>')
            numbers = [float(each) for each in path.replace("M", " ").replace("H", " ").replace("C", " ").split()]
            assert all(0 <= number <= drawn.width for number in numbers)
            across = [float(each.split()[0]) for each in path.replace("C", "H").replace("M", "H").split("H")[1:]]
            assert across == sorted(across)


def poll(archive: Archive, moment: datetime, *ids: str) -> None:
    """One poll of the ranking, as a crawl notes it."""
    Frontier(archive).remember([Item(each, rank) for rank, each in enumerate(ids, 1)], "hot", moment)
    with archive.transaction() as connection:
        values = (moment.astimezone(UTC).isoformat(timespec="seconds"), len(ids))
        connection.execute(
            "INSERT INTO polls (source, polled_at, pages, listed, fresh) VALUES ('hot', ?, 1, ?, 0)", values
        )


def lines_of(served: Served, day: str) -> tuple[list[str], list[str], list[str]]:
    """From-until of each article, what the outages say, and the path of each line."""
    tree = html.fromstring(get(served.address, f"/hot?day={day}", accept_language="en").text)
    spans = [cell.text_content() for cell in tree.xpath("//main//tbody/tr/td[last()]")]
    return spans, tree.xpath("//*[@class='outage']/title/text()"), tree.xpath("//*[local-name()='path']/@d")


def test_the_page_draws_a_day_as_it_was_polled_today_and_when_its_polls_were_thinned(tmp_path: Path) -> None:
    midnight = datetime(2026, 3, 2, tzinfo=BEIJING)
    first, second, third = (an_article(number).id for number in (1, 2, 3))
    with Archive.open(tmp_path / "data") as archive:
        for number in (1, 2, 3):
            archive.keep(an_article(number), seen_at=NOON)
        poll(archive, midnight - timedelta(days=3), first, second)
        for minutes in range(-30, 24 * 60 + 60, 10):
            clock = minutes / 60
            if clock < 9 or clock >= 13.5:
                order = (second, first) if 4 <= clock < 6 else (first, third) if 15 <= clock < 16 else (first, second)
                poll(archive, midnight + timedelta(minutes=minutes), *order)
        with serving(tmp_path / "data") as served:
            spans, outages, paths = drawn = lines_of(served, "2026-03-02")
            assert spans == ["00:00 – 24:00", "00:00 – 24:00", "15:00 – 15:50"]
            assert outages == ["Nobody looked at the ranking 08:50 – 13:30"]
            # Each of the three is drawn in as many pieces as it was seen in.
            assert len(paths) == 2 + 3 + 1
            assert lines_of(served, "2026-02-28") == ([], [], [])
            assert lines_of(served, "2026-03-01")[:2] == (
                ["23:30 – 24:00", "23:30 – 24:00"],
                ["Nobody looked at the ranking 00:00 – 23:30"],
            )
            while thin(archive, midnight + KEPT_WHOLE + timedelta(days=20)):
                pass
            assert lines_of(served, "2026-03-02") == drawn
