"""The parts an article's body is made of, before any layout turns them into HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Style = Literal["plain", "bold", "bold-by-style", "italic", "card", "secure", "stock"]
"""How a run of text is dressed. ``card``, ``secure``, ``stock``: the site's own keyword links, text to a reader."""


@dataclass(frozen=True, slots=True)
class Run:
    """Some words in one dress; with ``href`` they are a link to another article."""

    text: str
    style: Style = "plain"
    href: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture; ``address`` is the one a browser loads, with ``https:`` wherever the page leaves it out."""

    address: str
    caption: str = ""
    width: int = 640
    height: int = 427

    @property
    def stem(self) -> str:
        """The address without its size (``/641``, ``/1000``)."""
        return self.address.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Clip:
    """A video inside the text: Tencent Video's id, a title, a poster and its length in seconds."""

    vid: str
    title: str
    poster: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Listing:
    ordered: bool
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The first row is the head."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Ornament:
    """A section number that is in the page but not to be seen (``color: transparent``)."""

    text: str


Block = Paragraph | Heading | Quote | Picture | Clip | Listing | Table | Ornament
