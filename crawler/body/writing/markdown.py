"""Blocks to Markdown, as FORMAT asks for: blocks separated by one blank line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat
from typing import Final

from crawler.body.blocks import (
    Block,
    Break,
    Caption,
    Card,
    Code,
    Heading,
    Inline,
    Items,
    Paragraph,
    Picture,
    Quote,
    Rule,
    Table,
    TextRun,
    Video,
)
from crawler.body.writing.inline import HUGO_IN_CODE, write_caption, write_inline, write_link, write_picture

VIDEO_PAGE = "https://v.qq.com/x/page/{}.html"
_TASK_BOX = re.compile(r"^\[(?=[ xX]\](?:\s|$))")
_HEADING_END = re.compile(r"(?:(?<=\s)|^)#+$|\{[^{}]*\}$")
_MARKS: Final = (("- ", "."), ("+ ", ")"))
"""Of an item without a number, and after one. Two lists in a row take turns: alike, they would be read as one."""


def write_blocks(blocks: Iterable[Block]) -> str:
    """The blocks as Markdown, without a final newline."""
    blocks = tuple(blocks)
    if not any(isinstance(block, Items) for block in blocks):
        return "\n\n".join(filter(None, map(_write, blocks)))
    return "\n\n".join(text for _, text in _written(blocks))


def _written(blocks: Iterable[Block]) -> Iterator[tuple[Block, str]]:
    """The blocks that leave a trace, each with its Markdown."""
    turn, last = 0, None
    for block in blocks:
        if isinstance(block, Items):
            alike = isinstance(last, Items) and (last.start is None) == (block.start is None)
            turn = 1 - turn if alike else 0
            text = _items(block.items, block.start, turn)
        else:
            text = _write(block)
        if text:
            yield block, text
            last = block


def _write(block: Block) -> str:
    match block:
        case Paragraph(inlines):
            return write_inline(inlines)
        case Picture():
            return write_picture(block)
        case Video():
            return write_link(video_words(block), VIDEO_PAGE.format(block.vid))
        case Card():
            return write_link(card_words(block), block.url) if block.url else write_inline([TextRun(card_words(block))])
        case Heading(inlines, level):
            return _heading(inlines, level)
        case Caption():
            return write_caption(block)
        case Items(items, start):
            return _items(items, start, 0)
        case Quote(blocks):
            return _prefixed(write_blocks(blocks), "> ", "> ")
        case Table(rows):
            return _table(rows)
        case Code(text):
            return _code(text)
        case Rule():
            return "***"


def video_words(video: Video) -> str:
    """What the line of a video says."""
    return f"视频：{video.title}" if video.title else "视频"


def card_words(card: Card) -> str:
    """What the line of a card says."""
    return f"{card.kind}：{card.name}" if card.name else card.kind


def _heading(inlines: Sequence[Inline], level: int) -> str:
    text = write_inline(inlines, "heading")
    # A heading may end in closing number signs, or for Hugo in attributes; neither is meant here.
    text = _HEADING_END.sub(lambda match: "\\" + match.group(), text)
    return f"{'#' * max(level, 2)} {text}"


def _items(items: Sequence[Sequence[Block]], start: int | None, turn: int) -> str:
    lines = []
    bullet, delimiter = _MARKS[turn]
    for number, blocks in enumerate(items, start or 0):
        marker = bullet if start is None else f"{number}{delimiter} "
        text = _TASK_BOX.sub(r"\\[", _tight(blocks))
        lines.append(_prefixed(text, marker, " " * len(marker)))
    return "\n".join(lines)


def _tight(blocks: Sequence[Block]) -> str:
    """An item's blocks; a list inside it follows its text without a blank line, where it is still seen as one."""
    parts: list[str] = []
    for block, text in _written(blocks):
        seam = "\n" if isinstance(block, Items) and _interrupts(block) else "\n\n"
        parts += (seam, text) if parts else (text,)
    return "".join(parts)


def _interrupts(items: Items) -> bool:
    """Whether a list may follow a line of text: of all numbers only 1 can, and no empty item."""
    return items.start in (None, 1) and bool(items.items[0])


def _prefixed(text: str, first: str, rest: str) -> str:
    prefixes = chain([first], repeat(rest))
    lines = zip(prefixes, text.split("\n"), strict=False)
    return "\n".join(prefix + line if line else prefix.rstrip() for prefix, line in lines)


def _table(rows: Sequence[Sequence[Sequence[Sequence[Inline]]]]) -> str:
    written = [[_cell(cell) for cell in row] for row in rows]
    rule = ["---"] * len(written[0])
    return "\n".join("| " + " | ".join(row) + " |" for row in [written[0], rule, *written[1:]])


def _cell(lines: Sequence[Sequence[Inline]]) -> str:
    return write_inline([part for line in lines for part in (Break(), *line)][1:], "cell")


def _code(text: str) -> str:
    # Keep the words, give up the fence.
    if HUGO_IN_CODE.search(text):
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        inlines = [part for line in lines for part in (Break(), TextRun(line))][1:]
        return write_inline(inlines)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"
