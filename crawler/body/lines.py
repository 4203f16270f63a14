"""A begun text block to finished blocks: lines trimmed, pictures that stand alone cut out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from crawler.body.blocks import Block, Break, Caption, Heading, Inline, Link, Paragraph, Picture, TextRun
from crawler.body.looks import Look
from crawler.body.marks import EDITOR_LINE, INVISIBLE

_FIRST = Break()


def visible(inlines: Sequence[Inline]) -> bool:
    """Whether there is anything to see."""
    return any(
        part.text.strip(INVISIBLE) if isinstance(part, TextRun) else isinstance(part, Picture) for part in inlines
    )


def read_lines(inlines: Sequence[Inline], look: Look) -> Iterator[Block]:
    """The blocks of one text block: paragraphs (or a heading, or a caption) and the pictures between them."""
    if len(inlines) == 1 and isinstance(inlines[0], TextRun):  # Nearly always.
        run = _trimmed(inlines[0])
        if run.text and not EDITOR_LINE.fullmatch(run.text):
            yield from _finished([run], look)
        return
    text: list[Inline] = []
    for lead_in, line in _lines(inlines):
        if all(isinstance(part, Picture) for part in line):
            yield from _finished(text, look)
            text = []
            yield from (replace(part, bold=False, italic=False) for part in line if isinstance(part, Picture))
        else:
            text += [lead_in, *line] if text else line
    yield from _finished(text, look)


def _finished(text: list[Inline], look: Look) -> Iterator[Block]:
    if not text:
        return
    if look.caption:
        yield _caption(text)
    elif look.heading:
        yield Heading(tuple(text), look.heading)
    else:
        yield Paragraph(tuple(text))


def _caption(text: Sequence[Inline]) -> Caption:
    """A caption stands in italics as a whole; of the looks of its parts only links, code and strokes are kept."""
    parts = [part if isinstance(part, TextRun) else TextRun(" ") for part in text]
    words = " ".join("".join(part.text for part in parts).split(" ")).strip()
    if not any(part.link or part.code or part.strike for part in parts):
        return Caption(words)
    lean = (TextRun(part.text, code=part.code, link=_lean(part.link), strike=part.strike) for part in parts)
    return Caption(words, tuple(lean))


def _lean(link: Link | None) -> Link | None:
    return Link(link.url) if link else None


def _lines(inlines: Sequence[Inline]) -> Iterator[tuple[Break, list[Inline]]]:
    """The visible lines, each with the break before it."""
    lines: list[tuple[Break, list[Inline]]] = [(_FIRST, [])]
    for part in inlines:
        if isinstance(part, Break):
            lines.append((part, []))
        else:
            lines[-1][1].append(part)
    for lead_in, line in lines:
        trimmed = _trim(line)
        if trimmed and not EDITOR_LINE.fullmatch(_words(trimmed)):
            yield lead_in, trimmed


def _words(line: Sequence[Inline]) -> str:
    return "".join(part.text if isinstance(part, TextRun) else "\ufffc" for part in line)


def _trimmed(run: TextRun) -> TextRun:
    text = run.text.strip(INVISIBLE)
    return run if text == run.text else run.with_text(text)


def _trim(line: Sequence[Inline]) -> list[Inline]:
    """The line without white space at its edges and with single spaces between its runs."""
    if not visible(line):
        return []
    kept: list[Inline] = []
    for part in line:
        if isinstance(part, TextRun):
            after_space = kept and isinstance(kept[-1], TextRun) and kept[-1].text.endswith(" ")
            text = part.text.lstrip(INVISIBLE) if not kept else part.text.lstrip(" ") if after_space else part.text
            if not text:
                continue
            part = part.with_text(text) if text != part.text else part
        kept.append(part)
    while isinstance(last := kept[-1], TextRun):
        text = last.text.rstrip(INVISIBLE)
        if text:
            kept[-1] = last.with_text(text) if text != last.text else last
            break
        kept.pop()
    return kept
