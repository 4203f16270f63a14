"""Writes what raw captures brought back: an article's texts in their order, and whether it is still there."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import orjson

from archive.article.decide import CONFIRMED_AFTER
from archive.article.edits import PARTS
from archive.article.model import content_hash
from archive.article.recheck_schedule import Look, next_check
from archive.article.timestamps import stamp
from archive.database.article_rows import FACTS, LOST, Archived, facts_of
from archive.database.learned_facts import tell_copies
from archive.revisions.history import Absence, History, Text, changes_of
from archive.store import Archive


def write_history(archive: Archive, known: Archived, history: History) -> None:
    """Give a known article these texts, the last of which is its newest.

    Texts that are in the archive keep their rows, under the numbers that they have now.
    """
    article, article_id = history.article, known.article.id
    digest = content_hash(article)
    with archive.transaction() as connection:
        connection.execute("UPDATE revisions SET revision = -revision WHERE article_id = ?", (article_id,))
        for number, (text, (kind, changes)) in enumerate(zip(history.texts, changes_of(history), strict=True), 1):
            told = orjson.dumps([part for part in PARTS if part in changes]).decode()
            if text.revision is None:
                connection.execute(_ADD, (*_new(article_id, number, text), kind, told))
            elif kind == LOST:
                connection.execute(_MOVE_LOST, (number, article_id, -text.revision.revision))
            else:
                moved = (number, text.seen_at, text.raw_ref, kind, told)
                connection.execute(_MOVE, (*moved, article_id, -text.revision.revision))
        connection.execute("DELETE FROM revisions WHERE article_id = ? AND revision < 0", (article_id,))
        last = len(history.texts)
        connection.execute(_NAME_AUTHOR, (digest, article.author, article_id, last))
        due = _due(archive, history)
        values = (digest, last, history.raw_ref, history.first_seen, history.last_seen, due)
        connection.execute(_UPDATE, (*values, *facts_of(article), article_id))
        for each in (known.content_hash, digest):
            tell_copies(connection, each)
        archive.put_in_place(article, known.markdown_path)


def write_absence(archive: Archive, article_id: str, absence: Absence) -> None:
    """Note whether an article is there."""
    since, gone = absence
    due = stamp(datetime.fromisoformat(since) + CONFIRMED_AFTER) if since and not gone else None
    status = "gone" if gone else "live"
    with archive.transaction() as connection:
        connection.execute(_MISSING, (since, gone, status, due, article_id))


def _new(article_id: str, number: int, text: Text) -> tuple[object, ...]:
    article = text.article
    texts = (article.title, article.summary, article.body, article.author)
    return (article_id, number, text.seen_at, content_hash(article), *texts, text.raw_ref)


def _due(archive: Archive, history: History) -> str | None:
    """When the article is to be looked at again, after its last look."""
    first, last = (datetime.fromisoformat(text) for text in (history.first_seen, history.last_seen))
    edited = [Look(datetime.fromisoformat(text.seen_at), changed=True) for text in history.texts[1:]]
    due = next_check(history.article.published_at, last, (Look(first), *edited, Look(last)), archive.ladder)
    return stamp(due) if due else None


_ADD: Final = """
    INSERT INTO revisions
        (article_id, revision, seen_at, content_hash, title, summary, body, author, raw_ref, kind, changes)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_MOVE: Final = """
    UPDATE revisions SET revision = ?, seen_at = ?, raw_ref = ?, kind = ?, changes = ?
    WHERE article_id = ? AND revision = ?
"""
_MOVE_LOST: Final = "UPDATE revisions SET revision = ? WHERE article_id = ? AND revision = ?"
_NAME_AUTHOR: Final = "UPDATE revisions SET content_hash = ?, author = ? WHERE article_id = ? AND revision = ?"
_UPDATE: Final = f"""
    UPDATE articles SET content_hash = ?, revision = ?, copy_of = NULL, raw_ref = ?, first_seen = ?, last_seen = ?,
        next_check = ?, {", ".join(f"{name} = ?" for name in FACTS)}
    WHERE id = ?
"""  # noqa: S608
_MISSING: Final = """
    UPDATE articles SET missing_since = ?, gone_at = ?, status = ?, next_check = coalesce(?, next_check)
    WHERE id = ? AND status <> 'taken_down'
"""
