"""What raw captures show of an article, held against what its rows know: texts, facts and removals that were lost with
a database, or came after its last backup. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from archive.article.decide import CONFIRMED_AFTER
from archive.article.edits import classify
from archive.article.model import Article, completed
from archive.article.timestamps import stamp
from archive.captures.capture_index import Indexed
from archive.database.article_rows import Archived, Revision
from archive.judge_reading import had_text

DOUBT: Final = "doubt"
DOUBTED_FOR: Final = timedelta(days=1)
"""So long an article must be gone whose removal was doubted when it was asked for."""


Absence = tuple[str | None, str | None]
"""Since when an article is missing, and when that was confirmed; two times None: it is there."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What one capture shows of an article: how it reads, or (None) that the site called it gone."""

    at: datetime
    raw_ref: str
    article: Article | None
    source: str = ""
    known: Mapping[str, str] = field(default_factory=dict)
    """What the archive knew of the article when it was asked for: status, missing_since, gone_at; of captures of
    earlier versions nothing."""
    run: str = ""
    """The number of the run that fetched it, as far as known."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text that an article had. ``revision``: the one that holds it already; None: no row knows it."""

    article: Article
    seen_at: str
    raw_ref: str | None
    revision: Revision | None = None


@dataclass(frozen=True, slots=True)
class History:
    """An article with all its texts, oldest first. Times are ISO 8601 in UTC."""

    article: Article
    texts: tuple[Text, ...]
    first_seen: str
    last_seen: str
    raw_ref: str | None


def not_taken_in(captures: Sequence[Indexed], known: Archived | None, revisions: Sequence[Revision]) -> list[Indexed]:
    """The captures that are older than the first look that the rows know of, or newer than the last; all, if there is
    none.
    """
    looks = _looks(captures, known, revisions)
    if looks is None:
        return list(captures)
    first, last = looks
    refs = _refs(known, revisions)
    return [each for each in captures if each.page_ref not in refs and not first <= each.at <= last]


def woven(
    known: Archived, revisions: Sequence[Revision], captures: Sequence[Indexed], shown: Sequence[Shown]
) -> History | None:
    """The history of a known article with what ``shown`` adds to it, of captures that were not taken in; None: nothing.

    A text that came from a file alone is later than all looks, unless one of them showed it: then it is an old file.
    """
    looks = _looks(captures, known, revisions)
    articles = [each for each in shown if each.article is not None]
    if not articles:
        return None
    looked = [each for each in revisions if looks and not _is_from_file(each, looks[1])]
    before = [each for each in articles if looks is None or each.at < looks[0]]
    texts = _joined(_drafts(before, None), [_text(known, each) for each in looked])
    texts += _drafts([each for each in articles if each not in before], texts[-1].article if texts else None)
    files = [_text(known, each) for each in revisions if each not in looked]
    texts += [each for each in files if not had_text(each.article, [text.article for text in texts])]
    newest, times = articles[-1], [stamp(each.at) for each in articles]
    history = History(
        article=completed(_newest(known, texts[-1]), newest.article or known.article),
        texts=tuple(texts),
        first_seen=min([*times, *([known.first_seen] if looks else [])]),
        last_seen=max([*times, *([known.last_seen] if looks else [])]),
        raw_ref=texts[-1].raw_ref or known.raw_ref or newest.raw_ref,
    )
    is_known = [text.revision for text in texts] == list(revisions) and history.article == known.article
    return None if is_known and looks else history


def absence_after(known: Archived | None, shown: Iterable[Shown]) -> Absence | None:
    """Since when the article is missing and when that was confirmed, after all that was ``shown``; None: as known."""
    since, gone, is_there = None, None, False
    for each in shown:
        is_there = each.article is not None
        if is_there:
            since = gone = None
            continue
        if each.known:  # Nobody has to guess what the answers before came to.
            since, gone = each.known.get("missing_since"), each.known.get("gone_at")
        since = since or stamp(each.at)
        wait = DOUBTED_FOR if each.known.get(DOUBT) else CONFIRMED_AFTER
        if gone is None and each.at - datetime.fromisoformat(since) >= wait:
            gone = stamp(each.at)
    before = (known.missing_since, known.gone_at) if known else (None, None)
    is_news = before[0] if is_there else (gone and not before[1]) or (since and not before[0])
    return (since, gone) if is_news else None


def changes_of(history: History) -> list[tuple[str, frozenset[str]]]:
    """Kind and changes of each text of a history, as a revision has them."""
    found: list[tuple[str, frozenset[str]]] = [("first", frozenset())]
    for before, text in pairwise(history.texts):
        kept = text.revision
        if kept is not None and kept.kind != "first":
            found.append((kept.kind, frozenset(kept.changes)))
        else:
            found.append(("edited", classify(before.article, text.article)))
    return found


def _looks(
    captures: Sequence[Indexed], known: Archived | None, revisions: Sequence[Revision]
) -> tuple[datetime, datetime] | None:
    """The first and the last look that the rows know of; None where they come from a file alone.

    The captures that they refer to say it, too: a clock may have been set meanwhile. Rows tell whole seconds: where the
    first or the last of these captures is of that second, what was captured earlier or later in it was not looked at.
    """
    refs = _refs(known, revisions)
    if known is None or not refs:
        return None
    own = [each.at for each in captures if each.page_ref in refs]
    first, last = (datetime.fromisoformat(text) for text in (known.first_seen, known.last_seen))
    since = [] if own and stamp(min(own)) == known.first_seen else [first]
    until = [] if own and stamp(max(own)) == known.last_seen else [last + timedelta(seconds=1, microseconds=-1)]
    return min(own + since), max(own + until)


def _refs(known: Archived | None, revisions: Sequence[Revision]) -> set[str]:
    refs = [known.raw_ref if known else None, *(each.raw_ref for each in revisions)]
    return {ref for ref in refs if ref}


def _is_from_file(revision: Revision, last_look: datetime) -> bool:
    return not revision.raw_ref and not revision.is_lost and datetime.fromisoformat(revision.seen_at) > last_look


def _text(known: Archived, revision: Revision) -> Text:
    author = known.article.author if revision.author is None else revision.author
    texts = {name: getattr(revision, name) for name in ("title", "summary", "body")}
    return Text(replace(known.article, author=author, **texts), revision.seen_at, revision.raw_ref, revision)


def _drafts(shown: Iterable[Shown], before: Article | None) -> list[Text]:
    """The texts of these captures, those left out that read like the one before."""
    drafts = list[Text]()
    for each in shown:
        if each.article is None:
            continue
        last = drafts[-1].article if drafts else before
        article = completed(each.article, last) if last else each.article
        if last is None or classify(last, article):
            drafts.append(Text(article, stamp(each.at), each.raw_ref))
        elif drafts:
            drafts[-1] = replace(drafts[-1], article=completed(drafts[-1].article, article))
    return drafts


def _joined(drafts: list[Text], looked: list[Text]) -> list[Text]:
    """The drafts before the first look; the last of them may be what that look saw, too."""
    if drafts and looked and not classify(drafts[-1].article, looked[0].article):
        first = looked[0]
        looked = [replace(first, seen_at=drafts[-1].seen_at, raw_ref=first.raw_ref or drafts[-1].raw_ref), *looked[1:]]
        drafts = drafts[:-1]
    return [*drafts, *looked]


def _newest(known: Archived, text: Text) -> Article:
    """The article as its last text has it, with all that is known of it."""
    if text.revision is None:
        return completed(text.article, known.article)
    return text.article
