"""Who is told what, and when: the table ``[notify]``, and the judgement whether a run is news. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from archive.monitoring.notices import BAD, STILL, WELL, Notice, Recipient
from schedules.config.toml_schema import Readers, length_between, read_table, read_zone, words_of

TABLE: Final = "notify"
"""The table's name in a file of jobs: no job can be called so."""
VERDICTS: Final = ("empty", "thin", "blocked", "changed", "partial", "failed")
"""What can be wrong with a run. Any other word that is not ok counts as failed."""
PING: Final = "ping"
"""What the dead-man's switch is called among the recipients."""
RETRY_FIRST: Final = timedelta(minutes=1)
RETRY_LAST: Final = timedelta(hours=1)
"""Pauses after a failure to send: twice as long each time, up to this."""

_PAGES: Final = ("kept", "changed", "copy", "same")
"""Counters of pages that were read and understood."""
_FETCHED: Final = (*_PAGES, "gone", "pictures")
_ASKED: Final = (*_FETCHED, "requests")
"""Whatever was asked for: lists, too. In a run that went well, lists came whole."""
_PROOFS: Final = {"changed": _PAGES, "partial": _FETCHED} | dict.fromkeys(
    ("empty", "thin", "blocked", "failed"), _ASKED
)
"""Trouble of a crawl → counters of which one, in a run that went well, shows that it is over."""
_LEAVES_LINKS: Final = ("blocked", "partial", "failed")
"""Trouble that is not over while links that failed wait for their next turn."""

_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
_ADDRESS: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://\S+|\$\{\w+\})")


class MissingVariable(ValueError):
    """An address names a variable that the environment does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the variable {name} is not set: export it and install cron's line or the units again")
        self.name = name


@dataclass(frozen=True, slots=True)
class Address:
    """Where messages go, as it was written: ``${NAME}`` stands for a variable, so that no secret need be in a file."""

    written: str

    @property
    def id(self) -> str:
        """What it is known by in the archive: it tells nothing of a secret."""
        return sha256(self.written.encode()).hexdigest()[:16]

    @property
    def label(self) -> str:
        """What it is called to people: the service, or the variable."""
        return self.written.partition("://")[0]

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that it needs."""
        return tuple(_VARIABLE.findall(self.written))

    def filled(self, environment: Mapping[str, str]) -> str:
        """The address itself. Raises ``MissingVariable``."""

        def value(found: re.Match[str]) -> str:
            if not environment.get(found[1]):
                raise MissingVariable(found[1])
            return environment[found[1]]

        return _VARIABLE.sub(value, self.written)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of each day in which nobody is was_held_since; they may reach over midnight."""

    begin: time
    end: time

    def holds(self, moment: datetime) -> bool:
        """Whether a moment, in the zone that these hours are of, lies in them."""
        now = moment.time()
        return self.begin <= now < self.end if self.begin < self.end else now >= self.begin or now < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationPolicy:
    """Who is told what, and how."""

    urls: tuple[Address, ...]
    """Where messages go, as Apprise takes it."""
    verdicts: frozenset[str]
    """What somebody is told of; a job may say otherwise."""
    urgent: frozenset[str]
    """What does not wait for the end of the quiet hours."""
    quiet: QuietHours | None
    zone: ZoneInfo
    """Of the quiet hours, and of the times in messages."""
    group: timedelta
    """After a message the next one waits so long for others to join it."""
    remind: timedelta
    """What stays bad is said again after so long; zero: never."""
    ping: Address | None
    """Called again and again while all is well: a dead-man's switch."""
    ping_every: timedelta
    ping_failures: bool
    """Whether ``/fail`` is called instead while a job is bad."""
    metrics_file: Path | None
    """Written for the text file collector of Prometheus's node_exporter."""

    @property
    def addresses(self) -> tuple[Address, ...]:
        """All that is called: those of people, and the dead-man's switch."""
        return (*self.urls, *([self.ping] if self.ping else []))

    @property
    def recipients(self) -> frozenset[str]:
        """What all that is called is known by in the archive."""
        return frozenset({each.id for each in self.urls} | ({PING} if self.ping else set()))

    def news(self, job: str, wanted: frozenset[str] | None, last: Notice | None, run: RunOutcome) -> Notice | None:
        """What is to be told of a run, given what was noted of the job last. ``wanted``: the job's own verdicts."""
        if not self.urls:
            return None
        trouble = last if last is not None and last.kind != WELL else None
        word = word_of(run.verdict)
        wanted = self.verdicts if wanted is None else wanted
        if run.is_ok:
            over = trouble is not None and is_refuted(trouble.verdict, run.counts)
            return _notice(job, WELL, run, trouble.since) if trouble and over else None
        if word not in wanted:
            return None
        if trouble is None or trouble.verdict != run.verdict:
            return _notice(job, BAD, run, run.at)
        is_old = self.remind and run.at - trouble.at >= self.remind
        return _notice(job, STILL, run, trouble.since) if is_old else None

    def is_time(self, to: Recipient, pending: list[Notice], now: datetime) -> bool:
        """Whether what a recipient was not told yet is to be sent now."""
        # What lies further ahead than the longest pause was written by a clock that has been put back since.
        if not pending or (to.not_before is not None and now < to.not_before <= now + RETRY_LAST):
            return False
        if to.told_at is not None and to.told_at <= now < to.told_at + self.group:
            return False
        if self.quiet is None or not self.quiet.holds(now.astimezone(self.zone)):
            return True
        return any(notice.kind != WELL and word_of(notice.verdict) in self.urgent for notice in pending)


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run ended, as far as it may be news. ``log``: the name of its log; ``counts``: what it did, if known."""

    verdict: str
    because: str
    at: datetime
    is_ok: bool
    log: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


def _notice(job: str, kind: str, run: RunOutcome, since: datetime) -> Notice:
    return Notice(job=job, kind=kind, verdict=run.verdict, because=run.because, at=run.at, since=since, log=run.log)


def is_refuted(trouble: str, counts: Mapping[str, int]) -> bool:
    """Whether a run that went well shows that the trouble is over. What it did not try may be as bad as it was."""
    proofs = _PROOFS.get(trouble)
    if proofs is None or not counts:
        return True
    still_waits = trouble in _LEAVES_LINKS and counts.get("waiting", 0) > 0
    return not still_waits and any(counts.get(name, 0) > 0 for name in proofs)


def word_of(verdict: str) -> str:
    """The verdict as one of ``VERDICTS``."""
    return verdict if verdict in VERDICTS else "failed"


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many failures to send."""
    return min(RETRY_FIRST * (1 << min(tries - 1, 10)), RETRY_LAST)


def read_policy(table: Any) -> NotificationPolicy:
    """The table ``[notify]``. Raises ``Wrong``."""
    read = read_table(table, _READERS, "[notify]")
    return NotificationPolicy(zone=read.pop("timezone"), **read)


def _addresses(written: list[Any]) -> tuple[Address, ...]:
    return tuple(dict.fromkeys(_address(each, f"number {number}") for number, each in enumerate(written, 1)))


def _address(written: Any, which: str) -> Address:
    # What is refused may hold a password all the same: it is counted, not shown.
    if not isinstance(written, str) or not _ADDRESS.fullmatch(written):
        raise ValueError(f"{which} is no address such as mailto://… or ${{QQNEWS_MAIL}}")
    return Address(written)


def _web_address(written: str) -> Address:
    address = _address(written, "it")
    if not written.startswith(("http://", "https://", "${")):
        raise ValueError("it is no address of the web")
    return address


def _quiet(written: str) -> QuietHours:
    found = re.fullmatch(r"(\d\d:\d\d)\s*-\s*(\d\d:\d\d)", written)
    try:
        begin, end = (time.fromisoformat(part) for part in (found.groups() if found else ()))
    except ValueError as error:
        raise ValueError(f"{written!r} are no hours such as 23:00-07:00") from error
    if begin == end:
        raise ValueError(f"{written!r} would be always or never: leave it out, or name no urls")
    return QuietHours(begin, end)


def _absolute(written: str) -> Path:
    path = Path(written)
    if not path.is_absolute() or path.suffix != ".prom":
        raise ValueError(f"{written!r} is no absolute path of a file that ends with .prom")
    return path


_WEEK: Final = timedelta(days=7)
_any_of: Final[Callable[[list[Any]], frozenset[str]]] = words_of(*VERDICTS)
_READERS: Final[Readers] = {
    "urls": (list, _addresses, []),
    "verdicts": (list, _any_of, list(VERDICTS)),
    "urgent": (list, _any_of, []),
    "quiet": (str, _quiet, None),
    "timezone": (str, read_zone, "Asia/Shanghai"),
    "group": (str, length_between(timedelta(), _WEEK), "10m"),
    "remind": (str, length_between(timedelta(), 52 * _WEEK), "1d"),
    "ping": (str, _web_address, None),
    "ping_every": (str, length_between(timedelta(minutes=1), _WEEK), "5m"),
    "ping_failures": (bool, bool, False),
    "metrics_file": (str, _absolute, None),
}
NO_NOTIFICATIONS: Final = read_policy({})
"""Where there is no such table: nobody is told anything."""
