"""What a run did, and whether it did its work: counts, a verdict with its exit code, one JSON report.

Every step counts into Scrapy's stats through `RunCounts`; the rest of this module only reads them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from scrapy.statscollectors import StatsCollector

from archive.article.decide import Judgement
from archive.errors import ExitCode, UnreadableRow
from archive.identity import make_below
from archive.monitoring.expected_yield import Kind, Surprise
from archive.redaction.secrets import redacted

PREFIX = "qqnews"
MOST_PROBLEMS = 100
"""Problems named one by one in a report; all of them are counted."""

OBTAINED = ("kept", "changed", "copy", "same", "planned", "pictures")
"""Counters of what came in: articles that are new, have a new revision, are a copy, are as we had them, or would
come in (in a dry run); pictures."""


COUNTERS = {
    Judgement.NEW: "kept",
    Judgement.SAME: "same",
    Judgement.CHANGED: "changed",
    Judgement.COPY: "copy",
}
"""The counter of each judgement on an article."""


@dataclass(slots=True)
class Counts:
    """What one run did. ``counts`` by counter, ``reasons`` by outcome, the others by name."""

    counts: Counter[str] = field(default_factory=Counter)
    """listed, known, passed_over (given up before, and not to be tried yet), leased, fetched, kept, changed, copy,
    same, gone, dropped, retried, failed (for the last time in a round: given up), left, waiting (failed, in this run
    or an earlier one, and to be tried again), given_up (all that stand so in the archive), unreadable,
    unread_parts (of texts, by their names in ``reasons``), another (pages that called themselves another article than
    was asked for; they are not kept), noted, absent (gone, and in the archive), site_wide (gone by a word that the site
    says of everything: not believed), burst (gone together with more than ever vanish at once: doubted for a day),
    gathered (named by articles), guessed (of no known layout, read all the same), refused, resting, silent, broken,
    crashed, stopped, bad_input, undated (files whose date can be none), bad_rows (of the archive, that cannot be read),
    bytes, requests, pictures, pictures_asked, pictures_missing."""
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    sources: dict[str, Counter[str]] = field(default_factory=dict)
    hosts: dict[str, Counter[str]] = field(default_factory=dict)
    layouts: dict[str, Counter[str]] = field(default_factory=dict)
    """By layout: pages that were understood, how many bore each note, and what they stated
    (`crawler.sites.field_coverage`)."""
    problems: list[dict[str, str]] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    """A sentence for each gap that was found or closed."""
    bad_rows: list[str] = field(default_factory=list)
    """What is wrong with each row of the archive that could not be read."""
    surprises: list[Surprise] = field(default_factory=list)
    """What was to be expected by what earlier runs brought, and did not come."""

    @property
    def obtained(self) -> int:
        """Articles that came in, whatever became of them."""
        return sum(self.counts[name] for name in OBTAINED)


class RunVerdict(NamedTuple):
    """The judgement on a run: a word, its exit code and one sentence that tells why."""

    word: str
    exit_code: ExitCode
    because: str


class RunCounts:
    """Counts into the stats of one spider, so that Scrapy's own users see the same numbers."""

    def __init__(self, stats: StatsCollector) -> None:
        self._stats = stats

    def add(self, counter: str, *, source: str = "", host: str = "", reason: str = "", amount: int = 1) -> None:
        """Count something, in all and for the source, the host and the reason where they are known."""
        self._stats.inc_value(f"{PREFIX}/counts/{counter}", amount)
        if source:
            self._stats.inc_value(f"{PREFIX}/sources/{counter}/{source}", amount)
        if host:
            self._stats.inc_value(f"{PREFIX}/hosts/{counter}/{host}", amount)
        if reason:
            self._stats.inc_value(f"{PREFIX}/reasons/{counter}/{reason}", amount)

    def read(self, layout: str, notes: Iterable[str], stated: Iterable[tuple[str, int, int]] = ()) -> None:
        """Count a page that was understood, for its layout: what was odd about it, and what it ``stated``.

        As ``has_FIELD`` and ``asked_FIELD``: how often a field was stated, and how often that was to be expected.
        """
        self._stats.inc_value(f"{PREFIX}/layouts/pages/{layout}")
        for name, yes, asked in stated:
            self._stats.inc_value(f"{PREFIX}/layouts/has_{name}/{layout}", yes)
            self._stats.inc_value(f"{PREFIX}/layouts/asked_{name}/{layout}", asked)
        for note in notes:
            self.add("noted", reason=note)
            self._stats.inc_value(f"{PREFIX}/layouts/{note}/{layout}")

    def problem(self, what: str, reason: str, where: str) -> None:
        """Name something that went wrong: ``what`` (an id, a source), the reason, and where it was met."""
        reason = redacted(reason)
        named: list[dict[str, str]] = self._stats.get_value(f"{PREFIX}/problems", [])
        if len(named) < MOST_PROBLEMS:
            self._stats.set_value(f"{PREFIX}/problems", [*named, {"what": what, "reason": reason, "where": where}])

    def bad_row(self, error: UnreadableRow) -> None:
        """Count and name a row of the archive that could not be read."""
        self.add("bad_rows")
        self.problem(error.shown, str(error), error.table)
        self._stats.set_value(f"{PREFIX}/bad_rows", [*self._stats.get_value(f"{PREFIX}/bad_rows", []), str(error)])

    def gap(self, sentence: str) -> None:
        """Name a gap that was found or closed."""
        self._stats.set_value(f"{PREFIX}/gaps", [*self._stats.get_value(f"{PREFIX}/gaps", []), sentence])


def read_counts(all_stats: Iterable[Mapping[str, Any]]) -> Counts:
    """Add up the stats of several spiders."""
    total = Counts()
    for stats in all_stats:
        for key, value in stats.items():
            _add(total, key, value)
    pages = (source for source in total.sources.values() if source["pages"])
    total.counts["silent"] = sum(source["pages"] == source["empty_pages"] for source in pages)
    total.counts["guessed"] = sum(layout["generic"] for layout in total.layouts.values())
    return total


def _add(total: Counts, key: str, value: Any) -> None:
    prefix, _, rest = key.partition("/")
    if prefix != PREFIX:
        return
    if rest == "problems":
        total.problems += value[: MOST_PROBLEMS - len(total.problems)]
        return
    if rest in ("gaps", "bad_rows"):
        sentences: list[str] = getattr(total, rest)
        sentences += value
        return
    group, counter, *name = rest.split("/", 2)
    if group == "counts":
        total.counts[counter] += value
    elif group == "reasons":
        total.reasons.setdefault(counter, Counter())[name[0]] += value
    else:
        table: dict[str, Counter[str]] = getattr(total, group)
        table.setdefault(name[0], Counter())[counter] += value


def verdict(run: Counts) -> RunVerdict:
    """Judge a run by its counts alone. The worst that is true decides."""
    # That an article is gone is news, too, where the archive holds it.
    nothing = run.obtained + run.counts["absent"] + run.counts["known"] == 0
    shortfalls = _failures(run.counts) if nothing else _shortfalls(run)
    judgements = chain(_alarms(run.counts), _unexpected(run.surprises, Kind.CHANGED), _halted(run.counts), shortfalls)
    fine = RunVerdict("ok", ExitCode.OK, "everything that was due was done")
    judged = next((judged for applies, judged in judgements if applies), fine)
    return judged._replace(because=f"{judged.because}{_oddities(run.counts)}{_also(run.surprises, judged)}")


_Judgements = Iterable[tuple[bool, RunVerdict]]
"""Judgements with their conditions, the worst first."""


def _alarms(n: Counter[str]) -> _Judgements:
    """What somebody must know of, however much came in."""
    told_off = f"the site told us to stay away ({n['refused']} refusals); what is left will be fetched later"
    yield _withheld(n), RunVerdict("blocked", ExitCode.BLOCKED, told_off)
    sick = (
        f"the site calls {n['site_wide']} articles gone, and whatever else it is asked for there: it is at fault, "
        "nothing of that is believed, they are looked at again"
    )
    yield n["site_wide"] > 0, RunVerdict("changed", ExitCode.CHANGED, sick)
    many = f"{n['burst']} articles vanished at once, more than ever do: that is believed after a day, if it lasts"
    yield n["burst"] > 0, RunVerdict("changed", ExitCode.CHANGED, many)
    strange = f"{n['unreadable']} answers had no known layout: the parser needs mending"
    yield n["unreadable"] > 0, RunVerdict("changed", ExitCode.CHANGED, strange)
    mistaken = (
        "most pages were those of other articles than were asked for: the site is at fault; nothing was kept of them"
    )
    yield 2 * n["another"] > n["fetched"], RunVerdict("changed", ExitCode.CHANGED, mistaken)
    yield _mostly_guessed(n), RunVerdict("changed", ExitCode.CHANGED, "most pages had no known layout: mend the parser")


def _unexpected(surprises: Sequence[Surprise], kind: Kind) -> _Judgements:
    """What earlier runs let us expect, and did not come."""
    first, code = [each.sentence for each in surprises if each.kind is kind], ExitCode[kind.name]
    more = f"; and {len(first) - 1} more of the kind" if len(first) > 1 else ""
    yield bool(first), RunVerdict(kind.value, code, f"{''.join(first[:1])}{more}")


def _also(surprises: Sequence[Surprise], judged: RunVerdict) -> str:
    """What was not to be expected is told also where something worse decides."""
    others = (each.sentence for each in surprises if each.kind.value != judged.word)
    return "".join(f"; {sentence}" for sentence in islice(others, 1))


def _halted(n: Counter[str]) -> _Judgements:
    """That there is an end to it before its time."""
    stopped = "it was told to stop; the next run goes on with what is left"
    yield n["stopped"] > 0, RunVerdict("partial", ExitCode.PARTIAL, stopped)


def _withheld(n: Counter[str]) -> bool:
    return n["refused"] + n["resting"] > 0 and n["left"] + n["broken"] > 0


def _mostly_guessed(n: Counter[str]) -> bool:
    """Whether guessing was the rule, not the exception: then it is not the pages that are odd."""
    return 2 * n["guessed"] > sum(n[name] for name in COUNTERS.values())


def _oddities(n: Counter[str]) -> str:
    """What the verdict says of pages that were read as a last resort, and of those that were of other articles."""
    guessed = f"; the text of {n['guessed']} pages was guessed, their layout is not known"
    another = f"; {n['another']} answers were pages of other articles than were asked for, and were not kept"
    return f"{guessed if n['guessed'] else ''}{another if n['another'] else ''}"


def _errors(n: Counter[str]) -> int:
    return n["dropped"] + n["failed"] + n["left"] + n["broken"] + n["crashed"] + n["bad_rows"]


def _failures(n: Counter[str]) -> _Judgements:
    """Why nothing came in, and nothing was known."""
    failed = f"nothing could be fetched ({_errors(n)} failures)"
    yield _errors(n) > 0, RunVerdict("failed", ExitCode.FAILED, failed)
    unusable = f"none of the {n['bad_input']} inputs could be used"
    yield n["bad_input"] > 0, RunVerdict("bad input", ExitCode.BAD_INPUT, unusable)
    before = f"all {n['passed_over']} links that are new were given up before: 'qqnews links list' says why"
    yield n["passed_over"] > 0, RunVerdict("failed", ExitCode.FAILED, before)
    empty = f"nothing was found where something was due ({n['gone']} removed)"
    yield True, RunVerdict("empty", ExitCode.EMPTY, empty)


def _shortfalls(run: Counts) -> _Judgements:
    """What is missing, although something came in or was known."""
    n = run.counts
    yield from _unexpected(run.surprises, Kind.THIN)
    part = f"{run.obtained} articles came in, {_errors(n)} things failed"
    yield _errors(n) > 0, RunVerdict("partial", ExitCode.PARTIAL, part)
    blank = f"{n['pictures_missing']} of {n['pictures_asked']} pictures could not be had"
    yield 2 * n["pictures_missing"] > n["pictures_asked"], RunVerdict("partial", ExitCode.PARTIAL, blank)
    unused = f"{n['bad_input']} of the inputs could not be used, the others were"
    yield n["bad_input"] > 0, RunVerdict("partial", ExitCode.PARTIAL, unused)
    silent = f"{n['silent']} sources listed nothing at all"
    yield n["silent"] > 0, RunVerdict("thin", ExitCode.THIN, silent)


def report(job: str, started: datetime, ended: datetime, run: Counts, judged: RunVerdict) -> dict[str, Any]:
    """The report of a run, ready for JSON. Times are aware and written in UTC."""
    return {
        "job": job,
        "started_at": started.isoformat(timespec="seconds"),
        "ended_at": ended.isoformat(timespec="seconds"),
        "seconds": round((ended - started).total_seconds(), 3),
        "verdict": judged.word,
        "exit_code": int(judged.exit_code),
        "because": judged.because,
        **{part.name: _plain(getattr(run, part.name)) for part in fields(run)},
    }


def _plain(part: Any) -> Any:
    """Counters as plain dictionaries, sorted, for JSON."""
    if isinstance(part, dict):
        return {key: _plain(part[key]) for key in sorted(part)}
    if isinstance(part, list):
        return [each.sentence if isinstance(each, Surprise) else each for each in part]
    return part


def summary(run: Counts, judged: RunVerdict) -> str:
    """One line for people."""
    shown = [f"{run.counts[name]} {word}" for name, word in _SHOWN if run.counts[name] or name == "kept"]
    line = f"{judged.word}: {', '.join(shown)}"
    told = [] if judged.exit_code is ExitCode.OK else [f"{judged.because[0].upper()}{judged.because[1:]}"]
    named = run.gaps[:_MOST_GAPS] + ([f"{more} more gaps"] if (more := len(run.gaps) - _MOST_GAPS) > 0 else [])
    return ". ".join([line, *told, *named])


_MOST_GAPS = 3
"""Gaps that the line for people names; the report has them all."""


_SHOWN = (
    ("kept", "kept"),
    ("changed", "changed"),
    ("copy", "copies"),
    ("same", "unchanged"),
    ("known", "known before"),
    ("gone", "removed by the site"),
    ("gathered", "named by articles"),
    ("guessed", "guessed"),
    ("another", "of other articles"),
    ("pictures", "pictures"),
    ("pictures_missing", "pictures missing"),
    ("dropped", "dropped"),
    ("failed", "failed too often"),
    ("passed_over", "given up before"),
    ("left", "left for later"),
    ("unreadable", "of no known layout"),
    ("undated", "taken as undated"),
    ("bad_rows", "rows of the archive not readable"),
    ("gaps_found", "gaps found"),
    ("gaps_closed", "gaps closed"),
    ("given_up", "given up in all"),
    ("requests", "requests"),
)


def write_report(directory: Path, stamp: str, content: Mapping[str, Any]) -> Path:
    """Write a report aside and rename it into place; the path it got."""
    make_below(directory.parent, directory.name)
    path = directory / f"{stamp}-{content['job']}.json"
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    aside.replace(path)
    return path
