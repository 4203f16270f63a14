"""What is learned of a known article for the first time: it is filled in, and is no revision.

The content hash covers the author. Who wrote an article is often learned later, since a Markdown file does not say it:
then the hash of the article and of its newest revision follow, and its copies are told anew.
"""

from __future__ import annotations

from sqlite3 import Connection
from typing import Final

from archive.article.model import Article, content_hash
from archive.database.article_rows import FACTS, Archived, facts_of


def fill_in(connection: Connection, known: Archived, article: Article, raw_ref: str | None) -> None:
    """Write the facts of ``article``, which is the known one and more."""
    connection.execute(_FILL_IN, (raw_ref, *facts_of(article), article.id))
    note_author(connection, known, article, content_hash(article))


def note_author(connection: Connection, known: Archived, article: Article, digest: str) -> None:
    """Let the article, its newest revision and its copies follow, where ``digest`` says that the author is new."""
    if digest == known.content_hash:
        return
    connection.execute("UPDATE articles SET content_hash = ? WHERE id = ?", (digest, article.id))
    connection.execute(_OF_REVISION, (digest, article.author, article.id, known.revision))
    for each in (known.content_hash, digest):
        tell_copies(connection, each)


def tell_copies(connection: Connection, digest: str) -> None:
    """Let the articles that came with this content point at the first that had it, and the first at none.

    An article that was changed into it points at nothing new: pointers lead to older articles only.
    """
    first = connection.execute(_FIRST, (digest,)).fetchone()
    if first is not None:
        connection.execute(_POINT, {"digest": digest, "first": first[0]})


_FILL_IN: Final = f"UPDATE articles SET raw_ref = ?, {', '.join(f'{name} = ?' for name in FACTS)} WHERE id = ?"  # noqa: S608
_OF_REVISION: Final = "UPDATE revisions SET content_hash = ?, author = ? WHERE article_id = ? AND revision = ?"
_FIRST: Final = """
    SELECT id FROM revisions r JOIN articles a ON a.id = r.article_id
    WHERE r.content_hash = ? ORDER BY a.first_seen, a.rowid LIMIT 1
"""
_POINT: Final = """
    UPDATE articles SET copy_of = nullif(:first, id)
    WHERE id IN (SELECT article_id FROM revisions WHERE content_hash = :digest AND revision = 1)
        AND content_hash = :digest AND trim(body) <> '' AND copy_of IS NOT nullif(:first, id)
"""
