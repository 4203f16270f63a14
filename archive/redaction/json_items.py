"""Takes what is about certain articles out of a JSON text, and leaves every other byte as it is. Pure.

An object is about the article that its own id or address names; in a page an address alone is only a link. In a list
it goes with its comma, under a key it becomes null. One in which there are objects about others stays, its own texts
become zeros; so does everything that is about the article where the text is no whole JSON. What a text is made of (its
pictures, its links) is left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from archive.article.ids import ids_of_address

IDS: Final = ("id", "article_id", "app_id", "cms_id", "cmsId", "nm", "docid")
ADDRESSES: Final = ("vurl", "url", "surl", "link", "href", "loc", "share_url", "short_url", "org_url", "article_url")
LINKS: Final = ("link_info",)
"""Keys under which an object says which article it is about: as an id, as an address, as an object of addresses."""

TITLES: Final = ("title", "longTitle", "longtitle", "name")
TEXTS: Final = ("originAttribute", "cnt_attr", "videoArr")
"""Keys of what a text's pictures, videos and links are made of: another's own words, whatever they lead to."""

# Old lists are JavaScript: their strings may stand in single quotes, their keys in none.
_LEXEME: Final = re.compile(r"""("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)|[{}\[\],:]|[^\s{}\[\],:"']+""", re.DOTALL)
_QUOTES: Final = "\"'"
_NUMERIC: Final = re.compile(r"20[0-9]{12,14}")
_DEEPEST: Final = 200
"""Levels of objects and arrays. No answer of the site has more than a dozen; a hostile one must not cost more."""

Wanted = Callable[[str], bool]
Edit = tuple[int, int, str | None]
"""Start and end of what is replaced, and by what; None: by zeros of the same length in bytes."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is to be done to a text. ``items``: how many things about wanted articles there are; ``is_about``: the text
    as a whole is about one, ``is_of_other``: about another; ``is_of_others``: something in it is about another.
    """

    edits: list[Edit]
    items: int
    is_about: bool
    is_of_other: bool
    is_of_others: bool


@dataclass(slots=True)
class _Value:
    """A value that was read: where it lies, and what it says."""

    start: int
    end: int
    key: str | None
    text: str | None = None
    """A string's or number's own text; None for objects and arrays."""
    is_string: bool = False
    is_wanted: bool = False
    others: bool = False
    """Whether it, or something in it, is about another article."""
    ids: tuple[str, ...] = ()
    items: int = 0
    values: list[_Value] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)

    def strings(self) -> Iterator[Edit]:
        """Zeros for each string in it that is not in an object about another article."""
        if self.is_string:
            yield self.start + 1, self.end - 1, None
        for value in self.values:
            if not (value.others and value.ids):
                yield from value.strings()


@dataclass(slots=True)
class _Open:
    start: int
    is_object: bool
    key: str | None
    is_root: bool = False
    values: list[_Value] = field(default_factory=list)
    next_key: str | None = None
    expects_value: bool = False


def find_items(text: str, is_wanted: Wanted, *, is_list: bool) -> Found:
    """What is about wanted articles in ``text``, which may be broken JSON. ``is_list``: it is a list of articles."""
    reader = _Reader(is_wanted, is_list=is_list)
    for lexeme in _LEXEME.finditer(text):
        reader.take(lexeme[0], lexeme.start(), lexeme.end())
    root = reader.end(len(text))
    edits = root.edits if reader.whole else reader.blots
    said = [any(map(is_wanted, value.ids)) for value in reader.roots if value.ids]
    return Found(edits, root.items, any(said), not all(said), root.others)


class _Reader:
    """Reads tokens from the first to the last; judges every object when it ends."""

    def __init__(self, is_wanted: Wanted, *, is_list: bool) -> None:
        self._is_wanted = is_wanted
        self._is_list = is_list
        self._stack = [_Open(0, is_object=False, key=None, is_root=True)]
        self._deep = 0
        self.whole = True
        self.blots: list[Edit] = []
        """Zeros for all strings about wanted articles: what is done where nothing can be cut."""

    @property
    def roots(self) -> list[_Value]:
        """The values that stand in no other."""
        return self._stack[0].values

    def take(self, lexeme: str, start: int, end: int) -> None:
        """Read on."""
        here = self._stack[-1]
        if lexeme in "{[":
            self._open(lexeme == "{", start)
        elif lexeme in "}]":
            self._close_all(lexeme == "}", end)
        elif lexeme == ":":
            here.expects_value = True
        elif lexeme == ",":
            here.next_key, here.expects_value = None, False
        elif here.is_object and not here.expects_value:
            here.next_key = _text(lexeme)
        else:
            is_string = lexeme[0] in _QUOTES
            if is_string and (len(lexeme) == 1 or lexeme[-1] != lexeme[0]):
                self.whole, end = False, end + 1
            here.values.append(_Value(start, end, self._key(here), _text(lexeme), is_string=is_string))

    def end(self, length: int) -> _Value:
        """Everything is read: what stands open ends here."""
        self.whole = self.whole and len(self._stack) == 1
        while len(self._stack) > 1:
            self._close(length)
        return self._judged(self._stack[0], length)

    def _key(self, here: _Open) -> str | None:
        key, here.next_key, here.expects_value = here.next_key, None, False
        return key

    def _open(self, is_object: bool, start: int) -> None:
        if len(self._stack) > _DEEPEST:
            self._deep, self.whole = self._deep + 1, False
            return
        self._stack.append(_Open(start, is_object=is_object, key=self._key(self._stack[-1])))

    def _close_all(self, is_object: bool, end: int) -> None:
        """Close what this bracket closes, and what was left open inside."""
        if self._deep:
            self._deep -= 1
            return
        self.whole = self.whole and len(self._stack) > 1 and self._stack[-1].is_object == is_object
        if any(each.is_object == is_object for each in self._stack[1:]):
            while self._stack[-1].is_object != is_object:
                self._close(end)
            self._close(end)

    def _close(self, end: int) -> None:
        closed = self._stack.pop()
        self._stack[-1].values.append(self._judged(closed, end))

    def _judged(self, closed: _Open, end: int) -> _Value:
        ids, wanted = self._identity(closed) if closed.is_object else ((), False)
        others = (bool(ids) and not wanted) or any(value.others for value in closed.values)
        value = _Value(closed.start, end, closed.key, ids=ids, others=others, values=closed.values)
        value.is_wanted = wanted and not others
        inside = 0 if closed.key in TEXTS else sum(inner.items for inner in closed.values)
        value.items = 1 if wanted else inside
        if wanted:
            blots = list(value.strings())
            self.blots += blots
            value.edits += blots if others else []
        if not value.is_wanted and closed.key not in TEXTS:
            value.edits += _edits(closed, self._is_wanted)
        return value

    def _identity(self, closed: _Open) -> tuple[tuple[str, ...], bool]:
        """The ids by which an object says which article it is about, and whether that is a wanted one."""
        said = list(_said(closed.values))
        by_id = [found for is_id, found in said if is_id]
        if not by_id and not self._is_list and not any(value.key in TITLES for value in closed.values):
            return (), False
        ids = tuple(dict.fromkeys(each for _, found in said for each in found))
        # A number may be an old, short id, to which only the address beside it gives its letters.
        sure = [found for found in by_id if not all(map(_NUMERIC.fullmatch, found))]
        wanted = any(map(self._is_wanted, ids)) and all(any(map(self._is_wanted, found)) for found in sure)
        return ids, wanted


def _said(values: list[_Value]) -> Iterator[tuple[bool, tuple[str, ...]]]:
    for value in values:
        if value.key in LINKS and value.text is None:
            yield False, value.ids
        elif value.text and (value.key in IDS or value.key in ADDRESSES) and (ids := ids_of_address(value.text)):
            yield value.key in IDS, ids


def _edits(closed: _Open, is_wanted: Wanted) -> Iterator[Edit]:
    """What is to be done to an object or array that stays."""
    for inner in closed.values:
        yield from inner.edits
    goes = [_goes(value, is_wanted, in_object=closed.is_object) for value in closed.values]
    for place, value in enumerate(closed.values):
        if not goes[place]:
            continue
        if closed.is_object or closed.is_root:
            yield value.start, value.end, "null"
        elif place + 1 < len(closed.values):
            yield value.start, closed.values[place + 1].start, ""
        else:
            kept = [each.end for each, gone in zip(closed.values, goes, strict=True) if not gone]
            yield (kept[-1] if kept else value.start), value.end, ""


def _goes(value: _Value, is_wanted: Wanted, *, in_object: bool) -> bool:
    if value.is_wanted:
        return value.key not in LINKS
    if in_object:
        return value.text is None and not value.others and any(map(is_wanted, ids_of_address(value.key or "")))
    return value.text is not None and any(map(is_wanted, ids_of_address(value.text)))


def _text(lexeme: str) -> str:
    """The text of a string, a number or a word; of a broken string its signs as they stand."""
    if lexeme[0] not in _QUOTES:
        return lexeme
    try:
        return str(json.loads(lexeme, strict=False))
    except ValueError:
        return lexeme.strip(_QUOTES)
