"""References of rows to raw captures: ``file:offset:digest``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

REFERRING: Final = ("articles", "revisions", "payloads")
"""The tables with a column ``raw_ref``: ``file:offset:digest``."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A row that points to a record. ``where`` names the row."""

    file: str
    offset: int
    digest: str
    where: str


def capture_files(data: Path) -> list[Path]:
    """The WARC files, by name."""
    return sorted((data / "raw").glob("[!.]*.warc.gz"))


def reference(raw_ref: str, where: str) -> Reference:
    """The parts of a ``raw_ref``. One that has no offset gets -1, where no record can be."""
    file, _, rest = raw_ref.partition(":")
    offset, _, digest = rest.partition(":")
    is_number = offset.isascii() and offset.isdigit() and len(offset) < 20
    return Reference(file, int(offset) if is_number else -1, digest, where)
