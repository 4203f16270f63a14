"""What verifying finds: one named thing at a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DamageKind(StrEnum):
    """What is wrong with a thing."""

    DAMAGED = "damaged"
    """Its content is not what was written."""
    MISSING = "missing"
    """Something points to it, and it is not there."""
    FOREIGN = "foreign"
    """It is there, and nothing knows of it."""
    LEFTOVER = "leftover"
    """A temporary file of a process that died; harmless, and cleared away by the next writer or by repair."""
    TORN = "torn"
    """It ends in its midst."""
    DANGLING = "dangling"
    """It points to something that is not what it should be."""
    UNREAD = "unread"
    """A capture that holds what no row knows."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. ``where`` is a path below the data directory, or ``table/key`` in the database."""

    part: str
    """database, tree, captures, media, exports or search."""
    what: DamageKind
    where: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.where}" + (f" ({self.detail})" if self.detail else "")
