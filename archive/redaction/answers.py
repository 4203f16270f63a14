"""What the site answered, without what it says of certain articles: JSON, JSONP, pages, site maps, lines. Pure.

Of a list, the items about them are cut out. Of another article's page, the data about them (a box of recommendations)
are cut out, and its own text stays but for their ids, which become zeros.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from gzip import compress
from typing import Final
from urllib.parse import urlsplit

from archive.article.ids import blotted, names_in
from archive.redaction.json_items import Edit, find_items
from archive.redaction.markup_items import find_elements, find_entries, names_itself

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a packed answer, unpacked: as much as a site map may have."""

_ENCODINGS: Final = ("utf-8", "gb18030")
_SCRIPTED: Final = re.compile(
    r"\ufeff?\s*(?:/\*.*?\*/\s*)?(?:(?:var|let|const)\s+)?[A-Za-z_$][\w$.]*\s*[(=]\s*[\[{]", re.DOTALL
)
"""Data in a call, or as a variable's value."""
_BLANK: Final = "\ufeff \t\r\n"
_XML: Final = re.compile(r"\ufeff?\s*(?:<\?xml\b|<(?:\w+:)?(?:urlset|sitemapindex|rss|feed)\b)")
_SCRIPT: Final = re.compile(r"<script\b[^<>]*>", re.IGNORECASE)
_END: Final = re.compile(r"</script", re.IGNORECASE)
_DATA: Final = re.compile(r"(?:[=(]|\A)\s*([\[{])")
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_NESTED: Final = re.compile(r"<a\b|[\[{]")
_ESCAPE: Final = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_QUESTION: Final = re.compile(r"20\d{6}Q")
_TOPIC: Final = re.compile(r"\.qq\.com/zt")
_TYPES: Final = ("articletype", "article_type", "atype")
_LIST_TYPES: Final = ("11", "100", "525")
"""What the data of a topic's or card's page say of their type."""
_DECODER: Final = json.JSONDecoder(strict=False)

Wanted = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Cut:
    """An answer without what was wanted. ``items``: how many were cut out, or blotted where nothing can be cut;
    ``names``: how many ids beside that became zeros; ``is_about``: all of it is about such an article.
    """

    body: bytes
    items: int = 0
    names: int = 0
    is_about: bool = False


def cut(body: bytes, is_wanted: Wanted, url: str, *, is_list: bool, lines: bool = False) -> Cut:
    """The answer to a request for ``url`` without what it says of wanted articles.

    ``is_list``: it lists articles, so that its markup may be cut, too; ``lines``: so may the lines of a plain text.
    """
    if body[:2] == b"\x1f\x8b":
        return _cut_packed(body, is_wanted, url, is_list=is_list, lines=lines)
    text, encoding = _decoded(body)
    host = urlsplit(url).hostname or ""
    if not any(any(map(is_wanted, name.ids)) for name in names_in(text, host)):
        return Cut(body)
    found = _Answer(text, is_wanted, url, is_list=is_list, lines=lines)
    left = _edited(text, found.edits, encoding)
    clean = blotted(left, is_wanted, host)
    names = sum(any(map(is_wanted, name.ids)) for name in names_in(left, host))
    return Cut(clean.encode(encoding), found.items, names, found.is_about)


def _cut_packed(body: bytes, is_wanted: Wanted, url: str, *, is_list: bool, lines: bool) -> Cut:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, LARGEST)
    except zlib.error:
        return Cut(body)
    found = cut(plain, is_wanted, url, is_list=is_list, lines=lines)
    if found.body == plain or plain[:2] == b"\x1f\x8b":
        return Cut(body)
    return Cut(compress(found.body, mtime=0), found.items, found.names, found.is_about)


def lists_articles(article_id: str, url: str) -> bool:
    """Whether an answer is a list of articles by what was asked: for no article's sake, for a topic, for a question."""
    return not article_id or _QUESTION.match(article_id) is not None or _TOPIC.search(url) is not None


def lists_others(body: bytes) -> bool:
    """Whether an answer has a structure that says which article each thing in it is about."""
    text, _ = _decoded(body)
    return _XML.match(text) is not None or (
        _is_json(text) and find_items(text, lambda _: False, is_list=True).is_of_others
    )


def _is_json(text: str) -> bool:
    return text.lstrip(_BLANK)[:1] in ("{", "[") or _SCRIPTED.match(text) is not None


class _Answer:
    """What is to be done to an answer's text."""

    def __init__(self, text: str, is_wanted: Wanted, url: str, *, is_list: bool, lines: bool) -> None:
        self.edits: list[Edit] = []
        self.items = 0
        self.is_about = False
        self._is_of_other = False
        self._text, self._is_wanted, self._url = text, is_wanted, url
        if _is_json(text):
            self._take_json(0, len(text), is_list=is_list)
        elif _XML.match(text):
            self._take(find_entries(text, is_wanted))
        elif text.lstrip(_BLANK)[:1] == "<":
            self._take_page(is_list=is_list)
        elif lines:
            self._take(list(_lines(text, is_wanted)))

    def _take(self, spans: list[tuple[int, int]]) -> None:
        self.items += len(spans)
        self.edits += [(start, end, "") for start, end in spans]

    def _take_json(self, start: int, end: int, *, is_list: bool) -> None:
        found = find_items(self._text[start:end], self._is_wanted, is_list=is_list)
        self.items += found.items
        self.is_about |= found.is_about
        self._is_of_other |= found.is_of_other
        self.edits += [(start + begin, start + stop, instead) for begin, stop, instead in found.edits]
        for string in _STRING.finditer(self._text, start, end):
            if _NESTED.search(string[1]):
                self._take_string(string.start(1), string[1], is_list=is_list)

    def _take_string(self, at: int, raw: str, *, is_list: bool) -> None:
        """A string that holds JSON, or, in some lists, a piece of a page."""
        inner, places = _unescaped(raw)
        edits: list[Edit] = []
        if _is_json(inner):
            edits = find_items(inner, self._is_wanted, is_list=is_list).edits
        elif is_list:
            edits = [(begin, stop, "") for begin, stop in find_elements(inner, self._is_wanted, self._url)]
        self.items += len(edits)
        self.edits += [(at + places[begin], at + places[stop], instead) for begin, stop, instead in edits]

    def _take_page(self, *, is_list: bool) -> None:
        for start, end, data in _data_in(self._text):
            is_list |= isinstance(data, dict) and any(str(data.get(name)) in _LIST_TYPES for name in _TYPES)
            self._take_json(start, end, is_list=False)
        # A page's data may name its neighbours: they decide only where all of them mean the same.
        self.is_about = (self.is_about and not self._is_of_other) or names_itself(
            self._text, self._is_wanted, self._url
        )
        if is_list:
            self._take(find_elements(self._text, self._is_wanted, self._url))


def _data_in(page: str) -> Iterator[tuple[int, int, object]]:
    """Where the scripts of a page hold JSON, and what it says."""
    begin = 0
    while (opened := _SCRIPT.search(page, begin)) and (closed := _END.search(page, opened.end())):
        begin, text, place = closed.end(), page[opened.end() : closed.start()], 0
        while found := _DATA.search(text, place):
            place = found.end()
            try:
                data, place = _DECODER.raw_decode(text, found.start(1))
            except (ValueError, RecursionError):
                continue
            yield opened.end() + found.start(1), opened.end() + place, data


def _unescaped(raw: str) -> tuple[str, list[int]]:
    """A JSON string as it reads, and where each of its characters stands in the raw one; its end, too."""
    characters, places, done = list[str](), list[int](), 0
    for escape in _ESCAPE.finditer(raw):
        characters += raw[done : escape.start()]
        places += range(done, escape.start())
        try:
            characters.append(json.loads(f'"{escape[0]}"', strict=False)[:1])
        except ValueError:
            characters.append("?")
        places.append(escape.start())
        done = escape.end()
    characters += raw[done:]
    return "".join(characters), [*places, *range(done, len(raw) + 1)]


def _lines(text: str, is_wanted: Wanted) -> Iterator[tuple[int, int]]:
    place = 0
    for line in text.splitlines(keepends=True):
        first = next((name.ids for name in names_in(line)), ())
        if any(map(is_wanted, first)):
            yield place, place + len(line)
        place += len(line)


def _decoded(body: bytes) -> tuple[str, str]:
    """The text, and the encoding that gives back the same bytes."""
    for encoding in _ENCODINGS:
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text.encode(encoding) == body:
            return text, encoding
    return body.decode("latin-1"), "latin-1"


def _edited(text: str, edits: list[Edit], encoding: str) -> str:
    """The text after these edits; of two that overlap, the larger counts."""
    pieces, done = list[str](), 0
    for start, end, instead in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if start >= done:
            zeros = "0" * len(text[start:end].encode(encoding))
            pieces += (text[done:start], zeros if instead is None else instead)
            done = end
        elif end > done:
            done = end
    return "".join([*pieces, text[done:]])
