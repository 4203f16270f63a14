"""Runs of text, pictures and breaks as one line, or lines, of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, groupby
from typing import Final
from urllib.parse import quote

from crawler.body.blocks import Break, Inline, Link, Picture, Run
from crawler.body.escape import MOST_PARENTHESES, Piece, Place, escape

_BREAKS: Final[dict[Place, str]] = {"paragraph": "  \n", "heading": " ", "cell": "<br>"}
_MARKERS = {"bold": "**", "italic": "*"}
HUGO_IN_CODE: Final = re.compile(r"\{\{[<%]|<!--\s*more", re.I)
"""What Hugo acts on even inside code, where nothing can be escaped."""


def write_inline(inlines: Iterable[Inline], place: Place = "paragraph") -> str:
    """One text block as Markdown; in a heading a break is a space, in a table's cell ``<br>``."""
    inlines = list(inlines)
    if all(isinstance(part, Run) and part.plain for part in inlines):
        # Most are: nothing to tidy, no markup of ours.
        return escape([Piece("".join(part.text for part in inlines if isinstance(part, Run)))], place)
    return escape(_pieces(_tidy(inlines), _BREAKS[place]), place)


def write_picture(picture: Picture) -> str:
    return escape(_picture_pieces(picture))


def write_link(text: str, url: str) -> str:
    """A link with plain text, such as a video's line."""
    return escape([Piece("[", markup=True), *_label(text), Piece(f"]({destination(url)})", True, True)])


def write_emphasis(text: str) -> str:
    """A caption: its text between single stars."""
    return escape([Piece("*", markup=True), Piece(text), Piece("*", markup=True)])


def destination(url: str) -> str:
    """An address as it may stand between the parentheses of a link: nothing in it ends the link early."""
    url = re.sub(r"[\s<>\\`\x00-\x20\x7f]|\{(?=\{)", lambda match: quote(match.group()), url)
    depths = [0, *accumulate(1 if char == "(" else -1 for char in url if char in "()")]
    if depths[-1] == min(depths) == 0 and max(depths) <= MOST_PARENTHESES:
        return url
    return url.replace("(", "%28").replace(")", "%29")


def _tidy(inlines: Iterable[Inline]) -> list[Inline]:
    """Adjacent equal runs merged, white space moved out of the emphasis it ends or begins."""
    split = [part for inline in _merge(inlines) for part in _split_edges(inline)]
    return list(_merge(_settle(split, at) for at in range(len(split))))


def _merge(inlines: Iterable[Inline]) -> Iterator[Inline]:
    for look, group in groupby(inlines, key=_look):
        if look is None:
            yield from group
        else:
            yield Run("".join(part.text for part in group if isinstance(part, Run)), *look)


def _look(inline: Inline) -> tuple[bool, bool, bool, Link | None] | None:
    """What two runs must share to be one; None for what is no run."""
    return (inline.bold, inline.italic, inline.code, inline.link) if isinstance(inline, Run) else None


def _split_edges(inline: Inline) -> list[Inline]:
    if not isinstance(inline, Run) or inline.plain:
        return [inline]
    core = inline.text.strip()
    before, _, after = inline.text.partition(core) if core else (inline.text, "", "")
    return [inline.with_text(text) for text in (before, core, after) if text]


def _settle(parts: Sequence[Inline], at: int) -> Inline:
    """White space, breaks and pictures keep only the emphasis that both of their neighbours share."""
    part = parts[at]
    if isinstance(part, Run) and not part.text.isspace():
        return part
    before, after = parts[at - 1] if at else Run(""), parts[at + 1] if at + 1 < len(parts) else Run("")
    bold = part.bold and before.bold and after.bold
    italic = part.italic and before.italic and after.italic
    if isinstance(part, Run):
        shared = isinstance(before, Run) and isinstance(after, Run) and before.link == after.link
        return Run(part.text, bold, italic, link=part.link if shared else None)
    return replace(part, bold=bold, italic=italic)


def _pieces(inlines: Sequence[Inline], line_break: str) -> Iterator[Piece]:
    """Links are the outer grouping; emphasis inside a link is written relative to the link's own."""
    outer: list[tuple[bool, bool, list[Piece]]] = []
    for link, group in groupby(inlines, key=lambda part: part.link if isinstance(part, Run) else None):
        parts = list(group)
        if link is None:
            outer.extend((part.bold, part.italic, list(_atom(part, line_break))) for part in parts)
        else:
            outer.append(_link(link, parts, line_break))
    yield from _emphasised(outer)


def _link(link: Link, parts: Sequence[Inline], line_break: str) -> tuple[bool, bool, list[Piece]]:
    bold = link.bold and all(part.bold for part in parts)
    italic = link.italic and all(part.italic for part in parts)
    inner = [(part.bold and not bold, part.italic and not italic, list(_atom(part, line_break))) for part in parts]
    label = list(_emphasised(inner))
    pieces = [Piece("[", markup=True), *_balanced(label), Piece(f"]({destination(link.url)})", True, True)]
    return bold, italic, pieces


def _atom(part: Inline, line_break: str) -> Iterator[Piece]:
    if isinstance(part, Break):
        yield Piece(line_break, markup=True)
    elif isinstance(part, Picture):
        yield from _picture_pieces(part)
    elif part.code:
        yield from _code_pieces(part.text)
    else:
        yield Piece(part.text)


def _picture_pieces(picture: Picture) -> Iterator[Piece]:
    yield Piece("![", markup=True)
    yield from _label(picture.alt)
    yield Piece(f"]({destination(picture.url)})", True, True)


def _code_pieces(text: str) -> Iterator[Piece]:
    if HUGO_IN_CODE.search(text):
        yield Piece(text)
        return
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    if text[0] == "`" or text[-1] == "`":
        text = f" {text} "
    yield Piece(f"{fence}{text}{fence}", True, True)


def _label(text: str) -> list[Piece]:
    return _balanced([Piece(text)])


def _balanced(pieces: list[Piece]) -> list[Piece]:
    """Brackets of a link's text, backslashed where they do not pair up or begin a link of their own."""
    text = "".join(piece.string for piece in pieces if not piece.markup)
    depth = 0
    for bracket in re.findall(r"[\[\]]", text):
        depth += 1 if bracket == "[" else -1
        if depth < 0:
            break
    if depth == 0 and "](" not in text:
        return pieces
    return [part for piece in pieces for part in ([piece] if piece.markup else _backslashed(piece.string))]


def _backslashed(text: str) -> Iterator[Piece]:
    for part in re.split(r"([\[\]])", text):
        if part:
            yield Piece("\\" + part, markup=True) if part in "[]" else Piece(part)


def _emphasised(parts: Sequence[tuple[bool, bool, list[Piece]]]) -> Iterator[Piece]:
    """The parts with markers around each stretch of emphasis; the longer stretch is the outer one."""
    opened: list[str] = []
    for at, (bold, italic, pieces) in enumerate(parts):
        wanted = {name for name, on in (("bold", bold), ("italic", italic)) if on}
        while not set(opened) <= wanted:
            yield Piece(_MARKERS[opened.pop()], markup=True)
        for name in sorted(wanted - set(opened), key=lambda name: -_reach(parts, at, name)):
            opened.append(name)
            yield Piece(_MARKERS[name], markup=True)
        yield from pieces
    while opened:
        yield Piece(_MARKERS[opened.pop()], markup=True)


def _reach(parts: Sequence[tuple[bool, bool, list[Piece]]], at: int, name: str) -> int:
    """How many parts from ``at`` on keep the emphasis; bold wins a draw."""
    column = 0 if name == "bold" else 1
    end = next((later for later in range(at, len(parts)) if not parts[later][column]), len(parts))
    return 2 * (end - at) + (name == "bold")
