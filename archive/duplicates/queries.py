"""What can be asked about clusters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Final

from archive.database.parameters import by_number
from archive.database.row_readers import decoding
from archive.duplicates.comparable_text import ComparableText
from archive.duplicates.minhash import similarity


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster of near-duplicates, by its representative."""

    id: str
    size: int
    published_at: str | None
    media: str
    title: str


@dataclass(frozen=True, slots=True)
class ClusterMember:
    """An article of a cluster. ``similarity`` is to the article that was asked about, from 0 to 1."""

    id: str
    published_at: str | None
    media: str
    title: str
    similarity: float
    represents: bool


def clusters(connection: Connection, limit: int | None = None) -> Iterator[Cluster]:
    """The clusters, largest first."""
    with decoding(connection, "replace"):
        rows = connection.execute(_CLUSTERS, (-1 if limit is None else limit,)).fetchall()
    return (Cluster(*row) for row in rows)


def members(connection: Connection, article_id: str, limit: int | None = None) -> list[ClusterMember]:
    """The cluster of an article, its representative first, then by date; only the article itself if it has none.

    At most ``limit``: each is compared.
    """
    with decoding(connection, "replace"):
        own = ComparableText.of(
            connection.execute("SELECT body FROM articles WHERE id = ?", (article_id,)).fetchone()[0]
        )
        return [
            ClusterMember(
                id=row["id"],
                published_at=row["published_at"],
                media=row["media"],
                title=row["title"],
                similarity=round(similarity(own.shingles, ComparableText.of(row["body"]).shingles), 3),
                represents=bool(row["represents"]),
            )
            for row in connection.execute(_MEMBERS, by_number(article_id, -1 if limit is None else limit))
        ]


_CLUSTERS: Final = """
    SELECT c.cluster, count(*) AS size, a.published_at, a.media, a.title
    FROM article_clusters c JOIN articles a ON a.id = c.cluster
    GROUP BY c.cluster ORDER BY size DESC, a.published_at DESC, c.cluster LIMIT ?
"""
_MEMBERS: Final = """
    SELECT id, published_at, media, title, body, id = coalesce(cluster, id) AS represents
    FROM articles LEFT JOIN article_clusters ON article_id = id
    WHERE id = ?1 OR cluster = (SELECT cluster FROM article_clusters WHERE article_id = ?1)
    ORDER BY represents DESC, published_at, id LIMIT ?2
"""
