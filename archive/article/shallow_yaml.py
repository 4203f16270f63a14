"""YAML of a few levels: every scalar a string but a bare ``true`` or ``false``. Pure.

Built from the parser's events, not by its loader: that one calls itself for every level, and a hundred thousand opening
brackets in a file overflow its stack, which ends the process.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import yaml

DEEPEST: Final = 16
"""Levels. Front matter has two."""
_TEXT: Final = (None, "!", "tag:yaml.org,2002:str")
"""Tags of what may become a string; others ask for numbers, dates or objects."""


class NotShallow(ValueError):
    """YAML that is not of this kind: too deep, with tags, with several documents. The text says what."""


def load(text: str) -> object:
    """What the text says: strings, booleans, lists and dictionaries. Raises ``yaml.YAMLError``, ``NotShallow``."""
    events = yaml.parse(text, Loader=yaml.CSafeLoader)
    next(events)  # The stream's start.
    if isinstance(next(events), yaml.StreamEndEvent):
        return None
    found = _Tree(events).value(next(events), 0)
    next(events)  # The document's end.
    if not isinstance(next(events), yaml.StreamEndEvent):
        raise NotShallow("more than one document")
    return found


class _Tree:
    """The values that a parser's events stand for, and those that have names."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._named: dict[str, object] = {}

    def value(self, event: yaml.Event, depth: int) -> object:
        """The value that begins with this event."""
        if depth > DEEPEST:
            raise NotShallow(f"more than {DEEPEST} levels within each other")
        if isinstance(event, yaml.AliasEvent):
            return self._of_name(str(event.anchor))
        if getattr(event, "tag", None) not in _TEXT:
            raise NotShallow(f"the tag {getattr(event, 'tag', None)}")
        found: object
        if isinstance(event, yaml.SequenceStartEvent):
            found = [self.value(each, depth + 1) for each in self._up_to(yaml.SequenceEndEvent)]
        elif isinstance(event, yaml.MappingStartEvent):
            found = dict(self._pairs(depth + 1))
        else:
            found = _scalar(event)
        if anchor := getattr(event, "anchor", None):
            self._named[anchor] = found
        return found

    def _pairs(self, depth: int) -> Iterator[tuple[str, object]]:
        for event in self._up_to(yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise NotShallow("a key that is no word")
            yield event.value, self.value(next(self._events), depth)

    def _up_to(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        while not isinstance(event := next(self._events), end):
            yield event

    def _of_name(self, name: str) -> object:
        if name not in self._named:
            raise NotShallow(f"*{name} stands for nothing that came before")
        return self._named[name]


def _scalar(event: yaml.Event) -> str | bool:
    text = str(getattr(event, "value", ""))
    is_bare = isinstance(event, yaml.ScalarEvent) and event.implicit[0]
    return text == "true" if is_bare and text in ("true", "false") else text
