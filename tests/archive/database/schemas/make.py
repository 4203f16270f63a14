"""Write the dump of a schema version, once, when it is new: ``python -m tests.archive.database.schemas.make NAME``."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from archive.article.model import content_hash
from archive.database.article_rows import FACTS, facts_of
from archive.database.migrations import migrations
from archive.database.row_checksums import reseal, sealed_tables
from tests.archive.samples import an_article

FOLDER = Path(__file__).parent
SEEN = "2025-02-13T04:00:00+00:00"


def rows(number: int) -> Iterator[tuple[str, dict[str, object]]]:
    """One article with all that hangs on it, as every version keeps it."""
    article = an_article(number)
    facts = dict(zip(FACTS, facts_of(article), strict=True))
    kept = {"content_hash": content_hash(article), "revision": 1, "status": "live", "first_seen": SEEN}
    path = f"articles/2025/02/{article.id}.md"
    yield "articles", {"id": article.id, **facts, **kept, "last_seen": SEEN, "markdown_path": path}
    text = {"title": article.title, "summary": article.summary, "body": article.body}
    revision = {"article_id": article.id, "revision": 1, "seen_at": SEEN, "content_hash": kept["content_hash"]}
    yield "revisions", {**revision, **text}
    yield "sightings", {"article_id": article.id, "source": "tech", "rank": number, "seen_at": SEEN}
    yield "links", {"id": article.id, "url": article.url, "source": "tech", "listed_at": SEEN, "state": "done"}
    yield "runs", {"job": "crawl", "started_at": SEEN, "host": "here", "pid": number}
    poll = {"run_id": number, "source": "channel:tech", "polled_at": SEEN, "pages": 1, "listed": 2}
    yield "polls", {**poll, "fresh": 2, "overlapped": number - 1 or None}
    between = {"after_at": "2025-02-12T04:00:00+00:00", "before_at": SEEN, "known_until": "2025-02-12T04:00:00+00:00"}
    yield "gaps", {"source": "channel:tech", **between, "most": number, "found_at": SEEN}
    told = {"kind": "bad", "verdict": "blocked", "because": "the site told us to stay away", "at": SEEN, "since": SEEN}
    yield "notices", {"job": "hot", **told, "log": "a.log"}
    yield "recipients", {"id": f"{number:016}", "label": "mailto", "told_until": number}
    yield "coverage", {"run_id": number, "layout": "rain", "read_at": SEEN, "pages": 1, "fields": '{"title": [1, 1]}'}


def dump_of(name: str) -> str:
    """The SQL of an archive of that version with two articles."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        database = Database(connection)
        names = [migration.name for migration in migrations().pending(database)]
        migrations().apply(database, stop_before=names[names.index(name) + 1 :][:1])
        tables = set(database.table_names())
        for table, row in (each for number in (1, 2) for each in rows(number)):
            if table in tables:
                columns = database[table].columns_dict
                database[table].insert({name: value for name, value in row.items() if name in columns})  # type: ignore[union-attr]
        if "seals" in tables and sealed_tables(connection):
            reseal(connection)
        return "\n".join(connection.iterdump()) + "\n"


if __name__ == "__main__":
    for version in sys.argv[1:]:
        (FOLDER / f"{version}.sql").write_text(dump_of(version), "utf-8")
