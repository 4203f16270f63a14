"""Where something stands in a TOML file: the standard library's reader keeps no line numbers."""

from __future__ import annotations

import tomllib


def line_of(text: str, key: tuple[str, ...]) -> int:
    """The line, counted from 1, on which the value of ``key`` ends; for a table, of its header. 0: not there.

    The first lines of a file, up to a complete value, are a TOML file themselves: the shortest one that has
    the key tells its line.
    """
    lines = text.splitlines(keepends=True)
    for number in range(1, len(lines) + 1):
        if _has("".join(lines[:number]), key):
            return number
    return 0


def _has(text: str, key: tuple[str, ...]) -> bool:
    try:
        place: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False  # These lines end in the midst of a value.
    for part in key:
        if not isinstance(place, dict) or part not in place:
            return False
        place = place[part]
    return True
