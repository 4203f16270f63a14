"""The hot ranking over time: from sightings and polls to who held which place, and how long. Pure.

Only changes of rank are kept as sightings. That an article still stands where it was is known from the polls, each of
which saw the whole list. What no poll saw is not claimed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Final

from archive.monitoring.poll_times import LONGEST_PAUSE, longest_pause

_LONGEST_POLL: Final = timedelta(minutes=15)
"""A poll is noted when its run has read all its lists: so long after the first of them, at most."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """An article at a rank. Only changes are noted: it stands there until a poll says something else."""

    article_id: str
    rank: int
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Poll:
    """A look at the whole list."""

    at: datetime
    listed: int | None = None
    """How many articles it listed; None where that is not known."""


def polls_between(first: datetime, last: datetime, times: int) -> list[Poll]:
    """Return the polls that one row stands for: of old ones only their number and both ends are kept."""
    step = (last - first) / max(times - 1, 1)
    return [Poll(first + number * step) for number in range(times)]


@dataclass(frozen=True, slots=True)
class Stay:
    """How long an article was seen at a rank: from the first poll that saw it there to the last one."""

    rank: int
    begin: datetime
    end: datetime
    follows: bool = False
    """Whether the poll just before ``begin`` saw the article at another rank."""


@dataclass(frozen=True, slots=True)
class RankHistory:
    """An article's way through the ranking, in the order of time."""

    article_id: str
    stays: tuple[Stay, ...]

    @property
    def best(self) -> int:
        """The highest rank it had."""
        return min(stay.rank for stay in self.stays)

    @property
    def held(self) -> float:
        """Seconds in the ranking, each counted by its rank: what orders the courses."""
        return sum((stay.end - stay.begin).total_seconds() / stay.rank for stay in self.stays)

    def rank_at(self, moment: datetime) -> int | None:
        """The rank at which it was seen up to that moment."""
        return next((stay.rank for stay in self.stays if stay.begin <= moment <= stay.end), None)


class Polls:
    """All polls of a stretch of time, numbered in their order."""

    def __init__(self, noted: Iterable[Poll], sightings: Sequence[Sighting]) -> None:
        """A run that died noted no poll: that it looked is known from its sightings."""
        polls = sorted(noted, key=attrgetter("at"))
        moments = [poll.at for poll in polls]
        unnoted = {it.seen_at for it in sightings if not _is_noted(moments, it.seen_at)}
        self._polls = sorted((*polls, *map(Poll, unnoted)), key=attrgetter("at"))
        self.moments = [poll.at for poll in self._polls]
        self._longest = longest_pause(self.moments)
        pauses = enumerate(pairwise(self.moments), 1)
        self._after_outages = [number for number, (one, other) in pauses if other - one > self._longest]
        lowest = max((it.rank for it in sightings), default=0)
        self._short = [number for number, it in enumerate(self._polls) if it.listed is not None and it.listed < lowest]

    def number_of(self, sighting: Sighting) -> int:
        """Return the number of the poll that a sighting belongs to."""
        return bisect_left(self.moments, sighting.seen_at)

    def too_short(self, rank: int, first: int, after: int) -> int:
        """Return the first poll between two whose list had shrunk and did not reach the rank, else ``after``."""
        before = self._polls[first].listed
        for number in self._short[bisect_right(self._short, first) : bisect_left(self._short, after)]:
            listed = self._polls[number].listed
            # A list of nine may name ranks from 1 to 10: something in it was no article.
            if before is not None and listed is not None and listed < min(before, rank):
                return number
        return after

    def unbroken(self, first: int, after: int) -> Iterator[tuple[int, int]]:
        """Yield the first and the last poll of each stretch without an outage."""
        known = self._after_outages
        between = known[bisect_right(known, first) : bisect_left(known, after)]
        return ((begin, end - 1) for begin, end in pairwise((first, *between, after)))

    def are_neighbours(self, number: int, other: int) -> bool:
        """Whether no poll and no outage lies between two polls."""
        return other == number + 1 and self.moments[other] - self.moments[number] <= self._longest

    def last_until(self, moment: datetime) -> datetime | None:
        """Return when the last poll was up to a moment, or None."""
        number = bisect_right(self.moments, moment)
        return self.moments[number - 1] if number else None

    def outages(self, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Return the parts of that time in which nobody looked."""
        beyond = 2 * LONGEST_PAUSE
        known = sorted({begin - beyond, *self.moments, end + beyond})
        parts = [(max(one, begin), min(other, end)) for one, other in pairwise(known) if other - one > self._longest]
        return [(one, other) for one, other in parts if one < other]


def _is_noted(moments: Sequence[datetime], seen_at: datetime) -> bool:
    number = bisect_left(moments, seen_at)
    return number < len(moments) and moments[number] - seen_at <= _LONGEST_POLL


def rank_histories(
    sightings: Iterable[Sighting], polls: Polls, begin: datetime, end: datetime, ranks: int
) -> list[RankHistory]:
    """Return the ways of all articles through the first ``ranks`` between two moments, the most prominent first.

    A stay ends with the last poll before one that saw the article at another rank, another article at its rank, or a
    list too short for it; and where nobody looked.
    """
    in_order = sorted(sightings, key=attrgetter("seen_at"))
    seen: dict[str, list[_Seen]] = {}
    following = zip(_followed(in_order, polls, "rank"), _followed(in_order, polls, "article_id"), strict=True)
    for sighting, after in zip(in_order, map(min, following), strict=True):
        number = polls.number_of(sighting)
        if number < after and sighting.rank <= ranks:
            stretches = polls.unbroken(number, polls.too_short(sighting.rank, number, after))
            parts = [_Seen(sighting.rank, polls.moments[first], first, last) for first, last in stretches]
            parts[0] = replace(parts[0], begin=sighting.seen_at)
            seen.setdefault(sighting.article_id, []).extend(parts)
    found = [RankHistory(article_id, tuple(_stays(each, polls, begin, end))) for article_id, each in seen.items()]
    return sorted(
        (course for course in found if course.stays), key=lambda course: (-course.held, course.best, course.article_id)
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """An article at a rank, since when, and the first and the last poll of those in a row that saw it there."""

    rank: int
    begin: datetime
    first: int
    last: int


def _followed(sightings: Sequence[Sighting], polls: Polls, key: str) -> list[int]:
    """For each sighting, the poll of the next one with the same rank (or of the same article)."""
    following: dict[object, int] = {}
    found: list[int] = []
    for sighting in reversed(sightings):
        found.append(following.get(getattr(sighting, key), len(polls.moments)))
        following[getattr(sighting, key)] = polls.number_of(sighting)
    return found[::-1]


def _stays(seen: Sequence[_Seen], polls: Polls, begin: datetime, end: datetime) -> list[Stay]:
    """One article's stays between two moments; polls in a row that saw it at one rank are one stay."""
    stays: list[Stay] = []
    before: _Seen | None = None
    for each in seen:
        stay = Stay(each.rank, max(each.begin, begin), min(polls.moments[each.last], end))
        if stay.begin > stay.end:
            continue
        follows = before is not None and polls.are_neighbours(before.last, each.first)
        if follows and stays and stays[-1].rank == stay.rank:
            stays[-1] = replace(stays[-1], end=stay.end)
        else:
            stays.append(replace(stay, follows=follows and bool(stays)))
        before = each
    return stays
