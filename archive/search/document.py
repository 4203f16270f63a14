"""An article as the index sees it: its columns as tokens, and the facts by which results are chosen. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

import orjson

from archive.article.plain_text import fold, visible
from archive.search.query import FIELDS
from archive.search.tokenizer import characters, tokenize


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What of an article is searched. ``keywords`` is JSON, as in the archive."""

    title: str
    summary: str
    body: str
    author: str
    media: str
    keywords: str

    def readable(self) -> dict[str, str]:
        """The columns of the index as a reader sees them."""
        return {
            "title": self.title,
            "summary": self.summary,
            "author": self.author,
            "media": self.media,
            "keywords": "\n".join(orjson.loads(self.keywords)),
            "body": visible(self.body),
        }

    def columns(self) -> tuple[str, ...]:
        """The tokens of each column in the order of ``COLUMNS``."""
        folded = {name: fold(text) for name, text in self.readable().items()}
        single = sorted(set[str]().union(*map(characters, folded.values())))
        return (*(" ".join(tokenize(folded[name])) for name in FIELDS), " ".join(single))


COLUMNS: Final = (*FIELDS, "chars")
"""``chars`` holds each character of an article once, so that one-character words are found as fast as others."""


def digest_of(columns: tuple[str, ...]) -> bytes:
    """What shows that tokens made again are those that were indexed: others must never be taken out."""
    return blake2b("\n".join(columns).encode(), digest_size=8).digest()


def moment(published_at: datetime | None) -> int:
    """Seconds since 1970 of an article's date; 0 without one."""
    return max(int(published_at.timestamp()), DATED) if published_at else 0


DATED: Final = 365 * 86_400
"""Row numbers below are those of articles without a date: nothing was published on the web of 1970."""
