"""The spiders that only list: each asks one kind of source, page after page, and yields what it names."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from archive.files.regular_files import read_named
from archive.monitoring.polls import listed_since, source_state
from archive.redaction.erasures import erased_in
from crawler.items import Link
from crawler.middlewares.capture import WITHHELD
from crawler.middlewares.host_backoff import HostBackoffMiddleware
from crawler.middlewares.robots import RobotsForbid, RobotsUnknown
from crawler.net.backoff import REFUSALS
from crawler.net.url_policy import host_of
from crawler.recording.archive_writer import archive_writer_of
from crawler.recording.report import RunCounts
from crawler.sites.qq.lists import ListBlocked, ListBroken, Listed, ListEmpty, Listing, read_lines
from crawler.sites.qq.lists.sources import ListRequest, Source, read_source
from crawler.sites.registry import Address, fetch_url, read_address
from crawler.spiders.inputs import LARGEST_FILE
from crawler.spiders.source_progress import SourceProgress, articles_only


class ListSpider(Spider):
    """``sources``: names of sources, separated by ``;`` or line ends; see `crawler.sites.qq.lists.sources`."""

    name = "lists"

    def __init__(self, sources: str = "", **arguments: Any) -> None:
        super().__init__(**arguments)
        self.courses = [SourceProgress(read_source(name)) for name in re.split(r"[;\n]+", sources) if name]

    async def start(self) -> AsyncIterator[Request]:
        """The first request of every source."""
        self._tally = RunCounts(self.crawler.stats)
        self._most_pages = self.crawler.settings.getint("QQNEWS_PAGES")
        self._deepest = self.crawler.settings.getint("QQNEWS_DEEPEST")
        await self._leave_out_erased()
        for course in self.courses:
            yield self._request(course, course.source.first())

    async def parse_list(self, response: Response, course: SourceProgress, asked: ListRequest) -> AsyncIterator[Any]:
        """The links of one answer, and the request for the next one."""
        source = course.source
        try:
            listing = self._read(response, source)
        except ListBlocked as error:
            await self._refused(response, source, error)
            return
        except ListBroken as error:
            if twin := self._twin(course, asked):
                yield twin
            else:
                # What it names of an article that was taken down must not be quoted.
                detail = "it cannot be read" if response.meta.get(WITHHELD) else str(error)
                self._broken(source, "empty" if isinstance(error, ListEmpty) else "no-list", detail)
            return
        if (rest := self.crawler.get_downloader_middleware(HostBackoffMiddleware)) is not None:
            await rest.answered(host_of(response.url))
        self._count(source, listing)
        fresh = course.fresh(listing)
        articles = await self._lawful(articles_only(fresh))
        await self._look_up(course, articles)
        for item in articles:
            yield _link(item, source.name)
        for request in self._following(course, listing, bool(fresh)):
            yield request

    async def failed(self, failure: Failure) -> AsyncIterator[Request]:
        """No answer: ask the other interface, or note that the source failed."""
        request: Request = failure.request  # type: ignore[attr-defined]
        course, asked = request.cb_kwargs["course"], request.cb_kwargs["asked"]
        if twin := self._twin(course, asked):
            yield twin
        else:
            self._broken(course.source, _reason(failure.value), str(failure.value))

    async def _leave_out_erased(self) -> None:
        """A source that is an article which was taken down (a page of links) is not asked, nor named anywhere."""
        ledger = archive_writer_of(self.crawler)
        if ledger is None:
            return
        names = [course.source.name for course in self.courses]
        erased = await ledger.ask(lambda archive, frontier: set(erased_in(archive.database.connection, names)))
        if erased:
            self._tally.add("erased", amount=len(erased))
        self.courses = [course for course in self.courses if course.source.name not in erased]

    async def _lawful(self, items: Sequence[Listed]) -> Sequence[Listed]:
        """Those that were not taken down: of the others nothing here may know more."""
        ledger, ids = archive_writer_of(self.crawler), [item.id for item in items]
        if ledger is None or not items:
            return items
        erased = await ledger.ask(lambda archive, frontier: archive.erased(ids))
        return [item for item in items if item.id not in erased]

    async def _look_up(self, course: SourceProgress, articles: Sequence[Listed]) -> None:
        """What the source had listed before, asked before what it lists now is remembered."""
        ledger, source = archive_writer_of(self.crawler), course.source.name
        if ledger is None:
            course.see(articles, {})
            return
        if course.standing is None:
            course.standing = await ledger.ask(lambda archive, frontier: source_state(archive, source))
        ids = [item.id for item in articles]
        since = await ledger.ask(lambda archive, frontier: listed_since(archive, source, ids))
        course.see(articles, since)

    def _read(self, response: Response, source: Source) -> Listing:
        if response.status in REFUSALS:
            raise ListBlocked(response.url, f"status {response.status}")
        if response.status != 200:
            raise ListBroken(response.url, f"status {response.status}")
        return source.read(response.body, response.url)

    async def _refused(self, response: Response, source: Source, error: ListBlocked) -> None:
        rest = self.crawler.get_downloader_middleware(HostBackoffMiddleware)
        if response.status not in REFUSALS and rest is not None:
            await rest.refused(host_of(response.url), "captcha")
        self._broken(source, "blocked", str(error))

    def _twin(self, course: SourceProgress, asked: ListRequest) -> Request | None:
        twin = None if course.on_twin else course.source.twin(asked)
        if twin is None:
            return None
        course.on_twin = True
        return self._asking(course, twin)

    def _following(self, course: SourceProgress, listing: Listing, fresh: bool) -> Iterable[Request]:
        source = course.source
        following = list(source.more(listing))
        if fresh or listing.is_signpost:
            further = source.next(listing, course.pages)
            following += [further] if further is not None else []
        for asked in following:
            if course.goes_on(self._most_pages, self._deepest):
                yield self._request(course, asked)

    def _request(self, course: SourceProgress, asked: ListRequest) -> Request:
        course.asked += 1
        twin = course.source.twin(asked) if course.on_twin else None
        return self._asking(course, twin or asked)

    def _asking(self, course: SourceProgress, asked: ListRequest) -> Request:
        return Request(
            asked.url,
            method=asked.method,
            headers=dict(asked.headers),
            body=asked.body,
            callback=self.parse_list,
            errback=self.failed,
            cb_kwargs={"course": course, "asked": asked},
        )

    def _count(self, source: Source, listing: Listing) -> None:
        self._tally.add("pages", source=source.name)
        if not listing.items and not listing.is_signpost and not listing.more:
            self._tally.add("empty_pages", source=source.name)
        for reason, amount in listing.skipped.items():
            self._tally.add("skipped", reason=reason, amount=amount)

    def _broken(self, source: Source, reason: str, detail: str) -> None:
        self._tally.add("broken", source=source.name, reason=reason)
        self._tally.problem(source.name, f"{reason}: {detail}", source.first().url)
        if reason in ("blocked", "HostResting"):
            self._tally.add("resting")


def _reason(error: BaseException | None) -> str:
    """The word under which a failed download is counted."""
    if isinstance(error, RobotsUnknown):
        return "robots-unknown"
    return "robots" if isinstance(error, RobotsForbid) else type(error).__name__


def _link(item: Listed, source: str) -> Link:
    return Link(
        id=item.id,
        url=fetch_url(Address(item.id, item.url, item.kind)),
        kind=item.kind,
        title=item.title,
        published_raw=item.published_raw,
        rank=item.rank,
        source=source,
        listed_at=datetime.now(UTC),
        media=item.media,
        media_id=item.media_id,
    )


class ChannelSpider(ListSpider):
    """``name``: names of channels (``tech``, ``finance`` …), separated by blanks or commas."""

    name = "channel"

    def __init__(self, name: str = "", **arguments: Any) -> None:
        super().__init__(_named("channel", name), **arguments)


class HotSpider(ListSpider):
    """The hot ranking, with ranks."""

    name = "hot"

    def __init__(self, **arguments: Any) -> None:
        super().__init__("hot", **arguments)


class HotModulesSpider(ListSpider):
    """The cards of the front page."""

    name = "hot_modules"

    def __init__(self, **arguments: Any) -> None:
        super().__init__("hot-modules", **arguments)


class AccountSpider(ListSpider):
    """``id``: suids or numbers of media accounts."""

    name = "account"

    def __init__(self, id: str = "", **arguments: Any) -> None:
        super().__init__(_named("account", id), **arguments)


class TagSpider(ListSpider):
    """``id``: ids of tags."""

    name = "tag"

    def __init__(self, id: str = "", **arguments: Any) -> None:
        super().__init__(_named("tag", id), **arguments)


class SitemapSpider(ListSpider):
    """The site map, its parts included."""

    name = "sitemap"

    def __init__(self, **arguments: Any) -> None:
        super().__init__("sitemap", **arguments)


class SearchSpider(ListSpider):
    """``words``: what to search for."""

    name = "search"

    def __init__(self, words: str = "", **arguments: Any) -> None:
        super().__init__(f"search:{words}", **arguments)


class PageSpider(ListSpider):
    """``url``: a page of the site whose links are listed."""

    name = "page"

    def __init__(self, url: str = "", **arguments: Any) -> None:
        super().__init__(_named("page", url), **arguments)


class AddressesSpider(Spider):
    """``file``: a file of addresses and ids, one a line (``-``: standard input). ``address``: just one."""

    name = "addresses"

    def __init__(self, file: str = "", address: str = "", **arguments: Any) -> None:
        super().__init__(**arguments)
        self._text = address.encode() if address else read_named(file, LARGEST_FILE)

    async def start(self) -> AsyncIterator[Link]:
        """Every address of the file; a line that is none is counted and named in the log."""
        tally = RunCounts(self.crawler.stats)
        listing = read_lines(self._text, read=read_address)
        for line in listing.bad_lines:
            tally.add("bad_input", reason=line.reason)
            self.logger.warning("line %d: %r: %s", line.number, line.text, line.reason)
        for item in listing.items:
            yield _link(item, "address")


def _named(kind: str, words: str) -> str:
    return "\n".join(f"{kind}:{word}" for word in words.replace(",", " ").split()) or f"{kind}:"
