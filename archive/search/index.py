"""The file of the index, ``search.db``: made from the archive, kept up with it, and never needed to restore anything.

A row's number is the second in which its article was published (or the next free one): the newest results come
without sorting, and a time span is a span of rows. The texts themselves are not in the file.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final, Self

from archive.plain import spelling
from archive.record import FACTS, Archived, facts_of
from archive.search import segment
from archive.search.document import COLUMNS, DATED, Texts, digest_of, moment

NAME: Final = "search.db"
WAIT_SECONDS: Final = 5.0
"""How long a writer waits for another one: who loses only finds the index a little behind."""


class StaleIndex(Exception):
    """The index does not fit the archive or this program any more: it is to be made anew."""


class Index:
    """A connection to the index of the archive in a directory. To be used from one thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection

    @classmethod
    def open(cls, data: Path) -> Self:
        """The index in ``data``, made if there is none. Raises `StaleIndex`, `sqlite3.Error`."""
        path = data / NAME
        connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")  # What is lost with the power is indexed again.
            connection.execute("PRAGMA mmap_size = 1073741824")
            connection.execute("PRAGMA secure_delete = ON")
            index = cls(path, connection)
            index._prepare()
        except BaseException:
            connection.close()
            raise
        return index

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self) -> None:
        made_by = f"{segment.VERSION}, {spelling()}"
        there = self.connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'state'").fetchone()[0]
        if not there:
            self.connection.execute("BEGIN IMMEDIATE")
            for statement in _TABLES:
                self.connection.execute(statement)
            self.connection.execute("INSERT OR IGNORE INTO state VALUES (1, ?, 0)", (made_by,))
            self.connection.execute("COMMIT")
        found = self.connection.execute("SELECT made_by FROM state").fetchone()
        if found is None or found[0] != made_by:
            raise StaleIndex(f"it was made by other rules ({found and found[0]})")

    @property
    def seen(self) -> int:
        """The number of the newest change of the archive that is in the index."""
        return int(self.connection.execute("SELECT seen FROM state").fetchone()[0])

    def put(self, archived: Archived) -> None:
        """Index an article as the archive has it now."""
        article = archived.article
        row = dict(zip(FACTS, facts_of(article), strict=True))
        columns = Texts(**{name: str(row[name]) for name in _SEARCHED}).columns()
        number = self._free_number(moment(article.published_at))
        facts = (article.id, row["published_at"], article.channel, article.kind, article.media, article.media_id)
        rest = (article.author, row["keywords"], archived.revision, digest_of(columns))
        self.connection.execute(_ADD_ENTRY, (number, *facts, *rest))
        self.connection.execute(_ADD_WORDS, (number, *columns))

    def put_unreadable(self, article_id: str) -> None:
        """Note an article whose row cannot be read, so that it counts as indexed until it changes; nothing finds it."""
        number = self._free_number(0)
        self.connection.execute(_ADD_ENTRY, (number, article_id, None, *[""] * 6, 1, _NOTHING))

    def take_out(self, article_id: str, revisions: list[sqlite3.Row]) -> bool:
        """Take an article out, whose texts were these (title, summary, body); whether it was in the index.

        Raises `StaleIndex` where none of them is the text that was indexed.
        """
        entry = self.connection.execute("SELECT * FROM entries WHERE article_id = ?", (article_id,)).fetchone()
        if entry is None:
            return False
        number, media, author, keywords, digest = (entry[place] for place in (0, 5, 7, 8, 10))
        if digest == _NOTHING:
            self.connection.execute("DELETE FROM entries WHERE number = ?", (number,))
            return True
        for title, summary, body in revisions:
            texts = Texts(title=title, summary=summary, body=body, author=author, media=media, keywords=keywords)
            if digest_of(columns := texts.columns()) == digest:
                self.connection.execute(_TAKE_WORDS, (number, *columns))
                self.connection.execute("DELETE FROM entries WHERE number = ?", (number,))
                return True
        raise StaleIndex(f"the text of {article_id} that was indexed is not in the archive any more")

    def _free_number(self, wanted: int) -> int:
        if wanted < DATED:
            query = "SELECT coalesce(max(number), 0) + 1 FROM entries WHERE number < ?"
            return int(self.connection.execute(query, (DATED,)).fetchone()[0])
        for (taken,) in self.connection.execute("SELECT number FROM entries WHERE number >= ? ORDER BY 1", (wanted,)):
            if taken != wanted:
                break
            wanted += 1
        return wanted


def remove(data: Path) -> None:
    """Remove the index, all of its files."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        (data / f"{NAME}{suffix}").unlink(missing_ok=True)


_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY CHECK (one = 1), made_by TEXT NOT NULL, seen INTEGER)",
    """
    CREATE TABLE IF NOT EXISTS entries (
        number INTEGER PRIMARY KEY,
        article_id TEXT NOT NULL UNIQUE,
        published_at TEXT,
        channel TEXT NOT NULL,
        kind TEXT NOT NULL,
        media TEXT NOT NULL,
        media_id TEXT NOT NULL,
        author TEXT NOT NULL,
        keywords TEXT NOT NULL,
        revision INTEGER NOT NULL,
        digest BLOB NOT NULL
    ) STRICT
    """,
    # The text was folded and segmented before it comes here: the plainest tokenizer does.
    f"CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5({', '.join(COLUMNS)}, content = '', tokenize = 'ascii')",
)
_SEARCHED: Final = ("title", "summary", "body", "author", "media", "keywords")
_NOTHING: Final = b""
"""The digest of an article of which no word is in the index."""
_PLACES: Final = ", ".join("?" * len(COLUMNS))
_ADD_ENTRY: Final = f"INSERT INTO entries VALUES ({', '.join('?' * 11)})"  # noqa: S608
_ADD_WORDS: Final = f"INSERT INTO words (rowid, {', '.join(COLUMNS)}) VALUES (?, {_PLACES})"  # noqa: S608
_TAKE_WORDS: Final = f"INSERT INTO words (words, rowid, {', '.join(COLUMNS)}) VALUES ('delete', ?, {_PLACES})"  # noqa: S608
