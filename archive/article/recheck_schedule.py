"""When an article is to be looked at again. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

Ladder = tuple[timedelta, ...]
"""Ages at which an article is looked at again, the shortest first."""

LADDER: Final[Ladder] = (
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(days=7),
    timedelta(days=30),
)

_RUNG: Final = re.compile(r"(\d+)([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Look:
    """One fetch of an article, and whether its publisher had changed it since the one before."""

    at: datetime
    changed: bool = False


def read_ladder(text: str) -> Ladder:
    """``1h 6h 1d 30d`` → the ladder; ``m``, ``h`` and ``d`` are minutes, hours, days. Raises ``ValueError``."""
    rungs = [_RUNG.fullmatch(word) for word in text.replace(",", " ").split()]
    if not all(rungs):
        raise ValueError(f"{text!r} is no ladder of ages such as '1h 6h 1d 30d'")
    return tuple(sorted({timedelta(**{_UNITS[rung[2]]: int(rung[1])}) for rung in rungs if rung}))


def next_check(
    published: datetime | None, seen_at: datetime, history: Sequence[Look], ladder: Ladder = LADDER
) -> datetime | None:
    """When to look again after the look at ``seen_at``; None: never. Always later than ``seen_at``.

    ``history`` holds the looks so far, oldest first, the one at ``seen_at`` last. A change counts as a new
    publishing, so the next look comes soon; without one, no pause is shorter than the pause before.
    """
    changes = [look.at for look in history if look.changed]
    first = history[0].at if history else seen_at
    anchor = changes[-1] if changes else min(published or first, first)
    quiet = len(history) > 1 and not history[-1].changed
    least = max(seen_at - history[-2].at, timedelta()) if quiet else timedelta()
    for rung in ladder:
        if anchor + rung > seen_at and anchor + rung - seen_at >= least:
            return anchor + rung
    return None
