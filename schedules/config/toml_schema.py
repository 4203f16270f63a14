"""Tables of a TOML file, taken at their word: an unknown key, a wrong type, an impossible value is named. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final
from zoneinfo import ZoneInfo

from schedules.config.durations import duration_text, read_duration

Readers = Mapping[str, tuple[type, Callable[[Any], Any], Any]]
"""Key → its TOML type, its reading (which may raise ``ValueError``), and what holds where it is absent."""

_KINDS: Final = {str: "string", int: "whole number", bool: "boolean (true or false)", list: "list, such as ['a', 'b']"}


class Wrong(Exception):
    """Something wrong in a table, at its ``key``, or with the whole of it."""

    def __init__(self, reason: str, *key: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.key = key


def read_table(table: Any, readers: Readers, example: str) -> dict[str, Any]:
    """Every key's value, read. ``example``: what such a table looks like. Raises ``Wrong``."""
    if not isinstance(table, dict):
        raise Wrong(f"expected a table, such as {example}")
    for key in table:
        if key not in readers:
            raise Wrong(f"unknown key {key!r} (there are {', '.join(readers)})", key)
    return {key: _value(key, table.get(key, default), *readers[key][:2]) for key, (_, _, default) in readers.items()}


def _value(key: str, raw: Any, kind: type, read: Callable[[Any], Any]) -> Any:
    if raw is None:
        return None
    if type(raw) is not kind:
        raise Wrong(f"{key} must be a {_KINDS[kind]}", key)
    try:
        return read(raw)
    except ValueError as error:
        raise Wrong(f"{key}: {error}", key) from error


def read_zone(name: str) -> ZoneInfo:
    """The time zone of that name, which is the same on every machine. Raises ``ValueError``."""
    if name not in _zones():
        raise ValueError(f"unknown time zone {name!r}: expected a name of IANA's, such as Asia/Shanghai")
    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    """The names that IANA gave; a system has others, too, such as ``localtime``."""
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())


def length_between(low: timedelta, high: timedelta) -> Callable[[str], timedelta]:
    """A reading of lengths of time within bounds."""

    def read(text: str) -> timedelta:
        length = read_duration(text)
        if not low <= length <= high:
            raise ValueError(f"{text} is not between {duration_text(low)} and {duration_text(high)}")
        return length

    return read


def words_of(*known: str) -> Callable[[list[Any]], frozenset[str]]:
    """A reading of lists that hold only these words."""

    def read(words: list[Any]) -> frozenset[str]:
        for word in words:
            if word not in known:
                raise ValueError(f"{word!r} is none of {', '.join(known)}")
        return frozenset(words)

    return read
