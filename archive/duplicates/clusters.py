"""Keeps the clusters of near-duplicates: an article enters when it is kept, changes with its text, leaves when erased.

A cluster is what hangs together by pairs of one story, so that it does not matter which article came first. Every
function is to be called inside a write transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from sqlite3 import Connection
from typing import Final

import orjson

from archive.duplicates.comparable_text import ComparableText
from archive.duplicates.decision import are_near_duplicates
from archive.duplicates.lsh_index import JUDGED, add_text, candidates, drop_text, signature_of, text_of
from archive.duplicates.minhash import Signature

Reach = Callable[[int], set[int]]
"""A text → all texts that are known to hang together with it; none if it is out of the question."""


def enter(connection: Connection, article_id: str, body: str) -> None:
    """Put an article that was never compared into the cluster it belongs to."""
    _enter(connection, article_id, ComparableText.of(body))


def place(connection: Connection, article_id: str, body: str) -> None:
    """Put an article, whose row has this body now, into the cluster it belongs to."""
    text = ComparableText.of(body)
    known = connection.execute(_KNOWN, (article_id,)).fetchone()
    if known is not None:
        if known[0] == (text.digest if text.bare else None):
            _settle(connection, _members(connection, article_id))
            return
        leave(connection, article_id)
    _enter(connection, article_id, text)


def leave(connection: Connection, article_id: str) -> None:
    """Take an article out; what only it held together falls apart."""
    row = connection.execute("SELECT doc FROM near_articles WHERE article_id = ?", (article_id,)).fetchone()
    if row is None:
        return
    others = [each for each in _members(connection, article_id) if each != article_id]
    connection.execute("DELETE FROM article_clusters WHERE article_id = ?", (article_id,))
    connection.execute("DELETE FROM near_articles WHERE article_id = ?", (article_id,))
    if row[0] is None:
        return
    if connection.execute("SELECT 1 FROM near_articles WHERE doc = ?", (row[0],)).fetchone():
        _settle(connection, others)
        return
    drop_text(connection, row[0])
    for part in _parts(connection, others):
        _settle(connection, part)


def _enter(connection: Connection, article_id: str, text: ComparableText) -> None:
    if not text.bare:
        connection.execute("INSERT INTO near_articles (article_id) VALUES (?)", (article_id,))
        return
    known = connection.execute("SELECT doc FROM near_texts WHERE digest = ?", (text.digest,)).fetchone()
    if known:
        doc, joined = known[0], {known[0]}
    else:
        joined = _joined(connection, text, text.signature, lambda other: _reach(connection, other))
        doc = add_text(connection, text)
    firsts = {_first_of(connection, each) for each in joined}
    connection.execute("INSERT INTO near_articles (article_id, doc) VALUES (?, ?)", (article_id, doc))
    if firsts:
        _merge(connection, {article_id, *firsts})


def _joined(connection: Connection, text: ComparableText, signed: Signature, reach: Reach) -> set[int]:
    """All texts that a text joins: those it is one story with, and what hangs together with them."""
    joined, judged = set[int](), 0
    for doc in candidates(connection, signed):
        if doc in joined or not (reached := reach(doc)):
            continue
        if judged == JUDGED:
            break
        judged += 1
        if are_near_duplicates(text, text_of(connection, doc)):
            joined |= reached
    return joined


def _reach(connection: Connection, doc: int) -> set[int]:
    return {row[0] for row in connection.execute(_REACH, (doc,))} or {doc}


def _first_of(connection: Connection, doc: int) -> str:
    """The representative of the cluster that a text is in; of a text that stands alone, its article."""
    found: str = connection.execute(_FIRST_OF, (doc,)).fetchone()[0]
    return found


def _members(connection: Connection, article_id: str) -> list[str]:
    """All articles of the cluster that the article is in: at least itself."""
    return [row[0] for row in connection.execute(_MEMBERS, (article_id,))] or [article_id]


def _merge(connection: Connection, firsts: set[str]) -> None:
    """One cluster of those that these articles represent or are."""
    best = _representative(connection, firsts)
    for first in firsts - {best}:
        connection.execute("UPDATE article_clusters SET cluster = ? WHERE cluster = ?", (best, first))
    connection.executemany(_PUT, [(article_id, best) for article_id in firsts])


def _settle(connection: Connection, members: list[str]) -> None:
    """Name the cluster of exactly these articles by its representative; alone, an article has none."""
    if len(members) < 2:
        connection.executemany("DELETE FROM article_clusters WHERE article_id = ?", [(each,) for each in members])
        return
    best = _representative(connection, members)
    connection.executemany(_PUT, [(article_id, best) for article_id in members])


def _representative(connection: Connection, members: Iterable[str]) -> str:
    """The earliest published; of those at one time, one whose account names itself as the source; then by id."""
    rows = connection.execute(_CLAIMS, (orjson.dumps(list(members)).decode(),))
    best: str = min(rows, key=lambda row: (row[1] is None, row[1], not _is_own(row[2], row[3]), row[0]))[0]
    return best


def _is_own(media: str, beginning: str) -> bool:
    return bool(media) and media in beginning


def _parts(connection: Connection, members: list[str]) -> list[list[str]]:
    """What still hangs together of a cluster from which a text is gone."""
    connection.executemany("DELETE FROM article_clusters WHERE article_id = ?", [(each,) for each in members])
    articles: dict[int, list[str]] = {}
    for article_id, doc in connection.execute(_DOCS, (orjson.dumps(members).decode(),)):
        articles.setdefault(doc, []).append(article_id)
    parts = {doc: {doc} for doc in articles}
    for doc in articles:
        part = parts[doc].union(
            _joined(connection, text_of(connection, doc), signature_of(connection, doc), _of(parts))
        )
        parts |= dict.fromkeys(part, part)
    distinct = {min(part): part for part in parts.values()}
    return [[each for doc in part for each in articles[doc]] for part in distinct.values()]


def _of(parts: dict[int, set[int]]) -> Reach:
    return lambda doc: parts.get(doc, set())


_KNOWN: Final = """
    SELECT digest FROM near_articles LEFT JOIN near_texts USING (doc) WHERE article_id = ?
"""
_REACH: Final = """
    SELECT DISTINCT doc FROM near_articles WHERE article_id IN (
        SELECT article_id FROM article_clusters WHERE cluster = (
            SELECT cluster FROM article_clusters WHERE article_id = (
                SELECT min(article_id) FROM near_articles WHERE doc = ?
            )
        )
    )
"""
_FIRST_OF: Final = """
    SELECT coalesce((SELECT cluster FROM article_clusters WHERE article_id = one), one)
    FROM (SELECT min(article_id) AS one FROM near_articles WHERE doc = ?)
"""
_MEMBERS: Final = """
    SELECT article_id FROM article_clusters
    WHERE cluster = (SELECT cluster FROM article_clusters WHERE article_id = ?) ORDER BY article_id
"""
_PUT: Final = """
    INSERT INTO article_clusters (article_id, cluster) VALUES (?, ?)
    ON CONFLICT (article_id) DO UPDATE SET cluster = excluded.cluster WHERE cluster <> excluded.cluster
"""
_CLAIMS: Final = """
    SELECT id, published_at, media, substr(body, 1, 100) FROM articles WHERE id IN (SELECT value FROM json_each(?))
"""
_DOCS: Final = (
    "SELECT article_id, doc FROM near_articles WHERE article_id IN (SELECT value FROM json_each(?)) ORDER BY doc"
)
