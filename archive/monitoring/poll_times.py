"""When a source was polled, and where nobody looked for so long that nothing can be said. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Final

SHORTEST_OUTAGE: Final = timedelta(minutes=30)
LONGEST_PAUSE: Final = timedelta(hours=2)
_TIMES_THE_USUAL: Final = 3
"""A poll or two may fail without anybody having been away."""


def longest_pause(moments: Sequence[datetime]) -> timedelta:
    """Return the longest time between two polls that is no outage: by the usual one, half an hour to two hours."""
    pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]
    usual = timedelta(seconds=median(pauses or [0.0]))
    return min(max(_TIMES_THE_USUAL * usual, SHORTEST_OUTAGE), LONGEST_PAUSE)


def stretches(moments: Sequence[datetime]) -> list[slice]:
    """Return the parts of an ordered row of polls that no outage interrupts, in their order."""
    longest = longest_pause(moments)
    ends = [place for place, (earlier, later) in enumerate(pairwise(moments), 1) if later - earlier > longest]
    bounds = [0, *ends, len(moments)]
    return [slice(begin, end) for begin, end in pairwise(bounds) if begin < end]
