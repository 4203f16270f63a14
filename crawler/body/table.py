"""An HTML table to the grid of a pipe table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from lxml.etree import _Element as Element

from crawler.body.blocks import (
    Block,
    Break,
    Caption,
    Card,
    Code,
    Heading,
    Inline,
    Items,
    Link,
    Paragraph,
    Picture,
    Quote,
    Table,
    TextRun,
    Video,
)
from crawler.body.writing.markdown import VIDEO_PAGE, card_words, video_words

_SECTIONS: Final = ("thead", "tbody", "tfoot")
_MAX_SPAN: Final = 100
_MOST_CELLS: Final = 100_000
"""A table that would grow beyond this is left ragged: a hostile page could ask for millions of empty cells."""

Line = tuple[Inline, ...]


def read_table(table: Element, inside: Callable[[Element], Iterable[Block]]) -> Iterator[Block]:
    """The blocks of a table: what stands outside its cells first, then the table itself if it shows anything.

    ``inside`` reads the blocks inside an element.
    """
    rows: list[list[Element]] = []
    for part in _parts(table):
        if part.tag == "tr":
            rows.append([cell for cell in part if isinstance(cell.tag, str)])
        elif isinstance(part.tag, str):
            yield from inside(part)
    grid = [[tuple(_lines(inside(cell))) if cell is not None else () for cell in row] for row in _grid(rows)]
    width = max((len(row) for row in grid), default=0)
    if any(cell for row in grid for cell in row):
        filled = [row for row in grid if row]
        ragged = width * len(filled) > _MOST_CELLS
        lengths = (0 if ragged and number else width for number in range(len(filled)))
        yield Table(tuple(tuple(row + [()] * (length - len(row))) for row, length in zip(filled, lengths, strict=True)))


def _parts(table: Element) -> Iterator[Element]:
    for child in table:
        if child.tag in _SECTIONS:
            yield from child
        else:
            yield child


def _grid(rows: list[list[Element]]) -> Iterator[list[Element | None]]:
    """Each row's cells in their columns; None where a merged cell reaches."""
    longest = _MAX_SPAN
    if (
        sum(_span(cell, "colspan", longest) * _span(cell, "rowspan", longest) for row in rows for cell in row)
        > _MOST_CELLS
    ):
        longest = 1
    hanging: dict[int, int] = {}
    for cells in rows:
        row: list[Element | None] = []
        for cell in cells:
            while hanging.get(len(row), 0):
                row.append(None)
            width, height = (_span(cell, name, longest) for name in ("colspan", "rowspan"))
            hanging.update(dict.fromkeys(range(len(row), len(row) + width), height))
            row += [cell, *[None] * (width - 1)]
        while hanging.get(len(row), 0):
            row.append(None)
        hanging = {column: left - 1 for column, left in hanging.items() if left > 1}
        yield row


def _span(cell: Element, name: str, longest: int) -> int:
    value = cell.get(name, "1").strip()
    return min(max(int(value[:6]), 1), longest) if value.isascii() and value.isdigit() else 1


def _lines(blocks: Iterable[Block]) -> Iterator[Line]:
    """A cell's blocks as lines: a pipe table has room for nothing else."""
    for block in blocks:
        match block:
            case Paragraph(inlines) | Heading(inlines):
                yield from _split(inlines)
            case Picture():
                yield (block,)
            case Video():
                yield (TextRun(video_words(block), link=Link(VIDEO_PAGE.format(block.vid))),)
            case Card(_, _, url):
                yield (TextRun(card_words(block), link=Link(url) if url else None),)
            case Caption(text, inlines):
                yield tuple(part._replace(italic=True) for part in inlines if isinstance(part, TextRun)) or (
                    TextRun(text, italic=True),
                )
            case Code(text):
                yield from ((TextRun(line.strip(), code=True),) for line in text.split("\n") if line.strip())
            case Quote(children):
                yield from _lines(children)
            case Items(items):
                for item in items:
                    yield from _lines(item)
            case Table(rows):
                for row in rows:
                    yield tuple(part for cell in row for line in cell for part in (*line, TextRun(" ")))[:-1]


def _split(inlines: Iterable[Inline]) -> Iterator[Line]:
    line: list[Inline] = []
    for part in inlines:
        if isinstance(part, Break):
            yield tuple(line)
            line = []
        else:
            line.append(part)
    yield tuple(line)
