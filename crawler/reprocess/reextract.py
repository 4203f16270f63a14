"""Raw captures read again with today's parsers: what would change, and the change itself. Nothing is fetched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

from w3lib.encoding import http_content_type_encoding

from archive.article.decide import Judgement
from archive.article.model import Article
from archive.captures.warc import Capture
from archive.database.article_rows import FACTS, Archived
from archive.errors import UnreadableRow
from archive.redaction.erasures import lawful_capture
from archive.store import Archive
from crawler.reprocess.unknown_captures import Pages, is_page, take_in, unknown_of
from crawler.sites.normalise import normalise
from crawler.sites.page import EmptyShell, NotAnArticle, RawArticle
from crawler.sites.qq.fallback_source import fallback_source, joined, read_fetched
from crawler.sites.registry import NotAnAddress, read_page

BATCH: Final = 50
"""Captures whose changes are applied in one transaction."""

SAMPLES: Final = 3
"""Differences shown of each field."""

COMPARED: Final = tuple(name for name in FACTS if name != "provenance")
"""Fields whose difference is one; where a value was found is no difference by itself."""

_WHOLE: Final = frozenset({"url", "title", "body", "animations", "kind", "layout", "published_precision"})
"""Fields that are always this reading's own."""

Change = Callable[[Archive], Judgement]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which captures to read again: of articles with these ids, and of this layout. Empty: of all."""

    ids: frozenset[str] = frozenset()
    layout: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one article, as it is kept and as it is read today."""

    id: str
    field: str
    old: Any
    new: Any


COUNTED: Final = (
    *("captures", "pages", "compared", "changed", "regained", "regained_texts", "removals", "unreadable"),
    *("still_unread", "revisions"),
)
"""What `Findings` counts. regained: articles that had no row; regained_texts: texts that no row of a known article had;
removals: of articles whose row did not say so; unreadable: kept once, but not read any more; still_unread: pages of
unknown articles that still give none; revisions: those that were made.
"""


@dataclass(slots=True)
class Findings:
    """What was found."""

    counts: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(COUNTED, 0)))
    fields: Counter[str] = field(default_factory=Counter)
    samples: list[Difference] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


class Reextraction:
    """Reads captures in the order in which they were made, compares, and then takes in what no row knows."""

    def __init__(self, archive: Archive, wanted: Wanted, read_at: datetime) -> None:
        self.findings = Findings()
        self._archive = archive
        self._wanted = wanted
        self._read_at = read_at
        self._shells: dict[str, tuple[Capture, RawArticle | None]] = {}
        self._pages = Pages(archive.data)

    def run(self, captures: Iterable[Capture], *, apply: bool) -> Findings:
        """Read all; with ``apply`` every change is made, a batch in each transaction."""
        waiting = iter(captures)
        with self._pages.index:
            while batch := list(islice(waiting, BATCH)):
                changes = [change for capture in batch for change in self._changes(capture)]
                if apply and changes:
                    with self._archive.transaction():
                        verdicts = [change(self._archive) for change in changes]
                    self.findings.counts["revisions"] += sum(verdict is not Judgement.SAME for verdict in verdicts)
            self._regain(apply=apply)
        return self.findings

    def _changes(self, captured: Capture) -> Iterator[Change]:
        self.findings.counts["captures"] += 1
        capture = lawful_capture(self._archive.database.connection, captured)
        if capture is None:
            return  # Of an article that was taken down; somebody put an old file back.
        article_id = capture.facts.get("id", "")
        if not is_page(capture) or (self._wanted.ids and article_id not in self._wanted.ids):
            return
        self.findings.counts["pages"] += 1
        self._pages.add(capture)
        try:
            known = self._archive.find(article_id)
        except UnreadableRow as error:
            self._archive.pass_over(error)
            return
        shell = self._shell(article_id, capture)
        page = shell[0] if shell else capture
        if known and known.raw_ref == page.raw_ref:
            yield from self._compared(known, page, self._read(capture, shell))

    def _shell(self, article_id: str, capture: Capture) -> tuple[Capture, RawArticle | None] | None:
        """The empty page that this capture completes, if it does."""
        shell = self._shells.get(article_id)
        if shell and capture.url == fallback_source(read_fetched(shell[0].url)):
            return self._shells.pop(article_id)
        return None

    def _read(self, capture: Capture, shell: tuple[Capture, RawArticle | None] | None) -> Article | NotAnArticle:
        try:
            raw = read_page(capture.body, capture.url, status=capture.status, charset=_charset(capture))
        except EmptyShell as error:
            self._shells[capture.facts["id"]] = (capture, error.article)
            return error
        except NotAnArticle as error:
            return error
        except NotAnAddress as error:
            return NotAnArticle(capture.url, error.reason)
        return normalise(joined(shell[1], raw) if shell and shell[1] else raw, capture.fetched_at)

    def _compared(self, known: Archived, page: Capture, now: Article | NotAnArticle) -> Iterator[Change]:
        if self._wanted.layout not in ("", known.article.layout):
            return
        if isinstance(now, EmptyShell):
            return
        self.findings.counts["compared"] += 1
        if isinstance(now, NotAnArticle) or now.id != known.article.id:
            self.findings.counts["unreadable"] += 1
            self.findings.unreadable.append(
                f"{known.article.id}: {now.evidence if isinstance(now, NotAnArticle) else now.id}"
            )
            return
        article = with_facts_of_others(now, known.article)
        if self._note(known.article, article):
            self.findings.counts["changed"] += 1
            yield lambda archive: archive.reparse(article, read_at=self._read_at, raw_ref=page.raw_ref).verdict

    def _regain(self, *, apply: bool) -> None:
        """What captures hold that no row knows; with ``apply`` each article is taken in with all that was found."""
        counts, unread = self.findings.counts, list[NotAnArticle]()
        for found in unknown_of(self._archive, self._pages.index, unread):
            if self._wanted.layout not in ("", *found.layouts):
                continue
            counts["regained"] += found.known is None
            counts["regained_texts"] += found.texts if found.known else 0
            counts["removals"] += found.is_removed
            if apply:
                take_in(self._archive, found)
                counts["revisions"] += found.texts
        counts["still_unread"] += len(unread)

    def _note(self, old: Article, new: Article) -> bool:
        """Count and sample the differences; whether there are any."""
        differing = [name for name in COMPARED if getattr(old, name) != getattr(new, name)]
        for name in differing:
            self.findings.fields[name] += 1
            if self.findings.fields[name] <= SAMPLES:
                self.findings.samples.append(Difference(old.id, name, getattr(old, name), getattr(new, name)))
        return bool(differing)


def article_in(capture: Capture) -> Article | None:
    """What one captured page says, read with today's parsers; None where it is no article by itself."""
    try:
        raw = read_page(capture.body, capture.url, status=capture.status, charset=_charset(capture))
    except (NotAnArticle, NotAnAddress):
        return None
    return normalise(raw, capture.fetched_at)


def with_facts_of_others(now: Article, known: Article) -> Article:
    """``now`` with the facts that were learned elsewhere (a list, another page): those of unknown provenance."""
    elsewhere = {
        name: getattr(known, name)
        for name in COMPARED
        if name not in _WHOLE and not getattr(now, name) and getattr(known, name) and name not in known.provenance
    }
    # The raw string of the time has the provenance of the time, and its precision is that of the time.
    if "published_at" in known.provenance:
        elsewhere.pop("published_raw", None)
    if "published_at" in elsewhere:
        elsewhere["published_precision"] = known.published_precision
    return replace(now, **elsewhere) if elsewhere else now


def _charset(capture: Capture) -> str | None:
    headers = {name.lower(): value for name, value in capture.headers}
    return http_content_type_encoding(headers.get("content-type"))
