"""Takes an article out of a database: its own rows, and its traces in the rows of others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from sqlite3 import Connection, Row
from typing import Final

import orjson

from archive.article import Article, content_hash
from archive.media import pictures_of
from archive.repair.sane import archived_anyhow
from archive.seals import SEALED
from archive.takedown.traces import Traces

_OWN: Final = "article_id"
"""The column by which tables point to an article; a table that has it holds rows of the article."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was taken out. ``files``: paths that no row names any more; ``blotted``: articles whose text changed."""

    counts: Counter[str]
    files: tuple[str, ...]
    blotted: tuple[Article, ...]


def erase_rows(connection: Connection, traces: Traces) -> Erased:
    """To be called in a write transaction."""
    # numpy takes longer to import than most commands take to run.
    from archive.duplicates.clusters import leave

    article_id, counts = traces.article_id, Counter[str]()
    pictures, files = _pictures_of_nobody_else(connection, article_id)
    files += [row[0] for row in connection.execute("SELECT markdown_path FROM articles WHERE id = ?", (article_id,))]
    _give_copies_another_first(connection, article_id)
    leave(connection, article_id)
    for url, digest in pictures:
        counts["pictures"] += connection.execute("DELETE FROM pictures WHERE url = ?", (url,)).rowcount
        counts["media"] += connection.execute(_DELETE_UNUSED, (digest,)).rowcount
    for table in _tables_with(connection, _OWN):
        query = f'DELETE FROM "{table}" WHERE {_OWN} = ?'  # noqa: S608  (a name from the schema)
        counts[table] += connection.execute(query, (article_id,)).rowcount
    for table in ("articles", "links"):
        query = f"DELETE FROM {table} WHERE id = ?"  # noqa: S608
        counts[table] += connection.execute(query, (article_id,)).rowcount
    connection.execute("DELETE FROM seals WHERE key = ?", (article_id,))
    blotted = _blot_others(connection, traces)
    counts["articles that named it"] = len(blotted)
    _blot_small(connection, traces)
    return Erased(+counts, tuple(files), blotted)


_DELETE_UNUSED: Final = "DELETE FROM media WHERE sha256 = ?1 AND sha256 NOT IN (SELECT sha256 FROM pictures)"


def _pictures_of_nobody_else(connection: Connection, article_id: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Addresses (with the digests of their files) that only this article shows, and the files only they need."""
    row = connection.execute("SELECT * FROM articles WHERE id = ?", (article_id,)).fetchone()
    shown = set(pictures_of(archived_anyhow(row).article)) if row else set()
    asked = orjson.dumps(list(shown)).decode()
    known = dict(map(tuple, connection.execute(_PICTURES, (article_id, asked))))
    pictures, files = [], []
    for url, digest in known.items():
        other = connection.execute(_OTHER_USER, (article_id, re.sub(r"\Ahttps?:", "", url))).fetchone()
        if other:
            connection.execute("UPDATE pictures SET article_id = ? WHERE url = ?", (other[0], url))
        else:
            pictures.append((url, digest or ""))
    for digest in {digest for _, digest in pictures}:
        urls = orjson.dumps([url for url, _ in pictures]).decode()
        files += [path for (path,) in connection.execute(_FILE_OF_NOBODY_ELSE, (digest, urls))]
    return pictures, files


_PICTURES: Final = "SELECT url, sha256 FROM pictures WHERE article_id = ? OR url IN (SELECT value FROM json_each(?))"
_OTHER_USER: Final = "SELECT id FROM articles WHERE id <> ?1 AND (instr(body, ?2) OR instr(thumbnail, ?2)) LIMIT 1"
_FILE_OF_NOBODY_ELSE: Final = """
    SELECT path FROM media WHERE sha256 = ?1 AND NOT EXISTS (
        SELECT 1 FROM pictures WHERE sha256 = ?1 AND url NOT IN (SELECT value FROM json_each(?2))
    )
"""


def _give_copies_another_first(connection: Connection, article_id: str) -> None:
    """Its copies now point at the oldest of them."""
    query = "SELECT id FROM articles WHERE copy_of = ? ORDER BY first_seen, rowid"
    copies = [row[0] for row in connection.execute(query, (article_id,))]
    for copy in copies:
        first = None if copy == copies[0] else copies[0]
        connection.execute("UPDATE articles SET copy_of = ? WHERE id = ?", (first, copy))


def _tables_with(connection: Connection, column: str) -> list[str]:
    query = """
        SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
        WHERE t.type = 'table' AND c.name = ? AND t.name NOT LIKE 'sqlite_%'
    """
    return [row[0] for row in connection.execute(query, (column,))]


def _blot_others(connection: Connection, traces: Traces) -> tuple[Article, ...]:
    """Articles that link to it, as they read now. Their hashes follow, so that they are known again when seen."""
    found = []
    for (other,) in _naming(connection, traces):
        row = connection.execute("SELECT * FROM articles WHERE id = ?", (other,)).fetchone()
        article = _without(archived_anyhow(row).article, traces)
        for revision in connection.execute("SELECT * FROM revisions WHERE article_id = ?", (other,)).fetchall():
            _blot_revision(connection, article, revision, traces)
        provenance = orjson.dumps(dict(article.provenance)).decode()
        values = (article.title, article.summary, article.body, provenance, content_hash(article), other)
        connection.execute(_UPDATE_ARTICLE, values)
        found.append(article)
    return tuple(found)


def _naming(connection: Connection, traces: Traces) -> Iterable[tuple[str]]:
    """Ids of the articles in whose rows there is a trace."""
    query = (
        "SELECT id, title, summary, body, provenance FROM articles UNION ALL"
        " SELECT article_id, title, summary, body, '' FROM revisions"
    )
    found = {row[0] for row in connection.execute(query) if traces.in_text("\n".join(tuple(row)[1:]))}
    return [(each,) for each in sorted(found)]


def _without(article: Article, traces: Traces) -> Article:
    def blot(text: str) -> str:
        return traces.blotted(text.encode()).decode("utf-8", "replace")

    raw = {name: (where, blot(text)) for name, (where, text) in article.provenance.items()}
    texts = (blot(article.title), blot(article.summary), blot(article.body))
    return replace(article, title=texts[0], summary=texts[1], body=texts[2], provenance=raw)


def _blot_revision(connection: Connection, article: Article, revision: Row, traces: Traces) -> None:
    then = replace(article, title=revision["title"], summary=revision["summary"], body=revision["body"])
    now = _without(then, traces)
    if now != then:
        values = (now.title, now.summary, now.body, content_hash(now), article.id, revision["revision"])
        connection.execute(_UPDATE_REVISION, values)


_UPDATE_ARTICLE: Final = (
    "UPDATE articles SET title = ?, summary = ?, body = ?, provenance = ?, content_hash = ? WHERE id = ?"
)
_UPDATE_REVISION: Final = """
    UPDATE revisions SET title = ?, summary = ?, body = ?, content_hash = ? WHERE article_id = ? AND revision = ?
"""


def _blot_small(connection: Connection, traces: Traces) -> None:
    """Addresses, errors, and names that users gave, in the tables of work: they may name the article, too."""
    for table, column in _SMALL:
        query = f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608  (constants)
        for text in [str(row[0]) for row in connection.execute(query) if traces.in_text(str(row[0]))]:
            if table == "payloads":
                connection.execute("DELETE FROM payloads WHERE url = ?", (text,))
                continue
            blotted = traces.blotted(text.encode()).decode("utf-8", "replace")
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (blotted, text))  # noqa: S608
            if SEALED.get(table) == column:  # What was summed up under the old name is nothing now.
                connection.execute("DELETE FROM seals WHERE part = ? AND key = ?", (table, text))


_SMALL: Final = (
    ("links", "source"),
    ("links", "last_error"),
    ("sightings", "source"),
    ("payloads", "url"),
    ("pictures", "last_error"),
    ("runs", "job"),
    ("runs", "counts"),
    ("runs", "verdict"),
    ("runs", "because"),
    ("due_times", "reason"),
    ("polls", "source"),
    ("gaps", "source"),
    ("coverage", "fields"),
    ("notices", "because"),
    ("notices", "log"),
    ("recipients", "label"),
    ("recipients", "last_error"),
)


def held_by_others(connection: Connection, article_id: str, sentences: Iterable[str]) -> set[str]:
    """Those of the sentences that another article has too, now or in an earlier revision."""
    asked, held = set(sentences), set[str]()
    for row in connection.execute(_OTHERS, (article_id, article_id)):
        text = "\n".join(row)
        held |= {each for each in asked - held if each in text}
    return held


_OTHERS: Final = """
    SELECT title, summary, author, media, body FROM articles WHERE id <> ?
    UNION ALL SELECT title, summary, '', '', body FROM revisions WHERE article_id <> ?
"""
