"""What the bytes of a sound say: its type, and whether it is one at all. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

EXTENSIONS: Final = {
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/silk": "silk",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
}
"""Types that are kept, by what the file begins with, and the ending of their files."""

_MAGIC: Final = (
    (re.compile(rb"ID3|\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]"), "audio/mpeg"),
    (re.compile(rb"\xff[\xf0\xf1\xf8\xf9]"), "audio/aac"),
    (re.compile(rb"#!AMR"), "audio/amr"),
    (re.compile(rb"\x02?#!SILK"), "audio/silk"),
    (re.compile(rb".{4}ftyp(?:M4A|mp4|isom)", re.DOTALL), "audio/mp4"),
    (re.compile(rb"OggS"), "audio/ogg"),
    (re.compile(rb"RIFF.{4}WAVE", re.DOTALL), "audio/wav"),
)


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound's type."""

    mime: str

    @property
    def extension(self) -> str:
        """The ending of its file, without the dot."""
        return EXTENSIONS[self.mime]


class NotASound(Exception):
    """Bytes that are no sound worth keeping. Attribute: ``reason``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def recognised_sound(body: bytes) -> Sound:
    """What these bytes are. Raises `NotASound` for pages and unknown types."""
    mime = next((mime for pattern, mime in _MAGIC if pattern.match(body)), None)
    if mime is None:
        kind = "a page" if body.lstrip()[:1] in (b"<", b"{") else "no known type of sound"
        raise NotASound(f"{kind} ({len(body)} bytes)")
    return Sound(mime)
