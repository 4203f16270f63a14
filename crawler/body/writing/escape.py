"""Backslashes where CommonMark, its GFM extensions or Hugo would take text for markup, and nowhere else.

The rules look at one text block as a whole: a lone ``*`` or ``~`` is only text, a mark needs a partner.
Source: CommonMark 0.31 (delimiter runs, raw HTML, block starts), GFM (tables, strikethrough), Hugo (short
codes, summary divider, definition lists, footnotes).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html.entities import html5
from typing import Literal, NamedTuple

_MARK = re.compile(r"[\\`*_~\[\]<&{]")
_LINE_MARK = re.compile(r"^[^\S\n]*+(?:[#>+\-=:|]|\d{1,9}[.)])", re.M)
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_ESCAPABLE = _PUNCTUATION | {"\n"}

_TAG_NAME = r"[A-Za-z][A-Za-z0-9-]*"
_ATTRIBUTE = r"""\s+[A-Za-z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?"""
_RAW_HTML = re.compile(
    rf"<(?:{_TAG_NAME}(?:{_ATTRIBUTE})*\s*/?>|/{_TAG_NAME}\s*>|!--|!\[CDATA\[|![A-Za-z]|\?"
    r"|[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\x00-\x20<>]*>|[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+>)"
)
_HTML_BLOCK = re.compile(rf"<(?:/?{_TAG_NAME}(?:[\s/>]|$)|[!?])", re.M)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]*);")
_ADDRESS_START = re.compile(r"\]\([ \t\n]*")
_ADDRESS_IN_ANGLES = re.compile(r"<[^<>\n]*>")
_ADDRESS_PART = re.compile(r"[^ \t\n()]+|[()]")  # A backslash escapes nothing: it gets one itself.
_LINK_END = re.compile(r"""(?:[ \t\n]+(?:"[^"]*"|'[^']*'|\([^()]*\)))?[ \t\n]*\)""")
MOST_PARENTHESES = 32
"""Within each other, in an address; CommonMark lets renderers give up at any depth from 4 on."""
_BLOCK_START = re.compile(
    r"(?:(?P<number>\d{1,9})(?=[.)](?:\s|$)))|#{1,6}(?=\s|$)|>|[-+*](?=\s|$)|:(?=\s|~|$)|~{3,}|`{3,}"
    r"|\[\^?[^\]]{1,999}\]:"  # A label may go on in the next line.
)
_THEMATIC = re.compile(r"(?=(?:\*[ \t]*){3,}$|(?:_[ \t]*){3,}$|(?:-[ \t]*){3,}$)(?P<run>\*+|_+|-)")
_UNDERLINE = re.compile(r"(?:=+|-+)[ \t]*$")
_TABLE_RULE = re.compile(r"\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?[ \t]*+$")


Place = Literal["paragraph", "heading", "cell"]
"""What the pieces stand in. Only a paragraph's lines can begin another block."""


class Piece(NamedTuple):
    """A part of a text block: text of the page, or markup of ours that must stay as it is.

    ``opaque`` markup (addresses, code) counts as one object for the rules around it.
    """

    string: str
    markup: bool = False
    opaque: bool = False


def escape(pieces: Iterable[Piece], place: Place = "paragraph") -> str:
    """The pieces as one string of Markdown, with the fewest backslashes that keep the text text."""
    pieces = list(pieces)
    plain = "".join([piece.string for piece in pieces])
    theirs = "".join([_boundary(piece.string) if piece.markup else piece.string for piece in pieces])
    if not (_is_suspicious(theirs) or (place == "cell" and "|" in plain)):
        return plain
    skeleton = "".join(_outline(piece) for piece in pieces)
    ours = [piece.markup for piece in pieces for _ in piece.string]
    marks = {at for rule in _MARK_RULES for at in rule(skeleton, ours)}
    marks |= {at for rule in _REACHING_RULES for at in rule(plain, ours)}
    if place == "paragraph":
        marks |= set(_block_starts(skeleton, ours))
    if any(plain[at] == "`" for at in marks):
        # Taken apart by backslashes, a longer run may close a single one.
        marks |= {at for at, char in enumerate(plain) if char == "`"}
    marks |= set(_backslashes(skeleton, ours, marks))
    marks = {at for at in marks if not ours[at]}
    if place == "cell":
        # A row is cut at its bars before anything else is read, in code and addresses, too.
        marks |= {at for at, char in enumerate(plain) if char == "|"}
    ends = sorted(marks)
    return "\\".join(plain[start:end] for start, end in zip([0, *ends], [*ends, len(plain)], strict=True))


def _is_suspicious(text: str) -> bool:
    """Whether any rule could find something: most blocks are one line without any mark."""
    if _MARK.search(text) or "!\0" in text:
        return True
    return bool(_LINE_MARK.search(text) if "\n" in text else _LINE_MARK.match(text))


def _boundary(markup: str) -> str:
    return "\n" if markup.endswith("\n") else "\0"


def _outline(piece: Piece) -> str:
    if not piece.opaque or len(piece.string) < 3:
        return piece.string
    # Back-ticks pair up across everything, even with those inside code.
    return piece.string[0] + re.sub("[^`]", "x", piece.string[1:-1]) + piece.string[-1]


# Each rule: (skeleton, ours) -> positions of the characters that need a backslash.


def _code_spans(text: str, ours: list[bool]) -> Iterator[int]:
    """Back-tick runs pair up with the next of the same length; a last odd one is only text."""
    runs: dict[int, list[int]] = {}
    for match in re.finditer(r"`+", text):
        start, end = match.span()
        # One that touches a fence of ours would grow into one run with it.
        if any(ours[start:end]):
            yield from range(start, end)
        runs.setdefault(ours[start:end].count(ours[start]), []).append(start)
    for length, starts in runs.items():
        for start in starts[: len(starts) // 2 * 2]:
            yield from range(start, start + length)


def _emphasis(text: str, ours: list[bool]) -> Iterator[int]:
    for mark in "*_":
        if mark in text:
            yield from _paired_runs(text, ours, mark, re.escape(mark) + "+")


def _strikethrough(text: str, ours: list[bool]) -> Iterator[int]:
    # GFM pairs runs of equal length; other renderers take any two runs of two and more.
    for run in (r"(?<!~)~(?!~)", "~~+") if "~" in text else ():
        yield from _paired_runs(text, ours, "~", run)


def _paired_runs(text: str, ours: list[bool], mark: str, run: str) -> Iterator[int]:
    """Positions of the runs of ``mark`` that find a partner: one that may open before one that may close."""
    runs = [match.span() for match in re.finditer(run, text)]
    flanks = [_flanking(text, start, end, mark) for start, end in runs]
    first_opener = next((at for at, (opens, _) in enumerate(flanks) if opens), len(runs))
    last_closer = next((at for at in reversed(range(len(runs))) if flanks[at][1]), -1)
    for at, ((start, end), (opens, closes)) in enumerate(zip(runs, flanks, strict=True)):
        # A text star beside a star of ours would grow into one run with it.
        touches_ours = any(ours[start:end]) and not all(ours[start:end])
        if (opens and at < last_closer) or (closes and first_opener < at) or touches_ours:
            yield from range(start, end)


def _flanking(text: str, start: int, end: int, mark: str) -> tuple[bool, bool]:
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    space_before, space_after = before.isspace(), after.isspace()
    punct_before, punct_after = is_punctuation(before), is_punctuation(after)
    left = not space_after and (not punct_after or space_before or punct_before)
    right = not space_before and (not punct_before or space_after or punct_after)
    if mark == "_":
        return left and (not right or punct_before), right and (not left or punct_after)
    return left, right


@lru_cache(maxsize=4096)
def is_punctuation(char: str) -> bool:
    """Whether CommonMark counts the character as punctuation, symbols included."""
    return char in _PUNCTUATION or unicodedata.category(char)[0] in "PS"


def _brackets(text: str, ours: list[bool]) -> Iterator[int]:
    partners = _bracket_partners(text) if "](" in text else {}
    # Deep in each other they end a link to some renderers and not to others: then no bracket is left to chance.
    closes = _opens_address if text.count("(") > MOST_PARENTHESES else _closes_link
    for close, opening in partners.items():
        if not ours[close] and closes(text, close):
            yield opening
            yield close
    # An exclamation mark of the text must not turn a link of ours into a picture.
    for match in re.finditer(r"!(?=\[)", text):
        if not ours[match.start()] and ours[match.end()]:
            yield match.start()


def _opens_address(text: str, close: int) -> bool:
    return text.startswith("](", close)


def _closes_link(text: str, close: int) -> bool:
    """Whether an address in parentheses follows this bracket; those of the address itself must be balanced."""
    start = _ADDRESS_START.match(text, close)
    if start is None:
        return False
    angles = _ADDRESS_IN_ANGLES.match(text, start.end())
    if angles and _LINK_END.match(text, angles.end()):
        return True
    at, depth = start.end(), 0
    while (part := _ADDRESS_PART.match(text, at)) and (depth or part[0] != ")"):
        depth += (part[0] == "(") - (part[0] == ")")
        at = part.end()
    return depth == 0 and _LINK_END.match(text, at) is not None


def _bracket_partners(text: str) -> dict[int, int]:
    """Position of each closing bracket that has an opening one -> position of that."""
    partners: dict[int, int] = {}
    waiting: list[int] = []
    for match in re.finditer(r"[\[\]]", text):
        if match.group() == "[":
            waiting.append(match.start())
        elif waiting:
            partners[match.start()] = waiting.pop()
    return partners


def _raw_html(text: str, ours: list[bool]) -> Iterator[int]:
    for match in _RAW_HTML.finditer(text):
        yield match.start()
        # Hugo cuts a page at its summary divider even where the bracket is escaped.
        if match.group() == "<!--":
            yield match.start() + 1


def _entities(text: str, ours: list[bool]) -> Iterator[int]:
    for match in _ENTITY.finditer(text):
        if match.group()[1] == "#" or match.group()[1:] in html5:
            yield match.start()


def _short_codes(text: str, ours: list[bool]) -> Iterator[int]:
    return (match.start() + 1 for match in re.finditer(r"\{\{(?=[<%])", text))


def _block_starts(text: str, ours: list[bool]) -> Iterator[int]:
    for number, start in enumerate(_line_starts(text)):
        if start < len(ours) and ours[start]:
            continue
        match = _BLOCK_START.match(text, start)
        digits = match.group("number") if match else None
        # Of all numbers only 1 can begin a list in the midst of a paragraph.
        if match and not (number and digits and int(digits) != 1):
            # Half a fence would be a mark of its own.
            end = match.end() if match.group()[0] in "`~" else start + 1
            yield from [start + len(digits)] if digits else range(start, end)
        if rule := _THEMATIC.match(_line_at(text, start)):
            yield from range(start, start + len(rule.group("run")))
        if _HTML_BLOCK.match(text, start):
            yield start
        if number and (_UNDERLINE.match(_line_at(text, start)) or _is_table_rule(_line_at(text, start))):
            yield text.index("-", start) if "-" in _line_at(text, start) else start


def _is_table_rule(line: str) -> bool:
    return bool(line) and bool(_TABLE_RULE.match(line))


def _line_starts(text: str) -> Iterator[int]:
    return (match.end() for match in re.finditer(r"(?m)^[ \t]*", text))


def _line_at(text: str, start: int) -> str:
    end = text.find("\n", start)
    return text[start:].rstrip() if end < 0 else text[start:end].rstrip()


def _backslashes(text: str, ours: list[bool], marks: set[int]) -> Iterator[int]:
    """Backslashes of the text that would escape what follows, be it of the text, of ours, or a line's end."""
    for match in re.finditer(r"\\", text):
        following = match.end()
        if following in marks or text[following : following + 1] in _PUNCTUATION or text.startswith("\n", following):
            yield match.start()


_MARK_RULES = (_code_spans, _emphasis, _strikethrough, _entities, _short_codes)
"""Rules for which code and addresses of ours are closed objects."""
_REACHING_RULES = (_brackets, _raw_html)
"""Addresses of links and tags of HTML reach across everything, code included."""
