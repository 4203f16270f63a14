"""Tiny valid pictures, PNG or JPEG, whose bytes differ for every address."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from hashlib import sha256

# A baseline JPEG, 16 by 16, all grey: all quantisers one, one Huffman code for each table, four blocks in one byte.
JPEG_TABLES = (
    b"\xff\xdb\x00\x43\x00" + b"\x01" * 64
    + b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00"
    + b"\xff\xc4\x00\x14\x00\x01" + b"\x00" * 15 + b"\x00"
    + b"\xff\xc4\x00\x14\x10\x01" + b"\x00" * 15 + b"\x00"
)  # fmt: skip
JPEG_SCAN = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00\xff\xd9"


@lru_cache(maxsize=256)
def picture(address: str) -> tuple[str, bytes]:
    """Content type and bytes of the picture at an address."""
    digest = sha256(address.encode()).digest()
    return ("image/png", png(digest)) if digest[0] % 4 == 0 else ("image/jpeg", jpeg(digest))


def jpeg(digest: bytes) -> bytes:
    """A grey square; the digest stands in a comment."""
    comment = b"\xff\xfe" + struct.pack(">H", 2 + len(digest)) + digest
    return b"\xff\xd8" + comment + JPEG_TABLES + JPEG_SCAN


def png(digest: bytes) -> bytes:
    """Eight by eight pixels in two colours out of the digest."""
    rows = b"".join(b"\x00" + digest[row % 2 * 3 : row % 2 * 3 + 3] * 8 for row in range(8))
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"tEXt", b"Comment\x00" + digest.hex().encode()),
        (b"IDAT", zlib.compress(rows)),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in parts) + png_chunk(b"IEND", b"")


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
