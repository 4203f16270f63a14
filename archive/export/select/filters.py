"""What corpus makers take out: articles by length and language, lines that stand everywhere, personal data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

import orjson

from archive.article.markdown_links import links, pictures, replaced
from archive.export.errors import BadOption, BadValue
from archive.export.read.schema import Row, Table, Value
from archive.export.select.personal_data import masked

_KNOWN: Final = "min-length=N, max-length=N, han=SHARE, boilerplate[=N], mask"
_HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
_WORDS: Final = frozenset({"title", "summary", "body", "author", "media", "keywords", "location", "published_raw"})
"""Columns in which people may have written anything. In others an id would be taken for a phone number."""
LONGEST_LINE: Final = 120
"""Signs of a line that may be boilerplate; longer ones are paragraphs that were copied."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What is to be taken out, as asked; None or 0 where it was not."""

    min_length: int = 0
    max_length: int | None = None
    han: float = 0.0
    """Least share of Han characters among letters, 0 to 1."""
    boilerplate: int = 0
    """A line that stands in so many articles is taken out of all of them."""
    mask: bool = False

    def judge(self, body: str) -> str | None:
        """Why an article of this text is left out, or None."""
        text = visible(body)
        length = sum(map(len, text.split()))
        if length < self.min_length:
            return "too short"
        if self.max_length is not None and length > self.max_length:
            return "too long"
        return "too little Han" if self.han and han_share(text) < self.han else None

    @property
    def judges(self) -> bool:
        """Whether an article may be left out at all."""
        return bool(self.min_length or self.max_length is not None or self.han)


def read_filters(stated: Iterable[str]) -> Filters:
    """The filters in ``min-length=200`` and the like. Raises `BadOption`."""
    found: dict[str, Any] = {}
    for text in stated:
        name, _, value = text.partition("=")
        if name not in _READERS or name.replace("-", "_") in found:
            raise BadOption(f"--filter {text}: each of these once: {_KNOWN}")
        try:
            found[name.replace("-", "_")] = _READERS[name](value)
        except ValueError as error:
            raise BadOption(f"--filter {text}: {error}; known are {_KNOWN}") from error
    return Filters(**found)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("a whole number is wanted")
    return int(text)


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise ValueError("a share from 0 to 1 is wanted")
    return share


def _lines(text: str) -> int:
    count = _count(text or "20")
    if count < 2:
        raise ValueError("a line of one article is no boilerplate: 2 or more are wanted")
    return count


def _yes(text: str) -> bool:
    if text:
        raise ValueError("it takes no value")
    return True


_READERS: Final = {
    "min-length": _count,
    "max-length": _count,
    "han": _share,
    "boilerplate": _lines,
    "mask": _yes,
}


def visible(body: str) -> str:
    """What a reader reads of a Markdown text: links without addresses, no pictures."""
    words = replaced(body, pictures(body), lambda _: "")
    return replaced(words, links(words), lambda link: link.text)


def han_share(text: str) -> float:
    """Share of Han characters among all letters; 0 where there is no letter."""
    letters = sum(map(str.isalpha, text))
    return len(_HAN.findall(text)) / letters if letters else 0.0


def line_marks(body: str) -> set[int]:
    """A number for every line of a text that may be boilerplate."""
    return {line_mark(line) for line in map(str.strip, body.split("\n")) if line and len(line) <= LONGEST_LINE}


def line_mark(line: str) -> int:
    """63 bits of a line's hash."""
    return int.from_bytes(blake2b(line.encode(), digest_size=8).digest()) >> 1


@dataclass(slots=True)
class Cleaner:
    """Takes boilerplate lines and personal data out of rows, and counts what it took from articles."""

    filters: Filters
    boilerplate: frozenset[int] = frozenset()
    counts: Counter[str] = field(default_factory=Counter)

    def __call__(self, table: Table, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows, cleaned. Raises `BadValue`."""
        counts = self.counts if table.name == "articles" else Counter[str]()
        for row in rows:
            try:
                cleaned = [self._cleaned(name, value, counts) for name, value in zip(table.names, row, strict=True)]
            except _NoProvenance as error:
                raise BadValue(table.name, str(row[0]), "provenance", str(error)) from error
            yield tuple(cleaned)

    def body(self, text: str) -> str:
        """A body without the lines that stand everywhere."""
        return self._without_boilerplate(text, Counter())

    def _cleaned(self, column: str, value: Value, counts: Counter[str]) -> Value:
        if column == "body" and isinstance(value, str):
            value = self._without_boilerplate(value, counts)
        if not self.filters.mask:
            return value
        if column == "provenance":
            return _masked_provenance(str(value))
        return _masked_words(value, counts) if column in _WORDS else value

    def _without_boilerplate(self, text: str, counts: Counter[str]) -> str:
        if not self.boilerplate:
            return text
        lines = text.split("\n")
        kept = [line for line in lines if not (line.strip() and line_mark(line.strip()) in self.boilerplate)]
        if len(kept) == len(lines):
            return text
        counts["boilerplate lines"] += len(lines) - len(kept)
        return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n")


def _masked_words(value: Value, counts: Counter[str]) -> Value:
    if isinstance(value, list):
        return [masked(each, counts) for each in value]
    return masked(value, counts) if isinstance(value, str) else value


class _NoProvenance(Exception):
    """Something else than where each field was found, and what stood there."""


def _masked_provenance(text: str) -> str:
    """The raw strings masked and not counted: they say once more what the columns say."""
    try:
        stated = {name: (str(where), str(raw)) for name, (where, raw) in orjson.loads(text).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise _NoProvenance(str(error)) from error
    words = _WORDS | {"published_at"}
    hidden = {name: (where, masked(raw, Counter()) if name in words else raw) for name, (where, raw) in stated.items()}
    return orjson.dumps(hidden).decode()
