"""The migration by which revisions remember their authors, and what an earlier version took for edits is none."""

from __future__ import annotations

from sqlite3 import Connection
from typing import Final

from archive.article.model import Article, content_hash


def remember_authors(connection: Connection) -> None:
    """Give revisions an author. To be called once, in a transaction.

    Who was the author of an earlier text is not on record: NULL. Where an article without one got its author by a
    second look, an earlier version called it an edit: that it was read anew is all there is to it.
    """
    connection.execute("ALTER TABLE revisions ADD COLUMN author TEXT")
    for article_id, number, title, body, before in connection.execute(_NAMES_ALONE).fetchall():
        if content_hash(Article(id=article_id, url="", title=title, body=body)) == before:
            connection.execute(_NO_EDIT, (article_id, number))
            connection.execute(_UNNAMED, (article_id, number - 1))


_NAMES_ALONE: Final = """
    SELECT r.article_id, r.revision, r.title, r.body, b.content_hash
    FROM revisions r JOIN revisions b ON b.article_id = r.article_id AND b.revision = r.revision - 1
    WHERE r.kind = 'edited' AND r.changes = '["names"]' AND b.title = r.title AND b.body = r.body
"""
_NO_EDIT: Final = "UPDATE revisions SET kind = 'reparsed', changes = '[]' WHERE article_id = ? AND revision = ?"
_UNNAMED: Final = "UPDATE revisions SET author = '' WHERE article_id = ? AND revision = ?"
