"""What is wrong with an index: against its own checksums, and against the archive whose articles it holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

from archive.database.schema import archive_identity
from archive.search.checksums import broken_sum, state_sum
from archive.search.index import NAME, connected, made_by, schema
from archive.store import Archive

Row = tuple[Any, ...]


def fault_of_file(archive: Archive) -> str:
    """What is wrong with the index's file; "" for a sound one, none, or one of an earlier version. It is only read."""
    path = archive.data / NAME
    if not path.is_file():
        return "no regular file lies there" if path.is_symlink() or path.exists() else ""
    with closing(connected(path)) as connection:
        connection.execute("PRAGMA query_only = ON")
        try:
            return "" if _is_of_other_rules(connection) else fault_of(archive, connection)
        except UnicodeDecodeError:
            return "its schema is damaged"
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                return str(error)
            raise


def fault_of(archive: Archive, connection: sqlite3.Connection) -> str:
    """What is wrong with an index; "" where nothing is. Reads all of it. Raises ``sqlite3.Error``."""
    connection.execute("BEGIN")  # One state of it, whoever writes meanwhile; the archive may be ahead of it.
    try:
        found = frozenset(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
        if found != schema():
            return "its tables are not those of an index"
        (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if said != "ok":
            return " ".join(str(said).split())
        return broken_sum(connection) or _misfit(archive, connection)
    except UnicodeDecodeError:  # What SQLite says of a damaged schema quotes it, bytes that are no text too.
        return "its schema is damaged"
    finally:
        if connection.in_transaction:  # SQLite itself gives up where it can read nothing.
            connection.execute("ROLLBACK")


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether SQLite says that the file is damaged, or none of ours."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    # A table that is missing or has other columns is SQLITE_ERROR.
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


def _is_of_other_rules(connection: sqlite3.Connection) -> bool:
    """Whether an earlier version made it: it is made anew when it is wanted, and nothing is wrong with it."""
    columns = {row[0] for row in connection.execute("SELECT name FROM pragma_table_info('state')")}
    if columns == {"one", "made_by", "seen"}:
        return True
    row = connection.execute("SELECT made_by, seal FROM state").fetchone() if "seal" in columns else None
    return row is not None and row[0] != made_by() and row[1] == state_sum(connection)


def _misfit(archive: Archive, connection: sqlite3.Connection) -> str:
    """In what the index differs from the archive, as far as it has seen its changes."""
    of, seen = connection.execute("SELECT archive, seen FROM state").fetchone()
    if of not in ("", archive_identity(archive.database.connection)):
        return "it is the index of another archive"
    there = archive.database.connection.cursor()
    there.row_factory = None
    entries = connection.execute(_ENTRIES)
    for article, entry in _side_by_side(there.execute(_ARTICLES), entries):
        if article is not None and (article[1] > seen or article[2] == b"taken_down"):
            continue  # It changed since, or is on its way out.
        if article is None or entry is None or article[3:] != entry[1:]:
            return "its entries are not those of the archive's articles"
    return ""


def _side_by_side(left: Iterator[Row], right: Iterator[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """The rows of two queries that are sorted by their first column, those with the same value together."""
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            yield one, None
            one = next(left, None)
        elif one is None or other[0] < one[0]:
            yield None, other
            other = next(right, None)
        else:
            yield one, other
            one, other = next(left, None), next(right, None)


_COMPARED: Final = ("published_at", "channel", "kind", "media", "media_id", "author", "keywords", "revision")
# As bytes: what is no text any more is for `verify` to name.
_VALUES: Final = ", ".join(f"CAST({name} AS BLOB)" for name in _COMPARED)
_ARTICLES: Final = f"""
    SELECT CAST(id AS BLOB), seq, CAST(status AS BLOB), {_VALUES}
    FROM articles JOIN article_changes ON article_id = id ORDER BY id
"""  # noqa: S608
_ENTRIES: Final = f"SELECT CAST(article_id AS BLOB), {_VALUES} FROM entries ORDER BY article_id"  # noqa: S608
