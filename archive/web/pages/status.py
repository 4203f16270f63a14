"""How the archive fares: what is broken first, then jobs, hosts, disk and contents.

What is broken is what ``qqnews status`` finds, in the reader's language, without names and paths of the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from archive.monitoring.health import Concern, Health, judged, size_text
from archive.monitoring.status import ArchiveStatus, read_status
from archive.store import Archive
from archive.web.http import Answer, Page, PageRequest
from archive.web.i18n.dates import minute
from archive.web.i18n.language import Language

MOST_GAPS: Final = 100
"""Gaps that are listed."""
_PRIVATE: Final = ("because", "to")
"""Facts that may hold a path of the machine or an address: they are for the command."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something to be said: a key of ``words`` and its facts."""

    key: str
    facts: dict[str, object]


def status(asked: PageRequest, archive: Archive) -> Answer:
    """The state of everything, and the gaps in what was seen."""
    state = read_status(asked.data, datetime.now(UTC))
    health = judged(state, asked.next_due)
    context = {
        "here": "status",
        "state": state,
        "health": health,
        "by_hand": [job for job in state.jobs if not job.is_scheduled],
        "gaps": state.gaps[:MOST_GAPS],
        "troubles": [_told(concern, asked.language) for concern in health.concerns],
        "notes": _notes(state, health),
    }
    return Page(template="status.html", context=context)


def _told(concern: Concern, language: Language) -> Told:
    facts = {name: _shown(name, fact, language) for name, fact in concern.facts.items() if name not in _PRIVATE}
    return Told(f"trouble {concern.trouble}", facts)


def _shown(name: str, fact: object, language: Language) -> object:
    if isinstance(fact, datetime):
        return minute(fact)
    if name == "verdict":
        return language.verdict(str(fact))
    return size_text(fact) if name in ("free", "floor") and isinstance(fact, int) else fact


def _notes(state: ArchiveStatus, health: Health) -> list[Told]:
    """What is worth knowing and no fault of now."""
    missed = [(job.state.name, job.state.missed) for job in health.jobs if job.state.missed]
    notes = [
        Told("note missed", {"job": job, "times": it.times, "since": minute(it.first), "until": minute(it.last)})
        for job, it in missed
    ]
    if state.gaps:
        notes.append(Told("note gaps", {"number": len(state.gaps), "most": sum(gap.most for gap in state.gaps)}))
    return [*notes, *(Told("note host rests", {"host": it.host, "until": minute(it.until)}) for it in state.resting)]
