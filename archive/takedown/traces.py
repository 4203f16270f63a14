"""What an article leaves behind: its id in every written form, and sentences that no other article has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from archive.erasures import written_forms

SENTENCES: Final = 40
"""Looked for at most, spread over the whole text: each costs time on every byte of the archive."""
LEAST: Final = 12
"""Characters: what is shorter may be anybody's words."""
LEAST_OF_TITLE: Final = 6
"""Characters of a title, which lists repeat and readers remember."""

_RUN: Final = re.compile(r"[^\W_](?:[^\W_]| (?=[^\W_]))*")


@dataclass(frozen=True)
class Traces:
    """What to look for. ``sentences`` are runs of letters and digits, free of anything that markup would escape."""

    article_id: str
    sentences: tuple[str, ...] = ()

    @cached_property
    def longest(self) -> int:
        """Bytes of the longest trace: chunks must overlap by so much."""
        return max(map(len, self._needles), default=1)

    def in_text(self, text: str) -> bool:
        """Whether a text of ours names the article or has a sentence of it."""
        return self.count(text.encode("utf-8", "surrogateescape")) > 0

    def count(self, content: bytes) -> int:
        """How many traces there are in ``content``."""
        return sum(1 for _ in self._pattern.finditer(content)) if self._touches(content) else 0

    def blotted(self, content: bytes) -> bytes:
        """``content`` with zeros in the place of every trace; its length stays."""
        if not self._touches(content):
            return content
        return self._pattern.sub(lambda found: b"0" * len(found[0]), content)

    def _touches(self, content: bytes) -> bool:
        return any(needle in content for needle in self._needles)

    @cached_property
    def _needles(self) -> tuple[bytes, ...]:
        return (*(form.encode() for form in written_forms(self.article_id)), *self._encoded)

    @cached_property
    def _encoded(self) -> tuple[bytes, ...]:
        """The sentences as pages of all eras and JSON write them."""
        found = dict.fromkeys(one for each in self.sentences for one in _encodings(each))
        return tuple(sorted(found, key=len, reverse=True))

    @cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        # An id inside a longer word is another id.
        ids = (rb"(?<![A-Za-z0-9])" + re.escape(form.encode()) + rb"(?![A-Za-z0-9])" for form in self._id_forms)
        return re.compile(b"|".join((*ids, *map(re.escape, self._encoded))))

    @property
    def _id_forms(self) -> tuple[str, ...]:
        return written_forms(self.article_id)


def _encodings(sentence: str) -> Iterable[bytes]:
    yield sentence.encode()
    yield sentence.encode("gb18030")
    escaped = "".join(each if each.isascii() else f"\\u{ord(each):04x}" for each in sentence if ord(each) < 0x10000)
    yield escaped.encode()
    yield re.sub(r"(?<=\\u)[0-9a-f]{4}", lambda found: found[0].upper(), escaped).encode()


def own_sentences(
    titles: Iterable[str], texts: Iterable[str], held_by_others: Callable[[list[str]], set[str]]
) -> tuple[str, ...]:
    """Runs of words of these titles, and up to `SENTENCES` of these texts, that nobody else has."""
    heads = [run for run in dict.fromkeys(_runs(titles)) if len(run) >= LEAST_OF_TITLE]
    runs = dict.fromkeys(run for run in _runs(texts) if len(run) >= LEAST)
    asked = _spread(list(runs), 4 * SENTENCES)
    others = held_by_others([*heads, *asked])
    own = _spread([run for run in asked if run not in others], SENTENCES)
    return tuple(dict.fromkeys((*(run for run in heads if run not in others), *own)))


def _runs(texts: Iterable[str]) -> Iterable[str]:
    return (run for text in texts for run in _RUN.findall(text))


def _spread(runs: list[str], count: int) -> list[str]:
    step = max(1.0, len(runs) / count)
    return [runs[int(place * step)] for place in range(min(count, len(runs)))]
