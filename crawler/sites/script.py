"""Values that a page's scripts assign: read with decoders from their first brace, never with a pattern."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import Any

_DECODER = json.JSONDecoder(strict=False)
_SPACE_OR_COMMENT = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.S)
_WORD = re.compile(r"[\w$.+-]+")
_CALL_OR_ELSE = re.compile(r"\s*+\)?\s*+(?:\|\|\s*+)?(?:[\w.$]++\(\s*+)?['\"]")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_CONSTANTS = {"true": True, "false": False, "null": None, "undefined": None, "NaN": None}
_MAX_DEPTH = 50
_MOST_TRIES = 20
"""Assignments of one name that are tried: a hostile page could make every one cost a reading of the whole rest."""


def find_json(text: str, name: str) -> tuple[dict[str, Any], int, int] | None:
    """The JSON object that ``name = {…}`` assigns, with its first and last position; None if there is none."""
    for match in islice(re.finditer(rf"{re.escape(name)}\s*=\s*(?=\{{)", text), _MOST_TRIES):
        try:
            value, end = _DECODER.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            continue
        return value, match.end(), end
    return None


def find_object(text: str, name: str) -> dict[str, Any] | None:
    """The JavaScript object that ``name = {…}`` or ``name = window.name || {…}`` assigns.

    Keys may stand without quotes, strings in single ones, commas before a closing brace. None if there is no
    readable one.
    """
    pattern = rf"{word(name)}\s*=\s*(?:[\w.$]+\s*\|\|\s*)?(?=\{{)"
    for match in islice(re.finditer(pattern, text), _MOST_TRIES):
        try:
            value, _ = _value(text, match.end(), 0)
        except (ValueError, IndexError):
            continue
        if isinstance(value, dict):
            return value
    return None


def find_string(text: str, name: str) -> str:
    """The first non-empty string that ``name = "…"``, ``name: '…'`` or ``name = "" || call("…")`` gives, or ``""``."""
    pattern = rf"{word(name)}\s*(?:=(?!=)|:)\s*(?=[\w.$]*\(?\s*['\"])"
    for match in islice(re.finditer(pattern, text), _MOST_TRIES):
        at = match.end()
        try:
            while call := _CALL_OR_ELSE.match(text, at):
                value, at = _string(text, call.end() - 1)
                if value:
                    return value
        except (ValueError, IndexError):
            continue
    return ""


def word(name: str) -> str:
    """The pattern of a name that is not the end of a longer one.

    The name comes first: letters are found far faster than the boundaries of words.
    """
    plain = re.escape(name)
    return rf"{plain}(?<![\w$]{plain})"


def value_at(text: str, at: int) -> tuple[Any, int] | None:
    """The JavaScript literal that begins at this position, and where it ends; None if it is no readable one."""
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        pass
    try:
        return _value(text, at, 0)
    except (ValueError, IndexError):
        return None


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deep")
    at = _skip(text, at)
    opening = text[at]
    if opening == "{":
        return _object(text, at + 1, depth + 1)
    if opening == "[":
        return _array(text, at + 1, depth + 1)
    if opening in "'\"":
        return _string(text, at)
    return _constant(text, at)


def _object(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while text[at := _skip(text, at)] != "}":
        key, at = _string(text, at) if text[at] in "'\"" else _key(text, at)
        at = _skip(text, at)
        if text[at] != ":":
            raise ValueError(f"no colon at {at}")
        found[key], at = _value(text, at + 1, depth)
        at = _after_comma(text, at, "}")
    return found, at + 1


def _array(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    while text[at := _skip(text, at)] != "]":
        value, at = _value(text, at, depth)
        found.append(value)
        at = _after_comma(text, at, "]")
    return found, at + 1


def _after_comma(text: str, at: int, closing: str) -> int:
    at = _skip(text, at)
    if text[at] == ",":
        return at + 1
    if text[at] != closing:
        raise ValueError(f"no comma at {at}")
    return at


def _key(text: str, at: int) -> tuple[str, int]:
    word = _WORD.match(text, at)
    if word is None:
        raise ValueError(f"no key at {at}")
    return word.group(), word.end()


def _constant(text: str, at: int) -> tuple[Any, int]:
    word, end = _key(text, at)
    if word in _CONSTANTS:
        return _CONSTANTS[word], end
    return (int(word) if word.lstrip("-").isdigit() else float(word)), end


def _string(text: str, at: int) -> tuple[str, int]:
    quote, parts, at = text[at], [], at + 1
    while (char := text[at]) != quote:
        if char == "\\":
            char, at = _escaped(text, at + 1)
        else:
            at += 1
        parts.append(char)
    return "".join(parts), at + 1


def _escaped(text: str, at: int) -> tuple[str, int]:
    char = text[at]
    digits = {"u": 4, "x": 2}.get(char)
    if digits:
        return chr(int(text[at + 1 : at + 1 + digits], 16)), at + 1 + digits
    return _ESCAPES.get(char, char), at + 1


def _skip(text: str, at: int) -> int:
    match = _SPACE_OR_COMMENT.match(text, at)
    return match.end() if match else at
