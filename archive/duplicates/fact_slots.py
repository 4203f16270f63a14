"""Whether two texts of much the same words state the same facts, or are one form filled in twice. Pure.

Who copies a text and changes it changes words and facts alike. Who fills in a form changes nothing but facts: what
stands between the same words differs more often than the words themselves do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import comb
from typing import Final

import numpy as np

from archive.duplicates.comparable_text import ComparableText
from archive.duplicates.minhash import GRAM, among, positioned

_CHANCE: Final = 0.005
"""How rarely even edits may make a copy look like a form filled in anew."""
_NAME: Final = range(2, 9)
"""Characters of a name, or of whatever else a gap is filled with."""
_NAMED_EVERY: Final = 400
"""Characters: a text names its subject at least as often."""


def filled_in_twice(one: ComparableText, other: ComparableText) -> bool:
    """Whether the two share a form, but not the facts in it."""
    if _differ(one, other, _is_number) or _differ(one, other, _is_word):
        return True
    return _replaced(one, other) and _replaced(other, one)


def same_facts(one: ComparableText, other: ComparableText) -> bool:
    """The strict rule for flashes: the same numbers, and nothing as long as a name in the place of another."""
    if Counter(one.facts) != Counter(other.facts):
        return False
    gaps, others = (any(len(gap) in _NAME for gap in _gaps(*pair)) for pair in ((one, other), (other, one)))
    return not (gaps and others)


def _is_number(fact: str) -> bool:
    return not _is_word(fact)


def _is_word(fact: str) -> bool:
    return "a" <= fact[0] <= "z"


def _differ(one: ComparableText, other: ComparableText, counts: Callable[[str], bool]) -> bool:
    """Whether half of the facts that count and stand between the same words differ, and more than edits explain."""
    agree = differ = counted = characters = 0
    for place in one.filled.keys() & other.filled.keys():
        here, there = (Counter(filter(counts, text.filled[place].elements())) for text in (one, other))
        same = (here & there).total()
        agree += same
        differ += min(here.total(), there.total()) - same
        counted += here.total() + there.total()
        characters += sum(map(len, (*here.elements(), *there.elements())))
    if differ < max(agree, 1):
        return False
    changed_by_edits = 1 - _kept(one, other) ** (characters / counted)
    return _chance_of(differ, agree + differ, changed_by_edits) < _CHANCE


def _kept(one: ComparableText, other: ComparableText) -> float:
    """The share of characters in the words around the facts that even edits would have left alone."""
    here, there = positioned(one.form), positioned(other.form)
    shared = np.count_nonzero(among(here, np.unique(there))) + np.count_nonzero(among(there, np.unique(here)))
    # A text in which nothing was changed does not prove that nothing ever is.
    return float(((shared + 0.25) / (here.size + there.size + 0.5)) ** (1 / GRAM))


def _chance_of(least: int, of: int, each: float) -> float:
    """That ``least`` or more ``of`` so many happen, where each does with that chance."""
    return sum(comb(of, count) * each**count * (1 - each) ** (of - count) for count in range(least, of + 1))


def _replaced(one: ComparableText, other: ComparableText) -> bool:
    """Whether a name that comes up again and again is nowhere in the other text."""
    seen = Counter(gap for gap in _gaps(one, other) if len(gap) in _NAME)
    often = max(2, len(one.form) // _NAMED_EVERY)
    return any(times >= often and gap not in other.form for gap, times in seen.items())


def _gaps(one: ComparableText, other: ComparableText) -> Iterator[str]:
    """The longest parts of the form of ``one`` of which no shingle is in the form of ``other``."""
    known = among(positioned(one.form), np.unique(positioned(other.form)))
    covered = np.zeros(len(one.form) + 2, dtype=np.bool_)
    covered[[0, -1]] = True
    for offset in range(1, GRAM + 1):
        covered[offset : offset + known.size] |= known
    edges = np.flatnonzero(covered)
    for before, after in pairwise(edges.tolist()):
        if after - before > 1:
            yield one.form[before : after - 1]
