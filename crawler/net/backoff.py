"""How long to stay away: ``Retry-After`` in both forms, and pauses that grow. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

REFUSALS = frozenset({429, 501, 503, 567})
"""Answers by which the site tells us to stay away: too many requests, its firewall, overload, anti-robot."""

FIRST_PAUSE = 300.0
"""Seconds to stay away after a first refusal that names no time."""

LONGEST_PAUSE = 6 * 3600.0
"""Seconds: no back-off or retry pause is longer, unless ``Retry-After`` asks for more (a day at most)."""

LONGEST_ASKED = 24 * 3600.0

RETRY_PAUSES = (5.0, 30.0, 300.0, 1800.0, 7200.0)
"""Seconds before a link is tried again, after its first, second … failure."""


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds to wait by a ``Retry-After`` header, in seconds or as an HTTP date; None where it says nothing.

    ``now`` is Unix time. A moment that is past asks for no wait (0.0); more than a day is cut to a day.
    """
    text = (value or "").strip()
    if not text:
        return None
    seconds = float(text) if text.isascii() and text.isdigit() else _seconds_until(text, now)
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_ASKED)


def _seconds_until(text: str, now: float) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - datetime.fromtimestamp(now, UTC)).total_seconds()


def pause_after(strikes: int, asked: float | None) -> float:
    """Seconds to leave a host alone after its ``strikes``-th refusal in a row (1, 2 …).

    The first time the host's own wish is enough; later the pause doubles whatever it asks for.
    """
    grown = min(FIRST_PAUSE * 2.0 ** min(strikes - 1, 20), LONGEST_PAUSE)
    if asked is None:
        return grown
    return asked if strikes <= 1 else max(asked, grown)


def retry_pause(attempts: int) -> float:
    """Seconds before a link is tried again after ``attempts`` (1, 2 …) failures."""
    return RETRY_PAUSES[min(max(attempts, 1), len(RETRY_PAUSES)) - 1]
