"""A text as the comparison needs it: its shingles, and its form with a slot for each fact. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Final, Self

from archive.article.plain_text import visible
from archive.duplicates.fast_fold import fold_positions
from archive.duplicates.minhash import Hashes, Signature, minhash, shingles, signature

FLASH: Final = 100
"""Bare characters below which a text is a flash."""

SLOT: Final = "N"
"""Stands for a fact in a form; a folded text has no capitals."""

_SIGNS: Final = re.compile(r"[\W_]+")
_NUMERALS: Final = "零〇一二两三四五六七八九十百千万亿"
_FACT: Final = re.compile(rf"\d+(?:[.,:]\d+)*%?|[{_NUMERALS}]{{2,}}|[a-z]+")
_BEFORE: Final = 4
_AFTER: Final = 2


@dataclass(frozen=True)
class ComparableText:
    """One text, folded; see ``plain.fold``."""

    folded: str

    @classmethod
    def of(cls, body: str) -> Self:
        """What a reader sees of a Markdown body."""
        return cls(fold_positions(visible(body)))

    @cached_property
    def bare(self) -> str:
        """Without punctuation and white space: what is compared."""
        return _SIGNS.sub("", self.folded)

    @cached_property
    def digest(self) -> int:
        """63 bits that two texts share only if they are the same, punctuation and white space apart."""
        return int.from_bytes(blake2b(self.bare.encode("utf-8", "replace"), digest_size=8).digest()) >> 1

    @cached_property
    def shingles(self) -> Hashes:
        """The set that similarity is measured on."""
        return shingles(self.bare)

    @cached_property
    def signature(self) -> Signature:
        """What the set is looked up by."""
        return signature(minhash(self.shingles))

    @property
    def is_flash(self) -> bool:
        """Whether the text is too short for the rules of long ones."""
        return len(self.bare) < FLASH

    @cached_property
    def facts(self) -> list[str]:
        """Numbers and Latin words in reading order."""
        return _FACT.findall(self.folded)

    @cached_property
    def form(self) -> str:
        """The bare text with a ``SLOT`` for each fact."""
        return _SIGNS.sub("", _FACT.sub(SLOT, self.folded))

    @cached_property
    def filled(self) -> dict[str, Counter[str]]:
        """The words around a slot → the facts that stand between them."""
        places: dict[str, Counter[str]] = defaultdict(Counter)
        slots = [place for place, character in enumerate(self.form) if character == SLOT]
        for place, fact in zip(slots, self.facts, strict=True):
            places[self.form[max(place - _BEFORE, 0) : place + _AFTER + 1]][fact] += 1
        return places
