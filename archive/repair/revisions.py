"""Revisions that are lost or stand under a wrong article: put back, or noted as lost.

A lost revision keeps its number, so that what cites the others still leads to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from archive.repair.steps import Step
from archive.store import Archive

LOST: Final = '["lost"]'
"""``changes`` of a row in the place of a revision that was lost: it has no text."""


def mend_revisions(archive: Archive, *, accept: bool) -> Iterator[Step]:
    """A step for every revision that is misplaced or missing; to be called when the rows themselves are mended."""
    connection = archive.database.connection
    for article_id, number in connection.execute(_MISPLACED).fetchall():
        where = f"revisions/{article_id}/{number}"
        yield Step(where, "removed: it stands under its own article", partial(_remove, archive, article_id, number))
    for article_id, newest in connection.execute(_INCOMPLETE).fetchall():
        there = {row[0] for row in connection.execute(_NUMBERS, (article_id,))}
        for number in sorted(set(range(1, newest + 1)) - there):
            yield _missing(archive, article_id, number, newest, accept=accept)


def _missing(archive: Archive, article_id: str, number: int, newest: int, *, accept: bool) -> Step:
    where = f"revisions/{article_id}/{number}"
    if number == newest:
        return Step(where, "made again from its article", partial(_execute, archive, _FROM_ARTICLE, article_id))
    if accept:
        return Step(where, "lost: its number is kept, without a text", partial(_note, archive, article_id, number))
    return Step(where, "lost: no copy has it; --accept notes the loss (a --backup may have it)")


def _remove(archive: Archive, article_id: str, number: int) -> None:
    _execute(archive, "DELETE FROM revisions WHERE article_id = ? AND revision = ?", article_id, number)


def _note(archive: Archive, article_id: str, number: int) -> None:
    _execute(archive, _IN_ITS_PLACE, number, "first" if number == 1 else "edited", LOST, article_id)


def _execute(archive: Archive, statement: str, *values: object) -> None:
    with archive.transaction() as connection:
        connection.execute(statement, values)


# A copy under no article of a row that is there under its own.
_MISPLACED: Final = """
    SELECT r.article_id, r.revision FROM revisions r
    WHERE r.article_id NOT IN (SELECT id FROM articles) AND EXISTS (
        SELECT 1 FROM revisions o WHERE o.content_hash = r.content_hash AND o.revision = r.revision
            AND o.seen_at = r.seen_at AND o.title = r.title AND o.body = r.body AND o.article_id <> r.article_id
            AND o.article_id IN (SELECT id FROM articles)
    )
"""
_INCOMPLETE: Final = """
    SELECT id, revision FROM articles a
    WHERE status <> 'taken_down'
        AND (SELECT count(*) FROM revisions r WHERE r.article_id = a.id AND r.revision <= a.revision) < a.revision
"""
_NUMBERS: Final = "SELECT revision FROM revisions WHERE article_id = ?"
_FROM_ARTICLE: Final = """
    INSERT INTO revisions (article_id, revision, seen_at, content_hash, title, summary, raw_ref, body, kind)
    SELECT id, revision, last_seen, content_hash, title, summary, raw_ref, body, iif(revision = 1, 'first', 'edited')
    FROM articles WHERE id = ?
"""
_IN_ITS_PLACE: Final = """
    INSERT INTO revisions (article_id, revision, seen_at, content_hash, title, summary, body, kind, changes)
    SELECT id, ?, first_seen, '', '', '', '', ?, ? FROM articles WHERE id = ?
"""
