"""Which of the removals that the site spoke of in a run are believed, as ``archive.frontier.removals`` judges."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from scrapy.crawler import Crawler

from archive.frontier.links import Frontier, Leased
from archive.frontier.rechecks import (
    Missed,
    living_articles,
    look_again,
    missed_articles,
    missed_of_late,
    report_missing,
)
from archive.frontier.removals import Control, Doubt
from archive.store import Archive
from crawler.recording.archive_writer import ArchiveWriter, now
from crawler.recording.report import RunCounts
from crawler.sites.qq.lists.sources import CHANNELS
from crawler.spiders.control_requests import MOST, Controls
from crawler.spiders.sightings import Absent, Known, Place, Seen, doubt_about, places_of

MOST_HELD: Final = 500
"""Removals that are judged together: a site map names thousands."""
LATELY: Final = timedelta(hours=1)
"""Runs within this time count together: many short ones see as much as a long one."""
AGAIN: Final = 3600.0
"""Seconds until a link is tried again of which nothing was learned."""
LISTED: Final = "new.qq.com"
"""The host of the articles that the site's lists name."""


class Removals:
    """Remembers what a run sees, and judges it when there is enough of it, or an end."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._tally = RunCounts(crawler.stats)
        self._seen = Seen()

    def there(self, url: str, channel: str) -> None:
        """An article was there."""
        self._seen.there(url, channel)

    def missed(self, link: Leased, reason: str, at: datetime) -> None:
        """The site said that an article is gone."""
        self._seen.missed(Absent(link, reason, at))

    @property
    def are_many(self) -> bool:
        """Whether it is time to judge them, before the run ends."""
        return len(self._seen.absent) >= MOST_HELD

    async def judge(self, ledger: ArchiveWriter) -> None:
        """Note the removals that are believed; let the others be looked at again.

        Where this run itself saw too little, the site is asked for articles that lived of late.
        """
        if not self._seen.absent:
            return
        seen, self._seen = self._seen, Seen()
        known = await _known(ledger, seen)
        asking, controls = Controls(self._crawler), dict[Place, Control]()
        for place, archived in seen.places(known).items():
            controls[place] = await _control(ledger, asking, seen, place, archived)
        if self._crawler.crawling:
            await ledger.write(partial(self._note, seen, known, controls))
        else:  # We were told to stop meanwhile, and had no answers.
            seen.add(self._seen)
            self._seen = seen

    async def judge_what_is_clear(self, ledger: ArchiveWriter) -> None:
        """The same when a run ends before its time: nothing is asked any more, and what is not clear is looked at
        again.
        """
        if not self._seen.absent:
            return
        seen, self._seen = self._seen, Seen()
        known = await _known(ledger, seen)
        controls = {place: Control.ALIVE for place in seen.places(known) if seen.shows_life(place)}
        await ledger.write(partial(self._note, seen, known, controls))

    def _note(
        self, seen: Seen, known: Known, controls: Mapping[Place, Control], archive: Archive, frontier: Frontier
    ) -> None:
        since = datetime.now(UTC) - LATELY
        looks = {
            place: seen.looks(place, known, missed_of_late(archive, _origin(place), place.channel, since), control)
            for place, control in controls.items()
        }
        for each in seen.absent:
            article = known.get(each.link.id)
            places = places_of(each, article)
            if all(place in looks for place in places):
                doubt = doubt_about(article, *(looks[place] for place in places))
                self._note_one(archive, frontier, each, article, doubt)

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
        elif article is not None:
            absence = report_missing(archive, link.id, absent.at, doubt)
            self._tally.add("absent", reason=absence.value)
            if doubt is Doubt.BURST:
                self._tally.add("burst", source=link.source)


async def _known(ledger: ArchiveWriter, seen: Seen) -> Known:
    return await ledger.ask(lambda archive, frontier: missed_articles(archive, seen.ids))


async def _control(ledger: ArchiveWriter, asking: Controls, seen: Seen, place: Place, archived: int) -> Control:
    """What the site says of living articles of a place, where ``archived`` ones were missed."""
    if seen.shows_life(place):
        return Control.ALIVE
    found = await asking.among(await ledger.ask(partial(_living, place, seen.ids)))
    worth_a_list = archived >= (2 if place.channel else 1) and place.host == LISTED
    if found is Control.ALIVE or not worth_a_list:
        return found
    listed = await asking.listed_by(f"channel:{place.channel}" if place.channel in CHANNELS else "hot", LISTED)
    return found if listed is Control.NONE else listed


def _living(place: Place, but: list[str], archive: Archive, frontier: Frontier) -> list[str]:
    return living_articles(archive, _origin(place), place.channel, but, MOST)


def _origin(place: Place) -> str:
    """The beginning of the addresses of a place's articles."""
    return f"https://{place.host}"
