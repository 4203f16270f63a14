"""What a run saw of the articles it asked for: those that were there, and those that the site called gone. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from archive.frontier.links import Leased
from archive.frontier.rechecks import Missed
from archive.frontier.removals import Control, Doubt, Looks, doubt_again, doubt_of


class Place(NamedTuple):
    """Where articles are alike: a host, and a channel there, or all of them ("")."""

    host: str
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """A link of which the site said that its article is gone."""

    link: Leased
    reason: str
    at: datetime

    @property
    def host(self) -> str:
        """Who was asked."""
        return _host(self.link.url)


Known = Mapping[str, Missed]
"""Id → what the archive knows of an article; the others are not archived."""


@dataclass(slots=True)
class Seen:
    """What was seen, in its order."""

    absent: list[Absent] = field(default_factory=list)
    alive: Counter[Place] = field(default_factory=Counter)
    is_last_alive: dict[str, bool] = field(default_factory=dict)
    """Host → whether the last article that it was asked for was there."""

    def there(self, url: str, channel: str) -> None:
        """An article was there."""
        host = _host(url)
        self.alive.update({Place(host), Place(host, channel)})
        self.is_last_alive[host] = True

    def missed(self, absent: Absent) -> None:
        """The site said that an article is gone."""
        self.absent.append(absent)
        self.is_last_alive[absent.host] = False

    def add(self, later: Seen) -> None:
        """Take what was seen later, too."""
        self.absent += later.absent
        self.alive += later.alive
        self.is_last_alive |= later.is_last_alive

    @property
    def ids(self) -> list[str]:
        """Of the articles that were missed."""
        return [each.link.id for each in self.absent]

    def shows_life(self, place: Place) -> bool:
        """Whether an article of a channel was there; of a host, whether one was after all that were missed."""
        return self.alive[place] > 0 if place.channel else self.is_last_alive[place.host]

    def places(self, known: Known) -> Counter[Place]:
        """The places whose looks say what is gone, and how many living articles of the archive were missed in each."""
        places = Counter[Place]()
        for each in self.absent:
            article = known.get(each.link.id)
            lived = article is not None and not article.is_tombstone
            places.update(dict.fromkeys(places_of(each, article), int(lived)))
        return places

    def looks(self, place: Place, known: Known, lately: int, control: Control) -> Looks:
        """The looks at a place. ``lately``: articles that other runs missed there for the first time."""
        articles = [known.get(each.link.id) for each in self.absent if each.host == place.host]
        there = [it for it in articles if it and not it.is_tombstone and place.channel in ("", it.channel)]
        new = sum(article.is_new for article in there)
        return Looks(new, len(there) - new, self.alive[place], lately, control)


def places_of(absent: Absent, article: Missed | None) -> tuple[Place, ...]:
    """The places whose looks say whether it is gone: its host, and its channel there where that is news."""
    host = Place(absent.host)
    if article is None or article.is_tombstone or not article.is_new or not article.channel:
        return (host,)
    return host, Place(absent.host, article.channel)


def doubt_about(article: Missed | None, host: Looks, channel: Looks | None = None) -> Doubt:
    """The doubt that an article (None: not archived) is gone, by the looks at its places."""
    if article is None or article.is_tombstone:
        return Doubt.SITE_WIDE if host.control is Control.GONE else Doubt.NONE
    return doubt_of(host, channel) if article.is_new else doubt_again(host)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
