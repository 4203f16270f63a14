"""The file of the index, ``search.db``: made from the archive, kept up with it, and never needed to restore anything.

A row's number is the second in which its article was published (or the next free one): the newest results come
without sorting, and a time span is a span of rows. The texts themselves are not in the file.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Final, Self

from archive.article.plain_text import spelling
from archive.database.article_rows import FACTS, Archived, facts_of
from archive.errors import ExitCode, QQNewsError
from archive.search import tokenizer as segment
from archive.search.checksums import SUM_TABLES, row_sum, seal_parts
from archive.search.document import COLUMNS, DATED, Texts, digest_of, moment
from archive.search.trusted_file import Checked

NAME: Final = "search.db"
WAIT_SECONDS: Final = 5.0
"""How long a writer waits for another one: who loses only finds the index a little behind."""
_FORMAT: Final = 2
"""Of the tables. An index with others is made anew."""


class StaleIndex(QQNewsError):
    """The index does not fit the archive or this program any more: it is to be made anew. Attribute: ``reason``."""

    exit_code = ExitCode.ARCHIVE

    def __init__(self, reason: str) -> None:
        super().__init__(f"the search index does not fit ({reason}): 'qqnews search --rebuild' makes it anew")
        self.reason = reason


class DamagedIndex(StaleIndex):
    """The index is not what was written: it may find what is not there, and miss what is."""


class Index:
    """A connection to the index of the archive in a directory. To be used from one thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection, checked: Checked) -> None:
        self.path = path
        self.connection = connection
        self.checked = checked
        """Whether the file is as one of ours left it; see `archive.search.faults`."""
        self._added = 0

    @classmethod
    def open(cls, data: Path) -> Self:
        """The index in ``data``, made if there is none. Raises `StaleIndex`, `sqlite3.Error`."""
        path, checked = data / NAME, Checked.of(data / NAME)
        if not path.is_file():
            if os.path.lexists(path):
                raise DamagedIndex("no regular file lies there")
            _make(path, checked)
        connection = connected(path)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")  # What is lost with the power is indexed again.
            connection.execute("PRAGMA secure_delete = ON")
            index = cls(path, connection, checked)
            index._refuse_other_rules()
        except UnicodeDecodeError as error:  # What SQLite says of a damaged schema quotes it.
            connection.close()
            raise DamagedIndex("its schema is damaged") from error
        except BaseException:
            connection.close()
            raise
        return index

    def close(self) -> None:
        """Close the file."""
        self.connection.close()
        self.checked.note()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _refuse_other_rules(self) -> None:
        there = self.connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'state'").fetchone()[0]
        if not there:
            raise DamagedIndex("it is no index")
        found = self.connection.execute("SELECT made_by FROM state").fetchone()
        if found is None:
            raise DamagedIndex("it does not say what made it")
        if found[0] != made_by():
            raise StaleIndex(f"it was made by other rules: {found[0]}")

    @property
    def seen(self) -> int:
        """The number of the newest change of the archive that is in the index."""
        return int(self.connection.execute("SELECT seen FROM state").fetchone()[0])

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Articles are put in and taken out inside; sealed and written on leaving, unless something is raised."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            self._added = 0
            yield
            seal_parts(self.connection, self._added)
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def put(self, archived: Archived) -> None:
        """Index an article as the archive has it now; inside a `batch`."""
        article = archived.article
        row = dict(zip(FACTS, facts_of(article), strict=True))
        columns = Texts(**{name: str(row[name]) for name in _SEARCHED}).columns()
        number = self._free_number(moment(article.published_at))
        facts = (article.id, row["published_at"], article.channel, article.kind, article.media, article.media_id)
        rest = (article.author, row["keywords"], archived.revision, digest_of(columns))
        self.connection.execute(_ADD_ENTRY, (number, *facts, *rest))
        self.connection.execute(_ADD_WORDS, (number, *columns))
        self._added += row_sum(self.connection, number)

    def put_unreadable(self, article_id: str) -> None:
        """Note an article whose row cannot be read, so that it counts as indexed until it changes; nothing finds it."""
        number = self._free_number(0)
        self.connection.execute(_ADD_ENTRY, (number, article_id, None, *[""] * 6, 1, _NOTHING))
        self._added += row_sum(self.connection, number)

    def take_out(self, article_id: str, revisions: list[sqlite3.Row]) -> bool:
        """Take an article out, whose texts were these (title, summary, body), inside a `batch`; whether it was there.

        Raises `StaleIndex` where none of them is the text that was indexed.
        """
        entry = self.connection.execute("SELECT * FROM entries WHERE article_id = ?", (article_id,)).fetchone()
        if entry is None:
            return False
        number, media, author, keywords, digest = (entry[place] for place in (0, 5, 7, 8, 10))
        if digest == _NOTHING:
            self._added -= row_sum(self.connection, number)
            self.connection.execute("DELETE FROM entries WHERE number = ?", (number,))
            return True
        for title, summary, body in revisions:
            texts = Texts(title=title, summary=summary, body=body, author=author, media=media, keywords=keywords)
            if digest_of(columns := texts.columns()) == digest:
                self._added -= row_sum(self.connection, number)
                self.connection.execute(_TAKE_WORDS, (number, *columns))
                self.connection.execute("DELETE FROM entries WHERE number = ?", (number,))
                return True
        raise StaleIndex(f"the text of {article_id} that was indexed is not in the archive any more")

    def merge(self) -> None:
        """Merge all parts into one: what was deleted is in none of them any more. Inside a `batch`."""
        self.connection.execute("INSERT INTO words (words) VALUES ('optimize')")

    def saw(self, change: int, archive: str) -> None:
        """Note the newest change that is in the index, and of which archive it is; inside a `batch`."""
        self.connection.execute("UPDATE state SET seen = ?, archive = ?", (change, archive))

    def _free_number(self, wanted: int) -> int:
        if wanted < DATED:
            query = "SELECT coalesce(max(number), 0) + 1 FROM entries WHERE number < ?"
            return int(self.connection.execute(query, (DATED,)).fetchone()[0])
        for (taken,) in self.connection.execute("SELECT number FROM entries WHERE number >= ? ORDER BY 1", (wanted,)):
            if taken != wanted:
                break
            wanted += 1
        return wanted


def made_by() -> str:
    """By which rules this program makes an index."""
    return f"{segment.VERSION}.{_FORMAT}, {spelling()}"


def connected(path: Path) -> sqlite3.Connection:
    """A connection to the file, which is not mapped into memory: a bad sector would end the process."""
    return sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)


def _make(path: Path, checked: Checked) -> None:
    """Make an empty index where there is none. Built aside: nobody ever sees half of it."""
    with checked.alone():
        if path.exists():
            return  # Another process was faster.
        _remove(path)
        aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            with closing(connected(aside)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                for statement in _TABLES:
                    connection.execute(statement)
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("INSERT INTO state VALUES (1, ?, '', 0, 0, 0)", (made_by(),))
                seal_parts(connection, 0)
                connection.execute("COMMIT")
            aside.replace(path)
        finally:
            for suffix in ("", *_BESIDE):
                aside.with_name(aside.name + suffix).unlink(missing_ok=True)
        checked.trust()


def remove(data: Path) -> None:
    """Remove the index, all of its files."""
    checked = Checked.of(data / NAME)
    with checked.alone():
        _remove(data / NAME)


def _remove(path: Path) -> None:
    for suffix in ("", *_BESIDE):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    for left in path.parent.glob(f".{path.name}.*"):  # By a process that died: whoever makes one is alone.
        left.unlink(missing_ok=True)


@cache
def schema() -> frozenset[tuple[str, str]]:
    """Name and SQL of all that the file has."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in _TABLES:
            connection.execute(statement)
        return frozenset(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))


_BESIDE: Final = ("-wal", "-shm", "-journal")
_TABLES: Final = (
    # `archive` names the archive whose articles these are; `total` sums up the rows of entries.
    """
    CREATE TABLE state (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        made_by TEXT NOT NULL,
        archive TEXT NOT NULL,
        seen INTEGER NOT NULL,
        total INTEGER NOT NULL,
        seal INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE entries (
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
    f"CREATE VIRTUAL TABLE words USING fts5({', '.join(COLUMNS)}, content = '', tokenize = 'ascii')",
    # Eight parts of one size are merged to one of the next, whole or not at all: a part never changes, its sum holds.
    "INSERT INTO words (words, rank) VALUES ('automerge', 0)",
    "INSERT INTO words (words, rank) VALUES ('crisismerge', 8)",
    *SUM_TABLES,
)
_SEARCHED: Final = ("title", "summary", "body", "author", "media", "keywords")
_NOTHING: Final = b""
"""The digest of an article of which no word is in the index."""
_PLACES: Final = ", ".join("?" * len(COLUMNS))
_ADD_ENTRY: Final = f"INSERT INTO entries VALUES ({', '.join('?' * 11)})"  # noqa: S608
_ADD_WORDS: Final = f"INSERT INTO words (rowid, {', '.join(COLUMNS)}) VALUES (?, {_PLACES})"  # noqa: S608
_TAKE_WORDS: Final = f"INSERT INTO words (words, rowid, {', '.join(COLUMNS)}) VALUES ('delete', ?, {_PLACES})"  # noqa: S608
