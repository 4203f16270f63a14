"""The completeness ledger: does a list reach what its source had shown before, and what may be missing if not?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive.monitoring.gaps import Poll, Seen, gap_between, most_missing, open_gaps, reaches
from archive.monitoring.polls import FinishedPoll, PollOutcome, note_poll, polls_of, source_state
from archive.store import Archive

LAST = datetime(2025, 2, 13, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
OLD, NEW, LATER = Seen(LAST - HOUR), Seen(None), Seen(LAST + HOUR)


@pytest.mark.parametrize(
    ("listed", "reached"),
    [
        ([], False),
        ([NEW] * 20, False),
        ([NEW] * 19 + [OLD], True),
        ([OLD] * 20, True),
        ([NEW, OLD, NEW, OLD, NEW], True),
        ([OLD] + [NEW] * 19, False),
        ([OLD, OLD] + [NEW] * 18, False),
        ([OLD] + [NEW] * 19 + [OLD], True),
        ([NEW] * 5 + [OLD] * 3 + [NEW] * 2, True),
        ([LATER] * 20, False),
    ],
    ids="empty all-new touches all-known mixed pinned two-pinned pinned-and-touches late-arrivals only-since".split(),
)
def test_a_list_reaches_what_was_known_unless_that_is_only_pinned_to_its_top(
    listed: list[Seen], *, reached: bool
) -> None:
    assert reaches(listed, LAST) is reached


def poll(hours: float, fresh: int, newest: datetime | None = None) -> Poll:
    return Poll("channel:tech", LAST + hours * HOUR, 1, 20, fresh, overlapped=True, newest_at=newest)


def test_a_gap_lies_between_what_was_published_where_the_list_says_so() -> None:
    listed = [Seen(None, LAST + 7 * HOUR), Seen(None, LAST + 6 * HOUR)]
    before = poll(0, 2, newest=LAST - HOUR / 4)
    assert gap_between(before, listed, LAST + 8 * HOUR) == (LAST - HOUR / 4, LAST + 6 * HOUR)
    assert gap_between(poll(0, 2), [NEW], LAST + 8 * HOUR) == (LAST, LAST + 8 * HOUR)
    backwards = [Seen(None, LAST - 9 * HOUR)]
    assert gap_between(before, backwards, LAST + 8 * HOUR) == (LAST, LAST + 8 * HOUR)


def test_up_to_so_many_are_missing_as_the_fastest_pace_would_bring() -> None:
    quiet, busy = [poll(0, 0), poll(1, 3), poll(2, 3)], [poll(0, 0), poll(1, 30), poll(2, 3)]
    assert most_missing(5 * HOUR, quiet, [NEW]) == 15
    assert most_missing(5 * HOUR, busy, [NEW]) == 150
    dense = [Seen(None, LAST), Seen(None, LAST + HOUR / 4)]
    assert most_missing(5 * HOUR, quiet, dense) == 40
    assert most_missing(HOUR / 60, quiet, [NEW]) == 1


def done(*listed: Seen, deeper: bool = False, in_order: bool = True) -> FinishedPoll:
    return FinishedPoll(source="channel:tech", run_id=None, pages=1, listed=listed, in_order=in_order, deeper=deeper)


def noted(archive: Archive, polled: FinishedPoll, hours: float) -> PollOutcome:
    return note_poll(archive, polled, source_state(archive, polled.source), LAST + hours * HOUR)


def at(hours: float, *, since: float | None = None) -> Seen:
    return Seen(None if since is None else LAST + since * HOUR, LAST + hours * HOUR)


def test_a_gap_is_found_narrowed_and_closed(archive: Archive) -> None:
    first = noted(archive, done(at(-1), at(-2)), 0)
    assert (first.poll.overlapped, first.found) == (None, None)
    assert noted(archive, done(at(0.5), at(-1, since=0)), 1).poll.overlapped is True
    lost = noted(archive, done(at(8), at(7)), 9)
    assert lost.poll.overlapped is False
    assert [str(gap) for gap in open_gaps(archive)] == [
        "channel:tech: between 2025-02-13 04:30 and 2025-02-13 11:00 UTC up to 13 articles may be missing"
    ]
    (aim,) = source_state(archive, "channel:tech").aims
    assert aim.known_until == LAST + HOUR
    # Deeper, but not deep enough: the gap becomes narrower.
    again = noted(archive, done(at(8, since=9), at(7, since=9), at(4), deeper=True), 10)
    assert (again.poll.overlapped, again.closed) == (True, ())
    (gap,) = open_gaps(archive)
    assert (gap.before_at, gap.most) == (LAST + 4 * HOUR, 7)
    closed = noted(archive, done(at(8, since=9), at(4, since=10), at(2), at(0.5, since=1), deeper=True), 11)
    assert [gap.closed_at for gap in closed.closed] == [LAST + 11 * HOUR]
    assert open_gaps(archive) == []
    assert source_state(archive, "channel:tech").aims == ()


def test_what_a_source_does_not_show_any_more_is_not_asked_for_for_ever(archive: Archive) -> None:
    noted(archive, done(at(-1)), 0)
    noted(archive, done(at(8)), 9)
    for hours in range(10, 15):
        assert len(source_state(archive, "channel:tech").aims) == 1
        noted(archive, done(at(8, since=9), deeper=True), hours)
    assert source_state(archive, "channel:tech").aims == ()
    assert len(open_gaps(archive)) == 1


def test_a_ranking_is_no_stream_and_an_empty_list_tells_nothing(archive: Archive) -> None:
    for hours in (0, 9):
        assert noted(archive, done(at(hours), in_order=False), hours).poll.overlapped is None
    noted(archive, done(at(10), at(9, since=9)), 10)
    assert noted(archive, done(), 11).poll.overlapped is None
    assert noted(archive, done(at(11), at(10, since=10)), 12).poll.overlapped is True
    assert open_gaps(archive) == []


def test_what_a_run_that_died_had_seen_is_no_overlap(archive: Archive) -> None:
    """Its sightings are younger than the last poll that was done."""
    noted(archive, done(at(-1)), 0)
    after_the_dead = noted(archive, done(at(8, since=8), at(7, since=8)), 9)
    assert after_the_dead.poll.overlapped is False


def test_after_the_clock_was_put_back_nothing_is_claimed(archive: Archive) -> None:
    noted(archive, done(at(-1)), 5)
    assert noted(archive, done(at(3), at(-1, since=5)), 4).poll.overlapped is None
    assert [each.listed for each in polls_of(archive, "channel:tech", LAST)] == [2, 1]
