"""Revisions that are lost, or that are not where or what they should be: put back, put aside, or noted as lost.

A lost revision keeps its number, so that what cites the others still leads to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from archive.database.article_rows import LOST_CHANGES
from archive.database.row_checksums import as_stored, printable_key
from archive.database.row_readers import decoding
from archive.repair.rows import MOST_REVISIONS
from archive.repair.steps import Aside, Step
from archive.store import SAFE_ID, Archive
from archive.verify.database import seal_is_broken


def mend_revisions(archive: Archive, aside: Aside, *, accept: bool) -> Iterator[Step]:
    """A step for every revision that is misplaced, wrong or missing; to be called when the rows are mended."""
    connection = archive.database.connection
    for article_id, number in _keys(archive, _MISPLACED):
        where = f"revisions/{printable_key(article_id)}/{number}"
        yield Step(where, "removed: it stands under its own article", partial(_remove, archive, article_id, number))
    yield from _of_nobody(archive, aside, accept=accept)
    yield from _above(archive, aside, accept=accept)
    for article_id, number in connection.execute(_OF_ANOTHER_TEXT).fetchall():
        how = "put aside, made again from its article: it had another text or hash"
        act = partial(_instead, archive, aside, article_id, number)
        yield _unless_damaged(archive, f"revisions/{article_id}/{number}", how, act, accept=accept)
    for article_id, newest in connection.execute(_INCOMPLETE).fetchall():
        there = {row[0] for row in connection.execute(_NUMBERS, (article_id,))}
        for number in sorted(set(range(1, newest + 1)) - there):
            yield _missing(archive, article_id, number, newest, accept=accept)


def _of_nobody(archive: Archive, aside: Aside, *, accept: bool) -> Iterator[Step]:
    """Revisions of which it cannot be told whose they are; those of an article that its file brings back stay."""
    for article_id, number in _keys(archive, _ORPHANS):
        if SAFE_ID.fullmatch(article_id) and any((archive.data / "articles").glob(f"*/*/{article_id}.md")):
            continue
        how = "put aside: there is no article of this id, nor any that lacks this text"
        act = partial(_put_aside, archive, aside, article_id, number)
        yield _unless_damaged(archive, f"revisions/{printable_key(article_id)}/{number}", how, act, accept=accept)
    for article_id, number in _keys(archive, _NO_NUMBERS):
        how = "put aside: no article has a revision of this number"
        act = partial(_put_aside, archive, aside, article_id, number)
        yield _unless_damaged(archive, f"revisions/{article_id}/{number}", how, act, accept=accept)


def _keys(archive: Archive, query: str) -> list[tuple[str, int]]:
    """Article and number of revisions; surrogates stand for bytes that are not UTF-8."""
    with decoding(archive.database.connection, "surrogateescape"):
        return [(row[0], row[1]) for row in archive.database.connection.execute(query)]


def _above(archive: Archive, aside: Aside, *, accept: bool) -> Iterator[Step]:
    """Revisions with a higher number than the article says that its newest has."""
    connection = archive.database.connection
    for article_id, newest in connection.execute(_WITH_ONE_ABOVE).fetchall():
        if (last := connection.execute(_REALLY_NEWEST, (article_id,)).fetchone()[0]) is not None:
            statement = "UPDATE articles SET revision = ? WHERE id = ?"
            how = f"its revision {last} is the newest: it has the article's text"
            act = partial(_execute, archive, statement, last, article_id)
            yield _unless_damaged(archive, f"articles/{article_id}", how, act, accept=accept)
            continue
        for (number,) in connection.execute(_NUMBERS_ABOVE, (article_id, newest)).fetchall():
            how = f"put aside: its article has only {newest}, and another text than this"
            act = partial(_put_aside, archive, aside, article_id, number)
            yield _unless_damaged(archive, f"revisions/{article_id}/{number}", how, act, accept=accept)


def _unless_damaged(archive: Archive, where: str, how: str, act: Callable[[], object], *, accept: bool) -> Step:
    """The step; without ``accept`` none where the rows are damaged besides: a backup may have them as they were."""
    table, key = where.split("/")[:2]
    if accept or not seal_is_broken(archive.database.connection, table, key):
        return Step(where, how, act)
    return Step(where, f"its rows are damaged, too (a --backup may have them); with --accept {how}")


def _put_aside(archive: Archive, aside: Aside, article_id: str, number: int) -> None:
    with decoding(archive.database.connection, "backslashreplace"):
        row = archive.database.connection.execute(_ONE, (as_stored(article_id), number)).fetchone()
    aside.add_row("revisions", dict(row))
    _remove(archive, article_id, number)


def _instead(archive: Archive, aside: Aside, article_id: str, number: int) -> None:
    with archive.transaction():
        _put_aside(archive, aside, article_id, number)
        _execute(archive, _FROM_ARTICLE, article_id)


def _missing(archive: Archive, article_id: str, number: int, newest: int, *, accept: bool) -> Step:
    where = f"revisions/{article_id}/{number}"
    if number == newest:
        return Step(where, "made again from its article", partial(_execute, archive, _FROM_ARTICLE, article_id))
    if accept:
        return Step(where, "lost: its number is kept, without a text", partial(_note, archive, article_id, number))
    return Step(where, "lost: no copy has it; --accept notes the loss (a --backup may have it)")


def _remove(archive: Archive, article_id: str, number: int) -> None:
    _execute(archive, _REMOVE, as_stored(article_id), number)


def _note(archive: Archive, article_id: str, number: int) -> None:
    # Whether the publisher made it is not known: it must not count as an edit.
    _execute(archive, _IN_ITS_PLACE, number, "first" if number == 1 else "reparsed", LOST_CHANGES, article_id)


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
_ORPHANS: Final = """
    SELECT article_id, revision FROM revisions WHERE article_id NOT IN (SELECT id FROM articles) ORDER BY 1, 2
"""
# Of others, the article's row must be mended first.
_SOUND: Final = f"id <> '' AND id NOT GLOB '*[^0-9A-Za-z_-]*' AND a.revision BETWEEN 1 AND {MOST_REVISIONS - 1}"
_WITH_ONE_ABOVE: Final = f"""
    SELECT id, revision FROM articles a
    WHERE {_SOUND} AND EXISTS (
        SELECT 1 FROM revisions r WHERE r.article_id = a.id AND r.revision BETWEEN a.revision + 1 AND {MOST_REVISIONS}
    )
"""  # noqa: S608
_NUMBERS_ABOVE: Final = "SELECT revision FROM revisions WHERE article_id = ? AND revision > ? ORDER BY 1"
# The last one, if it alone has the article's text and no number is missing before it.
_REALLY_NEWEST: Final = """
    SELECT iif(count(*) = max(r.revision) AND max(iif(r.content_hash = a.content_hash, r.revision, 0)) = max(r.revision)
        AND NOT EXISTS (
            SELECT 1 FROM revisions o
            WHERE o.article_id = a.id AND o.revision = a.revision AND o.content_hash = a.content_hash
        ), max(r.revision), NULL)
    FROM articles a JOIN revisions r ON r.article_id = a.id WHERE a.id = ?
"""
_OF_ANOTHER_TEXT: Final = f"""
    SELECT a.id, a.revision FROM articles a JOIN revisions r ON r.article_id = a.id AND r.revision = a.revision
    WHERE r.content_hash <> a.content_hash AND a.status <> 'taken_down' AND {_SOUND} ORDER BY 1
"""  # noqa: S608
_ONE: Final = "SELECT * FROM revisions WHERE article_id = CAST(? AS TEXT) AND revision = ?"
_REMOVE: Final = "DELETE FROM revisions WHERE article_id = CAST(? AS TEXT) AND revision = ?"
_NO_NUMBERS: Final = f"""
    SELECT article_id, revision FROM revisions
    WHERE (revision < 1 OR revision >= {MOST_REVISIONS}) AND article_id IN (SELECT id FROM articles) ORDER BY 1, 2
"""  # noqa: S608
_INCOMPLETE: Final = f"""
    SELECT id, revision FROM articles a
    WHERE status <> 'taken_down' AND {_SOUND}
        AND (SELECT count(*) FROM revisions r WHERE r.article_id = a.id AND r.revision <= a.revision) < a.revision
"""  # noqa: S608
_NUMBERS: Final = "SELECT revision FROM revisions WHERE article_id = ?"
_FROM_ARTICLE: Final = """
    INSERT INTO revisions (article_id, revision, seen_at, content_hash, title, summary, raw_ref, body, author, kind)
    SELECT
        id, revision, last_seen, content_hash, title, summary, raw_ref, body, author,
        iif(revision = 1, 'first', 'edited')
    FROM articles WHERE id = ?
"""
_IN_ITS_PLACE: Final = """
    INSERT INTO revisions (article_id, revision, seen_at, content_hash, title, summary, body, kind, changes)
    SELECT id, ?, first_seen, '', '', '', '', ?, ? FROM articles WHERE id = ?
"""
