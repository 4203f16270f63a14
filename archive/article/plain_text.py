"""What a reader sees of an article's Markdown, and one spelling for all that reads alike. Pure."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from itertools import accumulate
from typing import Final

from opencc import OpenCC

from archive.article.markdown_links import Link, LinkFinder

_MARKUP: Final = re.compile(
    r"""
    (?=[\\!\[\ >\#\-+`*|~<])  # One look instead of one for each kind of mark.
    (?:
      \\(?P<escaped>[^\w\s])
    | !\[
    | \[
    | ^(?=[ >\#\-+`*|])[ ]*(?:>[ ]?)*(?:\#{1,6}[ ]|[-+][ ]|`{3,}.*$|\*{3}$|\|[ :|-]+\|$)?
    | ~~(?:(?<![\w~]~~)|(?=\w))(?=[^\s~])(?P<struck>(?:\\.|[^~\\\n])+)(?<!\s)(?:(?<=\w)~~|~~(?![\w~]))
    | [*`|]+
    | <br>
    )
    """,
    re.VERBOSE | re.MULTILINE,
)
_OPENINGS: Final = ("[", "![")
_NO_ALT: Final = "图片"


def visible(markdown: str) -> str:
    """The text of a body of ours without marks, addresses and escapes. Line breaks stay."""
    finder, parts, end = LinkFinder(markdown, escapes=True), list[str](), 0
    for found in _MARKUP.finditer(markdown):
        if found.start() < end:  # Inside a link.
            continue
        is_opening = found[0] in _OPENINGS
        link = finder.at(found.start()) if is_opening else None
        if is_opening and link is None:
            continue
        parts += (markdown[end : found.start()], _label(link) if link else _unmarked(found))
        end = link.end if link else found.end()
    return "".join((*parts, markdown[end:]))


def _label(link: Link) -> str:
    return "" if link.is_picture and link.text == _NO_ALT else visible(link.text)


def _unmarked(found: re.Match[str]) -> str:
    if found["escaped"] is not None:
        return found["escaped"]
    if found["struck"] is not None:
        return visible(found["struck"])
    return "\n" if found[0] == "<br>" else " " if found[0].strip() == "|" else ""


def fold(text: str) -> str:
    """``text`` in one spelling: full and half width, traditional and simplified, upper and lower case meet.

    Character by character, so that a part of a text is folded as it is inside the whole. White space becomes
    spaces; what cannot be seen (NUL, zero width) vanishes.
    """
    return unicodedata.normalize("NFC", text).translate(_FOLDED)


def fold_with_places(text: str) -> tuple[str, str, Callable[[int], int]]:
    """``text`` as it is to be shown, folded, and what tells the place in the former of a place in the latter."""
    composed = unicodedata.normalize("NFC", text)
    folded = composed.translate(_FOLDED)
    return composed, folded, int if _FOLDED.uneven.isdisjoint(composed) else _Places(composed).of


class _Places:
    """Where the characters of a folded text stood, from the few whose folded form is not one character."""

    def __init__(self, composed: str) -> None:
        uneven = re.compile(f"[{re.escape(''.join(_FOLDED.uneven))}]")
        self._at = [found.start() for found in uneven.finditer(composed)]
        widths = [len(_FOLDED[ord(composed[place])]) for place in self._at]
        moved = accumulate((width - 1 for width in widths), initial=1)
        next(moved)
        self._ends = [place + by for place, by in zip(self._at, moved, strict=True)]
        self._starts = [end - width for end, width in zip(self._ends, widths, strict=True)]

    def of(self, place: int) -> int:
        passed = bisect_right(self._ends, place)
        if passed < len(self._at) and self._starts[passed] <= place:
            return self._at[passed]
        return place - self._ends[passed - 1] + self._at[passed - 1] + 1 if passed else place


def spelling() -> str:
    """What the folding depends on beside this code, in short: whoever keeps folded text must make it anew."""
    pairs = "".join(f"{old}{new}" for old, new in simplified().items())
    return f"unicode {unicodedata.unidata_version}, opencc {sha256(pairs.encode()).hexdigest()[:12]}"


class _Folded(dict[int, str]):
    """Character → its folded form, found out when it is first met."""

    def __init__(self) -> None:
        self.uneven = set[str]()
        """Characters met so far whose form is not one character."""

    def __missing__(self, code: int) -> str:
        compatible = unicodedata.normalize("NFKC", chr(code)).casefold()
        folded = "".join(simplified().get(each, each) for each in compatible if not _unseen(each))
        self[code] = " " if folded.isspace() else folded
        if len(self[code]) != 1:
            self.uneven.add(chr(code))
        return self[code]


def _unseen(character: str) -> bool:
    is_control = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Cn"} and not character.isspace()
    return is_control or "\ufe00" <= character <= "\ufe0f"


@cache
def simplified() -> dict[str, str]:
    """Each traditional character's simplified one, by OpenCC, context left out."""
    blocks = (range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x32000))
    characters = [chr(code) for block in blocks for code in block]
    converted = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {old: new for old, new in zip(characters, converted, strict=True) if old != new}


_FOLDED: Final = _Folded()
