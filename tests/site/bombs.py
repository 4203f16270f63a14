"""Bodies larger than they look, or larger than anyone wants; made piece by piece while they are sent."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache

import brotli  # type: ignore[import-untyped]

MEGABYTE = 1_000_000
FILLER = ("大" * 40 + "\n").encode()
BLANK = b" " * MEGABYTE

Stream = Callable[[], Iterator[bytes]]


def plain(megabytes: int) -> Stream:
    """So many megabytes of text."""
    piece = (FILLER * (MEGABYTE // len(FILLER) + 1))[:MEGABYTE]
    return lambda: (piece for _ in range(megabytes))


def pieces(body: bytes, count: int = 10) -> Stream:
    """A body in about ``count`` equal pieces."""
    size = max(1, -(-len(body) // count))
    return lambda: (body[start : start + size] for start in range(0, len(body), size))


def gzip_bomb(megabytes: int) -> Stream:
    """One gzip member of so many megabytes of blanks, a thousandth of that on the wire."""

    def stream() -> Iterator[bytes]:
        block = deflated_megabyte()
        yield b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
        checksum = 0
        for _ in range(megabytes):
            checksum = zlib.crc32(BLANK, checksum)
            yield block
        yield b"\x03\x00" + struct.pack("<II", checksum, megabytes * MEGABYTE & 0xFFFFFFFF)

    return stream


@cache
def deflated_megabyte() -> bytes:
    """A megabyte of blanks, deflated without leaning on anything before it, so that it can be repeated."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(BLANK) + compressor.flush(zlib.Z_FULL_FLUSH)


@cache
def brotli_bomb(megabytes: int) -> bytes:
    """So many megabytes of blanks in a few hundred bytes."""
    compressor = brotli.Compressor(quality=1)
    parts = [compressor.process(BLANK) for _ in range(megabytes)]
    return b"".join([*parts, compressor.finish()])
