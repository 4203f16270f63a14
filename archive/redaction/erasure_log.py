"""The log of erasures beside the database: a database that is restored from an old backup, or made anew, must not bring
back what was taken down.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from sqlite3 import Connection
from typing import Final

import orjson

from archive.database.row_readers import decoding
from archive.files.durable import sync_directory
from archive.files.io_errors import named_disk_failures
from archive.files.regular_files import read_regular

LOG: Final = "erasures.jsonl"
_LARGEST: Final = 256 * 2**20
"""Bytes of the log: a line has a few hundred."""
_COLUMNS: Final = ("id_hash", "content_hash", "reason", "begun_at", "finished_at", "removed")

Entry = dict[str, object]
"""An erasure as the log has it: id_hash, content_hash, reason, begun_at, finished_at, and removed, which counts."""


def write_erasure_log(connection: Connection, data: Path) -> Path:
    """Write the table of erasures to ``erasures.jsonl``, aside and renamed; its path."""
    with decoding(connection, "replace"):
        rows = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM erasures ORDER BY begun_at").fetchall()  # noqa: S608
    lines = [orjson.dumps(dict(row) | {"removed": _counts(row["removed"])}) for row in rows]
    path = data / LOG
    for left in data.glob(f".{LOG}.*"):
        left.unlink(missing_ok=True)
    aside = path.with_name(f".{LOG}.{secrets.token_hex(4)}")
    with named_disk_failures(path):
        try:
            with aside.open("xb") as file:
                file.write(b"".join(line + b"\n" for line in lines))
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
            sync_directory(data)
        finally:
            aside.unlink(missing_ok=True)
    return path


def _counts(text: str) -> object:
    """What was removed; nothing where that cannot be read: the erasure itself must be on record all the same."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}


def read_erasure_log(data: Path) -> Iterator[Entry]:
    """What the log says; a line that is damaged is passed over."""
    try:
        content = read_regular(data / LOG, _LARGEST)
    except FileNotFoundError:
        return
    for line in content.splitlines():
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(entry, dict) and set(_COLUMNS) <= set(entry):
            yield entry


def missing_erasures(connection: Connection, data: Path) -> list[Entry]:
    """The entries of the log that the database does not have."""
    entries = list(read_erasure_log(data))
    known = {row[0] for row in connection.execute("SELECT id_hash FROM erasures")} if entries else set()
    return [entry for entry in entries if entry["id_hash"] not in known]


def take_up_erasures(connection: Connection, entries: Iterable[Entry]) -> None:
    """Put entries of the log into the table. To be called in a transaction."""
    for entry in entries:
        values = [orjson.dumps(entry[name]).decode() if name == "removed" else entry[name] for name in _COLUMNS]
        connection.execute(_TAKE_UP, values)


_TAKE_UP: Final = """
    INSERT INTO erasures (id_hash, content_hash, reason, begun_at, finished_at, removed, pending)
    VALUES (?, ?, ?, ?, ?, ?, '[]') ON CONFLICT DO NOTHING
"""
