"""A flipped bit put back: the seal of a row proves which of all its bits it was. No other copy is needed. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

Row = dict[str, Any]

MOST: Final = 30_000
"""Bits of a value that are tried, at some microseconds each: what is longer is a text, which has other copies."""


def one_bit_otherwise(row: Row) -> Iterator[Row]:
    """The row with one bit of one value flipped, every one in turn; the values that are short first."""
    for name, value in sorted(row.items(), key=lambda item: len(str(item[1]))):
        for other in _flipped(value):
            yield {**row, name: other}


def _flipped(value: Any) -> Iterator[Any]:
    if isinstance(value, int):
        yield from (value ^ 1 << bit for bit in range(max(8, value.bit_length() + 1)))
    elif isinstance(value, str):
        content = bytearray(value.encode("utf-8", "surrogateescape"))
        for bit in range(8 * len(content) if 8 * len(content) <= MOST else 0):
            content[bit // 8] ^= 1 << bit % 8
            with suppress(UnicodeDecodeError):  # No text of ours.
                yield content.decode()
            content[bit // 8] ^= 1 << bit % 8
