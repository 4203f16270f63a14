"""What the bytes of a picture say: its type, its size in pixels, and whether it is one at all. Pure."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Final

EXTENSIONS: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/bmp": "bmp",
    "image/avif": "avif",
    "image/heic": "heic",
}
"""Types that are kept, by what the file begins with, and the ending of their files."""

PLACEHOLDER: Final = 2
"""Pixels: what is neither wider nor higher counts visits or fills a gap, and shows nothing."""

_MAGIC: Final = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"BM.{4}\x00\x00\x00\x00", re.DOTALL), "image/bmp"),
    (re.compile(rb".{4}ftypavi[fs]", re.DOTALL), "image/avif"),
    (re.compile(rb".{4}ftyp(?:heic|heix|mif1|msf1)", re.DOTALL), "image/heic"),
)
_SEGMENT: Final = re.compile(rb"\xff+([\x01-\xfe])", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's type; width and height in pixels where the type is one whose head we read."""

    mime: str
    size: tuple[int, int] | None

    @property
    def extension(self) -> str:
        """The ending of its file, without the dot."""
        return EXTENSIONS[self.mime]


class NotAPicture(Exception):
    """Bytes that are no picture worth keeping. Attribute: ``reason``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def recognised(body: bytes) -> Picture:
    """What these bytes are. Raises `NotAPicture` for pages, broken heads, unknown types and placeholders."""
    mime = next((mime for pattern, mime in _MAGIC if pattern.match(body)), None)
    if mime is None:
        kind = "a page" if body.lstrip()[:1] in (b"<", b"{") else "no known type of picture"
        raise NotAPicture(f"{kind} ({len(body)} bytes)")
    try:
        size = _SIZES[mime](body) if mime in _SIZES else None
    except (struct.error, IndexError) as error:
        raise NotAPicture(f"{mime} with a broken head") from error
    if size is not None and 0 in size:
        raise NotAPicture(f"{mime} of no size")
    if size is not None and max(size) <= PLACEHOLDER:
        raise NotAPicture(f"a placeholder of {size[0]}×{size[1]} pixels")
    return Picture(mime, size)


def _png(body: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", body, 16)
    return width, height


def _gif(body: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", body, 6)
    return width, height


def _bmp(body: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<ii", body, 18)
    return abs(width), abs(height)


def _jpeg(body: bytes) -> tuple[int, int]:
    """From the first frame header, reached from segment to segment."""
    offset = 2
    while True:
        marker = _SEGMENT.match(body, offset)
        if marker is None:
            raise IndexError(offset)
        code = marker[1][0]
        if 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", body, marker.end() + 3)
            return width, height
        offset = marker.end() + struct.unpack_from(">H", body, marker.end())[0]


def _webp(body: bytes) -> tuple[int, int] | None:
    form = body[12:16]
    if form == b"VP8X":
        width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (24, 27))
    elif form == b"VP8L":
        bits = struct.unpack_from("<I", body, 21)[0]
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif form == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 26))
    else:
        return None
    return width, height


_SIZES: Final = {"image/png": _png, "image/gif": _gif, "image/bmp": _bmp, "image/jpeg": _jpeg, "image/webp": _webp}
