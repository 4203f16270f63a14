"""The judgement on a pair: are these two texts one story? Pure, and the same whichever of the two comes first."""

from __future__ import annotations

from typing import Final

from archive.duplicates.comparable_text import ComparableText
from archive.duplicates.fact_slots import filled_in_twice, same_facts
from archive.duplicates.minhash import similarity

ALIKE: Final = 0.5
"""Least similarity. With one character in ten changed, one text in a hundred falls below 0.52 of its source."""
FLASHES_ALIKE: Final = 0.6
"""Of flashes, which have few shingles to be judged by."""


def are_near_duplicates(one: ComparableText, other: ComparableText) -> float:
    """How similar two texts of one story are, from 0 to 1; 0 where they are not one story."""
    if one.bare == other.bare:
        return 1.0
    found = similarity(one.shingles, other.shingles)
    if one.is_flash or other.is_flash:
        return found if found >= FLASHES_ALIKE and same_facts(one, other) else 0.0
    return found if found >= ALIKE and not filled_in_twice(one, other) else 0.0
