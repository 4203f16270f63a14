"""The open quotes, lists and items of a body that is being read, and the blocks that they become."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lxml.etree import _Element as Element

from crawler.body.blocks import Block, Items, Quote

_HIGHEST: Final = 999_999_999
"""The largest number that an item may have in CommonMark."""


@dataclass(slots=True)
class Container:
    """What is open, at least the body itself, and the blocks that were collected in it."""

    element: Element | None
    blocks: list[Block] = field(default_factory=list)

    def close(self, parent: Container) -> None:
        """Give what was collected to the container around this one."""
        parent.blocks += self.blocks


@dataclass(slots=True)
class OpenQuote(Container):
    """A ``blockquote``."""

    def close(self, parent: Container) -> None:
        """Give one quote, if there is anything in it."""
        if self.blocks:
            parent.blocks.append(Quote(tuple(self.blocks)))


@dataclass(slots=True)
class OpenList(Container):
    """A ``ul`` or ``ol``.

    Markdown counts on from the first number of a list: where a page counts otherwise, another list begins.
    """

    number: int | None = None
    """That the next item has on the page; None in a list without numbers."""
    step: int = 1
    first: int | None = None
    """The number of the first of ``items``."""
    items: list[tuple[Block, ...]] = field(default_factory=list)
    lists: list[Block] = field(default_factory=list)
    """Those that are complete, and what stands between them."""

    def close(self, parent: Container) -> None:
        """Give the list, or the lists."""
        self.gather_loose()
        self._complete()
        parent.blocks += self.lists

    def add(self, item: tuple[Block, ...], value: int | None) -> None:
        """Add an item; ``value``: the number it states. An empty one is counted and not shown."""
        if self.number is None:
            self.items += [item] if item else []
            return
        number = min(max(self.number if value is None else value, 0), _HIGHEST)
        self.number = number + self.step
        if item:
            if self.first is not None and number != self.first + len(self.items):
                self._complete()
            self.first = number if self.first is None else self.first
            self.items.append(item)

    def gather_loose(self) -> None:
        """Take in what stands between items: a list belongs to the item before it; the rest is an item, or has no
        number and so no place in a list with numbers.
        """
        loose, self.blocks = self.blocks, []
        if self.items and all(isinstance(block, Items) for block in loose):
            self.items[-1] += tuple(loose)
        elif loose and self.number is None:
            self.items.append(tuple(loose))
        elif loose:
            self._complete()
            self.lists += loose

    def _complete(self) -> None:
        if self.items:
            self.lists.append(Items(tuple(self.items), self.first))
        self.items, self.first = [], None


@dataclass(slots=True)
class OpenItem(Container):
    """A ``li`` of a list."""

    value: int | None = None

    def close(self, parent: Container) -> None:
        """Give the item to its list."""
        if isinstance(parent, OpenList):
            parent.add(tuple(self.blocks), self.value)


def open_container(element: Element, tag: str, around: Container) -> Container | None:
    """The container that an element opens inside another; None for one that opens none."""
    if tag == "blockquote":
        return OpenQuote(element)
    if tag == "ul":
        return OpenList(element)
    if tag == "ol":
        is_reversed = element.get("reversed") is not None
        first = sum(child.tag == "li" for child in element) if is_reversed else 1
        start = _number(element.get("start"))
        return OpenList(element, number=first if start is None else start, step=-1 if is_reversed else 1)
    if tag == "li" and isinstance(around, OpenList):
        around.gather_loose()
        return OpenItem(element, value=_number(element.get("value")))
    return None


def _number(text: str | None) -> int | None:
    text = (text or "").strip().removeprefix("+")
    return int(text[:9]) if text.isascii() and text.isdigit() else None
