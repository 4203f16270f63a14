"""The SQL of a snapshot. Only constants: what a user says is always a value."""

from __future__ import annotations

from typing import Final

from archive.article.model import FIRST_YEAR, LAST_YEAR

CHOSEN: Final = "CREATE TEMP TABLE chosen (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, split TEXT)"
# Sums of 48-bit seals would overflow: halves do not.
STATE: Final = """
    SELECT part, count(*), sum(total & 16777215), sum(total >> 24) FROM seals
    WHERE part IN ('articles', 'revisions', 'sightings', 'media', 'pictures', 'erasures', 'gaps')
    GROUP BY part ORDER BY part
"""
# Only sources that list the newest first can be seen to have missed something.
POLLED: Final = """
    SELECT min(coalesce(first_at, polled_at)), count(DISTINCT source) FROM polls
    WHERE overlapped IS NOT NULL AND (? = '[]' OR source IN (SELECT value FROM json_each(?)))
"""
OPEN_GAPS: Final = """
    SELECT source, after_at, before_at, most FROM gaps
    WHERE closed_at IS NULL AND (? = '[]' OR source IN (SELECT value FROM json_each(?)))
        AND (? IS NULL OR before_at > ?) AND (? IS NULL OR after_at < ?)
    ORDER BY after_at, source, before_at, id
"""
_TIME: Final = "'[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"


def _is_time(column: str, offset: str = "+00:00") -> str:
    of_our_age = f"{column} >= '{FIRST_YEAR}' AND {column} < '{LAST_YEAR + 1}'"
    # SQLite takes the 31st of any month for a day, and hour 24 for one of it.
    exists = f"substr({column}, 12, 2) < '24' AND date(substr({column}, 1, 10)) = substr({column}, 1, 10)"
    return f"({of_our_age} AND {column} GLOB {_TIME}{offset}' AND {exists})"


# A reference to a capture is file:offset:digest, the digest in hex.
DIGEST: Final = "nullif(substr(t.raw_ref, length(rtrim(t.raw_ref, '0123456789abcdef')) + 1), '')"
OF_ARTICLES: Final = {
    "copy_of": "nullif(t.copy_of, '')",
    "published_at": "nullif(t.published_at, '')",
    "gone_at": "nullif(t.gone_at, '')",
    "raw_digest": DIGEST,
    "split": "chosen.split",
    # The first revision is as old as the article: most need no look into the other table.
    "fetched_at": f"""CASE t.revision WHEN 1 THEN t.first_seen ELSE (
        SELECT iif({_is_time("seen_at")}, seen_at, NULL) FROM revisions
        WHERE article_id = t.id AND kind <> 'reparsed' ORDER BY revision DESC LIMIT 1
    ) END""",  # noqa: S608
}
_LOST: Final = """t.changes = '["lost"]'"""
# A nullable column holds no empty string: CSV could not tell them apart.
OF_REVISIONS: Final = {
    "raw_digest": DIGEST,
    "split": "chosen.split",
    "kind": f"iif({_LOST}, 'lost', t.kind)",
    "changes": f"iif({_LOST}, '[]', t.changes)",
    **{name: f"iif({_LOST}, NULL, nullif(t.{name}, ''))" for name in ("content_hash", "title", "summary", "body")},
}
MIGRATION: Final = "SELECT name FROM _sqlite_migrations WHERE migration_set = 'qqnews' ORDER BY id DESC LIMIT 1"
NEAR_VERSION: Final = "SELECT max(version) FROM near_texts"
CLUSTERS: Final = "article_clusters"
ANY_CLUSTER: Final = "SELECT 1 FROM article_clusters LIMIT 1"
CLUSTER: Final = "(SELECT cluster FROM article_clusters WHERE article_id = t.id)"
# CROSS JOIN keeps the order of reading: as chosen.
FROM: Final = {
    "articles": "FROM temp.chosen CROSS JOIN articles AS t ON t.id = chosen.id ORDER BY chosen.n",
    "revisions": """
        FROM temp.chosen CROSS JOIN revisions AS t ON t.article_id = chosen.id ORDER BY chosen.id, t.revision
    """,
}
SHOWN: Final = """
    SELECT t.id, t.body, t.thumbnail, chosen.split
    FROM temp.chosen CROSS JOIN articles AS t ON t.id = chosen.id ORDER BY chosen.id
"""
COPY: Final = """
    SELECT media.sha256, media.path, media.bytes, media.mime FROM pictures JOIN media USING (sha256)
    WHERE pictures.url = ?
"""
CHOSEN_ARTICLES: Final = "FROM temp.chosen CROSS JOIN articles AS t ON t.id = chosen.id"
BODIES: Final = f"SELECT chosen.n, t.body {CHOSEN_ARTICLES} ORDER BY chosen.n"
# Most articles are like no other: what reads the members need not remember these.
MEMBERS: Final = f"""
    SELECT chosen.n, t.id, nullif(t.published_at, ''), t.content_hash, {{cluster}} AS cluster, NOT EXISTS (
        SELECT 1 FROM revisions AS r WHERE r.content_hash = t.content_hash AND r.article_id <> t.id
    ) {CHOSEN_ARTICLES} ORDER BY chosen.n
"""  # noqa: S608
# What passes is what this program writes; what does not may be, too, and is looked at one by one.
_AS_WE_WRITE: Final = " AND ".join(
    (
        "t.id <> '' AND t.id NOT GLOB '*[^0-9A-Za-z_-]*' AND length(t.id) <= 64 AND t.status IN ('live', 'gone')",
        f"(t.published_at IS NULL OR {_is_time('t.published_at', '+08:00')})",
        _is_time("t.first_seen"),
        _is_time("t.last_seen"),
        f"(t.gone_at IS NULL OR {_is_time('t.gone_at')})",
        "t.revision BETWEEN 1 AND 1000000",
        r"""CASE WHEN t.keywords = '[]' THEN TRUE WHEN t.keywords GLOB '*\u*' OR NOT json_valid(t.keywords) THEN FALSE
        ELSE json_type(t.keywords) = 'array' AND NOT EXISTS (SELECT 1 FROM json_each(t.keywords) WHERE type <> 'text')
        END""",
    )
)
PROVENANCE: Final = f"SELECT chosen.n, t.id, t.provenance {CHOSEN_ARTICLES} ORDER BY chosen.n"
SUSPECTS: Final = f"""
    SELECT chosen.n, t.id, t.status, t.published_at, t.first_seen, t.last_seen, t.gone_at, t.revision, t.keywords
    {CHOSEN_ARTICLES} WHERE NOT coalesce({_AS_WE_WRITE}, FALSE) ORDER BY chosen.n
"""
CAPTURES: Final = f"SELECT t.raw_ref {CHOSEN_ARTICLES} WHERE t.raw_ref IS NOT NULL"
ALL_CAPTURES: Final = """
    SELECT r.raw_ref FROM temp.chosen CROSS JOIN revisions AS r ON r.article_id = chosen.id WHERE r.raw_ref IS NOT NULL
"""
COUNT_MARK: Final = "INSERT INTO temp.marks VALUES (?, 1) ON CONFLICT (mark) DO UPDATE SET times = times + 1"
GROUPS: Final = ("month", "channel", "kind", "status", "split")
COUNTED: Final = f"""
    SELECT
        coalesce(substr(t.published_at, 1, 7), ''), t.channel, t.kind, t.status, chosen.split,
        count(*), max(t.last_seen)
    {CHOSEN_ARTICLES} GROUP BY 1, 2, 3, 4, 5
"""
COUNTS: Final = {
    "day": f"""
        SELECT t.channel, substr(t.published_at, 1, 10), count(*) {CHOSEN_ARTICLES}
        WHERE t.published_at <> '' GROUP BY 1, 2 ORDER BY 1, 2
    """,
    "length": f"SELECT length(t.body), count(*) {CHOSEN_ARTICLES} GROUP BY 1 ORDER BY 1",
    "edits": f"""
        SELECT substr(r.seen_at, 1, 10), count(*) FROM temp.chosen JOIN revisions AS r ON r.article_id = chosen.id
        WHERE r.kind = 'edited' AND {_is_time("r.seen_at")} GROUP BY 1 ORDER BY 1
    """,  # noqa: S608
    "removals": f"""
        SELECT substr(t.gone_at, 1, 10), count(*) {CHOSEN_ARTICLES} WHERE t.gone_at IS NOT NULL GROUP BY 1 ORDER BY 1
    """,
    "content": """
        SELECT n, count(*) FROM (
            SELECT count(*) AS n FROM temp.chosen JOIN articles USING (id) GROUP BY content_hash
        ) WHERE n > 1 GROUP BY 1 ORDER BY 1
    """,
    "clusters": """
        SELECT n, count(*) FROM (
            SELECT count(*) AS n FROM temp.chosen JOIN article_clusters ON article_id = chosen.id GROUP BY cluster
        ) WHERE n > 1 GROUP BY 1 ORDER BY 1
    """,
    "fetched": f"SELECT substr(t.first_seen, 1, 10), count(*) {CHOSEN_ARTICLES} GROUP BY 1 ORDER BY 1",
}
