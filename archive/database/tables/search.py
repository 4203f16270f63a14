"""The table that tells the search index what changed. It can be made again from the articles, so it is not sealed."""

from __future__ import annotations

from typing import Final

_SEARCHED: Final = (
    "published_at",
    "channel",
    "kind",
    "media",
    "media_id",
    "author",
    "keywords",
    "title",
    "summary",
    "body",
)
_DIFFERS: Final = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in _SEARCHED)

CHANGE_TABLES: Final = (
    # Each article stands here once, with the number of its newest change: who has seen a number has seen all below.
    """
    CREATE TABLE article_changes (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        article_id TEXT NOT NULL UNIQUE REFERENCES articles (id) ON DELETE CASCADE
    ) STRICT
    """,
    "INSERT INTO article_changes (article_id) SELECT id FROM articles ORDER BY rowid",
    """
    CREATE TRIGGER articles_added AFTER INSERT ON articles BEGIN
        INSERT OR REPLACE INTO article_changes (article_id) VALUES (NEW.id);
    END
    """,
    # The columns are named by the constant above.
    f"""
    CREATE TRIGGER articles_changed AFTER UPDATE OF {", ".join(_SEARCHED)} ON articles WHEN {_DIFFERS} BEGIN
        INSERT OR REPLACE INTO article_changes (article_id) VALUES (NEW.id);
    END
    """,  # noqa: S608
)
