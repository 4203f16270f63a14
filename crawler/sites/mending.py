"""Bytes that are no text in any one encoding, read with the fewest losses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from crawler.sites.soundness import SOUND

_BROKEN: Final = 5.0
_UNSOUND: Final = 3.0
_FOREIGN: Final = 0.4
"""Costs of a byte that belongs to no character, of a rare character, and of one in the encoding not elected."""
_LONGEST: Final = 20_000
"""Bytes. A longer stretch without any mark in it is no text anyway."""


def mend(piece: bytes, elected: str) -> str:
    """The cheapest way to cut the bytes into characters of UTF-8 and GB18030; a byte left over is U+FFFD.

    The way is found from the end, byte by byte: a shifted reading costs a rare character at every step, so that one
    lost byte is given up rather than the rest of the line.
    """
    if len(piece) > _LONGEST:
        return piece.decode(elected, "replace")
    cost = [0.0] * (len(piece) + 1)
    step: list[tuple[int, str]] = [(1, "")] * len(piece)
    for at in reversed(range(len(piece))):
        ways = ((cost[at + size] + price, size, char) for size, char, price in _characters(piece, at, elected))
        cost[at], length, text = min(ways)
        step[at] = (length, text)
    return "".join(_along(step))


def _along(step: list[tuple[int, str]]) -> Iterator[str]:
    at = 0
    while at < len(step):
        length, text = step[at]
        yield text
        at += length


def _characters(piece: bytes, at: int, elected: str) -> Iterator[tuple[int, str, float]]:
    """Every character that may begin here: its length in bytes, itself, its price."""
    lead = piece[at]
    if lead < 0x80:
        yield 1, chr(lead), 0.0
        return
    yield 1, "\ufffd", _BROKEN
    for encoding, lengths in (("utf-8", (2, 3, 4)), ("gb18030", (2, 4))):
        for length in lengths:
            try:
                text = piece[at : at + length].decode(encoding)
            except UnicodeDecodeError:
                continue
            if len(text) == 1 and at + length <= len(piece):
                price = (text not in SOUND) * _UNSOUND + (encoding != elected) * _FOREIGN
                yield length, text, price
