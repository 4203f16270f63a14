"""A reading of an article, judged against what the archive holds: the verdict, what changed, the next look. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from archive.article.decide import Decision, Judgement, KnownArticle, changed, decide
from archive.article.edits import classify
from archive.article.model import Article, completed, content_hash, storable
from archive.article.recheck_schedule import Ladder, Look, next_check
from archive.article.timestamps import stamp
from archive.database.article_rows import Archived
from archive.database.row_writes import Reading

FirstWith = Callable[[str], str | None]
"""Content hash → id of the article that had this content first, in any revision."""


def judged(
    article: Article,
    known: Archived | None,
    *,
    seen_at: datetime,
    raw_ref: str | None,
    first_with: FirstWith,
    last_edit: str | None,
    ladder: Ladder,
) -> Reading:
    """The article as it was read at ``seen_at``. ``last_edit``: when its publisher changed it last, if ever."""
    seen, article = stamp(seen_at), storable(article)
    article = completed(article, known.article) if known else article
    digest, changes = content_hash(article), frozenset[str]()
    if known and known.content_hash != digest:
        changes = classify(known.article, article)
    facts = _known_facts(known, noise=not changes) if known else None
    decision = decide(article, digest, facts, first_with(digest))
    looks = _looks(known, last_edit, decision, seen_at)
    due = next_check(article.published_at, looks[-1].at, looks, ladder)
    return Reading(
        article=article,
        content_hash=digest,
        decision=decision,
        seen=seen,
        next_check=stamp(due) if due else None,
        raw_ref=raw_ref,
        kind="edited" if known else "first",
        changes=changes,
    )


def judged_again(
    article: Article, known: Archived, *, read_at: datetime, raw_ref: str, first_with: FirstWith
) -> Reading:
    """The article as a mended parser reads its capture."""
    article = storable(article)
    digest, before = content_hash(article), known.article
    # What it says for the first time is learned; anything else makes a revision.
    learned = content_hash(completed(before, article))
    if digest in (known.content_hash, learned) and before.summary in ("", article.summary):
        decision = Decision(Judgement.SAME, known.revision, known.copy_of)
    else:
        decision = changed(_known_facts(known), first_with(digest))
    return Reading(
        article=article,
        content_hash=digest,
        decision=decision,
        seen=stamp(read_at),
        next_check=known.next_check,
        raw_ref=raw_ref,
        kind="reparsed",
    )


def had_text(article: Article, texts: Iterable[Article]) -> bool:
    """Whether the article reads as one of ``texts``, by whomever they are."""
    digest = content_hash(replace(article, author=""))
    return any(content_hash(replace(text, author="")) == digest or not classify(text, article) for text in texts)


def _known_facts(known: Archived, *, noise: bool = False) -> KnownArticle:
    return KnownArticle(known.content_hash, known.revision, known.copy_of, noise)


def _looks(known: Archived | None, last_edit: str | None, decision: Decision, seen_at: datetime) -> tuple[Look, ...]:
    """The looks at an article that matter for the next one: the first, the last edit, the last, this one."""
    changed_now = decision.verdict is Judgement.CHANGED
    if known is None:
        return (Look(seen_at, changed_now),)
    first, last = (datetime.fromisoformat(text) for text in (known.first_seen, known.last_seen))
    edits = (Look(datetime.fromisoformat(last_edit), changed=True),) if last_edit else ()
    return (Look(first), *edits, Look(last), Look(max(seen_at, last), changed_now))
