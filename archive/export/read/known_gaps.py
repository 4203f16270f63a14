"""What an export says of articles that the archive's sources may have listed and no poll saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from archive.export.read.snapshot import Snapshot
from archive.export.request import ExportRequest, days_of

NOT_RECORDED: Final = "not recorded: the archive has no poll of these sources, so nobody knows what it may have missed"


@dataclass(frozen=True, slots=True)
class KnownGaps:
    """A sentence for people, and the open gaps that concern the chosen sources and days."""

    sentence: str
    open: list[dict[str, Any]]


def known_gaps(snapshot: Snapshot, wish: ExportRequest) -> KnownGaps:
    """What the completeness ledger knows, for the sources and days of publishing that were wished for."""
    since, number = snapshot.polled(wish.source)
    if since is None:
        return KnownGaps(NOT_RECORDED, [])
    names = ("source", "after_at", "before_at", "most")
    found = [dict(zip(names, row, strict=True)) for row in snapshot.open_gaps(wish.source, *days_of(wish))]
    if not found:
        sentence = f"none known: since {since} the polls of {_sources(number)} go on from each other without a gap"
        return KnownGaps(sentence, [])
    most = sum(int(str(gap["most"])) for gap in found)
    stretches = "1 stretch" if len(found) == 1 else f"{len(found)} stretches"
    sentence = f"{stretches} in which up to {most} articles may be missing, known since {since} ({_sources(number)})"
    return KnownGaps(sentence, found)


def _sources(number: int) -> str:
    return "1 source" if number == 1 else f"{number} sources"
