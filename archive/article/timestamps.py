"""Moments as the archive writes them: ISO 8601 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(moment: datetime) -> str:
    """``moment`` as ISO 8601 in UTC, to the second. A naive time is refused with ``ValueError``."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="seconds")
