"""Raised and lowered text (``sup``, ``sub``) in a form that plain text has: ``10⁶``, ``H₂O``, else ``x^(a,b)``.

Markdown has no marks for it, and without any 10⁶ would read as 106.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final, NamedTuple

from lxml.etree import _Element as Element

from crawler.body.marks import INVISIBLE
from crawler.body.style import Style

_RAISED: Final = str.maketrans(
    "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡ",
)
_LOWERED: Final = str.maketrans("0123456789+-−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ")
_MERGING: Final = ("L", "Nd", "Nl", "Sm", "Pd")
"""Categories of characters that would be read as one with the word or number before them."""

SCRIPTS: Final = frozenset({"sup", "sub"})
_TABLES: Final = {"sup": (_RAISED, "^("), "sub": (_LOWERED, "_(")}
_LONGEST: Final = 40
"""Characters of a text that may be written small."""


class Form(NamedTuple):
    """How a raised or lowered text is written: its characters, and what stands around it."""

    table: Mapping[int, int] | None = None
    opening: str = ""
    closing: str = ""


PLAIN: Final = Form()


def form_of(element: Element, tag: str, style: Style) -> Form | None:
    """The form of the text in ``sup``, ``sub``, or an element with the like ``vertical-align``; None in others."""
    script = tag if tag in _TABLES else style.script
    if not script:
        return None
    table, opening = _TABLES[script]
    words = _beginning(element)
    if len(words) <= _LONGEST and all(ord(char) in table for char in words.replace(" ", "")):
        is_nested = next(element.iterdescendants(*_TABLES), None) is not None
        return Form(None, opening, ")") if is_nested else Form(table)
    # Where nothing can be mistaken (``[1]``, ``®``, ``①``) the text stays as it is; so does what a mere style moved.
    merges = unicodedata.category(words[0]).startswith(_MERGING)
    return Form(None, opening, ")") if merges and tag in _TABLES else None


def _beginning(element: Element) -> str:
    """The element's text, cut soon after `_LONGEST`: elements may stand inside one another, each with all the rest."""
    words = ""
    for text in element.itertext():
        words = (words + text).lstrip(INVISIBLE)
        if len(words) > _LONGEST:
            break
    return words.rstrip(INVISIBLE)
