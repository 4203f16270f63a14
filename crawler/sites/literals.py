"""Literals in scripts and answers: a member of an object, an array that is assigned, an answer that is all data."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any, Final

from crawler.sites.script import value_at, word

_JSONP: Final = re.compile(r"\s*(?:/\*.*?\*/\s*)?(?:[\w$.]+\s*\(\s*)?(?=[{\[])", re.S)
_MOST_TRIES: Final = 20


def find_array(text: str, name: str) -> list[Any]:
    """The first non-empty array that ``name = […]`` assigns; empty if there is none."""
    return next((value for value in _found(text, rf"{word(name)}\s*=\s*(?=\[)") if isinstance(value, list)), [])


def find_members(text: str, name: str) -> list[dict[str, Any]]:
    """The objects that stand as ``name: {…}`` in a script, with or without quotes around the name."""
    pattern = rf"{word(name)}[\"']?\s*:\s*(?=\{{)"
    return [value for value in _found(text, pattern) if isinstance(value, dict)]


def read_answer(text: str) -> dict[str, Any]:
    """The object that a text is, bare or in a JSONP call, whatever follows it; empty if it is none.

    Strings may stand in single quotes, as in the site's old ``.js`` files.
    """
    start = _JSONP.match(text)
    found = value_at(text, start.end()) if start else None
    return found[0] if found and isinstance(found[0], dict) else {}


def _found(text: str, pattern: str) -> list[Any]:
    starts = islice(re.finditer(pattern, text), _MOST_TRIES)
    values = (value_at(text, match.end()) for match in starts)
    return [value[0] for value in values if value and value[0]]
