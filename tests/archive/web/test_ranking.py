"""From sightings to who held which rank: only changes are noted, and a place has one holder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from archive.web.chart import chart
from archive.web.ranking import Course, Sighting, Stay, courses

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def of(found: list[Course]) -> dict[str, tuple[Stay, ...]]:
    return {course.article_id: course.stays for course in found}


def test_a_stay_ends_when_the_article_moves_or_another_takes_its_place() -> None:
    seen = [
        Sighting("a", 1, at(0)),
        Sighting("b", 2, at(0)),
        Sighting("b", 1, at(2)),
        Sighting("a", 2, at(2)),
        Sighting("c", 2, at(5)),
    ]
    found = courses(seen, at(0), at(8))
    assert of(found) == {
        "a": (Stay(1, at(0), at(2)), Stay(2, at(2), at(5))),
        "b": (Stay(2, at(0), at(2)), Stay(1, at(2), at(8))),
        "c": (Stay(2, at(5), at(8)),),
    }
    assert [course.article_id for course in found] == ["b", "a", "c"]
    assert [course.rank_at(at(8)) for course in found] == [1, None, 2]


def test_what_was_seen_before_the_day_counts_from_its_beginning() -> None:
    found = courses([Sighting("a", 3, at(-5)), Sighting("b", 1, at(-9)), Sighting("b", 2, at(-4))], at(0), at(4))
    assert of(found) == {"a": (Stay(3, at(0), at(4)),), "b": (Stay(2, at(0), at(4)),)}


def test_the_same_rank_seen_again_is_one_stay() -> None:
    found = courses([Sighting("a", 1, at(hour)) for hour in range(4)], at(0), at(4))
    assert of(found) == {"a": (Stay(1, at(0), at(4)),)}


def test_the_picture_stays_in_its_box_and_is_drawn_by_any_reader_of_svg() -> None:
    seen = [Sighting(f"a{(rank + hour) % 12}", rank, at(hour)) for hour in range(24) for rank in range(1, 11)]
    drawn = chart(courses(seen, at(0), at(24)), at(0), at(24), 10)
    assert len(drawn.lines) == 12
    assert [rank for rank, _ in drawn.ranks] == list(range(1, 11))
    assert 4 <= len(drawn.hours) <= 6
    for line in drawn.lines:
        for path in line.paths:
            ElementTree.fromstring(f'<path d="{path}"/>')
            numbers = [float(each) for each in path.replace("M", " ").replace("H", " ").replace("C", " ").split()]
            assert all(0 <= number <= drawn.width for number in numbers)
