"""The judgement: is an article new, the same, changed, a copy of another, or gone? Pure; touches nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from archive.article.model import Article


class Judgement(StrEnum):
    """What a reading of an article means for the archive."""

    NEW = "new"
    """An id and a text never seen: kept."""
    SAME = "same"
    """Nothing a reader would notice: only ``last_seen`` moves."""
    CHANGED = "changed"
    """A known id with another text: a revision is added."""
    COPY = "copy"
    """A new id with a text that is known under another id: kept, pointing at the first."""


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """What the archive already holds under an id."""

    content_hash: str
    revision: int
    copy_of: str | None = None
    noise: bool = False
    """Whether another hash is due to nothing that a reader would notice; see ``changes.classify``."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, the number the article's newest revision has after it, and the id it is a copy of."""

    verdict: Judgement
    revision: int
    copy_of: str | None = None


def decide(article: Article, digest: str, known: KnownArticle | None, first_with_hash: str | None) -> Decision:
    """Judge ``article``, whose content hash is ``digest``.

    ``first_with_hash`` is the id under which a text of this hash was kept first, in any revision.
    """
    if known is None:
        return _first_reading(article, first_with_hash)
    if known.content_hash == digest or known.noise:
        return Decision(Judgement.SAME, known.revision, known.copy_of)
    return changed(known, first_with_hash)


def changed(known: KnownArticle, first_with_hash: str | None) -> Decision:
    """The decision that a known article has another text now."""
    # A change never makes a new pointer: pointers lead to older rows only, and so never in a circle.
    still_a_copy = known.copy_of is not None and known.copy_of == first_with_hash
    return Decision(Judgement.CHANGED, known.revision + 1, known.copy_of if still_a_copy else None)


def _first_reading(article: Article, first_with_hash: str | None) -> Decision:
    # Without a text there is nothing to be a copy of: two videos may well share a title.
    if first_with_hash is None or not article.body.strip():
        return Decision(Judgement.NEW, 1)
    return Decision(Judgement.COPY, 1, first_with_hash)


class Absence(StrEnum):
    """What it means that the site says an article is gone."""

    UNKNOWN = "unknown"
    """The archive has no such article: there is nothing to mark."""
    NOTED = "missing"
    """For the first time: it may be an accident, so it is only noted."""
    EARLY = "early"
    """Again, but too soon after the first time to count."""
    GONE = "tombstone"
    """Confirmed: the article becomes a tombstone, its last copy stays."""
    STILL = "still-gone"
    """It was a tombstone already."""


CONFIRMED_AFTER: Final = timedelta(hours=1)
"""Time that must lie between the two answers that make a tombstone."""
BELIEVED_AFTER: Final = timedelta(days=1)
"""The same where there is a doubt about them (see ``removals``)."""


def judge_absence(
    status: str | None, missing_since: datetime | None, seen_at: datetime, confirmed_after: timedelta = CONFIRMED_AFTER
) -> Absence:
    """Judge the site's word at ``seen_at`` that an article of this status (None: not archived) is gone."""
    if status is None:
        return Absence.UNKNOWN
    if status != "live":
        return Absence.STILL
    if missing_since is None:
        return Absence.NOTED
    return Absence.GONE if seen_at - missing_since >= confirmed_after else Absence.EARLY
