"""Times as readers in China see them. Pure."""

from __future__ import annotations

from datetime import datetime

from archive.article.model import BEIJING


def in_beijing(text: str | None) -> datetime | None:
    """A time of the archive (ISO 8601, any offset) on Beijing's clock; None for none, and for what is no time."""
    try:
        return datetime.fromisoformat(text).astimezone(BEIJING) if text else None
    except (ValueError, OverflowError):
        return None


def minute(moment: str | datetime | None) -> str:
    """``2025-02-12 21:13``, Beijing; '' for none."""
    found = moment.astimezone(BEIJING) if isinstance(moment, datetime) else in_beijing(moment)
    return f"{found:%Y-%m-%d %H:%M}" if found else ""


def day(moment: str | None) -> str:
    """``2025-02-12``, Beijing; '' for none."""
    return minute(moment)[:10]


def clock(moment: str | None) -> str:
    """``21:13``, Beijing; '' for none."""
    return minute(moment)[11:]
