"""When a link that was given up comes back: the growing pauses, and who needs no list to name it again. Pure.

A link is tried `MAX_ATTEMPTS` times in a round, with the short pauses of ``crawler.net.backoff`` between them. A round
that brings no article gives it up: it failed, is gone, or was dropped. From then on `return_pause` counts.
"""

from __future__ import annotations

from typing import Final

MAX_ATTEMPTS: Final = 5
"""A link that failed so often in one round is given up; its last error says why."""
FIRST_PAUSE: Final = 3600.0
LONGEST_PAUSE: Final = 30 * 86_400.0
GROWTH: Final = 4

RULES: Final = "robots"
"""The reason of links that a host's robots.txt forbids: they come back as soon as it does no longer."""
RETURNS_A_WHILE: Final = ("redirect-elsewhere", "redirect-loop", "redirect-nowhere")
"""Reasons that a sick site may have. A link dropped for one comes back by itself `RETURNS` times, as do those that
failed; afterwards, and for any other reason, it comes back when a list names it again.
"""
RETURNS: Final = 5
"""Over two weeks, with the pauses between them."""


def return_pause(times: int) -> float:
    """Seconds until a link may come back that was given up so many times in a row (1, 2 …): an hour, then four times
    as long each time, at most thirty days."""
    return float(min(FIRST_PAUSE * GROWTH ** min(max(times, 1) - 1, 20), LONGEST_PAUSE))


def reason_of(last_error: str) -> str:
    """The word before the details: what is counted and asked for."""
    return last_error.partition(":")[0]


def returns_by_itself(state: str, reason: str, times: int) -> bool:
    """Whether a link that was given up ``times`` times in a row comes back after its pause, listed again or not."""
    return times <= RETURNS and (state == "failed" or (state == "dropped" and reason in RETURNS_A_WHILE))
