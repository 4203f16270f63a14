"""Preformatted text (``pre``): code line by line with what stands between its lines, or text that is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from lxml import etree
from lxml.etree import _Element as Element

from crawler.body.blocks import Code
from crawler.body.marks import BLOCK_TAGS, CONTROL, is_dropped
from crawler.body.style import NO_STYLE, read_style

_CODE_CLASS: Final = re.compile(
    r"(?:^|[\s_-]|source)code|hljs|highlight|language|lang-|prettyprint|prism|brush|syntax", re.I
)
_PROSE: Final = "h1 h2 h3 h4 h5 h6 blockquote table sup sub s del strike".split()
_CJK: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_FRAMES: Final = 2
"""Elements around code that may say so in its stead: ``section.code-snippet__fix``."""
_BLANK_LINES: Final = re.compile(r"\A\s*\n")
_LATIN: Final = re.compile("[A-Za-z]")


has_formulas: Final[Callable[[Element], bool]] = etree.XPath("boolean(descendant::*/@data-formula)")
"""Whether any element inside one states the source of a formula."""


def is_prose(pre: Element) -> bool:
    """Whether a ``pre`` holds a text that was pasted into it, not code.

    Code says so (a ``code`` element, a class, a language). Else links, headings, tables, formulas, raised and struck
    text are no code; nor are blocks with bold text, or with Chinese, Japanese or Korean words above all.
    """
    if _says_code(pre):
        return False
    if next(pre.iter(*_PROSE), None) is not None or has_formulas(pre) or any(map(_is_link, pre.iter("a"))):
        return True
    if next(pre.iterdescendants(*BLOCK_TAGS), None) is None:
        return False
    text = "".join(pre.itertext())
    return next(pre.iter("strong"), None) is not None or len(_CJK.findall(text)) > len(_LATIN.findall(text))


def _says_code(pre: Element) -> bool:
    around = (pre, *islice(pre.iterancestors(), _FRAMES))
    classes = " ".join(element.get("class", "") for element in around)
    return pre.get("data-lang") is not None or bool(_CODE_CLASS.search(classes)) or pre.find(".//code") is not None


def _is_link(anchor: Element) -> bool:
    """Whether it leads elsewhere than its own words say: an address in code is often made a link."""
    href, words = anchor.get("href", "").strip(), "".join(anchor.itertext()).strip()
    if not href.startswith(("http://", "https://", "//")):
        return False
    return words not in href if words else anchor.find(".//img") is not None


def code_parts(pre: Element, is_object: Callable[[Element], bool]) -> Iterator[Code | Element]:
    """The code of a ``pre`` in pieces, and the elements between them that are no text but pictures, videos, cards."""
    lines = _Lines()
    lines.add(pre.text)
    walker = etree.iterwalk(pre, events=("start", "end", "comment", "pi"))
    for event, element in walker:
        if element is pre:
            continue
        if event == "start":
            is_text = not is_object(element)
            if not is_text:
                yield from lines.code()
                yield element
                lines = _Lines()
            # What follows an ``embed`` stands inside it: see the reader.
            if element.tag == "embed" or (is_text and not _is_unseen(element)):
                _enter(lines, element)
            else:
                walker.skip_subtree()
        elif event == "end" and _is_line(element):
            lines.end_block(str(element.tag))
        if event != "start":
            lines.add(element.tail)
    yield from lines.code()


def _enter(lines: _Lines, element: Element) -> None:
    if element.tag == "br":
        lines.end()
    elif _is_line(element):
        lines.begin_block()
    lines.add(element.text)


def _is_unseen(element: Element) -> bool:
    css = element.get("style")
    return is_dropped(element, str(element.tag), element.get("class", "").split(), read_style(css) if css else NO_STYLE)


def _is_line(element: Element) -> bool:
    """Whether the element's text stands on lines of its own."""
    if element.tag == "code":
        return _stands_alone(element)
    css = element.get("style")
    return element.tag in BLOCK_TAGS or bool(css and read_style(css).block)


def _stands_alone(code: Element) -> bool:
    """Whether no text stands right beside it: WeChat gives every line a ``code`` element of its own."""
    before, outer = code.getprevious(), code.getparent()
    text = before.tail if before is not None else outer.text if outer is not None else None
    return not (text or "").strip() and not (code.tail or "").strip()


@dataclass(slots=True)
class _Lines:
    """The lines of a ``pre``: broken by line ends and breaks, begun and ended by blocks."""

    ended: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    after: str = ""
    """The block that has just ended: a line end behind it in the source is its own. ``""`` after anything else."""

    def add(self, text: str | None) -> None:
        """Text as it stands, line ends included."""
        text = (text or "").replace("\r\n", "\n").replace("\r", "\n")
        if self.after and not text.strip(" \t\n"):
            text = text.partition("\n")[2]
        if text:
            self.after = ""
            first, *others = text.split("\n")
            self.line.append(first)
            for other in others:
                self._end_line()
                self.line.append(other)

    def end(self) -> None:
        """A break: the line ends here, be it empty."""
        if self.after != "code":
            self._end_line()
        self.after = ""

    def begin_block(self) -> None:
        """A block begins, on a line of its own; white space before it only indents the source."""
        if any(map(str.strip, self.line)):
            self._end_line()
        self.line, self.after = [], ""

    def end_block(self, tag: str) -> None:
        """A block ends, and its line with it."""
        if any(self.line):
            self._end_line()
        self.line, self.after = [], tag

    def code(self) -> Iterator[Code]:
        """The lines as code, without blank ones around them; nothing where all are blank."""
        self._end_line()
        text = CONTROL.sub("", "\n".join(self.ended).replace("\xa0", " "))
        if text.strip():
            yield Code(_BLANK_LINES.sub("", text).rstrip())

    def _end_line(self) -> None:
        self.ended.append("".join(self.line))
        self.line = []
