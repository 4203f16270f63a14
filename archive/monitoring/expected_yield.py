"""What a run may be expected to bring, learned from what earlier ones brought. Pure: histories in, sentences out.

Made for few false alarms: a holiday, a quiet night, a list that varies by itself are no alarm; a list that is
suddenly half as long as it ever was, or a field that pages do not state any more, is one in the same run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil, comb, exp, sqrt
from statistics import median
from typing import Final

from archive.article.model import BEIJING

HISTORY: Final = timedelta(days=28)
"""So far back is looked. What lasted for a tenth of it is taken for normal from then on."""
FEWEST_DAYS: Final = 3
"""Of days with polls at that hour; before there are so many, nothing is expected."""
QUIET: Final = 0.15
"""On the quietest holiday at least this part of the usual comes."""
CHANCE: Final = 1e-6
"""What is less likely than this by chance is no chance."""
_CHANCE_OF_PAGES: Final = 1e-5
"""The same for pages, whose share must also be half of the lowest: a run has few of them."""
_DEVIATIONS: Final = 6.0
_LOW: Final = 0.1
"""The quantile that counts as the lowest: single bad days and runs lie below it."""
_FEWEST_SHARES: Final = 10
_UNIT: Final = 20
"""Pages that are taken together for one share."""
_DRIFT: Final = 0.8
"""A field may become rarer by a fifth without anybody's being told."""


class Kind(StrEnum):
    """What a surprise means for the verdict of a run."""

    THIN = "thin"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Surprise:
    """Something that was to be expected and did not come: what about, and a sentence with both."""

    kind: Kind
    about: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Hour:
    """The polls of one source that ended in one hour of the clock."""

    start: datetime
    """Aware; the full hour."""
    pages: float
    """On average."""
    listed: float
    """Articles in a poll, on average."""
    spread: float
    """Standard deviation of ``listed`` among these polls."""
    fresh: float
    """Articles listed for the first time, in all."""


@dataclass(frozen=True, slots=True)
class Band:
    """Where a number is to be expected, and of what number of pages that was learned."""

    least: float
    most: float
    pages: float


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll brought, and since when nothing fresh had come. Moments are aware."""

    source: str
    at: datetime
    pages: int
    listed: int
    fresh: int
    before: datetime | None = None
    """When the poll before it was."""
    last_fresh: datetime | None = None
    """When a poll last brought anything fresh, this one left out."""


class History:
    """The hours of one source, to be asked by weekday and hour of Beijing."""

    def __init__(self, hours: Iterable[Hour]) -> None:
        self._by_hour: dict[int, list[tuple[datetime, Hour]]] = defaultdict(list)
        self._paces: dict[tuple[int, int], float] = {}
        every = list(hours)
        for hour in every:
            local = hour.start.astimezone(BEIJING)
            self._by_hour[local.hour].append((local, hour))
        self._varies = _varies(every)

    def band(self, at: datetime) -> Band | None:
        """How many articles a poll at that time lists; None while too little is known."""
        local = at.astimezone(BEIJING)
        near = _alike([it for step in (-1, 0, 1) for it in self._by_hour[(local.hour + step) % 24]], local)
        if not near:
            return None
        days: dict[object, list[float]] = defaultdict(list)
        for moment, hour in near:
            days[moment.date()].append(hour.listed)
        levels = [median(values) for values in days.values()]
        usual, pages = median(levels), median(hour.pages for _, hour in near)
        between = 1.4826 * median(abs(level - usual) for level in levels)
        width = _DEVIATIONS * max(between, median(hour.spread for _, hour in near), 0.05 * usual, 0.5)
        # A list that varies is as long as there is news: on a holiday it is short.
        lowest = float(least_of(QUIET * usual)) if self._varies else min(usual - width, _low(levels) / 2)
        return Band(max(lowest, 0.0), max(usual + width, 2 * max(levels)), pages)

    def fresh(self, after: datetime, until: datetime) -> float:
        """How many articles are usually listed for the first time between two moments; 0 where it is not known."""
        total, moment = 0.0, after.astimezone(BEIJING)
        until = until.astimezone(BEIJING)
        while moment < until:
            hour = moment.replace(minute=0, second=0, microsecond=0)
            following = min(hour + timedelta(hours=1), until)
            total += self._pace(hour) * ((following - moment) / timedelta(hours=1))
            moment = following
        return total

    def _pace(self, hour: datetime) -> float:
        """Fresh articles in such an hour."""
        key = (hour.weekday(), hour.hour)
        if key not in self._paces:
            alike = _alike(self._by_hour[hour.hour], hour)
            self._paces[key] = median(it.fresh for _, it in alike) if alike else 0.0
        return self._paces[key]


def _varies(hours: Sequence[Hour]) -> bool:
    """Whether a list is as long as there is news (of today, of a search), not as long as a page has room.

    Then its length is at least half as uneven as chance makes the number of things that happen by themselves.
    """
    if not hours:
        return False
    levels = [hour.listed for hour in hours]
    usual = median(levels)
    uneven = max(1.4826 * median(abs(level - usual) for level in levels), median(hour.spread for hour in hours))
    return uneven > sqrt(usual) / 2 or _low(levels) < usual / 2


def _alike(hours: Sequence[tuple[datetime, Hour]], local: datetime) -> list[tuple[datetime, Hour]]:
    """Those on the same weekday; while there are too few days: on workdays, or on weekends; on any day."""
    for alike in (
        [it for it in hours if it[0].weekday() == local.weekday()],
        [it for it in hours if (it[0].weekday() > 4) == (local.weekday() > 4)],
        list(hours),
    ):
        if len({moment.date() for moment, _ in alike}) >= FEWEST_DAYS:
            return alike
    return []


def surprises_of_lists(polls: Sequence[Polled], histories: Mapping[str, History], floor: int = 0) -> list[Surprise]:
    """What is surprising about the lists of one run. ``floor`` holds until every source has a history of its own."""
    found, learned = list[Surprise](), True
    for poll in polls:
        band = histories[poll.source].band(poll.at)
        learned = learned and band is not None
        if band is not None and poll.listed < band.least * min(1.0, poll.pages / band.pages):
            when = f"{poll.at.astimezone(BEIJING):%A at %H:%M} in Beijing"
            expected = f"{ceil(band.least)} to {round(band.most)} were to be expected on a {when}"
            found.append(Surprise(Kind.THIN, poll.source, f"{poll.source} listed {poll.listed} articles, {expected}"))
        elif (frozen := _frozen(poll, histories[poll.source])) is not None:
            found.append(frozen)
    listed = sum(poll.listed for poll in polls)
    if polls and not learned and listed < floor:
        sentence = f"all sources together listed {listed} articles, the time-table's floor is {floor}"
        found.append(Surprise(Kind.THIN, "", sentence))
    return found or _nothing_new(polls, histories)


def _frozen(poll: Polled, history: History) -> Surprise | None:
    """A list that shows the same articles again and again."""
    if poll.fresh or poll.last_fresh is None:
        return None
    expected = history.fresh(poll.last_fresh, poll.at)
    if not is_improbable(0, QUIET * expected):
        return None
    since = f"{poll.last_fresh.astimezone(BEIJING):%Y-%m-%d %H:%M} in Beijing"
    sentence = f"{poll.source} listed nothing new since {since}, about {expected:.0f} articles were to be expected"
    return Surprise(Kind.THIN, poll.source, sentence)


def _nothing_new(polls: Sequence[Polled], histories: Mapping[str, History]) -> list[Surprise]:
    """Many lists that show hardly anything new, each of which could be a chance."""
    known = [poll for poll in polls if poll.before is not None]
    expected = sum(
        min(histories[poll.source].fresh(poll.before, poll.at), poll.listed) for poll in known if poll.before
    )
    came = sum(poll.fresh for poll in known)
    if not is_improbable(came, QUIET * expected):
        return []
    sentence = f"all sources together listed {came} new articles, about {expected:.0f} were to be expected"
    return [Surprise(Kind.THIN, "", sentence)]


Shares = Mapping[str, tuple[int, int]]
"""Field → (pages that state it, pages that were asked)."""


def surprises_of_pages(layout: str, now: Shares, earlier: Sequence[Shares]) -> list[Surprise]:
    """Fields that the pages of a layout state less often than they ever did. ``earlier``: of earlier runs."""
    found = []
    for name, (yes, asked) in now.items():
        shares = _shares([run[name] for run in earlier if name in run])
        if len(shares) < _FEWEST_SHARES or not asked:
            continue
        usual, lowest = median(shares), _low(shares)
        if yes / asked < lowest / 2 and binomial(yes, asked, _DRIFT * usual) < _CHANCE_OF_PAGES:
            sentence = f"{yes} of {asked} pages of the layout {layout} {_SAYS.get(name, f'have a {name}')}"
            expected = f"{lowest:.0%} to {max(shares):.0%} were to be expected"
            found.append(Surprise(Kind.CHANGED, layout, f"{sentence}, {expected}: the parser needs mending"))
    return found


_SAYS: Final = {
    "published": "say when they were published",
    "text": "have a text worth the name",
    "pictures": "show pictures",
    "agreement": "say the same to both ways of reading them",
}


def _shares(runs: Sequence[tuple[int, int]]) -> list[float]:
    """One share for every twenty pages or more, in their order."""
    shares, yes, asked = [], 0, 0
    for more_yes, more_asked in runs:
        yes, asked = yes + more_yes, asked + more_asked
        if asked >= _UNIT:
            shares.append(yes / asked)
            yes = asked = 0
    return shares


def _low(values: Sequence[float]) -> float:
    return sorted(values)[int(_LOW * len(values))]


def is_improbable(came: int, expected: float) -> bool:
    """Whether so few cannot be chance where so many come on average (Poisson)."""
    return came < least_of(expected)


def least_of(expected: float) -> int:
    """The smallest number that may be chance where so many come on average (Poisson)."""
    if expected > 700:  # The terms are too small to be added up; by then the normal distribution is as good.
        return int(expected - 4.75 * sqrt(expected))
    number, term = 0, exp(-expected)
    total = term
    while total < CHANCE:
        number += 1
        term *= expected / number
        total += term
    return number


def binomial(most: int, trials: int, chance: float) -> float:
    """The probability of at most so many hits."""
    return sum(comb(trials, n) * chance**n * (1 - chance) ** (trials - n) for n in range(most + 1))
