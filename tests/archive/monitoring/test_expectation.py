"""What is expected of a run: on replayed history each break is an alarm at once, and sixty normal days are quiet."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from archive.monitoring.expected_yield import (
    FEWEST_DAYS,
    History,
    Hour,
    Kind,
    Polled,
    Shares,
    binomial,
    least_of,
    surprises_of_lists,
    surprises_of_pages,
)
from tests.archive.replay import FIRST, Simulation

NOON = FIRST + timedelta(days=30, hours=12)


def test_least_of_what_comes_by_chance() -> None:
    assert [least_of(mean) for mean in (0, 1, 13, 14, 40, 100)] == [0, 0, 0, 1, 14, 56]
    assert abs(least_of(700) - least_of(701)) <= 3
    assert binomial(9, 10, 0.5) == pytest.approx(1 - 0.5**10)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sixty_normal_days_with_holidays_are_quiet(seed: int) -> None:
    alarms = [(moment, found) for moment, found in Simulation(seed).days(0, 60) if found]
    assert len(alarms) <= 1, alarms


@pytest.fixture(scope="module")
def month() -> Simulation:
    """Thirty days of history."""
    lived = Simulation(seed=5)
    assert [found for _, found in lived.days(0, 30) if found] == []
    return lived


def next_run(lived: Simulation, **spoilt: int) -> list[str]:
    """What is surprising about the next run, if the lists of these sources are so long."""
    moment = FIRST + timedelta(days=30, hours=12)
    lived._histories = {}
    polls, _ = lived._run(moment)
    lived._histories = {name: History(lived._hours(name, moment)) for name in lived.polls}
    polls = [
        replace(poll, listed=n, fresh=min(n, poll.fresh), pages=1 if n == 0 else poll.pages)
        if (n := spoilt.get(poll.source.partition(":")[2])) is not None
        else poll
        for poll in polls
    ]
    return [each.sentence for each in surprises_of_lists(polls, lived._histories)]


def test_an_emptied_list_is_an_alarm_at_once(month: Simulation) -> None:
    (sentence,) = next_run(month, tech=0)
    assert sentence.startswith("channel:tech listed 0 articles, 1")
    assert sentence.endswith("were to be expected on a Wednesday at 12:00 in Beijing")
    assert next_run(month) == []


def test_half_the_channels_gone_is_an_alarm_at_once(month: Simulation) -> None:
    assert [each.split()[0] for each in next_run(month, tech=0, world=0, rare=0)] == [
        "channel:tech",
        "channel:world",
        "tag:rare",
    ]


def test_a_list_half_as_long_as_ever_is_an_alarm_at_once(month: Simulation) -> None:
    assert len(next_run(month, tech=17)) == 1


def test_a_frozen_list_is_an_alarm_on_the_same_day(month: Simulation) -> None:
    history = History(month._hours("channel:world", FIRST + timedelta(days=30)))
    frozen = Polled("channel:world", NOON, 2, 38, 0, NOON - timedelta(minutes=30), NOON - timedelta(hours=6))
    assert surprises_of_lists([frozen], {"channel:world": history})[0].sentence.startswith(
        "channel:world listed nothing new since 2026-02-04 06:00 in Beijing, about 1"
    )
    quiet = replace(frozen, last_fresh=NOON - timedelta(minutes=90))
    assert surprises_of_lists([quiet], {"channel:world": history}) == []


def test_hardly_anything_new_in_all_lists_together_is_an_alarm() -> None:
    hours = [Hour(NOON - timedelta(days=n), 1, 40, 0, 60) for n in range(1, 15)]
    histories = {f"channel:{n}": History(hours) for n in range(10)}
    before = NOON - timedelta(minutes=20)
    polls = [Polled(name, NOON + timedelta(minutes=30), 1, 40, 1, before, before) for name in histories]
    (found,) = surprises_of_lists(polls, histories)
    assert found.sentence.startswith("all sources together listed 10 new articles, about ")
    assert surprises_of_lists([replace(poll, fresh=8) for poll in polls], histories) == []


def test_fewer_pages_are_expected_to_list_fewer_articles(month: Simulation) -> None:
    history = {"channel:tech": History(month._hours("channel:tech", FIRST + timedelta(days=30)))}
    one_page = Polled("channel:tech", NOON, 1, 12, 1)
    assert surprises_of_lists([one_page], history) == []
    assert len(surprises_of_lists([replace(one_page, pages=2)], history)) == 1


def test_the_floor_holds_until_there_is_a_history() -> None:
    def hours(days: int) -> History:
        return History(Hour(NOON - timedelta(days=n + 1), 1, 6, 0, 1) for n in range(days))

    poll = Polled("hot", NOON, 1, 5, 0)
    (found,) = surprises_of_lists([poll], {"hot": hours(FEWEST_DAYS - 1)}, floor=10)
    assert found.sentence == "all sources together listed 5 articles, the time-table's floor is 10"
    assert surprises_of_lists([poll], {"hot": hours(FEWEST_DAYS - 1)}, floor=5) == []
    assert surprises_of_lists([poll], {"hot": hours(FEWEST_DAYS)}, floor=10) == []
    assert surprises_of_lists([], {}, floor=10) == []


EARLIER: list[Shares] = [{"title": (5, 5), "text": (4, 5), "agreement": (10, 10), "author": (2, 5)}] * 60


@pytest.mark.parametrize(
    ("field", "now", "alarm"),
    [
        ("text", (0, 14), True),
        ("text", (9, 12), False),
        ("text", (0, 3), False),
        ("agreement", (2, 20), True),
        ("agreement", (17, 20), False),
        ("title", (0, 9), True),
        ("author", (0, 12), False),
        ("author", (0, 60), True),
        ("pictures", (0, 60), False),
    ],
)
def test_a_field_that_pages_do_not_state_any_more_is_an_alarm(field: str, now: tuple[int, int], *, alarm: bool) -> None:
    found = surprises_of_pages("rain", {field: now}, EARLIER)
    assert bool(found) is alarm
    assert {each.kind for each in found} <= {Kind.CHANGED}


def test_an_alarm_about_pages_says_what_came_and_what_was_expected() -> None:
    (found,) = surprises_of_pages("rain", {"text": (1, 20)}, EARLIER)
    assert found.sentence == (
        "1 of 20 pages of the layout rain have a text worth the name, 80% to 80% were to be expected: "
        "the parser needs mending"
    )
    assert surprises_of_pages("rain", {"text": (1, 20)}, EARLIER[:30]) == []
