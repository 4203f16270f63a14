"""How far one source has been asked in this run, and what it listed, from its top down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from archive.monitoring.gaps import Seen, reaches
from archive.monitoring.polls import FinishedPoll, SourceState
from crawler.items import READABLE
from crawler.sites.qq.lists import Listed, Listing
from crawler.sites.qq.lists.sources import Source
from crawler.sites.times import read_time


class SourceProgress:
    """One source in one run."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.asked = 0
        """Pages asked for, the site map's parts included."""
        self.pages = 0
        """Answers read."""
        self.on_twin = False
        self.standing: SourceState | None = None
        """Where the source stood before; None until somebody has looked."""
        self._ids: set[str] = set()
        self._listed: list[Seen] = []

    def fresh(self, listing: Listing) -> list[Listed]:
        """What this answer names that no earlier one of this run did; the readable ones among them are articles."""
        self.pages += 1
        found = [item for item in listing.items if item.id not in self._ids]
        self._ids |= {item.id for item in found}
        return found

    def see(self, items: Sequence[Listed], since: Mapping[str, datetime]) -> None:
        """Note the articles of one page. ``since``: when the source listed first what it had listed before."""
        self._listed += [Seen(since.get(item.id), read_time(item.published_raw)) for item in items]

    def goes_on(self, most_pages: int, deepest: int) -> bool:
        """Whether a further page is wanted: up to the usual number, and deeper while a gap is open. 0: no bound."""
        if not most_pages or self.asked < most_pages:
            return True
        return self.asked < deepest and not self._reached()

    def done(self, run_id: int | None, most_pages: int) -> FinishedPoll | None:
        """The poll that this was; None where nothing was answered."""
        if not self.pages:
            return None
        return FinishedPoll(
            source=self.source.name,
            run_id=run_id,
            pages=self.pages,
            listed=self._listed,
            in_order=self.source.in_order,
            deeper=bool(most_pages) and self.asked > most_pages,
        )

    def _reached(self) -> bool:
        aims = self.standing.aims if self.standing else ()
        return all(reaches(self._listed, aim.known_until) for aim in aims)


def articles_only(items: Sequence[Listed]) -> list[Listed]:
    """Those that are articles."""
    return [item for item in items if item.kind in READABLE]
