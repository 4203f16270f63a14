"""What an inline style says about how text looks: the few facts that matter for Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_DECLARATION = re.compile(
    r"(?:^|;)\s*(font-weight|font-style|display|color|(?:-webkit-)?background-clip|text-decoration(?:-line)?"
    r"|vertical-align)\s*:\s*([^;]*)",
    re.I,
)
_BOLD = {"bold", "bolder"}
_NOT_BOLD = {"normal", "lighter", "initial", "unset"}
_BLOCK = {"block", "flex", "grid", "table", "list-item", "flow-root"}
_SCRIPTS = {"super": "sup", "sub": "sub"}
_CLEAR = re.compile(r"transparent|(?:rgba|hsla)\(.*[,/]\s*0(?:\.0+)?%?\s*\)")


@dataclass(frozen=True, slots=True)
class Style:
    """Statements of one ``style`` attribute; None where it makes none."""

    bold: bool | None = None
    italic: bool | None = None
    transparent: bool | None = None
    hidden: bool = False
    """``display: none``."""
    block: bool = False
    """Shown as a block of its own, whatever the element."""
    strike: bool = False
    """``text-decoration: line-through``."""
    script: str = ""
    """``sup`` or ``sub``, by ``vertical-align``."""


NO_STYLE = Style()


@lru_cache(maxsize=8192)
def read_style(css: str) -> Style:
    """The facts of one ``style`` attribute. Pages repeat a few styles hundreds of times, hence the cache."""
    facts = {name.lower(): value.lower().replace("!important", "").strip() for name, value in _DECLARATION.findall(css)}
    if not facts:
        return NO_STYLE
    display = facts.get("display", "")
    return Style(
        bold=_is_bold(facts.get("font-weight", "")),
        italic=_is_italic(facts.get("font-style", "")),
        transparent=_is_transparent(facts),
        hidden=display == "none",
        block=display in _BLOCK,
        strike="line-through" in (facts.get("text-decoration", "") + facts.get("text-decoration-line", "")),
        # Boxes are only moved to where they look well.
        script="" if display else _SCRIPTS.get(facts.get("vertical-align", ""), ""),
    )


def _is_bold(weight: str) -> bool | None:
    if weight.isascii() and weight.isdigit():
        return int(weight[:5]) >= 600
    if weight in _BOLD:
        return True
    return False if weight in _NOT_BOLD else None


def _is_italic(style: str) -> bool | None:
    if style.startswith(("italic", "oblique")):
        return True
    return False if style in {"normal", "initial", "unset"} else None


def _is_transparent(facts: dict[str, str]) -> bool | None:
    color = facts.get("color", "")
    if not color or color in {"inherit", "currentcolor"}:
        return None
    # Text cut out of a coloured background is declared transparent, yet it is what the reader sees.
    painted = "text" in (facts.get("background-clip", "") + facts.get("-webkit-background-clip", ""))
    return bool(_CLEAR.fullmatch(color)) and not painted
