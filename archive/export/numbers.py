"""The numbers behind the pictures of a dataset, counted in the snapshot."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self

from archive.export.errors import BadValue
from archive.export.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Numbers:
    """Days are ``YYYY-MM-DD``."""

    days: dict[str, dict[str, int]]
    """Channel → day of publishing → articles."""
    lengths: dict[int, int]
    """Upper bound of the text's length in signs → articles."""
    events: dict[str, dict[str, int]]
    """edits, removals → day → how many."""
    groups: dict[str, dict[int, int]]
    """equal content, near duplicates → size of a group → groups, those of one article left out."""
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

    @classmethod
    def over(cls, days: Iterable[str]) -> Self:
        """The spans from the first of these days to the last."""
        known = sorted(set(days))
        if not known:
            return cls([], *_STEPS[0])
        first, last = date.fromisoformat(known[0]), date.fromisoformat(known[-1])
        width, note = next((each for each in _STEPS if (last - first).days < _BARS * each[0]), _STEPS[-1])
        starts = [first + timedelta(days=place) for place in range(0, (last - first).days + 1, width)]
        return cls(starts, width, note)

    def per_day(self, counts: Iterable[dict[str, int]]) -> list[float]:
        """The average of a day in each span, of all counts together."""
        totals = [0] * len(self.starts)
        for day, number in (pair for each in counts for pair in each.items()):
            totals[(date.fromisoformat(day) - self.starts[0]).days // self.width] += number
        return [total / self.width for total in totals]


_BARS: Final = 400
"""So many bars can be told apart."""
_STEPS: Final = ((1, ""), (7, ", averaged over 7"), (30, ", averaged over 30"), (365, ", averaged over 365"))
"""Days of a span, and what is said of it."""

_BOUNDS: Final = tuple(100 * 2**step for step in range(10))


def counted(snapshot: Snapshot) -> Numbers:
    """The numbers of the chosen articles."""
    days: dict[str, dict[str, int]] = defaultdict(dict)
    for channel, day, number in snapshot.counts("day"):
        days[str(channel) or "(none)"][_checked(day)] = int(str(number))
    lengths = Counter({int(str(length)): int(str(number)) for length, number in snapshot.counts("length")})
    events = {name: _by_day(snapshot.counts(name)) for name in ("edits", "removals")}
    groups = {"equal content": _sizes(snapshot.counts("content"))}
    if snapshot.clusters_known():
        groups["near duplicates"] = _sizes(snapshot.counts("clusters"))
    return Numbers(dict(days), _binned(lengths), events, groups, _without_holes(_by_day(snapshot.counts("fetched"))))


def _by_day(rows: Iterable[tuple[object, ...]]) -> dict[str, int]:
    return {_checked(day): int(str(number)) for day, number in rows}


def _checked(day: object) -> str:
    try:
        return date.fromisoformat(str(day)).isoformat()
    except ValueError as error:
        raise BadValue("articles", "an article", "a date", f"{day} is no day") from error


def _sizes(rows: Iterable[tuple[object, ...]]) -> dict[int, int]:
    return {int(str(size)): int(str(number)) for size, number in rows}


def _binned(lengths: Counter[int]) -> dict[int, int]:
    bins = dict.fromkeys(_BOUNDS, 0)
    for length, number in lengths.items():
        bins[next((bound for bound in _BOUNDS if length <= bound), _BOUNDS[-1])] += number
    return bins


def _without_holes(days: dict[str, int]) -> dict[str, int]:
    if not days:
        return {}
    first, last = date.fromisoformat(min(days)), date.fromisoformat(max(days))
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return {day.isoformat(): days.get(day.isoformat(), 0) for day in every}
