"""The parts of an article's body, between its HTML and its Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


class Link(NamedTuple):
    """An address that a stretch of text points to, and the emphasis it stands in."""

    url: str
    bold: bool = False
    italic: bool = False


class TextRun(NamedTuple):
    """A stretch of text in one look. ``text`` is what the reader sees, unescaped."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: Link | None = None
    strike: bool = False

    @property
    def plain(self) -> bool:
        """Whether it looks like nothing but text."""
        return not (self.bold or self.italic or self.code or self.link or self.strike)

    def with_text(self, text: str) -> TextRun:
        """Another text in the same look."""
        return TextRun(text, self.bold, self.italic, self.code, self.link, self.strike)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: as a block of its own, or (an emoji) in the midst of text."""

    url: str
    """As the page shows it."""
    alt: str
    bold: bool = False
    italic: bool = False
    link: Link | None = None
    animation: str = field(default="", compare=False)
    """The address at which it moves, where ``url`` is a still of it; else ``""``."""


@dataclass(frozen=True, slots=True)
class Video:
    """A video that the page names: Tencent Video id, title and poster picture (both may be empty)."""

    vid: str
    title: str = ""
    poster: str = ""
    duration: str = field(default="", compare=False)
    """As the page states it: ``00:02:24``, ``4分57秒``; ``""`` where it does not."""


@dataclass(frozen=True, slots=True)
class Card:
    """What the page shows as a card: an account, a mini program, a place, a poll, a sound."""

    kind: str
    """As a reader would call it: ``公众号``, ``投票``."""
    name: str
    """``""`` where the page states none."""
    url: str
    """Where it leads; ``""`` where nothing on the web answers to it."""


@dataclass(frozen=True, slots=True)
class Break:
    """A line break inside a text block, with the emphasis it stands in."""

    bold: bool = False
    italic: bool = False


Inline = TextRun | Picture | Break


@dataclass(frozen=True, slots=True)
class Paragraph:
    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    inlines: tuple[Inline, ...]
    level: int


@dataclass(frozen=True, slots=True)
class Caption:
    """The words under a picture. ``inlines``: the same with their links, where it has any."""

    text: str
    inlines: tuple[Inline, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Items:
    """A list. ``start`` is the first number of an ordered list, None where the list has no numbers."""

    items: tuple[tuple[Block, ...], ...]
    start: int | None


@dataclass(frozen=True, slots=True)
class Quote:
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, each cell its lines; every row as long as the longest, in a huge table the first one only."""

    rows: tuple[tuple[tuple[tuple[Inline, ...], ...], ...], ...]


@dataclass(frozen=True, slots=True)
class Code:
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal rule."""


Block = Paragraph | Heading | Caption | Items | Quote | Table | Code | Rule | Picture | Video | Card


def pictures_of(blocks: Iterable[Block]) -> Iterator[Picture]:
    """All pictures, in reading order."""
    for block in blocks:
        match block:
            case Picture():
                yield block
            case Paragraph(inlines) | Heading(inlines):
                yield from _inline_pictures(inlines)
            case Quote(children):
                yield from pictures_of(children)
            case Items(items):
                for item in items:
                    yield from pictures_of(item)
            case Table(rows):
                yield from (one for row in rows for cell in row for line in cell for one in _inline_pictures(line))


def _inline_pictures(inlines: Iterable[Inline]) -> Iterator[Picture]:
    return (part for part in inlines if isinstance(part, Picture))


def videos_of(blocks: Iterable[Block]) -> Iterator[Video]:
    """All videos, in reading order."""
    for block in blocks:
        match block:
            case Video():
                yield block
            case Quote(children):
                yield from videos_of(children)
            case Items(items):
                for item in items:
                    yield from videos_of(item)


def texts_of(blocks: Iterable[Block]) -> Iterator[str]:
    """The text of each text block, in reading order: no captions, alternative texts, numbers, videos, cards."""
    for block in blocks:
        match block:
            case Paragraph(inlines) | Heading(inlines):
                yield _inline_text(inlines)
            case Quote(children):
                yield from texts_of(children)
            case Items(items):
                for item in items:
                    yield from texts_of(item)
            case Table(rows):
                yield from map(_inline_text, _cell_lines(rows))
            case Code(text):
                yield " ".join(text.split())


def _inline_text(inlines: Iterable[Inline]) -> str:
    shown = {Break: " ", Picture: ""}
    parts = (part.text if isinstance(part, TextRun) else shown[type(part)] for part in inlines)
    return "".join(parts).strip()


def _cell_lines(rows: Iterable[Iterable[Iterable[tuple[Inline, ...]]]]) -> Iterator[tuple[Inline, ...]]:
    return (line for row in rows for cell in row for line in cell)
