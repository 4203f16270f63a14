"""Takes an article out of a database: its own rows, and its traces in the rows of others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from sqlite3 import Connection, Row
from typing import Final

import orjson

from archive.article.model import Article, content_hash
from archive.database.parameters import by_number
from archive.database.row_checksums import SEALED
from archive.database.unreadable_rows import archived_anyhow
from archive.media.picture_copies import media_of
from archive.redaction.entries import LISTS, without_entries, without_words
from archive.redaction.erasures import without_articles
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
        counts["media"] += connection.execute(_DELETE_UNUSED, by_number(digest)).rowcount
        connection.execute(_RENAME, by_number(digest, url))
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


_DELETE_UNUSED: Final = """
    DELETE FROM media WHERE sha256 = ?1 AND NOT EXISTS (SELECT 1 FROM pictures WHERE sha256 = ?1)
"""


# A file that others show under another address was perhaps fetched first under the article's.
_RENAME: Final = """
    UPDATE media SET url = (SELECT url FROM pictures WHERE sha256 = ?1 ORDER BY url LIMIT 1)
    WHERE sha256 = ?1 AND url = ?2
"""


def _pictures_of_nobody_else(connection: Connection, article_id: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Addresses (with the digests of their files) that only this article shows, and the files only they need."""
    asked = orjson.dumps(list(pictures_shown(connection, article_id))).decode()
    known = dict(map(tuple, connection.execute(_PICTURES, (article_id, asked))))
    pictures, files = [], []
    for url, digest in known.items():
        other = connection.execute(_OTHER_USER, by_number(article_id, re.sub(r"\Ahttps?:", "", url))).fetchone()
        if other:
            connection.execute(
                "UPDATE pictures SET article_id = ? WHERE url = ? AND article_id = ?", (other[0], url, article_id)
            )
        else:
            pictures.append((url, digest or ""))
    for digest in {digest for _, digest in pictures}:
        urls = orjson.dumps([url for url, _ in pictures]).decode()
        files += [path for (path,) in connection.execute(_FILE_OF_NOBODY_ELSE, by_number(digest, urls))]
    return pictures, files


def pictures_shown(connection: Connection, article_id: str) -> set[str]:
    """The addresses of all pictures that the article shows or ever showed."""
    row = connection.execute("SELECT * FROM articles WHERE id = ?", (article_id,)).fetchone()
    if row is None:
        return set()
    article = archived_anyhow(row).article
    bodies = connection.execute("SELECT body FROM revisions WHERE article_id = ?", (article_id,))
    return {
        each for body in [article.body, *(row[0] for row in bodies)] for each in media_of(replace(article, body=body))
    }


_PICTURES: Final = "SELECT url, sha256 FROM pictures WHERE article_id = ? OR url IN (SELECT value FROM json_each(?))"
_OTHER_USER: Final = """
    SELECT id FROM articles WHERE id <> ?1 AND (instr(body, ?2) OR instr(thumbnail, ?2) OR instr(animations, ?2))
    UNION ALL SELECT article_id FROM revisions WHERE article_id <> ?1 AND instr(body, ?2) LIMIT 1
"""
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
    """Articles that name it, as they read now. Their hashes follow, so that they are known again when seen.

    Only ids become zeros: what else they say is their own. Topics, cards and questions lose their entry for it.
    """
    # numpy takes longer to import than most commands take to run.
    from archive.duplicates.clusters import place

    found = []
    for other in naming(connection, traces):
        row = connection.execute("SELECT * FROM articles WHERE id = ?", (other,)).fetchone()
        if row is None:
            continue  # Revisions of nobody: 'qqnews verify' names them.
        before = archived_anyhow(row).article
        article = _without(before, traces)
        for revision in connection.execute("SELECT * FROM revisions WHERE article_id = ?", (other,)).fetchall():
            _blot_revision(connection, before, revision, traces)
        provenance = orjson.dumps(dict(article.provenance)).decode()
        values = (article.title, article.summary, article.body, provenance, content_hash(article), other)
        connection.execute(_UPDATE_ARTICLE, values)
        if traces.lists and other in traces.lists:
            place(connection, other, article.body)
        found.append(article)
    return tuple(found)


def naming(connection: Connection, traces: Traces) -> list[str]:
    """Ids of the other articles whose rows name the article."""
    found = {row[0] for row in connection.execute(_TEXTS) if traces.named_in("\n".join(tuple(row)[1:]))}
    return sorted(found - {traces.article_id})


_TEXTS: Final = """
    SELECT id, title, summary, body, provenance FROM articles
    UNION ALL SELECT article_id, title, summary, body, '' FROM revisions
"""


def listing(connection: Connection, traces: Traces) -> dict[str, tuple[str, ...]]:
    """Those of them that are lists of articles, and what only their entries for it say."""
    found = dict[str, tuple[str, ...]]()
    for other in naming(connection, traces):
        rows = connection.execute(_BODIES, by_number(other, orjson.dumps(LISTS).decode())).fetchall()
        left = [without_entries(row[0], traces.is_wanted) for row in rows]
        words = dict.fromkeys(each for body, entry in left for each in entry if each not in body)
        found |= {other: tuple(words)} if rows else {}
    return found


_BODIES: Final = """
    SELECT body FROM articles WHERE id = ?1 AND kind IN (SELECT value FROM json_each(?2))
    UNION SELECT r.body FROM revisions r JOIN articles a ON a.id = r.article_id
    WHERE r.article_id = ?1 AND a.kind IN (SELECT value FROM json_each(?2))
"""


def _without(article: Article, traces: Traces) -> Article:
    return without_articles(article, traces.is_wanted, is_list=article.kind in LISTS)


def _blot_revision(connection: Connection, article: Article, revision: Row, traces: Traces) -> None:
    then = replace(article, title=revision["title"], summary=revision["summary"], body=revision["body"])
    now = _without(then, traces)
    if (now.title, now.summary, now.body) != (then.title, then.summary, then.body):
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
            blotted = traces.blotted(text.encode()).decode("utf-8", "replace")
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (blotted, text))  # noqa: S608
            if SEALED.get(table) == column:  # What was summed up under the old name is nothing now.
                connection.execute("DELETE FROM seals WHERE part = ? AND key = ?", (table, text))


_SMALL: Final = (
    ("links", "url"),
    ("links", "source"),
    ("links", "last_error"),
    ("sightings", "source"),
    ("payloads", "url"),
    ("pictures", "last_error"),
    ("runs", "job"),
    ("runs", "counts"),
    ("runs", "verdict"),
    ("runs", "because"),
    ("due_times", "job"),
    ("due_times", "reason"),
    ("timetables", "job"),
    ("notices", "job"),
    ("polls", "source"),
    ("gaps", "source"),
    ("coverage", "fields"),
    ("notices", "because"),
    ("notices", "log"),
    ("recipients", "label"),
    ("recipients", "last_error"),
)


def held_by_others(connection: Connection, article_id: str, words: Iterable[str]) -> set[str]:
    """Those of the sentences and pictures that another article has too, in whatever column, now or in an earlier
    revision.

    What a topic, a card or a question says of the article in its entry for it is the article's.
    """
    asked, held = set(words), set[str]()
    for text in _others(connection, Traces(article_id)):
        held |= {each for each in asked - held if each in text}
    return held


def _others(connection: Connection, traces: Traces) -> Iterator[str]:
    for row in connection.execute(_OTHERS, by_number(traces.article_id)):
        body, beside = row["body"], f"{row['summary']}\n{row['others']}"
        if row["kind"] in LISTS and traces.named_in(body):
            body, words = without_entries(body, traces.is_wanted)
            beside = without_words(beside, words)
        # What is set off by marks in one text may stand without them in another.
        yield "\n".join((row["title"], beside, body, body.translate(_UNMARKED)))


_UNMARKED: Final = str.maketrans("", "", "*`\\")
_OTHERS: Final = """
    SELECT kind, title, summary, body, thumbnail || char(10) || author || char(10) || media || char(10) || channel
        || char(10) || keywords || char(10) || location || char(10) || published_raw || char(10) || provenance AS others
    FROM articles WHERE id <> ?1
    UNION ALL
    SELECT coalesce((SELECT kind FROM articles a WHERE a.id = r.article_id), ''), title, summary, body, ''
    FROM revisions r WHERE article_id <> ?1
"""
