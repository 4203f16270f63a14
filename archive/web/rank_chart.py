"""The picture of the ranking: lines from rank to rank, as numbers that a template draws as SVG. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from archive.article.model import BEIJING
from archive.web.ranking import RankHistory, Stay

WIDTH: Final = 720
HEIGHT: Final = 380
_LEFT: Final = 34
_RIGHT: Final = 36
_TOP: Final = 16
_BOTTOM: Final = 30
_BEND: Final = 8
"""Pixels in which a line passes from one rank to the next."""


@dataclass(frozen=True, slots=True)
class RankLine:
    """An article's line; ``number`` is its number in the table and the place of its colour."""

    number: int
    paths: tuple[str, ...]
    end: tuple[float, float]
    """Where its number stands."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture in a box of ``WIDTH`` × ``HEIGHT``."""

    lines: tuple[RankLine, ...]
    ranks: tuple[tuple[int, float], ...]
    """Rank and height of each rung."""
    hours: tuple[tuple[str, float], ...]
    """Words and place of each time."""
    outages: tuple[tuple[str, float, float], ...]
    """From when to when nobody looked, in words, and where that begins and ends."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM


def chart(
    courses: Sequence[RankHistory],
    outages: Sequence[tuple[datetime, datetime]],
    begin: datetime,
    end: datetime,
    ranks: int,
) -> Chart:
    """The courses, numbered from 1 in their order, and the times in which nobody looked."""

    def across(moment: datetime) -> float:
        share = (moment - begin) / max(end - begin, timedelta(seconds=1))
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def down(rank: int) -> float:
        return round(_TOP + (rank - 1) / max(ranks - 1, 1) * (HEIGHT - _TOP - _BOTTOM - 12), 1)

    def line(number: int, course: RankHistory) -> RankLine:
        runs = _runs(course.stays)
        paths = tuple(_path([(across(stay.begin), across(stay.end), down(stay.rank)) for stay in run]) for run in runs)
        last = course.stays[-1]
        return RankLine(number, paths, (across(last.end), down(last.rank)))

    return Chart(
        lines=tuple(line(number, course) for number, course in enumerate(courses, 1)),
        ranks=tuple((rank, down(rank)) for rank in range(1, ranks + 1)),
        hours=tuple((_clock(moment), across(moment)) for moment in _hours(begin, end)),
        outages=tuple((f"{_clock(one)} – {_clock(other)}", across(one), across(other)) for one, other in outages),
    )


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(BEIJING):%H:%M}"


def _runs(stays: Sequence[Stay]) -> list[list[Stay]]:
    """Stays of polls in a row, put together."""
    runs: list[list[Stay]] = []
    for stay in stays:
        if runs and stay.follows:
            runs[-1].append(stay)
        else:
            runs.append([stay])
    return runs


def _path(steps: Sequence[tuple[float, float, float]]) -> str:
    """Level while a rank is held, a soft bend to the next one. Each step: where it begins and ends, and its height."""
    begin, end, height = steps[0]
    drawn = [f"M{begin} {height}"]
    for (before, left, height), (right, after, target) in pairwise(steps):
        wider = max(0.0, _BEND - (right - left) / 2)
        bend, level = max(left - wider, (before + left) / 2), min(right + wider, (right + after) / 2)
        middle = (bend + level) / 2
        drawn.append(f"H{bend:.1f}C{middle:.1f} {height} {middle:.1f} {target} {level:.1f} {target}")
        end = after
    return "".join((*drawn, f"H{end}"))


def _hours(begin: datetime, end: datetime) -> list[datetime]:
    """Five round hours or so."""
    every = max(1, round((end - begin) / timedelta(hours=5)))
    first = begin.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    found = []
    while first <= end:
        found.append(first)
        first += timedelta(hours=every)
    return found
