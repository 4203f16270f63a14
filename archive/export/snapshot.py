"""One moment of the archive, read in one transaction while others may go on writing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from typing import Final

import orjson

from archive.article import pictures_in
from archive.export.columns import Row, Table, Type, Value
from archive.export.errors import BadValue
from archive.export.wish import Wish, chosen
from archive.failures import named_sqlite_failures
from archive.media import https
from archive.store import Archive


class Snapshot:
    """The archive as it was when the first question was asked. Rows are read one by one."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.mended = 0
        """Texts with bytes that are not UTF-8, or with NUL: these became U+FFFD."""

    def ask(self, query: str, values: Iterable[object] = ()) -> Iterator[Row]:
        """The rows that a query gives, as plain tuples."""
        cursor = self._connection.cursor()
        cursor.row_factory = None
        return cursor.execute(query, tuple(values))

    def choose(self, wish: Wish) -> int:
        """Note which articles are wanted, in their order; how many there are."""
        query, values = chosen(wish)
        self._connection.execute(_CHOSEN)
        self._connection.execute(f"INSERT INTO temp.chosen (id) SELECT id FROM ({query})", values)  # noqa: S608
        return self.wanted()

    def wanted(self) -> int:
        """How many articles are chosen."""
        return int(self._connection.execute("SELECT count(*) FROM temp.chosen").fetchone()[0])

    def drop(self, numbers: Iterable[int]) -> None:
        """Choose these, by their numbers in the order, no longer."""
        self._connection.executemany("DELETE FROM temp.chosen WHERE n = ?", ((n,) for n in numbers))

    def put_into_splits(self, splits: Iterable[tuple[str, int]]) -> None:
        """Note the split of each chosen article: (name, number)."""
        self._connection.executemany("UPDATE temp.chosen SET split = ? WHERE n = ?", splits)

    def has_table(self, name: str) -> bool:
        """Whether the archive has a table of that name."""
        return (
            next(self.ask("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (name,)), None) is not None
        )

    def state(self) -> str:
        """The state of the archive: the same where all that matters to exports is the same.

        It is made from the seals of the rows, which the archive keeps whenever it writes.
        """
        return "sha256:" + sha256(orjson.dumps(list(self.ask(_STATE)))).hexdigest()

    def takedowns(self) -> list[str]:
        """Hashes of the ids of articles that were taken down, sorted."""
        return [str(row[0]) for row in self.ask("SELECT id_hash FROM erasures ORDER BY id_hash")]

    def rows(self, table: Table) -> Iterator[Row]:
        """The rows of a table that belong to the chosen articles, in the table's order. Raises `BadValue`."""
        if table.name == "pictures":
            return self._pictures()
        made = {"articles": {**_OF_ARTICLES, "cluster": self._cluster()}, "revisions": _OF_REVISIONS}[table.name]
        values = ", ".join(made.get(name, f't."{name}"') for name in table.names)
        rows = self.ask(f"SELECT {values} {_FROM[table.name]}")
        lists = [place for place, column in enumerate(table.columns) if column.type is Type.LIST]
        return _with_lists(table, rows, lists) if lists else rows

    def bodies(self) -> Iterator[tuple[int, str]]:
        """Number and body of each chosen article, in order."""
        return ((int(str(number)), str(body)) for number, body in self.ask(_BODIES))

    def members(self) -> Iterator[Row]:
        """Number, id, time of publishing, content hash and cluster of each chosen article, in order."""
        return self.ask(_MEMBERS.format(cluster=self._cluster()))

    def frequent(self, marks: Iterable[int], least: int) -> Iterator[int]:
        """Those of ``marks`` that come at least so often; they are counted on the disk if need be."""
        self._connection.execute("CREATE TEMP TABLE marks (mark INTEGER PRIMARY KEY, times INTEGER NOT NULL)")
        self._connection.executemany(_COUNT_MARK, ((mark,) for mark in marks))
        return (int(str(mark)) for (mark,) in self.ask("SELECT mark FROM temp.marks WHERE times >= ?", (least,)))

    def groups(self, column: str) -> dict[str, int]:
        """How many chosen articles there are by ``month``, ``channel``, ``kind``, ``status`` or ``split``."""
        query = f"SELECT {_GROUPS[column]}, count(*) {_CHOSEN_ARTICLES} GROUP BY 1 ORDER BY 1"
        return {str(name): int(str(number)) for name, number in self.ask(query)}

    def as_of(self) -> str | None:
        """When the newest look at any of the chosen articles was, ISO 8601 in UTC."""
        found = next(self.ask(f"SELECT max(t.last_seen) {_CHOSEN_ARTICLES}"))[0]
        return None if found is None else str(found)

    def clusters_known(self) -> bool:
        """Whether near duplicates were looked for."""
        return self.has_table(_CLUSTERS) and next(self.ask(_ANY_CLUSTER), None) is not None

    def _cluster(self) -> str:
        return _CLUSTER if self.has_table(_CLUSTERS) else "NULL"

    def _pictures(self) -> Iterator[Row]:
        for article_id, body, thumbnail in self.ask(_SHOWN):
            addresses = [*pictures_in(str(body)), *([str(thumbnail)] if thumbnail else [])]
            for position, url in zip(count(1), dict.fromkeys(map(https, addresses)), strict=False):
                yield (article_id, position, url, *self._copy(url))

    def _copy(self, url: str) -> Row:
        found = next(self.ask(_COPY, (url,)), None)
        if found is None:
            return (None, None, None, None)
        digest, path, size, mime = found
        return (digest, str(path).replace("media/", "pictures/", 1), size, mime or None)

    def text(self, raw: bytes) -> str:
        """For SQLite: a text's bytes as a string that every format can hold."""
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            self.mended += 1
            text = raw.decode(errors="replace")
        if "\0" in text:
            self.mended += 1
            text = text.replace("\0", "\ufffd")
        return text


def _with_lists(table: Table, rows: Iterable[Row], places: list[int]) -> Iterator[Row]:
    for row in rows:
        changed = list(row)
        for place in places:
            changed[place] = _list_of(table, row, place)
        yield tuple(changed)


def _list_of(table: Table, row: Row, place: int) -> Value:
    text = row[place]
    if text == "[]":
        return []
    try:
        found = orjson.loads(str(text))
    except ValueError as error:
        raise BadValue(table.name, str(row[0]), table.names[place], str(error)) from error
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise BadValue(table.name, str(row[0]), table.names[place], "not a list of strings")
    return found


@contextmanager
def snapshot_of(archive: Archive) -> Iterator[Snapshot]:
    """A snapshot, for as long as the context lasts. Writers do not wait for it, nor it for them."""
    connection = archive.database.connection
    taken, usual = Snapshot(connection), connection.text_factory
    with named_sqlite_failures(archive.database.path):
        connection.text_factory = taken.text
        connection.execute("BEGIN")
        try:
            yield taken
        finally:
            connection.text_factory = usual
            connection.execute("ROLLBACK")


_CHOSEN: Final = "CREATE TEMP TABLE chosen (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, split TEXT)"
# Sums of 48-bit seals would overflow: halves do not.
_STATE: Final = """
    SELECT part, count(*), sum(total & 16777215), sum(total >> 24) FROM seals
    WHERE part IN ('articles', 'revisions', 'sightings', 'media', 'pictures', 'erasures') GROUP BY part ORDER BY part
"""
# A reference to a capture is file:offset:digest, the digest in hex.
_DIGEST: Final = "nullif(substr(t.raw_ref, length(rtrim(t.raw_ref, '0123456789abcdef')) + 1), '')"
_OF_ARTICLES: Final = {
    "copy_of": "nullif(t.copy_of, '')",
    "published_at": "nullif(t.published_at, '')",
    "gone_at": "nullif(t.gone_at, '')",
    "raw_digest": _DIGEST,
    "split": "chosen.split",
    "fetched_at": """(
        SELECT seen_at FROM revisions WHERE article_id = t.id AND kind <> 'reparsed' ORDER BY revision DESC LIMIT 1
    )""",
}
_OF_REVISIONS: Final = {"raw_digest": _DIGEST}
_CLUSTERS: Final = "article_clusters"
_ANY_CLUSTER: Final = "SELECT 1 FROM article_clusters LIMIT 1"
_CLUSTER: Final = "(SELECT cluster FROM article_clusters WHERE article_id = t.id)"
# CROSS JOIN keeps the order of reading: as chosen.
_FROM: Final = {
    "articles": "FROM temp.chosen CROSS JOIN articles AS t ON t.id = chosen.id ORDER BY chosen.n",
    "revisions": """
        FROM temp.chosen CROSS JOIN revisions AS t ON t.article_id = chosen.id ORDER BY chosen.id, t.revision
    """,
}
_SHOWN: Final = """
    SELECT t.id, t.body, t.thumbnail FROM temp.chosen CROSS JOIN articles AS t ON t.id = chosen.id ORDER BY chosen.id
"""
_COPY: Final = """
    SELECT media.sha256, media.path, media.bytes, media.mime FROM pictures JOIN media USING (sha256)
    WHERE pictures.url = ?
"""
_CHOSEN_ARTICLES: Final = "FROM temp.chosen CROSS JOIN articles AS t ON t.id = chosen.id"
_BODIES: Final = f"SELECT chosen.n, t.body {_CHOSEN_ARTICLES} ORDER BY chosen.n"
_MEMBERS: Final = f"""
    SELECT chosen.n, t.id, nullif(t.published_at, ''), t.content_hash, {{cluster}} {_CHOSEN_ARTICLES} ORDER BY chosen.n
"""
_COUNT_MARK: Final = "INSERT INTO temp.marks VALUES (?, 1) ON CONFLICT (mark) DO UPDATE SET times = times + 1"
_GROUPS: Final = {
    "month": "coalesce(substr(t.published_at, 1, 7), '')",
    "channel": "t.channel",
    "kind": "t.kind",
    "status": "t.status",
    "split": "chosen.split",
}
