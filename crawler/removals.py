"""At the end of a run: which of the removals that the site spoke of are believed. See ``archive.removals``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from scrapy.crawler import Crawler

from archive.frontier import Frontier, Leased
from archive.removals import Control, Doubt, Looks, doubt_again, doubt_of
from archive.store import Archive
from archive.watch import Missed, living_articles, look_again, missed_articles, missed_of_late, report_missing
from crawler.controls import MOST, Controls
from crawler.ledger import Ledger, now
from crawler.report import Tally
from crawler.sites.qq.sources import CHANNELS

LATELY: Final = timedelta(hours=1)
"""Runs within this time count together: many short ones see as much as a long one."""
AGAIN: Final = 3600.0
"""Seconds until a link is tried again of which nothing was learned."""
LISTED: Final = "new.qq.com"
"""The host of the articles that the site's lists name."""


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


class Removals:
    """Remembers what a run saw, and judges it when all is seen."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._tally = Tally(crawler.stats)
        self._absent: list[Absent] = []
        self._alive: Counter[Place] = Counter()
        self._is_last_alive: dict[str, bool] = {}

    def seen(self, url: str, channel: str) -> None:
        """An article was there."""
        host = _host(url)
        self._alive.update({Place(host), Place(host, channel)})
        self._is_last_alive[host] = True

    def missed(self, link: Leased, reason: str, at: datetime) -> None:
        """The site said that an article is gone."""
        self._absent.append(Absent(link, reason, at))
        self._is_last_alive[_host(link.url)] = False

    async def judge(self, ledger: Ledger) -> None:
        """Note the removals that are believed; let the others be looked at again.

        Where this run itself saw too little, the site is asked for articles that lived of late.
        """
        if not self._absent:
            return
        known = await self._known(ledger)
        asking, controls = Controls(self._crawler), dict[Place, Control]()
        for place, archived in self._places(known).items():
            controls[place] = await self._control(ledger, asking, place, archived)
        if self._crawler.crawling:  # Else we were told to stop meanwhile, and had no answers.
            await ledger.write(lambda archive, frontier: self._note(archive, frontier, known, controls))

    async def judge_what_is_clear(self, ledger: Ledger) -> None:
        """The same when a run ends before its time: nothing is asked any more, and what is not clear is looked at
        again.
        """
        if not self._absent:
            return
        known = await self._known(ledger)
        controls = {place: Control.ALIVE for place in self._places(known) if self._shows_life(place)}
        await ledger.write(lambda archive, frontier: self._note(archive, frontier, known, controls))

    async def _known(self, ledger: Ledger) -> dict[str, Missed]:
        return await ledger.ask(lambda archive, frontier: missed_articles(archive, self._ids()))

    def _ids(self) -> list[str]:
        return [each.link.id for each in self._absent]

    def _shows_life(self, place: Place) -> bool:
        """Whether this run itself saw an article there: of a host, after all that were missed."""
        return self._alive[place] > 0 if place.channel else self._is_last_alive[place.host]

    async def _control(self, ledger: Ledger, asking: Controls, place: Place, archived: int) -> Control:
        """What the site says of living articles of a place."""
        if self._shows_life(place):
            return Control.ALIVE
        found = await asking.among(await ledger.ask(partial(self._like, place)))
        worth_a_list = archived >= (2 if place.channel else 1) and place.host == LISTED
        if found is Control.ALIVE or not worth_a_list:
            return found
        listed = await asking.listed_by(_source(place), LISTED)
        return found if listed is Control.NONE else listed

    def _places(self, known: dict[str, Missed]) -> Counter[Place]:
        """The places whose looks are needed, and how many living articles of the archive were missed in each."""
        places = Counter[Place]()
        for each in self._absent:
            article = known.get(each.link.id)
            lived = article is not None and not article.is_tombstone
            places.update(dict.fromkeys(_places_of(each, article), int(lived)))
        return places

    def _like(self, place: Place, archive: Archive, frontier: Frontier) -> list[str]:
        """Addresses of living articles there, other than those that were missed."""
        return living_articles(archive, f"https://{place.host}", place.channel, self._ids(), MOST)

    def _note(
        self, archive: Archive, frontier: Frontier, known: dict[str, Missed], controls: dict[Place, Control]
    ) -> None:
        looks = {place: self._looks(archive, known, place, control) for place, control in controls.items()}
        absent, self._absent = self._absent, []
        for each in absent:
            article = known.get(each.link.id)
            places = _places_of(each, article)
            if all(place in looks for place in places):
                doubt = _doubt(article, *(looks[place] for place in places))
                self._note_one(archive, frontier, each, article, doubt)

    def _looks(self, archive: Archive, known: dict[str, Missed], place: Place, control: Control) -> Looks:
        there = [
            article
            for each in self._absent
            if each.host == place.host and (article := known.get(each.link.id)) and not article.is_tombstone
            if place.channel in ("", article.channel)
        ]
        lately = missed_of_late(archive, f"https://{place.host}", place.channel, datetime.now(UTC) - LATELY)
        new = sum(article.is_new for article in there)
        return Looks(new, len(there) - new, self._alive[place], lately, control)

    def _note_one(
        self, archive: Archive, frontier: Frontier, absent: Absent, article: Missed | None, doubt: Doubt
    ) -> None:
        link = absent.link
        if doubt is Doubt.SITE_WIDE:
            self._tally.add("site_wide", source=link.source)
            self._tally.problem(link.id, f"{doubt}: {absent.reason}", link.url)
            if article is None:
                self._tally.add("left")
                frontier.put_back(link.id, f"{doubt}: {absent.reason}", now() + AGAIN)
            look_again(archive, link.id, absent.at)
            return
        if article is None:
            return
        absence = report_missing(archive, link.id, absent.at, doubt)
        self._tally.add("absent", reason=absence.value)
        if doubt is Doubt.BURST:
            self._tally.add("burst", source=link.source)


def _places_of(absent: Absent, article: Missed | None) -> tuple[Place, ...]:
    """The places whose looks say whether it is gone: its host, and its channel there where that is news."""
    host = Place(absent.host)
    if article is None or article.is_tombstone or not article.is_new or not article.channel:
        return (host,)
    return host, Place(absent.host, article.channel)


def _doubt(article: Missed | None, host: Looks, channel: Looks | None = None) -> Doubt:
    """The doubt that an article (None: not archived) is gone, by the looks at its places."""
    if article is None or article.is_tombstone:
        return Doubt.SITE_WIDE if host.control is Control.GONE else Doubt.NONE
    return doubt_of(host, channel) if article.is_new else doubt_again(host)


def _source(place: Place) -> str:
    """The list that names living articles of a place."""
    return f"channel:{place.channel}" if place.channel in CHANNELS else "hot"


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
