"""The hot ranking over time: from sightings to who held which place, and how long. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from operator import attrgetter


@dataclass(frozen=True, slots=True)
class Sighting:
    """An article at a rank. Only changes are noted: it stands there until something else is said."""

    article_id: str
    rank: int
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Stay:
    """How long an article held a rank."""

    rank: int
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Course:
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
        """The rank it held up to that moment."""
        return next((stay.rank for stay in self.stays if stay.begin <= moment <= stay.end), None)


def courses(sightings: Iterable[Sighting], begin: datetime, end: datetime) -> list[Course]:
    """The ways of all articles between two moments, the most prominent first.

    A stay ends when the article is seen at another rank, or another article at its rank.
    """
    in_order = sorted(sightings, key=attrgetter("seen_at"))
    stays: dict[str, list[Stay]] = {}
    ends = _ends(in_order, "rank", end), _ends(in_order, "article_id", end)
    for sighting, *limits in zip(in_order, *ends, strict=True):
        first, last = max(sighting.seen_at, begin), min(*limits, end)
        if first < last or (first == last == end):
            stays.setdefault(sighting.article_id, []).append(Stay(sighting.rank, first, last))
    found = [Course(article_id, tuple(_joined(each))) for article_id, each in stays.items()]
    return sorted(found, key=lambda course: (-course.held, course.best, course.article_id))


def _ends(sightings: Sequence[Sighting], key: str, end: datetime) -> list[datetime]:
    """For each sighting, when the next one with the same rank (or of the same article) was."""
    following: dict[object, datetime] = {}
    found: list[datetime] = []
    for sighting in reversed(sightings):
        found.append(following.get(getattr(sighting, key), end))
        following[getattr(sighting, key)] = sighting.seen_at
    return found[::-1]


def _joined(stays: list[Stay]) -> Iterable[Stay]:
    """Stays at one rank without a gap, as one."""
    kept = stays[:1]
    for before, after in pairwise(stays):
        if before.rank == after.rank and before.end == after.begin:
            kept[-1] = Stay(after.rank, kept[-1].begin, after.end)
        else:
            kept.append(after)
    return kept
