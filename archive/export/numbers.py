"""The numbers behind the pictures of a dataset, counted in the snapshot."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

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


_BOUNDS: Final = tuple(100 * 2**step for step in range(10))


def counted(snapshot: Snapshot) -> Numbers:
    """The numbers of the chosen articles."""
    days: dict[str, dict[str, int]] = defaultdict(dict)
    for channel, day, number in snapshot.counts("day"):
        days[str(channel) or "(none)"][str(day)] = int(str(number))
    lengths = Counter({int(str(length)): int(str(number)) for length, number in snapshot.counts("length")})
    events = {name: _by_day(snapshot.counts(name)) for name in ("edits", "removals")}
    groups = {"equal content": _sizes(snapshot.counts("content"))}
    if snapshot.clusters_known():
        groups["near duplicates"] = _sizes(snapshot.counts("clusters"))
    return Numbers(dict(days), _binned(lengths), events, groups, _without_holes(_by_day(snapshot.counts("fetched"))))


def _by_day(rows: Iterable[tuple[object, ...]]) -> dict[str, int]:
    return {str(day): int(str(number)) for day, number in rows}


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
