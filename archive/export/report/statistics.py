"""The numbers behind the pictures of a dataset, counted in the snapshot."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, Self

from archive.export.errors import BadValue
from archive.export.read.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Statistics:
    """Days are ``YYYY-MM-DD``."""

    days: dict[str, dict[str, int]]
    """Channel → day of publishing → articles."""
    undated: int
    """Articles without a day of publishing."""
    lengths: dict[str, int]
    """Bounds of the text's length in signs → articles."""
    events: dict[str, dict[str, int]]
    """edits, removals → day → how many."""
    groups: dict[str, dict[str, int]]
    """equal content, near duplicates → bounds of a group's size → groups, those of one article left out."""
    fetched: dict[str, int]
    """Day of the first fetch → articles; days between the first and the last on which there was none, too."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Time as it is drawn: a bar for each day, or for each week or month where days would be too many to be seen."""

    starts: list[date]
    width: int
    """Days of a span."""
    note: str
    """What is to be said of the height of a bar; empty where it is a day's number."""
    last: date = date.min
    """The last day of the last span."""

    @classmethod
    def over(cls, days: Iterable[str]) -> Self:
        """The spans from the first of these days to the last."""
        known = sorted(set(days))
        if not known:
            return cls([], *_STEPS[0])
        first, last = date.fromisoformat(known[0]), date.fromisoformat(known[-1])
        width, note = next((each for each in _STEPS if (last - first).days < _BARS * each[0]), _STEPS[-1])
        starts = [first + timedelta(days=place) for place in range(0, (last - first).days + 1, width)]
        return cls(starts, width, note, last)

    def per_day(self, counts: Iterable[dict[str, int]]) -> list[float]:
        """The average of a day in each span, of all counts together."""
        totals = [0] * len(self.starts)
        for day, number in (pair for each in counts for pair in each.items()):
            totals[(date.fromisoformat(day) - self.starts[0]).days // self.width] += number
        days = [self.width] * len(totals)
        if days:
            days[-1] = min(self.width, (self.last - self.starts[-1]).days + 1)  # The last may not be whole.
        return [total / number for total, number in zip(totals, days, strict=True)]


_BARS: Final = 400
"""So many bars can be told apart."""
_STEPS: Final = ((1, ""), (7, ", averaged over 7"), (30, ", averaged over 30"), (365, ", averaged over 365"))
"""Days of a span, and what is said of it."""

_LENGTHS: Final = (0, *(100 * 2**step for step in range(10)))
_SIZES: Final = (1, 2, 3, 4, 5, 10, 20, 50, 100)
"""Upper bounds of bins; above the last lie all others."""


def collect_statistics(snapshot: Snapshot) -> Statistics:
    """The numbers of the chosen articles."""
    days: dict[str, dict[str, int]] = defaultdict(dict)
    for channel, day, number in snapshot.counts("day"):
        days[str(channel) or "(none)"][_checked(day)] = int(str(number))
    undated = snapshot.wanted() - sum(sum(each.values()) for each in days.values())
    lengths = _binned(snapshot.counts("length"), _LENGTHS)
    events = {name: _by_day(snapshot.counts(name)) for name in ("edits", "removals")}
    groups = {"equal content": _binned(snapshot.counts("content"), _SIZES)}
    if snapshot.clusters_known():
        groups["near duplicates"] = _binned(snapshot.counts("clusters"), _SIZES)
    return Statistics(dict(days), undated, lengths, events, groups, _without_holes(_by_day(snapshot.counts("fetched"))))


def _by_day(rows: Iterable[tuple[object, ...]]) -> dict[str, int]:
    return {_checked(day): int(str(number)) for day, number in rows}


def _checked(day: object) -> str:
    try:
        return date.fromisoformat(str(day)).isoformat()
    except ValueError as error:
        raise BadValue("articles", "an article", "a date", f"{day} is no day") from error


def _binned(rows: Iterable[tuple[object, ...]], bounds: tuple[int, ...]) -> dict[str, int]:
    """The rows, a value and how many there are of it, in bins; the first bound is what no value lies below."""
    bins = [0] * len(bounds)
    for value, number in rows:
        bins[max(bisect_left(bounds, int(str(value))) - 1, 0)] += int(str(number))
    names = [str(high) if high == low + 1 else f"{low + 1}–{high}" for low, high in pairwise(bounds)]
    return dict(zip([*names, f"over {bounds[-1]}"], bins, strict=True))


def _without_holes(days: dict[str, int]) -> dict[str, int]:
    if not days:
        return {}
    first, last = date.fromisoformat(min(days)), date.fromisoformat(max(days))
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return {day.isoformat(): days.get(day.isoformat(), 0) for day in every}
