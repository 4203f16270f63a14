"""What a message says: of each job how it stands, why, since when, and what to do next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from archive.errors import ExitCode
from archive.monitoring.notices import BAD, WELL, Notice
from schedules.runner.recovery import NOT_UNDERSTOOD, Trouble


@dataclass(frozen=True, slots=True)
class Message:
    """A message to people. ``is_good``: it tells of nothing but what is well again."""

    title: str
    body: str
    is_good: bool = False


def message(notices: Sequence[Notice], zone: ZoneInfo, place: str) -> Message:
    """One message for all notices, each job once. ``place``: which archive it is, and where."""
    by_job = [list(those) for _, those in groupby(sorted(notices, key=lambda it: (it.job, it.id)), lambda it: it.job)]
    # What is bad comes first; a mail's first lines are all that a telephone shows.
    by_job.sort(key=lambda those: (those[-1].kind == WELL, those[0].id))
    bad = [those[-1] for those in by_job if those[-1].kind != WELL]
    paragraphs = [_paragraph(those, zone) for those in by_job]
    title = _title(bad or [those[-1] for those in by_job])
    return Message(f"qqnews: {title}", "\n\n".join([*paragraphs, place]), is_good=not bad)


def trial(place: str) -> Message:
    """What ``schedule notify --test`` sends."""
    return Message("qqnews: a test", f"This is how you will hear of jobs that go wrong.\n\n{place}", is_good=True)


def _title(last: Sequence[Notice]) -> str:
    if len(last) == 1:
        return _standing(last[0])
    return f"{len(last)} jobs {'are well again' if last[0].kind == WELL else 'need attention'}"


def _standing(notice: Notice) -> str:
    if notice.kind == WELL:
        return f"{notice.job} is well again"
    return f"{notice.job} {'is' if notice.kind == BAD else 'is still'} {_WORDS.get(notice.verdict, notice.verdict)}"


def _paragraph(those: Sequence[Notice], zone: ZoneInfo) -> str:
    """Of one job: how it stands now, and how it came to that."""
    last, bad = those[-1], [notice for notice in those if notice.kind != WELL]
    head = f"{_standing(last)} since {_clock(last.since, zone)}."
    if last.kind == WELL:
        head = f"{_standing(last)}: {_clock(last.at, zone)}. The trouble began {_clock(last.since, zone)}."
    lines, said = [head], bad[-1] if bad else last
    if (turns := sum(notice.kind == BAD for notice in those)) > 1:
        lines.append(f"It turned bad {turns} times since {_clock(those[0].at, zone)}.")
    if said.because and said.kind != WELL:
        lines.append(f"Because: {said.because}")
    if last.kind != WELL:
        lines.append(f"Next: {_ADVICE.get(last.verdict, _ADVICE['failed']).format(job=last.job)}")
        lines += [f"Log: runs/{last.log}"] if last.log else []
    return "\n".join(lines)


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"


_WORDS: Final = {
    "empty": "finding nothing",
    "thin": "finding too little",
    "changed": "meeting pages of no known layout",
    "partial": "done only in part",
    "failed": "failing",
    "damaged": "finding damage",
    **{trouble.value: trouble.value for trouble in Trouble},
    NOT_UNDERSTOOD: NOT_UNDERSTOOD,
    **{code.word: "failing" for code in ExitCode if code in (1, 2) or code >= ExitCode.BAD_INPUT},
}
_ADVICE: Final = {
    "empty": "'qqnews doctor' tells whether the site can be reached; then look at the sources in the report.",
    "thin": "compare the report with an earlier one: which sources listed less?",
    "blocked": "nothing, unless it lasts: the hosts rest, and what is left is fetched later.",
    "changed": "update qqnews, or mend the parser, then 'qqnews reextract --apply': the captures are kept.",
    "partial": "look at the problems in the report; what was left is tried again by the next run.",
    "damaged": "'qqnews repair --dry-run' says what can be mended, 'qqnews repair' mends it.",
    "failed": "look at the log; 'qqnews doctor' looks for the cause, 'qqnews schedule once {job}' tries again.",
    Trouble.MISSING.value: "mount its disk, or move it back: what is due waits, and no other archive is made.",
    Trouble.OTHER.value: "put the right one back, or install cron's line or the units again if this one is meant.",
    Trouble.FULL.value: "make room on its disk: what is due waits.",
    Trouble.NOT_WRITABLE.value: "mend the rights, or make room: what is due waits; see 'qqnews doctor'.",
    Trouble.DAMAGED.value: "'qqnews verify' says what is damaged, 'qqnews repair' mends it.",
    Trouble.NEWER.value: "update the program, and start the daemon again.",
    Trouble.STUCK.value: "look at the daemon's log; 'qqnews doctor' looks for the cause. What is due waits.",
    NOT_UNDERSTOOD: "mend it; until then jobs are run as the last one that was understood says.",
}
