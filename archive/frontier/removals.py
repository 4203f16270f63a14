"""Whether the site's word that articles are gone is to be believed, by what else it said at that time. Pure.

A sick site calls everything gone: for two hours, in one channel, on one host, or for every second request. So an
article is gone only while others like it are there; and where far more vanish at once than ever do, a day must pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

HANDFUL: Final = 5
"""So many articles may vanish at once without further ado."""
SHARE: Final = 0.1
"""Share of the articles looked at on a host beyond which more than a handful gone are a burst. A site removes one in
ten at the most, on the day of a purge.
"""
SHARE_OF_CHANNEL: Final = 0.5


class Control(StrEnum):
    """What the site said of living articles like those that it called gone."""

    ALIVE = "alive"
    """One was there: the site tells them apart."""
    GONE = "gone"
    """It called them gone, too."""
    NONE = "none"
    """There was none to ask for, or no answer."""


class Doubt(StrEnum):
    """Why the site's word is not believed at once."""

    NONE = ""
    SITE_WIDE = "site-wide"
    """It says so of everything: that is no word on any article."""
    BURST = "burst"
    """It says so of more than ever vanish at once: to be believed after a day."""
    ALONE = "alone"
    """There was nothing to compare it with: to be believed after a day."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What a run saw of the archived articles of one host, or of one channel there."""

    new: int
    """Gone for the first time."""
    again: int = 0
    """Gone once more."""
    alive: int = 0
    lately: int = 0
    """Called gone for the first time by other runs within the last hour."""
    control: Control = Control.ALIVE


def doubt_of(host: Looks, channel: Looks | None) -> Doubt:
    """The doubt about an article that is gone for the first time, by the looks at its host and its channel there."""
    if channel is not None and channel.control is Control.GONE:
        return Doubt.SITE_WIDE
    if doubt := doubt_again(host):
        return doubt
    burst = _is_burst(host, SHARE) or (channel is not None and _is_burst(channel, SHARE_OF_CHANNEL))
    return Doubt.BURST if burst else Doubt.NONE


def doubt_again(host: Looks) -> Doubt:
    """The doubt about an article that is gone once more, by the looks at its host."""
    if host.control is Control.GONE:
        return Doubt.SITE_WIDE
    if host.control is Control.NONE:
        return Doubt.ALONE if host.new + host.again <= HANDFUL else Doubt.SITE_WIDE
    return Doubt.NONE


def _is_burst(looks: Looks, share: float) -> bool:
    seen = looks.new + looks.again + looks.alive
    return looks.new > 0 and looks.new + looks.lately > HANDFUL and looks.new > share * seen
