"""What raw captures hold that no row knows: articles, texts and removals that were lost with a database, or that came
after its last backup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

from archive.article.model import FIRST_YEAR, plausible
from archive.article.timestamps import stamp
from archive.captures.capture_index import CaptureIndex, Indexed
from archive.captures.gzip_members import is_being_written
from archive.captures.raw_files import captures, raw_files
from archive.captures.warc import Capture
from archive.database.article_rows import Archived, Revision
from archive.errors import ArticleNotFound, UnreadableRow
from archive.revisions.history import Absence, History, Shown, absence_after, not_taken_in, woven
from archive.revisions.write_history import write_absence, write_history
from archive.store import Archive
from crawler.reprocess.replay import shown_by
from crawler.sites.page import Changed, Garbled, NotAnArticle
from crawler.sites.qq.fallback_source import fallback_source, read_fetched
from crawler.sites.registry import NotAnAddress

_STAMP: Final = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class Unknown:
    """What captures hold of one article that no row knows. ``known``: its row, if it has one."""

    article_id: str
    raw_ref: str
    """Of the first capture that holds something of it."""
    known: Archived | None
    shown: tuple[Shown, ...]
    history: History | None
    """The texts of a known article with those that were found; None: there is none to be added."""
    absence: Absence | None
    """Whether it is there, if its row says otherwise."""

    @property
    def texts(self) -> int:
        """How many texts no row has."""
        if self.known is None:
            return sum(each.article is not None for each in self.shown)
        return sum(text.revision is None for text in self.history.texts) if self.history else 0

    @property
    def layouts(self) -> set[str]:
        """The layouts of the pages that showed it."""
        return {each.article.layout for each in self.shown if each.article is not None}

    @property
    def is_removed(self) -> bool:
        """Whether the site called it gone, and its row does not say so."""
        return self.absence is not None and self.absence[0] is not None

    def __str__(self) -> str:
        what = ["an article that has no row"] if self.known is None else []
        what += [f"{self.texts} text{'s' if self.texts > 1 else ''}"] if self.known and self.texts else []
        what += ["a removal"] if self.is_removed else []
        told = " and ".join(what) or "facts that its row lacks"
        return f"holds {told}: {self.article_id}; 'qqnews reextract --apply' takes it in"


def is_page(capture: Capture) -> bool:
    """Whether a capture is that of an article's page. (Lists have no id, and of pictures only the place is noted.)"""
    return bool(capture.facts.get("id")) and capture.facts.get("kind", "page") == "page"


class Pages:
    """The captures of pages by article, as they are read one after another.

    Those of processes that are at work are left out: their rows may be on the way.
    """

    def __init__(self, data: Path) -> None:
        self.index = CaptureIndex()
        self._data = data
        self._at_work = {_writer(path.name) for path in raw_files(data) if _is_being_written(path)}
        self._file = ""
        self._last = dict[str, tuple[str, Indexed]]()

    def add(self, capture: Capture) -> None:
        """Note a capture, if it is one of an article's page, or completes the one before it."""
        if not is_page(capture):
            return
        article_id, file = capture.facts["id"], capture.raw_ref.partition(":")[0]
        if file != self._file:
            self._begin(file)
        if _writer(file) in self._at_work:
            return
        page_url, page = self._last.get(article_id, ("", None))
        at = plausible(capture.fetched_at) or _begun(file)
        if page is not None and capture.url == _second_of(page_url):
            self.index.add(article_id, Indexed(page.at, capture.raw_ref, page.raw_ref))
            return
        found = Indexed(at, capture.raw_ref, capture.raw_ref)
        self._last[article_id] = (capture.url, found)
        self.index.add(article_id, found)

    def _begin(self, file: str) -> None:
        self._file, self._last = file, {}  # An empty page and what completes it are written by one process.
        if _is_being_written(self._data / "raw" / file):
            self._at_work.add(_writer(file))


def _writer(file: str) -> str:
    """The process that wrote a file of captures, by its job and number."""
    return file.partition("-")[2]


def _is_being_written(path: Path) -> bool:
    try:
        return is_being_written(path)
    except OSError:  # `verify` names what cannot be read.
        return False


def _second_of(page_url: str) -> str | None:
    try:
        return fallback_source(read_fetched(page_url))
    except NotAnAddress:
        return None


def _begun(file: str) -> datetime:
    """When a file of captures was begun, by its name: the time of those in it that say none that can be."""
    try:
        begun = plausible(datetime.strptime(file[:15], _STAMP).replace(tzinfo=UTC))
    except ValueError:
        begun = None
    return begun or datetime(FIRST_YEAR, 1, 2, tzinfo=UTC)


def unknown_of(archive: Archive, index: CaptureIndex, unread: list[NotAnArticle] | None = None) -> Iterator[Unknown]:
    """What the captures in the index hold that no row knows, article by article, in the order of their captures.

    ``unread`` gets the pages of articles without a row that give none.
    """
    for article_id, indexed in index.articles():
        if archive.erased([article_id]):
            continue
        try:
            known, revisions = _rows(archive, article_id)
        except UnreadableRow as error:
            archive.pass_over(error)
            continue
        waiting = not_taken_in(indexed, known, revisions)
        if found := _unknown(archive, article_id, known, revisions, indexed, waiting, unread):
            yield found


def _rows(archive: Archive, article_id: str) -> tuple[Archived | None, list[Revision]]:
    """Raises `UnreadableRow`, also for one revision: then it is not known which texts the article had."""
    known, unreadable = archive.find(article_id), list[UnreadableRow]()
    usual, archive.pass_over = archive.pass_over, unreadable.append
    try:
        revisions = archive.revisions(article_id) if known else []
    except ArticleNotFound:
        revisions = []
    finally:
        archive.pass_over = usual
    if unreadable:
        raise unreadable[0]
    return known, revisions


def _unknown(
    archive: Archive,
    article_id: str,
    known: Archived | None,
    revisions: list[Revision],
    indexed: list[Indexed],
    waiting: list[Indexed],
    unread: list[NotAnArticle] | None,
) -> Unknown | None:
    read = list(shown_by(archive.data, article_id, waiting))
    shown = [each for each in read if isinstance(each, Shown)]
    if not shown and known is None and unread is not None:
        unread += [each for each in read if isinstance(each, Changed | Garbled)]
    if known is None:
        while shown and shown[0].article is None:
            del shown[0]  # That it is gone means nothing where nothing was kept.
    if not shown:
        return None
    history = woven(known, revisions, indexed, shown) if known else None
    absence = absence_after(known, _after_known_runs(archive, shown) if known else shown)
    found = Unknown(article_id, shown[0].raw_ref, known, tuple(shown), history, absence)
    return found if known is None or history or found.absence else None


def _after_known_runs(archive: Archive, shown: list[Shown]) -> list[Shown]:
    """What no run looked at later that the archive knows: such a run judged whether the article is there."""
    return list(reversed([*takewhile(lambda each: _run_of(archive, each) is None, reversed(shown))]))


def take_in(archive: Archive, found: Unknown) -> None:
    """Let the archive know what was found, in one transaction."""
    with archive.transaction():
        if found.known is None:
            for each in found.shown:
                if each.article is not None:
                    source = each.source or None
                    archive.keep(each.article, seen_at=each.at, source=source, raw_ref=each.raw_ref)
        elif found.history is not None:
            write_history(archive, found.known, found.history)
        if found.absence is not None:
            write_absence(archive, found.article_id, found.absence)


def unknown_in(archive: Archive) -> Iterator[tuple[str, str]]:
    """Where captures hold what no row knows, and what that is: for who looks whether an archive is sound.

    What a run fetched last that was cut short is nothing amiss: what it did not come to is asked for again.
    """
    pages = Pages(archive.data)
    for capture in captures(archive.data):
        pages.add(capture)
    with pages.index:
        for found in unknown_of(archive, pages.index):
            if all(_was_cut_short(archive, each) for each in found.shown):
                continue
            file, offset, _ = found.raw_ref.split(":")
            yield f"raw/{file}:{offset}", str(found)


def _was_cut_short(archive: Archive, shown: Shown) -> bool:
    """Whether the archive knows the run that fetched it, and that it did not come to its end."""
    run = _run_of(archive, shown)
    return run is not None and run["counts"] in (None, "{}")


def _run_of(archive: Archive, shown: Shown) -> Mapping[str, Any] | None:
    """The run that fetched it, if the archive knows that. Numbers are given again where a database was lost."""
    if not (shown.run.isascii() and shown.run.isdigit()):
        return None
    values = (shown.run, stamp(shown.at))
    found = archive.database.connection.execute(_RUN, values).fetchone()
    return None if found is None else dict(found)


_RUN: Final = "SELECT counts FROM runs WHERE id = CAST(? AS INTEGER) AND started_at <= ?"
