"""Finds articles that were taken down and are here again: with an old backup, or an old file of captures."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from sqlite3 import Connection
from typing import Final

from archive.article.ids import ids_of_address, names_in
from archive.captures.gzip_members import GzipMember, members
from archive.captures.references import capture_files
from archive.captures.warc import read_facts
from archive.database.row_readers import decoding, each_row
from archive.redaction.erasure_log import read_erasure_log
from archive.redaction.erasures import id_hash
from archive.store import Archive


def reappeared(archive: Archive, *, deep: bool = True) -> list[str]:
    """The ids of articles that were taken down and have a row. ``deep``: or that a row names, or that were captured."""
    connection = archive.database.connection
    erased = {row["id_hash"] for row in each_row(connection, "SELECT id_hash FROM erasures ORDER BY id_hash")}
    erased |= {str(entry["id_hash"]) for entry in read_erasure_log(archive.data)}
    found = chain(_ids(connection), _in_rows(connection) if deep else (), _in_captures(archive) if deep else ())
    if not erased:
        return []
    with decoding(connection, "replace"):
        return sorted({each for each in found if id_hash(each) in erased})


def _ids(connection: Connection) -> Iterator[str]:
    return (row[0] for row in connection.execute(_IDS))


def _in_rows(connection: Connection) -> Iterator[str]:
    """The articles that texts name."""
    for row in connection.execute(_TEXTS):
        yield from (each for text in row for name in names_in(text) for each in name.ids)


_IDS: Final = "SELECT id FROM articles UNION SELECT id FROM links UNION SELECT article_id FROM sightings"
_TEXTS: Final = """
    SELECT title, summary, body, provenance FROM articles UNION ALL SELECT title, summary, body, '' FROM revisions
"""


def _in_captures(archive: Archive) -> Iterator[str]:
    """The articles that were asked for, by what the crawler noted or by the address; and those of the same page."""
    for path in capture_files(archive.data):
        for found in members(path):
            if isinstance(found, GzipMember):
                for name in ("WARC-Target-URI", "WARC-Refers-To-Target-URI"):
                    yield from ids_of_address(found.record.headers.get(name) or "")
                if found.record.kind == "metadata" and (asked := read_facts(found.record.body).get("id")):
                    yield asked
