"""Which bodies were captured before, so that the next capture of the same bytes only refers to the first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from archive.article.timestamps import stamp
from archive.database.connection import Database

LEAST: Final = 512
"""Bytes: a shorter body is stored again, a reference would not be smaller."""


@dataclass(frozen=True, slots=True)
class Payload:
    """A body, by its SHA-256 in hex, and the capture that holds it."""

    sha256: str
    raw_ref: str
    url: str
    fetched_at: datetime


def first_capture(database: Database, sha256: str) -> str | None:
    """The reference of the capture that holds this body; None: it is new."""
    row = database.connection.execute(_FIND, (sha256,)).fetchone()
    return str(row[0]) if row else None


def note_payloads(database: Database, payloads: Iterable[Payload]) -> None:
    """Remember these bodies, each by the capture that is named last: an earlier one may have been lost.

    To be called in a transaction, after the captures were synced.
    """
    rows = [(each.sha256, each.raw_ref, each.url, stamp(each.fetched_at)) for each in payloads]
    database.connection.executemany(_ADD, rows)


_FIND: Final = "SELECT raw_ref FROM payloads WHERE sha256 = ?"
_ADD: Final = "INSERT OR REPLACE INTO payloads VALUES (?, ?, ?, ?)"
