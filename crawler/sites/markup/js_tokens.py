"""The parts of a script's text that hold no code or group it: strings, comments, patterns, brackets."""

from __future__ import annotations

import re
from typing import Final

NAME: Final = re.compile(r"[A-Za-z_$\u00c0-\uffff][\w$]*+")
SPACE: Final = re.compile(r"(?:[\s\ufeff]++|//[^\n]*+|/\*.*?(?:\*/|\Z)|<!--[^\n]*+)*+", re.S)
STRING: Final = re.compile(r"""'(?:[^'\\]++|\\.)*+'|"(?:[^"\\]++|\\.)*+\"""", re.S)
TOKEN: Final = re.compile(
    r"""(?P<opaque>"(?:[^"\\\n]++|\\.)*+"?|'(?:[^'\\\n]++|\\.)*+'?|//[^\n]*+|/\*.*?(?:\*/|\Z)|<!--[^\n]*+)"""
    r"|(?P<template>`)|(?P<slash>/)|(?P<opening>[({\[])|(?P<closing>[)}\]])",
    re.S,
)
"""A string that is not closed ends with its line, as browsers have it: what is misread is one line at most."""
_TOKEN_OR_COMMA: Final = re.compile(rf"{TOKEN.pattern}|(?P<comma>,)", re.S)
REGEX: Final = re.compile(r"/(?![/*])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.){0,80}+\]){1,300}+/[a-z]*+")
"""Bounded: each slash of a long line may seem to begin one."""
_SIGNS_BEFORE: Final = frozenset("(,=:[!&|?{};+-*%^~<>")
_WORDS_BEFORE: Final = re.compile(r"(?<![\w$.])(?:return|typeof|case|in|of|do|else|void)\Z")
"""What a slash stands behind where it begins a pattern; behind anything else it divides."""
_LOOK_BACK: Final = 40
_ESCAPE: Final = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,5}|10[0-9a-fA-F]{4})\}|(\r\n|.))", re.S
)
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}
_PAIR: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def string_value(literal: str) -> str:
    """What a string literal means, its quotes included in what is given."""
    inner = literal[1:-1]
    if "\\" not in inner:
        return inner
    text = _ESCAPE.sub(_character, inner)
    # Beyond the first 65,536 characters a script writes two halves, each of which alone is none.
    return _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


def _character(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3]
    return chr(int(code, 16)) if code else _LETTERS.get(escape[4], escape[4])


def after_slash(text: str, at: int) -> int:
    """Where the pattern that begins with the slash at this position ends; one behind it if it only divides."""
    before = text[max(0, at - _LOOK_BACK) : at].rstrip()
    begins = not before or before[-1] in _SIGNS_BEFORE or (before[-1].isalpha() and _WORDS_BEFORE.search(before))
    regex = REGEX.match(text, at) if begins else None
    return regex.end() if regex else at + 1


def skip_balanced(text: str, at: int) -> int:
    """Where the bracket or the template that opens at this position is closed; the text's end if it is not."""
    return _walk(text, at, within=False)


def skip_value(text: str, at: int) -> int:
    """Where a value ends that cannot be read: at the comma behind it, or at the bracket around it."""
    return _walk(text, at, within=True)


def _walk(text: str, at: int, *, within: bool) -> int:
    """``within``: stop before a comma or closing bracket of the level we are on, else behind that which closes it."""
    opened: list[str] = []
    while token := _TOKEN_OR_COMMA.search(text, at):
        at, kind = token.end(), token.lastgroup
        if not opened and within and kind in ("comma", "closing"):
            return token.start()
        if kind == "slash":
            at = after_slash(text, token.start())
        elif kind == "opening":
            opened.append(token[0])
        elif kind == "template" or (kind == "closing" and opened and opened.pop() == "`"):
            at, in_code = after_template(text, at)
            opened += ["`"] if in_code else []
        if kind in ("closing", "template") and not opened and not within:
            return at
    return len(text)


_TEMPLATE_PART: Final = re.compile(r"(?:[^`\\$]++|\\.|\$(?!\{))*+(`|\$\{|\Z)", re.S)


def after_template(text: str, at: int) -> tuple[int, bool]:
    """Behind the template that goes on at this position, or where code begins within it: then True, too."""
    part = _TEMPLATE_PART.match(text, at)
    return (part.end(), part[1] == "${") if part else (len(text), False)
