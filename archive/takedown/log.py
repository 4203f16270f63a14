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

from archive.failures import named_disk_failures
from archive.store import Archive
from archive.tree import sync_directory

LOG: Final = "erasures.jsonl"
_COLUMNS: Final = ("id_hash", "content_hash", "reason", "begun_at", "finished_at", "removed")


def write_erasure_log(archive: Archive) -> Path:
    """Write the table of erasures to ``erasures.jsonl``, aside and renamed; its path."""
    rows = archive.database.connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM erasures ORDER BY begun_at")  # noqa: S608
    lines = [orjson.dumps(dict(row) | {"removed": orjson.loads(row["removed"])}) for row in rows]
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


def take_up_log(archive: Archive) -> None:
    """Bring the log's entries back into the table."""
    with archive.transaction() as connection:
        for entry in read_erasure_log(archive.data):
            values = [orjson.dumps(entry[name]).decode() if name == "removed" else entry[name] for name in _COLUMNS]
            connection.execute(_TAKE_UP, values)


_TAKE_UP: Final = """
    INSERT INTO erasures (id_hash, content_hash, reason, begun_at, finished_at, removed, pending)
    VALUES (?, ?, ?, ?, ?, ?, '[]') ON CONFLICT DO NOTHING
"""
