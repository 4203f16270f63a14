"""The archive as the crawler sees it: one thread does all its work, many waiters share one transaction."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from archive.article.recheck_schedule import LADDER, Ladder, read_ladder
from archive.captures.file_checksums import note_closed_files
from archive.captures.payload_index import note_payloads
from archive.captures.raw_files import ClosedFile
from archive.errors import ArchiveBusy, ArchiveNotWritable, QQNewsError, UnreadableRow
from archive.frontier.links import Frontier, Leased, Rest
from archive.search.sync import index_after_run
from archive.store import Archive
from crawler.recording.capture_writer import CaptureWriter
from crawler.recording.report import RunCounts

T = TypeVar("T")
Work = Callable[[Archive, Frontier], T]

BATCH = 50
"""Pieces of work in one transaction at most, so that other processes get their turn."""


class ArchiveWriter:
    """The archive, off the event loop.

    ``write`` returns after the commit that holds its work. Whatever comes in while one commit is under way is
    committed together by the next, so a slow disk makes batches larger instead of making everybody wait.
    """

    recorder: CaptureWriter | None = None
    """Keeps raw captures; what it wrote is on the disk before a transaction that rests on it."""

    def __init__(self, data: Path, lease_seconds: float, ladder: Ladder = LADDER) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive")
        self._archive = self._thread.submit(Archive.open, data).result()
        self._archive.ladder = ladder
        self.unreadable: dict[str, UnreadableRow] = {}
        """What was said of rows of the archive that could not be read and were passed over."""
        self._archive.pass_over = self.pass_over
        self._frontier = Frontier(self._archive)
        self._reader = Archive.to_read(data)
        self._hosts = Frontier(self._reader)
        self._waiting: deque[tuple[Work[Any], asyncio.Future[Any]]] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._renewer: asyncio.Task[None] | None = None
        self._lease_seconds = lease_seconds
        self._changed = False
        self.held: set[str] = set()
        """Ids of the links whose lease is ours; given back when the ledger is closed."""

    def pass_over(self, error: UnreadableRow) -> None:
        """Note a row of the archive that could not be read, once."""
        self.unreadable.setdefault(str(error), error)

    async def write(self, work: Work[T]) -> T:
        """Do some work in a transaction; returns once it is on disk, or raises what the work raised."""
        self._changed = True
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, future))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._commit_waiting())
        return await future

    async def ask(self, work: Work[T]) -> T:
        """Look something up, or do what need not survive a power cut; no transaction around it."""
        return await self._in_thread(lambda: work(self._archive, self._frontier))

    async def pace(self, host: str, delay: float) -> float:
        """Take the next turn at a host; the Unix time at which it comes. All processes share the turns."""

        def reserve() -> float:
            moment = now()
            return moment + self._frontier.reserve(host, moment, delay)

        return await self._in_thread(reserve)

    def rest(self, host: str) -> Rest:
        """How things stand between a host and us at this moment, in whatever process: looked up without waiting."""
        return self._hosts.rest(host)

    async def lease(self, limit: int, sources: Collection[str] = ()) -> list[Leased]:
        """Take up to ``limit`` links, of these sources where some are named.

        The leases are renewed until the link leaves ``held``.
        """
        if self._renewer is None:
            self._renewer = asyncio.create_task(self._renew())
        return await self._in_thread(partial(self._take, limit, sources))

    async def close(self) -> None:
        """Give back what is still leased, finish what was begun, let the search index catch up, close the archive."""
        if self._renewer is not None:
            self._renewer.cancel()
        try:
            await self._in_thread(_nothing)  # what the thread was taking when we were stopped is noted after this
            if self.held:
                await self.write(self._release_held)
        finally:
            await self._shut()

    async def _shut(self) -> None:
        if self._writer is not None:
            await self._writer
        if self.recorder is not None:
            self.recorder.close()
            await self._in_thread(partial(self._note_closed, self.recorder.take_closed()))
        if self._changed:
            await self._in_thread(partial(index_after_run, self._archive))
        await self._in_thread(self._archive.close)
        self._thread.shutdown()
        self._reader.close()

    def _note_closed(self, files: Collection[ClosedFile]) -> None:
        with suppress(ArchiveNotWritable, ArchiveBusy):  # `verify` measures those that it finds without a note.
            note_closed_files(self._archive.database, files)

    def _take(self, limit: int, sources: Collection[str]) -> list[Leased]:
        """Leased and noted in one go: the one who waits for them may be cancelled meanwhile."""
        taken = self._frontier.lease(limit, now(), self._lease_seconds, sources)
        self.held.update(link.id for link in taken)
        return taken

    def _release_held(self, archive: Archive, frontier: Frontier) -> None:
        for link in tuple(self.held):
            frontier.release(link, "stopped", now())
        self.held.clear()

    def _extend_held(self, archive: Archive, frontier: Frontier) -> None:
        for link in tuple(self.held):
            frontier.extend(link, now() + self._lease_seconds)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            await self.write(self._extend_held)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _commit_waiting(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            works = [work for work, _ in batch]
            results = await self._in_thread(partial(self._commit, works))
            for (_, future), result in zip(batch, results, strict=True):
                _settle(future, result)

    def _commit(self, works: list[Work[Any]]) -> list[Any]:
        """The results of all works in one transaction. A work that fails is taken back alone."""
        try:
            payloads = self.recorder.sync() if self.recorder is not None else []
            closed = self.recorder.take_closed() if self.recorder is not None else []
            with self._archive.transaction():
                note_payloads(self._archive.database, payloads)
                note_closed_files(self._archive.database, closed)
                return [self._one(work) for work in works]
        except QQNewsError as error:
            return [_Raised(error)] * len(works)

    def _one(self, work: Work[Any]) -> Any:
        try:
            with self._archive.transaction():
                return work(self._archive, self._frontier)
        except Exception as error:  # not swallowed: raised again in the one who waits for it
            return _Raised(error)


def _nothing() -> None:
    """Work that only waits for its turn."""


class _Raised:
    """An error on its way from the archive's thread to the waiter."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def _settle(future: asyncio.Future[Any], result: Any) -> None:
    if future.cancelled():
        return
    if isinstance(result, _Raised):
        future.set_exception(result.error)
    else:
        future.set_result(result)


class ArchiveWriterExtension:
    """Opens the archive of ``QQNEWS_DATA`` for one spider and closes it after all other steps are done."""

    def __init__(self, ledger: ArchiveWriter | None, tally: RunCounts) -> None:
        self.ledger = ledger
        self._tally = tally

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ArchiveWriterExtension:
        """Raises `archive.errors.QQNewsError` when the archive cannot be used."""
        data = crawler.settings.get("QQNEWS_DATA")
        extension = cls(_ledger(Path(data), crawler.settings) if data else None, RunCounts(crawler.stats))
        crawler.signals.connect(extension.close, signals.spider_closed)
        return extension

    async def close(self) -> None:
        """Close the archive, if there is one, and name the rows in it that could not be read."""
        if self.ledger is None:
            return
        await self.ledger.close()
        for error in self.ledger.unreadable.values():
            self._tally.bad_row(error)


def _ledger(data: Path, settings: BaseSettings) -> ArchiveWriter:
    ledger = ArchiveWriter(data, settings.getfloat("QQNEWS_LEASE"), read_ladder(settings["QQNEWS_LADDER"]))
    if settings.getbool("QQNEWS_RAW") and not settings.getbool("QQNEWS_DRY_RUN"):
        ledger.recorder = CaptureWriter(data, settings["QQNEWS_JOB"], settings.getint("QQNEWS_RAW_FILE_BYTES"))
    return ledger


def archive_writer_of(crawler: Crawler) -> ArchiveWriter | None:
    """The archive this spider works for; None: it works for Scrapy's feeds alone."""
    extension = crawler.get_extension(ArchiveWriterExtension)
    return extension.ledger if extension is not None else None


def now() -> float:
    """Unix time in seconds: what leases, back-offs and the pace are kept in."""
    return time.time()
