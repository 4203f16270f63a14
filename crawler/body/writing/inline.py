"""Runs of text, pictures and breaks as one line, or lines, of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, groupby
from typing import Final
from urllib.parse import quote

from crawler.body.blocks import Break, Caption, Inline, Link, Picture, TextRun
from crawler.body.writing.escape import MOST_PARENTHESES, Piece, Place, escape, is_punctuation

_BREAKS: Final[dict[Place, str]] = {"paragraph": "  \n", "heading": " ", "cell": "<br>"}
_MARKERS = {"bold": "**", "italic": "*"}
_STRUCK = Piece("~~", markup=True)
HUGO_IN_CODE: Final = re.compile(r"\{\{[<%]|<!--\s*more", re.I)
"""What Hugo acts on even inside code, where nothing can be escaped."""


def write_inline(inlines: Iterable[Inline], place: Place = "paragraph") -> str:
    """One text block as Markdown; in a heading a break is a space, in a table's cell ``<br>``."""
    inlines = list(inlines)
    if all(isinstance(part, TextRun) and part.plain for part in inlines):
        # Most are: nothing to tidy, no markup of ours.
        return escape([Piece("".join(part.text for part in inlines if isinstance(part, TextRun)))], place)
    return escape(_pieces(_tidy(inlines), _BREAKS[place]), place)


def write_picture(picture: Picture) -> str:
    """A picture as a block of its own, inside its link where it has one."""
    return escape(_pieces([picture], ""))


def write_link(text: str, url: str) -> str:
    """A link with plain text, such as a video's line."""
    return escape([Piece("[", markup=True), *_label(text), Piece(f"]({destination(url)})", True, True)])


def write_caption(caption: Caption) -> str:
    """A caption: its text between single stars."""
    words = list(_pieces(_tidy(caption.inlines), " ")) if caption.inlines else [Piece(caption.text)]
    return escape([Piece("*", markup=True), *words, Piece("*", markup=True)])


def destination(url: str) -> str:
    """An address as it may stand between the parentheses of a link: nothing in it ends the link early."""
    url = re.sub(r"[\s<>\\`\x00-\x20\x7f]|\{(?=\{)", lambda match: quote(match.group()), url)
    depths = [0, *accumulate(1 if char == "(" else -1 for char in url if char in "()")]
    if depths[-1] == min(depths) == 0 and max(depths) <= MOST_PARENTHESES:
        return url
    return url.replace("(", "%28").replace(")", "%29")


def _tidy(inlines: Iterable[Inline]) -> list[Inline]:
    """Adjacent equal runs merged, white space moved out of the emphasis it ends or begins."""
    parts = [part for inline in _merge(inlines) for part in _split_edges(inline)]
    if not all(map(_has_ink, parts)):
        parts = list(_merge(_settled(parts)))
    return list(_strikable(parts)) if any(map(_is_struck, parts)) else parts


def _merge(inlines: Iterable[Inline]) -> Iterator[Inline]:
    for look, group in groupby(inlines, key=_look):
        if look is None:
            yield from group
        else:
            yield TextRun("".join(part.text for part in group if isinstance(part, TextRun)), *look)


def _look(inline: Inline) -> tuple[bool, bool, bool, Link | None, bool] | None:
    """What two runs must share to be one; None for what is no run."""
    if not isinstance(inline, TextRun):
        return None
    return inline.bold, inline.italic, inline.code, inline.link, inline.strike


def _split_edges(inline: Inline) -> list[Inline]:
    if not isinstance(inline, TextRun) or inline.plain:
        return [inline]
    core = inline.text.strip()
    if core == inline.text:
        return [inline]
    before, _, after = inline.text.partition(core) if core else (inline.text, "", "")
    return [inline.with_text(text) for text in (before, core, after) if text]


def _settled(parts: Sequence[Inline]) -> Iterator[Inline]:
    """White space, breaks and pictures keep only the emphasis that the text before them and after them shares."""
    before, after = _reaching(parts), list(reversed(_reaching(list(reversed(parts)))))
    for at, part in enumerate(parts):
        if _has_ink(part):
            yield part
            continue
        bold, italic = (all(shared) for shared in zip(before[at], after[at], strict=True))
        if isinstance(part, TextRun):
            yield TextRun(part.text, bold, italic, link=part.link if _is_within_link(parts, at, part.link) else None)
        else:
            yield replace(part, bold=bold, italic=italic)


def _reaching(parts: Sequence[Inline]) -> list[tuple[bool, bool]]:
    """For each part the emphasis (bold, italic) that lasts, unbroken, from the last text up to it and in it."""
    bold = italic = False
    reaching = []
    for part in parts:
        inked = _has_ink(part)
        bold, italic = part.bold and (inked or bold), part.italic and (inked or italic)
        reaching.append((bold, italic))
    return reaching


def _has_ink(part: Inline) -> bool:
    return isinstance(part, TextRun) and not part.text.isspace()


def _is_within_link(parts: Sequence[Inline], at: int, link: Link | None) -> bool:
    beside = parts[max(at - 1, 0) : at + 2]
    return len(beside) == 3 and not any(isinstance(part, Break) or part.link != link for part in beside)


def _is_struck(part: Inline) -> bool:
    return isinstance(part, TextRun) and part.strike


def _strikable(parts: Sequence[Inline]) -> Iterator[Inline]:
    """Struck text without the signs at its edges that would keep a renderer from seeing the marks around it.

    Chinese stands without spaces: in ``原价~~￥99~~元`` the first mark would open nothing.
    """
    for at, part in enumerate(parts):
        if not (isinstance(part, TextRun) and part.strike):
            yield part
            continue
        before, after = _is_loose(parts, at, -1), _is_loose(parts, at, 1)
        if part.code:
            yield part._replace(strike=before and after)
            continue
        first, last = _signs(part.text), _signs(part.text[::-1])[::-1]
        if (before or not first) and (after or not last):
            yield part
            continue
        core = part.text.removeprefix(first).removesuffix(last)
        for text, strike in ((first, False), (core, True), (last if core else "", False)):
            if text:
                yield part.with_text(text)._replace(strike=strike)


def _is_loose(parts: Sequence[Inline], at: int, step: int) -> bool:
    """Whether what stands before (-1) or after (1) a run lets its marks flank it, whatever its own first sign."""
    part, near = parts[at], at + step
    if not 0 <= near < len(parts):
        return True
    beside = parts[near]
    if not isinstance(beside, TextRun) or not isinstance(part, TextRun):
        return True
    if (beside.bold, beside.italic, beside.link) != (part.bold, part.italic, part.link) or beside.code:
        return True
    sign = beside.text[-1 if step < 0 else 0]
    return sign.isspace() or is_punctuation(sign)


def _signs(text: str) -> str:
    """The signs that a text begins with."""
    return text[: next((at for at, char in enumerate(text) if not is_punctuation(char)), len(text))]


def _pieces(inlines: Sequence[Inline], line_break: str) -> Iterator[Piece]:
    """Links are the outer grouping; emphasis inside a link is written relative to the link's own."""
    outer: list[tuple[bool, bool, list[Piece]]] = []
    for link, group in groupby(inlines, key=lambda part: None if isinstance(part, Break) else part.link):
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
    else:
        pieces = list(_code_pieces(part.text)) if part.code else [Piece(part.text)]
        yield from (_STRUCK, *pieces, _STRUCK) if part.strike else pieces


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
