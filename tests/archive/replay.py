"""Sixty simulated days of a crawl every hour, and what the model of expectation says to each run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp, sqrt
from random import Random

from archive.article.model import BEIJING
from archive.monitoring.expected_yield import (
    HISTORY,
    History,
    Hour,
    Polled,
    Shares,
    Surprise,
    surprises_of_lists,
    surprises_of_pages,
)

FIRST = datetime(2026, 1, 5, tzinfo=BEIJING)
EVERY = timedelta(hours=1)
NEW_YEAR = range(43, 50)
"""Days of the Spring Festival, when a quarter of the usual is published."""
NIGHT, DAY = 0.1, 1.0


@dataclass(frozen=True)
class List:
    """A source: new articles in an hour of a workday, and how long its list is (None: all of the last 24 hours)."""

    name: str
    pace: float
    length: int | None


LISTS = (
    List("channel:tech", 12.0, 40),
    List("channel:world", 30.0, 40),
    List("channel:kepu", 1.5, 40),
    List("account:daily", 2.0, 20),
    List("search:today", 6.0, None),
    List("tag:rare", 0.1, 30),
)


@dataclass
class Simulation:
    """A world of articles. ``spoil``: what happens to the polls of a run before anybody judges them."""

    seed: int
    polls: dict[str, list[Polled]] = field(default_factory=lambda: {it.name: [] for it in LISTS})
    shares: list[Shares] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self._last_day = {it.name: [0.0] * 24 for it in LISTS}
        self._histories: dict[str, History] = {}
        self._earlier: list[Shares] = []

    def days(
        self, first: int, last: int, spoil: Callable[[list[Polled]], list[Polled]] | None = None
    ) -> Iterator[tuple[datetime, list[Surprise]]]:
        """Live through days; the moment of each run and what was surprising about it."""
        moment = FIRST + timedelta(days=first)
        while moment < FIRST + timedelta(days=last):
            if (moment.hour == 0 and moment.minute == 0) or not self._histories:
                self._histories = {it.name: History(self._hours(it.name, moment)) for it in LISTS}
                self._earlier = self.shares[-600::6]
            # One run of twenty does not take place, and once there is a whole day without any.
            if self.random.random() > 0.05 and (moment - FIRST).days != 37:
                polls, pages = self._run(moment)
                polls = spoil(polls) if spoil else polls
                found = surprises_of_lists(polls, self._histories)
                yield moment, found + surprises_of_pages("rain", pages, self._earlier)
                for poll in polls:
                    self.polls[poll.source].append(poll)
                self.shares.append(pages)
            moment += EVERY

    def _run(self, moment: datetime) -> tuple[list[Polled], Shares]:
        polls = [self._poll(each, moment) for each in LISTS]
        asked = sum(poll.fresh for poll in polls)
        return polls, {name: (self._hits(asked, share), asked) for name, share in SHARES.items()}

    def _poll(self, each: List, moment: datetime) -> Polled:
        earlier = self.polls[each.name]
        before = earlier[-1].at if earlier else None
        came = self._poisson(sum(self._pace(each, moment - n * EVERY) for n in range(self._steps(before, moment))))
        day = self._last_day[each.name]
        day[moment.hour] = self._pace(each, moment)
        length = self._poisson(sum(day)) if each.length is None else each.length - self._hits(6, 0.2)
        fresh = [poll.at for poll in earlier[-500:] if poll.fresh]
        last = fresh[-1] if fresh else None
        return Polled(each.name, moment, 2, length, min(came, length), before, last)

    def _steps(self, before: datetime | None, moment: datetime) -> int:
        return round((moment - before) / EVERY) if before else 1

    def _pace(self, each: List, moment: datetime) -> float:
        hour = NIGHT if moment.hour < 6 else 0.5 if moment.hour in (6, 7, 22, 23) else DAY
        weekend = 0.6 if moment.weekday() > 4 else 1.0
        holiday = 0.25 if (moment - FIRST).days in NEW_YEAR else 1.0
        return each.pace * hour * weekend * holiday * self.random.lognormvariate(0, 0.3)

    def _hours(self, name: str, until: datetime) -> Iterator[Hour]:
        hours: dict[datetime, list[Polled]] = {}
        for poll in self.polls[name]:
            if poll.at >= until - HISTORY:
                hours.setdefault(poll.at.replace(minute=0), []).append(poll)
        for start, polls in hours.items():
            lengths = [poll.listed for poll in polls]
            mean = sum(lengths) / len(lengths)
            spread = sqrt(sum((length - mean) ** 2 for length in lengths) / len(lengths))
            yield Hour(start, 2.0, mean, spread, sum(poll.fresh for poll in polls))

    def _hits(self, trials: int, chance: float) -> int:
        return sum(self.random.random() < chance for _ in range(trials))

    def _poisson(self, mean: float) -> int:
        if mean > 50:
            return max(0, round(self.random.gauss(mean, sqrt(mean))))
        limit, number, product = exp(-mean), 0, self.random.random()
        while product > limit:
            number, product = number + 1, product * self.random.random()
        return number


SHARES = {"title": 1.0, "published": 1.0, "author": 0.97, "summary": 0.9, "pictures": 0.7, "text": 0.85}
