"""The log of erasures beside the database: a database that is restored from an old backup must not bring back
what was taken down since.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson

from archive.erasures import id_hash
from archive.failures import named_disk_failures
from archive.reading import decoding
from archive.store import SAFE_ID, Archive
from archive.tree import sync_directory

LOG: Final = "erasures.jsonl"
_COLUMNS: Final = ("id_hash", "content_hash", "reason", "begun_at", "finished_at", "removed")


def write_erasure_log(archive: Archive) -> Path:
    """Write the table of erasures to ``erasures.jsonl``, aside and renamed; its path."""
    connection = archive.database.connection
    with decoding(connection, "replace"):
        rows = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM erasures ORDER BY begun_at").fetchall()  # noqa: S608
    lines = [orjson.dumps(dict(row) | {"removed": _counts(row["removed"])}) for row in rows]
    path = archive.data / LOG
    for left in archive.data.glob(f".{LOG}.*"):
        left.unlink(missing_ok=True)
    aside = path.with_name(f".{LOG}.{secrets.token_hex(4)}")
    with named_disk_failures(path):
        try:
            with aside.open("xb") as file:
                file.write(b"".join(line + b"\n" for line in lines))
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
            sync_directory(archive.data)
        finally:
            aside.unlink(missing_ok=True)
    return path


def _counts(text: str) -> object:
    """What was removed; nothing where that cannot be read: that an article was taken down counts more."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}


def read_erasure_log(data: Path) -> Iterator[dict[str, object]]:
    """What the log says; a line that is damaged is passed over."""
    path = data / LOG
    for line in path.read_bytes().splitlines() if path.exists() else []:
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(entry, dict) and set(_COLUMNS) <= set(entry):
            yield entry


def take_up_log(archive: Archive) -> list[str]:
    """Bring the log's entries back into the table; ids of articles that are there although they were taken down."""
    with archive.transaction() as connection:
        for entry in read_erasure_log(archive.data):
            values = [orjson.dumps(entry[name]).decode() if name == "removed" else entry[name] for name in _COLUMNS]
            connection.execute(_TAKE_UP, values)
        with decoding(connection, "surrogateescape"):
            erased = {row[0] for row in connection.execute("SELECT id_hash FROM erasures")}
            ids = [row[0] for row in connection.execute("SELECT id FROM articles")] if erased else []
    return [each for each in ids if SAFE_ID.fullmatch(each) and id_hash(each) in erased]


_TAKE_UP: Final = """
    INSERT INTO erasures (id_hash, content_hash, reason, begun_at, finished_at, removed, pending)
    VALUES (?, ?, ?, ?, ?, ?, '[]') ON CONFLICT DO NOTHING
"""
