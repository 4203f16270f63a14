"""What text inherits from the elements around it."""

from __future__ import annotations

from typing import Final, NamedTuple

from lxml.etree import _Element as Element

from crawler.body.blocks import Link
from crawler.body.marks import CAPTION_CLASSES, is_caption
from crawler.body.raised import PLAIN, SCRIPTS, Form, form_of
from crawler.body.style import NO_STYLE, Style

_TAGS: Final = frozenset("a b code del em figcaption h1 h2 h3 h4 h5 h6 i s strike strong".split()) | SCRIPTS
"""Those that say by themselves how their text looks."""


class Look(NamedTuple):
    """How text looks, and what it belongs to."""

    bold: bool = False
    italic: bool = False
    transparent: bool = False
    heading: int = 0
    code: bool = False
    caption: bool = False
    link: Link | None = None
    strike: bool = False
    form: Form = PLAIN
    """Of raised or lowered text."""


def says_something(tag: str, classes: list[str], style: Style) -> bool:
    """Whether the text of an element looks different from that around it, or may."""
    return style is not NO_STYLE or tag in _TAGS or not CAPTION_CLASSES.isdisjoint(classes)


def look_of(element: Element, tag: str, classes: list[str], style: Style, outer: Look, link: Link | None) -> Look:
    """The look inside an element. The innermost statement decides; a struck text stays one."""
    bold = style.bold if style.bold is not None else tag in ("strong", "b") or outer.bold
    italic = style.italic if style.italic is not None else tag in ("em", "i") or outer.italic
    transparent = style.transparent if style.transparent is not None else outer.transparent
    heading = int(tag[1]) if len(tag) == 2 and tag[0] == "h" and tag[1] in "123456" else outer.heading
    code = outer.code or tag == "code"
    caption = outer.caption or is_caption(tag, classes)
    strike = outer.strike or style.strike or tag in ("s", "del", "strike")
    form = (form_of(element, tag, style) if style.script or tag in SCRIPTS else None) or outer.form
    return Look(bold, italic, transparent, heading, code, caption, link, strike, form)
