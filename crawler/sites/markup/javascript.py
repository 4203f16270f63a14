"""What a page's inline scripts assign. A name in an attribute, a comment, a string or an article's text states nothing.

Only what stands as a statement counts: ``var x = …;`` and ``x = …;`` outside of functions, ``window.x = …`` anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from crawler.sites.markup.js_literals import UNKNOWN, Unreadable, read_value
from crawler.sites.markup.js_tokens import TOKEN, after_slash, after_template

_RAW: Final = "script|style|textarea|title|xmp|noembed"
"""Elements whose text holds no tags."""
_ATTRIBUTES: Final = r"""(?:[^>"']++|"[^"]*+"|'[^']*+')*+>?"""
_ORDINARY: Final = re.compile(rf"(?:[^<]++|<(?!!--|(?:{_RAW})[\s/>])(?:[a-z/]{_ATTRIBUTES})?+)*+", re.I)
"""Text and tags up to the next comment or element with raw text: at one go, in attributes nothing begins."""
_SPECIAL: Final = re.compile(rf"<(?:!--|({_RAW})(?=[\s/>])({_ATTRIBUTES}))", re.I)
_ENDS: Final = {name: re.compile(rf"</{name}(?=[\s/>])", re.I) for name in _RAW.split("|")}
_TYPE: Final = re.compile(r"""(?<![\w-])type\s*=\s*["']?\s*([^"'\s>]*)""", re.I)
_SCRIPT_TYPES: Final = re.compile(r"(?:(?:text|application)/(?:x-)?(?:java|ecma)script.*|module|)", re.I)
_MOST_FAILURES: Final = 20
"""Values of one page that are begun and cannot be read: a hostile page could make each cost a reading of the rest."""
_MOST_READ: Final = 3
"""How often the length of the page is read in values, for the same reason: they may stand in each other."""
_RECEIVER: Final = re.compile(r"(?<![\w$.\])-])((?:[A-Za-z_$][\w$]*\s*\.\s*)*)\Z")
_SAYS_SOMETHING: Final = re.compile(
    r"""\s*+(?:['"`{\[\d.!+-]|\(\s*+(?:['"]|[\w$.]++\s*+\?)|(?:JsDecode|htmlDecode|String|Number|parseInt)\s*+\("""
    r"|[\w$.]++\s*+(?:\|\||\?|=(?![=>])))"
)
"""How values begin that can be known without running anything."""
_LONGEST_RECEIVER: Final = 60
_DATA_OBJECTS: Final = ("cgiData", "cgiDataNew", "window.cgiData", "window.cgiDataNew", "_g.cgiData")
_PAGE: Final = frozenset({"window", "self", "globalThis", "_g", "d", *_DATA_OBJECTS})
"""Objects whose members are the page's own: the global one, and what WeChat's pages call it within functions."""
_HEAD: Final = re.compile(r"([\w$]+)\s*\Z")
_BLOCKS: Final = frozenset({"if", "for", "while", "switch", "catch", "with"})


class Assigned(NamedTuple):
    """A statement ``name = value``, and where the value stands in the page."""

    name: str
    receiver: str
    """Whose member it is: ``window`` in ``window.name``; ``""`` for a plain name."""
    value: Any
    start: int
    end: int
    depth: int
    """How many functions stand around it."""


class _Patterns(NamedTuple):
    """What to look for: everywhere, and in bundles."""

    anywhere: re.Pattern[str]
    in_bundles: re.Pattern[str]


class Span(NamedTuple):
    """Where the text of an inline script stands in the page."""

    start: int
    end: int


class Scripts:
    """The inline scripts of a page. The page is searched for them as far as somebody asks."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: list[Span] = []
        self._further = _inline_scripts(text)

    @property
    def spans(self) -> Iterator[Span]:
        """Where their texts stand, in order."""
        yield from self._known
        for span in self._further:
            self._known.append(span)
            yield span

    def assigned(self, *names: str, without: frozenset[str] = frozenset()) -> tuple[Assigned, ...]:
        """The statements that give a value to one of these names, in the order of the page, those outside of
        functions first. ``without``: keys of objects that need not be read."""
        found = self._statements(names, _statements_of(names), without)
        return tuple(sorted(found, key=lambda one: one.depth > 0))

    def objects(self) -> tuple[Assigned, ...]:
        """The statements that give an object to any name, in the order of the page."""
        return tuple(self._statements(("=",), _ANY_OBJECT))

    def data(self) -> Assigned | None:
        """The statement ``window.DATA = {…}``; None where the page has none that can be read."""
        of_window = (one for one in self._statements(("DATA",), _DATA) if one.receiver == "window")
        return next((one for one in of_window if isinstance(one.value, dict) and one.value), None)

    def value(self, name: str, kind: type) -> Any:
        """The first value of a kind that the page gives to a name; an empty one of that kind if there is none."""
        return next((one.value for one in self.assigned(name) if isinstance(one.value, kind) and one.value), kind())

    def _statements(
        self, names: tuple[str, ...], patterns: _Patterns, without: frozenset[str] = frozenset()
    ) -> Iterator[Assigned]:
        if any(name in self._text for name in names):
            read = _Reading(self._text, without)
            for span in self.spans:
                yield from read.statements(span, patterns)


@cache
def _statements_of(names: tuple[str, ...]) -> _Patterns:
    """Where one of the names may be given a value. What must not stand before it is looked at later: letters are
    found far faster than the boundaries of words."""
    any_of = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    named = rf"(?P<name>{any_of})\s*+=(?![=>])"
    return _Patterns(re.compile(named), re.compile(rf"window\.{named}"))


_DATA: Final = _statements_of(("DATA",))
_OBJECT: Final = r"(?P<name>[A-Za-z_$][\w$]*+)\s*+=(?![=>])(?=[\s\w$.|]{0,200}\{)"
_ANY_OBJECT: Final = _Patterns(re.compile(_OBJECT), re.compile(rf"window\.{_OBJECT}"))
_BUNDLE: Final = re.compile(
    r"\s*+(?:(?:var|let|const)\s+[\w$]+\s*=\s*|[;!+]\s*|(?=\())\(*+\s*+(?:async\s+)?"
    r"(?:function(?![\w$])|\([^()]*+\)\s*+=>)"
)
_LONG_SCRIPT: Final = 30_000
"""Characters. A longer one that begins by calling a function is a bundle: its variables are that function's."""


def _inline_scripts(text: str) -> Iterator[Span]:
    """Every script of JavaScript that stands in the page itself."""
    at = 0
    while (ordinary := _ORDINARY.match(text, at)) and (tag := _SPECIAL.match(text, ordinary.end())):
        start = tag.end()
        if not tag[1]:
            end = text.find("-->", start - 2)
            at = len(text) if end < 0 else end + 3
            continue
        closing = _ENDS[tag[1].lower()].search(text, start)
        at = closing.start() if closing else len(text)
        if tag[1].lower() == "script" and start < at and _is_javascript(tag[2]):
            yield Span(start, at)


def _is_javascript(attributes: str) -> bool:
    stated = _TYPE.search(attributes)
    return stated is None or bool(_SCRIPT_TYPES.fullmatch(stated[1]))


class _Reading:
    """One search for statements through the scripts of a page."""

    def __init__(self, text: str, without: frozenset[str]) -> None:
        self._text = text
        self._without = without
        self._failures = 0
        self._left = _MOST_READ * len(text)

    def statements(self, span: Span, patterns: _Patterns) -> Iterator[Assigned]:
        """The statements of one script, in order."""
        is_bundle = span.end - span.start > _LONG_SCRIPT and _BUNDLE.match(self._text, *span)
        pattern = patterns.in_bundles if is_bundle else patterns.anywhere
        scopes = _Scopes(self._text, span)
        at = span.start
        while self._goes_on() and (found := pattern.search(self._text, at, span.end)):
            at = found.end()
            place = found.start("name")
            receiver = self._receiver(place)
            if receiver is None or not _SAYS_SOMETHING.match(self._text, at):
                continue
            # The value first: in bundles of code hardly any is known, and walking through them takes long.
            value, end = self._value(at)
            if value is UNKNOWN or not scopes.reach(place):
                continue
            if receiver in _PAGE if receiver else scopes.depth == 0:
                yield Assigned(found["name"], receiver, value, at, end, scopes.depth)
            if isinstance(value, dict | list) and end <= span.end:
                at = end
                scopes.jump(at)

    def _goes_on(self) -> bool:
        return self._failures < _MOST_FAILURES and self._left > 0

    def _value(self, at: int) -> tuple[Any, int]:
        try:
            value, end = read_value(self._text, at, self._without)
        except Unreadable:
            self._failures += 1
            return UNKNOWN, at
        self._left -= end - at
        return value, end

    def _receiver(self, start: int) -> str | None:
        """What stands before a name, such as ``window`` before ``.DATA``; None if it is a part of something else."""
        found = _RECEIVER.search(self._text, max(0, start - _LONGEST_RECEIVER), start)
        return "".join(found[1].split()).rstrip(".") if found else None


class _Scopes:
    """How far a script was walked, and in which functions and brackets that place stands."""

    def __init__(self, text: str, span: Span) -> None:
        self._text = text
        self._at, self._end = span
        self._opened: list[str] = []
        """Open brackets: ``(``, ``[``, ``{``, ``f`` for a function's body, a backtick for code in a template."""
        self._heads: list[str] = []
        self._closed_head = ""

    @property
    def depth(self) -> int:
        """How many functions stand around."""
        return self._opened.count("f")

    def jump(self, at: int) -> None:
        """Go on from a place behind a value that was read."""
        self._at = max(self._at, at)

    def reach(self, place: int) -> bool:
        """Walk on to a place of the script; whether it is code, and at the level of statements."""
        if place < self._at:
            return False
        while (token := TOKEN.search(self._text, self._at, self._end)) and token.start() < place:
            self._pass(token)
        return self._at <= place and (not self._opened or self._opened[-1] in "{f")

    def _pass(self, token: re.Match[str]) -> None:
        self._at = token.end()
        match token.lastgroup:
            case "opening":
                self._open(token)
            case "closing":
                self._close()
            case "template":
                self._pass_template()
            case "slash":
                self._at = after_slash(self._text, token.start())

    def _open(self, token: re.Match[str]) -> None:
        bracket = token[0]
        before = self._text[max(0, token.start() - _LONGEST_RECEIVER) : token.start()].rstrip()
        if bracket == "(":
            head = _HEAD.search(before)
            self._heads.append(head[1] if head else "")
        elif bracket == "{" and (before.endswith("=>") or (before.endswith(")") and self._closed_head not in _BLOCKS)):
            bracket = "f"
        self._opened.append(bracket)

    def _close(self) -> None:
        closed = self._opened.pop() if self._opened else ""
        if closed == "(" and self._heads:
            self._closed_head = self._heads.pop()
        elif closed == "`":
            self._pass_template()

    def _pass_template(self) -> None:
        end, in_code = after_template(self._text, self._at)
        self._at = end
        if in_code:
            self._opened.append("`")
