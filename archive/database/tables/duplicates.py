"""The tables of near-duplicates. All of them can be made again from the articles, so none is sealed."""

from __future__ import annotations

from typing import Final

DUPLICATE_TABLES: Final = (
    # One row for each text, however many articles have it: an agency's copy costs its shingles once.
    """
    CREATE TABLE near_texts (
        doc INTEGER PRIMARY KEY,
        digest INTEGER NOT NULL UNIQUE,
        version INTEGER NOT NULL,
        signature BLOB NOT NULL
    ) STRICT
    """,
    # doc is NULL for an article without text, which resembles nothing.
    """
    CREATE TABLE near_articles (
        article_id TEXT PRIMARY KEY NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
        doc INTEGER REFERENCES near_texts (doc)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX near_articles_by_doc ON near_articles (doc)",
    """
    CREATE TABLE near_bands (
        key INTEGER NOT NULL,
        doc INTEGER NOT NULL,
        PRIMARY KEY (key, doc)
    ) STRICT, WITHOUT ROWID
    """,
    # Articles that stand alone have no row; a cluster is named by the id of its representative.
    """
    CREATE TABLE article_clusters (
        article_id TEXT PRIMARY KEY NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
        cluster TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX article_clusters_by_cluster ON article_clusters (cluster)",
)
