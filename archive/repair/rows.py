"""Rows that are not as they were written, from whichever copy gives back exactly what was sealed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from archive.article.markdown import LARGEST_MARKDOWN, from_markdown
from archive.article.model import Article, content_hash
from archive.article.timestamps import stamp
from archive.captures.raw_files import read_capture
from archive.captures.warc import Capture
from archive.database.article_rows import FACTS, LOST_CHANGES, archived_from, facts_of, read_path, revision_from
from archive.database.row_checksums import (
    SEALED,
    as_stored,
    columns_of_table,
    printable_key,
    reseal_key,
    seal_of,
    sealed_tables,
    sealed_total,
    unsealed,
)
from archive.database.row_readers import decoding, each_row, readable_rows
from archive.database.unreadable_rows import readable_article
from archive.errors import CaptureLost, NotOurMarkdown, UnreadableRow
from archive.files.regular_files import read_regular
from archive.repair.accepted_rows import is_readable, readable_revision
from archive.repair.bit_flips import one_bit_otherwise
from archive.repair.references import OPTIONAL
from archive.repair.steps import Aside, Step
from archive.store import Archive
from archive.verify.database import broken_seals

_WORK: Final = ("links", "hosts", "timetables", "due_times", "article_clusters", "_sqlite_migrations")
"""Tables of work under way: what they say is found out again, so they may stand as they are."""
_FROM_FILE: Final = ("title", "summary", "body", "thumbnail", "published_at", "url")

MOST_REVISIONS: Final = 1_000_000
"""No article has so many: a larger number is damage."""
MOST_FLIPS: Final = 200
"""Rows of a table of which every bit is tried."""

Row = dict[str, Any]

Reader = Callable[[Capture], Article | None]
"""Reads a raw capture with today's parsers; None where it gives no article. The archive itself knows no pages."""


@dataclass(frozen=True, slots=True)
class Copies:
    """Where else rows may be found."""

    backup: sqlite3.Connection | None = None
    read: Reader | None = None
    flips: bool = True
    """Whether to try what each row would be with one bit otherwise."""


def mend_rows(archive: Archive, copies: Copies, aside: Aside, *, accept: bool) -> Iterator[Step]:
    """A step for every key under which rows are not what was sealed, or are no rows of ours."""
    connection = archive.database.connection
    for table, _ in sealed_tables(connection):
        keys = dict.fromkeys((*broken_seals(connection, table), *_unreadable_keys(connection, table)))
        for number, key in enumerate(keys):
            # So many rows at once are no flipped bits, and to try them all would take hours.
            tried = copies if number < MOST_FLIPS else replace(copies, flips=False)
            yield _step(archive, tried, aside, table, key, accept=accept)


def _unreadable_keys(connection: sqlite3.Connection, table: str) -> list[str]:
    """The ids of articles of which a row cannot be read, although it was sealed as it is."""
    if (convert := {"articles": archived_from, "revisions": revision_from}.get(table)) is None:
        return []
    found = list[UnreadableRow]()
    rows = each_row(connection, f"SELECT * FROM {table} ORDER BY rowid")  # noqa: S608
    for _ in readable_rows(rows, table, SEALED[table], convert, found.append):
        pass
    return [error.key for error in found]


def _step(archive: Archive, copies: Copies, aside: Aside, table: str, key: str, *, accept: bool) -> Step:
    where = f"{table}/{printable_key(key)}"
    connection = archive.database.connection
    expected = sealed_total(connection, table, key)
    for rows, origin in _candidates(archive, copies, table, key):
        if expected is not None and _sum(connection, table, rows) == expected:
            return Step(where, f"restored from {origin}", partial(_replace, archive, table, key, rows))
    if table == "capture_files":
        return Step(where, "measured anew when its file is looked at", partial(_replace, archive, table, key, []))
    if table in _WORK or accept:
        return Step(where, "taken as it stands, as far as it can be read", partial(_accept, archive, aside, table, key))
    if table == "articles" and (text := _text_from_file(archive, key)):
        how = (
            "its text restored from its Markdown file; other facts as they stand ('qqnews reextract' reads them again)"
        )
        return Step(where, how, partial(_replace, archive, table, key, [text]))
    return Step(where, "no copy gives back what was written; --accept takes the row as it stands")


def _candidates(archive: Archive, copies: Copies, table: str, key: str) -> Iterator[tuple[list[Row], str]]:
    """Rows that might be what was written, with where they come from."""
    connection = archive.database.connection
    now = _rows(connection, table, key)
    if copies.backup is not None:
        with suppress(sqlite3.Error):
            there = _rows(copies.backup, table, key)
            yield there, "the backup"
            yield from (([mixed], "the backup") for mixed in _mixtures(now, there))
    if table == "articles":
        for other, origin in (
            (_file_values(archive, now), "its Markdown file"),
            (_newest_text(connection, key), "its revision"),
            (_captured(archive, copies.read, now), "its raw capture"),
        ):
            yield from (([mixed], origin) for mixed in _mixtures(now, [other]))
    if table == "revisions" and (article := _rows(connection, "articles", key)):
        text = {name: article[0][name] for name in ("title", "summary", "body", "content_hash", "raw_ref")}
        for author in ({}, {"author": article[0]["author"]}):
            yield [*now[:-1], {**now[-1], **text, **author}] if now else [], "its article"
        for (other,) in connection.execute(_OF_NO_ARTICLE).fetchall():
            yield (
                [*now, *({**row, "article_id": key} for row in _rows(connection, "revisions", other))],
                "where it stood under a wrong id",
            )
    for place, row in enumerate(now if copies.flips else []):
        for other in one_bit_otherwise(row):
            yield [*now[:place], other, *now[place + 1 :]], "itself: one bit of it was flipped"


_OF_NO_ARTICLE: Final = """
    SELECT DISTINCT article_id FROM revisions WHERE article_id NOT IN (SELECT id FROM articles) LIMIT 100
"""


def _mixtures(now: list[Row], there: list[Row]) -> Iterator[Row]:
    """The row as it is with what the other copy says: all of it, or one value."""
    if len(now) == 1 and len(there) == 1 and there[0]:
        known = {name: value for name, value in there[0].items() if name in now[0]}
        yield {**now[0], **known}
        yield from ({**now[0], name: value} for name, value in known.items())


def _rows(connection: sqlite3.Connection, table: str, key: str) -> list[Row]:
    # Text that is no UTF-8 any more must be read too: it is what is to be replaced.
    with decoding(connection, "surrogateescape"):
        query = f'SELECT * FROM "{table}" WHERE CAST("{SEALED[table]}" AS TEXT) = CAST(? AS TEXT)'  # noqa: S608
        return [dict(row) for row in connection.execute(query, (as_stored(key),))]


def _sum(connection: sqlite3.Connection, table: str, rows: list[Row]) -> int:
    columns = columns_of_table(connection, table)
    return sum(seal_of(*(row.get(name) for name in columns)) for row in rows) & ((1 << 48) - 1)


def _replace(archive: Archive, table: str, key: str, rows: list[Row]) -> None:
    columns = columns_of_table(archive.database.connection, table)
    names, places = ", ".join(columns), ", ".join("?" * len(columns))
    chosen = f'"{table}" WHERE CAST("{SEALED[table]}" AS TEXT) = CAST(? AS TEXT)'
    with archive.transaction() as connection, unsealed(connection):
        connection.execute("PRAGMA defer_foreign_keys = ON")  # Its revisions wait for the article to come back.
        there = connection.execute(f"SELECT count(*) FROM {chosen}", (as_stored(key),)).fetchone()[0]  # noqa: S608
        values = [tuple(_readable(row.get(name)) for name in columns) for row in rows]
        if there == len(rows) == 1:
            # Written over: with a row that is deleted, others that belong to it would go.
            update = (
                f'UPDATE "{table}" SET ({names}) = ({places}) WHERE CAST("{SEALED[table]}" AS TEXT) = CAST(? AS TEXT)'  # noqa: S608
            )
            connection.execute(update, (*values[0], as_stored(key)))
        else:
            connection.execute(f"DELETE FROM {chosen}", (as_stored(key),))  # noqa: S608
            connection.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({places})', values)  # noqa: S608
        # A key whose bytes were no text any more is another one now.
        for each in {key, *(str(_readable(row[SEALED[table]])) for row in rows)}:
            reseal_key(connection, table, each)


def _accept(archive: Archive, aside: Aside, table: str, key: str) -> None:
    """Seal the rows as they are; bytes that are no text any more become U+FFFD, values that cannot be read plain ones,
    hashes those of what is read now. What nothing can be made of goes aside.
    """
    connection = archive.database.connection
    rows = _rows(connection, table, key)
    try:
        mended = _made_readable(archive, table, key, [_decoded(row) for row in rows])
        if mended == rows:
            with archive.transaction():
                reseal_key(connection, table, key)
            return
        _replace(archive, table, key, mended)
    except (ValueError, sqlite3.IntegrityError):
        put_rows_aside(archive, aside, table, key, rows)
        return
    for row in mended if table == "articles" else []:
        with archive.transaction():
            connection.execute(_NEWEST_HASH, (row["content_hash"], row["id"], row["revision"]))


def _made_readable(archive: Archive, table: str, key: str, rows: list[Row]) -> list[Row]:
    """Raises ``ValueError`` for rows of which nothing can be made."""
    connection = archive.database.connection
    if table == "articles":
        numbers = [row["revision"] for row in _rows(connection, "revisions", key)]
        newest = max((number for number in numbers if 1 <= number < MOST_REVISIONS), default=1)
        rows = [readable_article(row, newest, stamp(datetime.now(UTC))) for row in rows]
        return [{**row, "content_hash": _hash_of(row), "copy_of": _first_of(archive, row)} for row in rows]
    if table == "revisions" and (article := _rows(connection, "articles", key)):
        rows = [readable_revision(row, article[0]["first_seen"]) for row in rows]
        return [_with_hash(row, article[0]) for row in rows]
    if not all(is_readable(table, row) for row in rows):
        raise ValueError(key)
    return rows


def _first_of(archive: Archive, row: Row) -> str | None:
    """What the article is a copy of, if that is there and another one."""
    first = row["copy_of"]
    return first if first and first != row["id"] and archive.known([first]) else None


def put_rows_aside(archive: Archive, aside: Aside, table: str, key: str, rows: list[Row]) -> None:
    """Take rows out of the database, an article with all its revisions. Nothing points to them from then on."""
    connection = archive.database.connection
    with archive.transaction(), unsealed(connection):
        connection.execute("PRAGMA defer_foreign_keys = ON")
        if table == "articles":
            put_rows_aside(archive, aside, "revisions", key, _rows(connection, "revisions", key))
        for pointing, column, other, name in OPTIONAL:
            if other == table:
                chosen = f"{column} = CAST(? AS TEXT)"
                for row in rows:
                    value = as_stored(str(row[name]))
                    connection.execute(f"UPDATE {pointing} SET {column} = NULL WHERE {chosen}", (value,))  # noqa: S608
        for row in rows:
            aside.add_row(table, {name: _printable(value) for name, value in row.items()})
        chosen = f'"{table}" WHERE CAST("{SEALED[table]}" AS TEXT) = CAST(? AS TEXT)'
        connection.execute(f"DELETE FROM {chosen}", (as_stored(key),))  # noqa: S608
        reseal_key(connection, table, key)


def _printable(value: Any) -> Any:
    return printable_key(value) if isinstance(value, str) else value


_NEWEST_HASH: Final = "UPDATE revisions SET content_hash = ? WHERE article_id = ? AND revision = ?"


def _with_hash(row: Row, article: Row) -> Row:
    """A revision's row with the content hash of its text as it stands."""
    if row["changes"] == LOST_CHANGES:
        return row
    then = {**article, **{name: row[name] for name in ("title", "summary", "body", "content_hash")}}
    if row.get("author") is not None:  # Else only the article says who wrote it.
        then["author"] = row["author"]
    return {**row, "content_hash": _hash_of(then)}


def _hash_of(row: Row) -> str:
    """The content hash of an article's row; the one it has where the row gives back no article."""
    try:
        return content_hash(archived_from(row).article)
    except (ValueError, TypeError, LookupError):
        return str(row["content_hash"])


def _decoded(row: Row) -> Row:
    return {name: _readable(value) for name, value in row.items()}


def _readable(value: Any) -> Any:
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if isinstance(value, str) else value


def _file_values(archive: Archive, now: list[Row]) -> Row:
    """What the Markdown file says of an article; empty where it cannot be read."""
    try:
        path = archive.data / read_path(now[0]["markdown_path"])
        article = from_markdown(read_regular(path, LARGEST_MARKDOWN).decode()).to_article(str(now[0]["id"]))
    except (OSError, ValueError, NotOurMarkdown, IndexError):
        return {}
    values = {**dict(zip(("published_at",), facts_of(article)[4:5], strict=True))}
    return {name: values.get(name, getattr(article, name)) for name in _FROM_FILE}


def _captured(archive: Archive, read: Reader | None, now: list[Row]) -> Row:
    """What the article's raw capture says, read again; empty where it cannot be read."""
    if read is None or not now or not now[0]["raw_ref"]:
        return {}
    try:
        article = read(read_capture(archive.data, str(now[0]["raw_ref"])))
    except CaptureLost:
        return {}
    return dict(zip(FACTS, facts_of(article), strict=True)) if article and article.id == now[0]["id"] else {}


def _newest_text(connection: sqlite3.Connection, key: str) -> Row:
    revisions = _rows(connection, "revisions", key)
    newest = max(revisions, key=lambda row: row["revision"], default={})
    return {name: newest[name] for name in ("title", "summary", "body", "content_hash", "revision") if newest}


def _text_from_file(archive: Archive, key: str) -> Row | None:
    """The row with the text of its file, if that is the text of its hash."""
    now = _rows(archive.database.connection, "articles", key)
    values = _file_values(archive, now)
    if not values:
        return None
    row = {**now[0], **values}
    try:
        whole = content_hash(archived_from(row).article) == row["content_hash"]
    except (ValueError, TypeError, LookupError, UnicodeError):
        return None
    return row if whole else None
