"""Article HTML to blocks: what a reader sees, in reading order.

One pass over the tree, without recursion along its depth, so that no nesting is too deep.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import ClassVar, Final
from urllib.parse import urljoin

from lxml import etree
from lxml.etree import _Element as Element

from crawler.body.blocks import (
    Block,
    Break,
    Caption,
    Code,
    Inline,
    Link,
    Picture,
    Rule,
    TextRun,
    texts_of,
)
from crawler.body.cards import CARD_PREFIX, read_card, read_poll
from crawler.body.containers import Container, open_container
from crawler.body.lines import read_lines
from crawler.body.looks import Look, look_of, says_something
from crawler.body.marks import (
    BLOCK_TAGS,
    CONTROL,
    HTML_SPACE,
    KEYWORD_MARK,
    LEAD_CLASSES,
    PLACEHOLDER,
    SITE_LINK_CLASSES,
    SITE_PICTURE_CLASSES,
    UNTIDY,
    is_caption,
    is_dropped,
)
from crawler.body.preformatted import code_parts, has_formulas, is_prose
from crawler.body.style import NO_STYLE, Style, read_style
from crawler.body.table import read_table
from crawler.body.videos import flash_video, player_video, pushed_videos

Placeholders = Mapping[str, tuple[Block, ...]]
"""What the comments ``<!--IMG_0-->``, ``<!--VIDEO_0-->`` … of a page stand for."""

_COMPLETE: Final = re.compile(r"https?://[\w.-]+/[\w./%@=&-]*", re.ASCII)
"""Addresses that joining would not change."""
_FORMULA_MARKS: Final = re.compile(r"^(?:\$+|\\[(\[])\s*|\s*(?:\$+|\\[)\]])$")
"""What marks a formula's source as one, where the page writes it along."""
MAX_NESTING: Final = 16
"""Lists, quotes and tables nested deeper than this are read as flat text."""


def read_blocks(root: Element, *, base_url: str, placeholders: Placeholders | None = None) -> tuple[Block, ...]:
    """The blocks inside ``root``; addresses are completed from ``base_url``."""
    reader = _Reader(base_url, placeholders or {})
    reader.walk(root)
    return tuple(reader.finished())


class _Reader:
    """The state of one pass: the looks of the open elements, the open containers, the text block begun."""

    def __init__(self, base_url: str, placeholders: Placeholders, depth: int = 0, look: Look | None = None) -> None:
        self.base_url = base_url
        self.placeholders = placeholders
        self.depth = depth
        self.looks: list[tuple[Look, bool]] = [(look or Look(), True)]
        self.open = [Container(None)]
        self.line: list[Inline] = []
        self.lead: tuple[Block, ...] = ()
        self.in_keyword = False
        self.in_lead = False
        self.stated: Caption | None = None
        self.has_formulas = False

    def walk(self, root: Element) -> None:
        """Read all that is inside ``root``; the element itself is taken for a plain container."""
        self.has_formulas = has_formulas(root)
        self._text(root.text)
        walker = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
        for event, element in walker:
            if element is root:
                continue
            if event == "start":
                if self._starts(element):
                    self._text(element.text)
                else:
                    walker.skip_subtree()
                continue
            if event == "end":
                self._ends(element)
            elif event == "comment":
                self._comment(element.text or "")
            self._text(element.tail)

    def finished(self) -> Iterator[Block]:
        """All blocks, the lead first where the body does not begin with it."""
        self._flush()
        blocks = self.open[0].blocks
        lead = _plain(self.lead)
        if lead and not _plain(blocks).startswith(lead):
            yield from self.lead
        yield from blocks

    # What an element does when it starts, and undoes when it ends.

    def _starts(self, element: Element) -> bool:
        """Enter an element. False: it is dropped, or was read as a whole."""
        tag = str(element.tag)
        css = element.get("style")
        style = read_style(css) if css else NO_STYLE
        classes = element.get("class", "").split()
        outer, _ = self.looks[-1]
        block = tag in BLOCK_TAGS or style.block or is_caption(tag, classes)
        if self._is_done(element, tag, classes, style, block):
            self.looks.append((outer, False))
            return False
        if block:
            self._flush()
            self._open(element, tag)
        look = outer
        if says_something(tag, classes, style):
            link = self._link(element, classes) if tag == "a" else outer.link
            look = look_of(element, tag, classes, style, outer, link)
        if look.form is not outer.form:
            self._text(look.form.opening)
        self.looks.append((look, block))
        return True

    def _is_done(self, element: Element, tag: str, classes: list[str], style: Style, block: bool) -> bool:
        """Whether an element is dropped, or was read as a whole."""
        if tag == "script":
            self._place(pushed_videos(element.text or ""))
        if self.has_formulas and tag != "embed" and self._read_formula(element, style, block):
            return True
        whole = self._WHOLE.get(tag) or (_Reader._read_card if tag.startswith(CARD_PREFIX) else None)
        if is_dropped(element, tag, classes, style) or (whole and whole(self, element, style)):
            return True
        if self.in_lead or LEAD_CLASSES.isdisjoint(classes):
            return False
        self.lead = self.lead or tuple(self.inside(element, lead=True))
        return True

    def _ends(self, element: Element) -> None:
        look, block = self.looks[-1]
        if block:
            self._flush()
        self.looks.pop()
        if look.form is not self.looks[-1][0].form:
            self._text(look.form.closing)
        if self.open[-1].element is element:
            self.open.pop().close(self.open[-1])

    def _link(self, element: Element, classes: list[str]) -> Link | None:
        if self.in_keyword or not SITE_LINK_CLASSES.isdisjoint(classes):
            return None
        look, _ = self.looks[-1]
        address = self._address(element.get("href", ""))
        return Link(address, look.bold, look.italic) if address else None

    def _address(self, href: str) -> str:
        """A complete http(s) address, else ``""``."""
        href = href.strip()
        if not href or href.startswith("#"):
            return ""
        if _COMPLETE.fullmatch(href):
            return href
        try:
            address = urljoin(self.base_url, href)
        except ValueError:
            return ""
        return address if address.lower().startswith(("http://", "https://")) else ""

    # Elements that are read as a whole. True: the element is done with.

    def _read_break(self, element: Element, style: Style) -> bool:
        self._break()
        return True

    def _read_picture(self, element: Element, style: Style) -> bool:
        if style.hidden:
            return True
        sources = (element.get(name, "").strip() for name in ("data-src", "data-original", "src"))
        address = next((source for source in sources if source and not source.startswith("data:")), "")
        if address := self._address(address):
            look, _ = self.looks[-1]
            alt = HTML_SPACE.sub(" ", element.get("alt", "")).strip() or "图片"
            picture = Picture(address, alt, link=look.link)
            if style.block or not SITE_PICTURE_CLASSES.isdisjoint(element.get("class", "").split()):
                self._place([picture])
            else:
                self.line.append(replace(picture, bold=look.bold, italic=look.italic))
        return True

    def _read_rule(self, element: Element, style: Style) -> bool:
        self._place([Rule()])
        return True

    def _read_sticker(self, element: Element, style: Style) -> bool:
        address = self._address(element.get("data-emoji_url") or element.get("data-url") or "")
        look, _ = self.looks[-1]
        if address and not style.hidden:
            self.line.append(Picture(address, "图片", look.bold, look.italic, look.link))
        return True

    def _read_player(self, element: Element, style: Style) -> bool:
        video = player_video(element.get("data-src") or element.get("src") or "") or read_poll(element)
        self._place([video] if video else [])
        return True

    def _read_object(self, element: Element, style: Style) -> bool:
        video = flash_video(element)
        self._place([video] if video else [])
        return True

    def _read_embed(self, element: Element, style: Style) -> bool:
        if self._read_formula(element, style, block=False):
            return False
        if "svg" in element.get("data-type", element.get("type", "")):
            self._read_picture(element, style)
        else:
            self._read_object(element, style)
        # The parser knows of no end of it: what follows stands inside.
        return False

    def _read_card(self, element: Element, style: Style) -> bool:
        card = read_card(element)
        self._place([card] if card else [])
        return card is not None

    def _read_formula(self, element: Element, style: Style, block: bool) -> bool:
        """A formula is drawn by a picture; its source stands beside it."""
        source = _FORMULA_MARKS.sub("", " ".join(element.get("data-formula", "").split()))
        if not source or style.hidden:
            return False
        if block:
            self._flush()
        self._text(f"${source}$")
        if block:
            self._flush()
        return True

    def _read_film(self, element: Element, style: Style) -> bool:
        """An HTML ``video`` has no page of its own: its file is linked."""
        source = element.find(".//source")
        named = element.get("src") or (source.get("src") if source is not None else None)
        address = self._address(named or "")
        if address:
            self._flush()
            self.line.append(TextRun("视频", link=Link(address)))
            self._flush()
        return True

    def _read_preformatted(self, element: Element, style: Style) -> bool:
        if self.looks[-1][0].transparent:
            return False
        if is_prose(element):
            self._place(self.inside(element, kind=_LineReader))
            return True
        for part in code_parts(element, _is_object):
            if isinstance(part, Code):
                self._place([part])
            else:
                self._read_alone(part)
        return True

    def _read_alone(self, element: Element) -> None:
        """Read an element of the code around it, in the link that it stands in."""
        look, _ = self.looks[-1]
        anchor = next(element.iterancestors("a"), None)
        link = look.link if anchor is None else self._link(anchor, anchor.get("class", "").split())
        self.looks.append((look._replace(link=link), True))
        self._flush()
        self._starts(element)
        self._ends(element)
        self._flush()
        self.looks.pop()

    def _read_table(self, element: Element, style: Style) -> bool:
        if len(self.open) + self.depth > MAX_NESTING:
            return False
        self._flush()
        self.open[-1].blocks.extend(read_table(element, self.inside))
        return True

    _WHOLE: ClassVar = {
        "br": _read_break,
        "img": _read_picture,
        "hr": _read_rule,
        "iframe": _read_player,
        "video": _read_film,
        "embed": _read_embed,
        "object": _read_object,
        "mp-common-sticker": _read_sticker,
        "qqmusic": _read_card,
        "pre": _read_preformatted,
        "table": _read_table,
    }

    def inside(self, element: Element, *, lead: bool = False, kind: type[_Reader] | None = None) -> Iterable[Block]:
        """The blocks inside an element, read apart from the text around it but in its look."""
        css, (outer, _) = element.get("style"), self.looks[-1]
        look = look_of(element, str(element.tag), [], read_style(css) if css else NO_STYLE, outer, outer.link)
        reader = (kind or type(self))(self.base_url, self.placeholders, self.depth + len(self.open), look)
        reader.in_keyword = self.in_keyword
        # A lead inside a lead is its text: each would be a reader of its own, one inside the other.
        reader.in_lead = lead or self.in_lead
        reader.walk(element)
        return reader.finished()

    # Text, comments, and the text block begun.

    def _text(self, text: str | None) -> None:
        look, _ = self.looks[-1]
        if not text or look.transparent:
            return
        if UNTIDY.search(text):
            text = CONTROL.sub("", HTML_SPACE.sub(" ", text))
        if look.form.table:
            text = text.translate(look.form.table)
        if text != " " or self.line:
            bold = look.bold and not look.heading
            self.line.append(TextRun(text, bold, look.italic, look.code, look.link, look.strike))

    def _break(self) -> None:
        look, _ = self.looks[-1]
        self.line.append(Break(look.bold, look.italic))

    def _comment(self, text: str) -> None:
        if placeholder := PLACEHOLDER.fullmatch(text):
            blocks = self.placeholders.get(placeholder.group(1), ())
            link = self.looks[-1][0].link
            self._place(replace(block, link=link) if link and isinstance(block, Picture) else block for block in blocks)
            self.stated = next((block for block in blocks if isinstance(block, Caption)), None)
        elif mark := KEYWORD_MARK.fullmatch(text):
            self.in_keyword = mark.group(1) == "" or mark.group(2) == "BEGIN"

    def _place(self, blocks: Iterable[Block]) -> None:
        """Put whole blocks here, between the text before and the text after."""
        for block in blocks:
            self._flush()
            self._append(block)

    def _append(self, block: Block) -> None:
        blocks = self.open[-1].blocks
        # A caption that the picture's attributes state may stand under the picture again.
        if not (block == self.stated and blocks and blocks[-1] is self.stated):
            blocks.append(block)

    def _flush(self) -> None:
        """End the text block begun."""
        line, self.line = self.line, []
        if line:
            for block in read_lines(line, self.looks[-1][0]):
                self._append(block)

    # Containers.

    def _open(self, element: Element, tag: str) -> None:
        if len(self.open) + self.depth <= MAX_NESTING and (opened := open_container(element, tag, self.open[-1])):
            self.open.append(opened)


class _LineReader(_Reader):
    """Reads text whose line ends count: what was pasted into ``pre``, one inside it included."""

    _WHOLE: ClassVar = {tag: read for tag, read in _Reader._WHOLE.items() if tag != "pre"}

    def _text(self, text: str | None) -> None:
        lines = (text or "").replace("\r\n", "\n").split("\n")
        for number, line in enumerate(lines):
            if number:
                self._break()
            if not line.strip() and 0 < number < len(lines) - 1:
                self._flush()
            super()._text(line)


def _is_object(element: Element) -> bool:
    """Whether an element inside code is no text, but a picture, video or card."""
    tag = str(element.tag)
    return tag in _OBJECTS or (tag.startswith(CARD_PREFIX) and read_card(element) is not None)


_OBJECTS: Final = frozenset("embed hr iframe img mp-common-sticker object qqmusic video".split())


def _plain(blocks: Iterable[Block]) -> str:
    return " ".join(texts_of(blocks))
