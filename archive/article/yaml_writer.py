"""Front matter written as YAML that YAML 1.1 and 1.2 readers understand alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final


def emit(metadata: Mapping[str, object]) -> str:
    """Front matter that YAML 1.1 and 1.2 readers understand alike: a line per key, two spaces before items.

    Takes strings, booleans and lists of strings. Raises ``TypeError`` for anything else.
    """
    return "".join(line for key, value in metadata.items() for line in _lines(key, value))


def _lines(key: str, value: object) -> Iterable[str]:
    match value:
        case str():
            yield f"{key}: {quoted(value)}\n"
        case bool():
            yield f"{key}: {'true' if value else 'false'}\n"
        case []:
            yield f"{key}: []\n"
        case list():
            yield f"{key}:\n"
            for item in value:
                if not isinstance(item, str):
                    raise TypeError(f"{key} holds {type(item).__name__}, not only strings")
                yield f"  - {quoted(item)}\n"
        case _:
            raise TypeError(f"{key} is {type(value).__name__}, not a string, boolean or list of strings")


def quoted(text: str) -> str:
    """``text`` in double quotes; escaped is what a YAML reader would refuse, fold or take for a line end."""
    return f'"{_UNSAFE.sub(_escape, text)}"'


_UNSAFE: Final = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]')


_SHORT: Final = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if short := _SHORT.get(character):
        return short
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"  # Half a character: there is no way to write it.
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}"


def whole_file(front_matter: str, content: str) -> str:
    """Front matter and content, put together as in the sample."""
    return f"---\n{front_matter}---\n\n{content}\n"
