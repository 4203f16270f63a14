"""The language of queries, and what it is in FTS5's own: words, "phrases", AND, OR, NOT or -, (…), field:word. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from archive.article.plain_text import fold
from archive.errors import ExitCode, QQNewsError
from archive.search.tokenizer import is_character, open_ended

FIELDS: Final = ("title", "summary", "author", "media", "keywords", "body")
"""What can stand before a colon: the columns of the index."""
LONGEST: Final = 1000
"""Characters of a query."""
_DEEPEST: Final = 20

_OPERATORS: Final = ("AND", "OR", "NOT")
_ALIKE: Final = str.maketrans("“”＂（）：", '"""():')
_PIECE: Final = re.compile(
    rf"\s*(?:(?P<field>-?(?:{'|'.join(FIELDS)})):|(?P<open>-?\()|(?P<close>\))"
    r'|(?P<quoted>-?"(?P<phrase>[^"]*)(?P<end>"?))|(?P<word>[^\s()"]+))'
)


class BadQuery(QQNewsError):
    """A query that cannot be understood."""

    exit_code = ExitCode.USAGE

    def __init__(self, reason: str) -> None:
        super().__init__(f'{reason}; a query is words, "a phrase", AND, OR, NOT or -word, (…), {"|".join(FIELDS)}:word')
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Query:
    """A query understood. ``match`` is FTS5's; ``shown`` are the folded words to be marked in what is found."""

    match: str
    shown: tuple[str, ...]


def read_query(text: str) -> Query:
    """The query in a user's words. Raises `BadQuery`."""
    if len(text) > LONGEST:
        raise BadQuery(f"the query has {len(text)} characters, more than {LONGEST}")
    reader = _Reader(_pieces(text.replace("\0", "").translate(_ALIKE)))
    match = reader.any_of(depth=0)
    if reader.pieces:
        raise BadQuery("a closing bracket without an opening one")
    if not match:
        raise BadQuery("nothing to search for: signs alone are not in the index")
    return Query(match, tuple(dict.fromkeys(reader.shown)))


def _pieces(text: str) -> list[re.Match[str]]:
    pieces, place = [], 0
    while place < len(text.rstrip()):
        found = _PIECE.match(text, place)
        if found is None:  # Every character begins a piece; this guards against a loop without end.
            raise BadQuery(f"character {place + 1} is not understood")
        pieces.append(found)
        place = found.end()
    return pieces


@dataclass(slots=True)
class _Reader:
    """Reads pieces from the left; what it returns is FTS5's language, "" for signs that match nothing."""

    pieces: list[re.Match[str]]
    shown: list[str] = field(default_factory=list)
    negated: int = 0

    def any_of(self, depth: int, within: str = "") -> str:
        if depth > _DEEPEST:
            raise BadQuery("too many brackets within each other")
        parts = [self.all_of(depth, within)]
        while self._is("OR"):
            self._operator("OR")
            parts.append(self.all_of(depth, within))
        found = [part for part in parts if part]
        return f"({' OR '.join(found)})" if len(found) > 1 else "".join(found)

    def all_of(self, depth: int, within: str) -> str:
        wanted, unwanted = list[str](), list[str]()
        if self._is("OR"):
            raise BadQuery("OR needs a word on each side")
        while self.pieces and not self.pieces[0]["close"] and not self._is("OR"):
            if self._is("AND"):
                self._operator("AND", leading=not (wanted or unwanted))
                continue
            is_not = self._takes_not()
            self.negated += is_not
            part = self.one(depth, within)
            self.negated -= is_not
            (unwanted if is_not else wanted).append(part)
        wanted, unwanted = list(filter(None, wanted)), list(filter(None, unwanted))
        if not wanted and unwanted:
            raise BadQuery("only what is not wanted is named, not what is")
        both = " AND ".join(wanted)
        return f"(({both}) NOT ({' OR '.join(unwanted)}))" if unwanted else f"({both})" if len(wanted) > 1 else both

    def one(self, depth: int, within: str) -> str:
        if not self.pieces or self.pieces[0]["close"] or any(map(self._is, _OPERATORS)):
            raise BadQuery("a word is missing")
        piece = self.pieces.pop(0)
        if piece["field"]:
            return self.one(depth, piece["field"].removeprefix("-"))
        if piece["open"]:
            return self._bracket(depth, within)
        if piece["quoted"]:
            if not piece["end"]:
                raise BadQuery("a quotation mark that is never closed")
            return self._words(piece["phrase"], within)
        return self._words(piece["word"], within)

    def _bracket(self, depth: int, within: str) -> str:
        found = self.any_of(depth + 1, within)
        if not self.pieces:
            raise BadQuery("an opening bracket without a closing one")
        self.pieces.pop(0)
        return found

    def _words(self, text: str, within: str) -> str:
        folded = fold(text.removeprefix("-"))
        tokens = open_ended(folded)
        if not tokens:
            return ""
        if not self.negated:
            self.shown.append(folded)
        alone = len(tokens) == 1 and is_character(tokens[0])
        if alone and not within:
            return f'chars : "{tokens[0]}"'
        star = " *" if alone or text.endswith("*") else ""
        return f'{within or "- chars"} : "{" ".join(tokens)}"{star}'

    def _takes_not(self) -> bool:
        if self._is("NOT"):
            self._operator("NOT", leading=False)
            return True
        piece = self.pieces[0]
        text = piece["open"] or piece["quoted"] or piece["word"] or piece["field"] or ""
        return text.startswith("-") and len(text) > 1

    def _is(self, operator: str) -> bool:
        return bool(self.pieces) and self.pieces[0]["word"] == operator

    def _operator(self, operator: str, *, leading: bool = False) -> None:
        self.pieces.pop(0)
        if leading or not self.pieces or self.pieces[0]["close"] or self._is("OR") or self._is("AND"):
            raise BadQuery(
                f"{operator} needs a word on each side" if operator != "NOT" else "NOT needs a word after it"
            )
