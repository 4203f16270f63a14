"""Checksums of all that is in the index, kept with every change, so that a changed byte is found wherever it is.

FTS5 keeps its index in parts of which each, with the settings that `archive.search.index` makes, is written once and
deleted whole. A part's blocks are summed up when it is new; the rows of entries each by itself, as they come and go.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

SUM_TABLES: Final = (
    # `mark` tells a part from another one that got its number later.
    "CREATE TABLE parts (part INTEGER PRIMARY KEY, mark BLOB NOT NULL, total BLOB NOT NULL) STRICT",
)
_SHIFT: Final = 37
"""Bits of a block's number below those of its part: so has FTS5 its blocks. Part 0 is what describes the others."""
_MASK: Final = (1 << 48) - 1


def row_sum(connection: sqlite3.Connection, number: int) -> int:
    """The checksum of an entry's rows."""
    return sum(map(_sum_of, connection.execute(f"{_ROWS} WHERE number = ?", (number,)))) & _MASK


def seal_parts(connection: sqlite3.Connection, added: int) -> None:
    """Sum up the parts that are new, forget those that are gone, and seal the state; at the end of a transaction.

    ``added``: by how much the sum of all entries grew.
    """
    # What FTS5 still holds in memory is written when a savepoint begins.
    connection.execute("SAVEPOINT written")
    connection.execute("RELEASE written")
    known = dict(connection.execute("SELECT part, mark FROM parts"))
    now = {part: _mark_of(connection, part) for part in _parts(connection)}
    for part in known.keys() - now.keys():
        connection.execute("DELETE FROM parts WHERE part = ?", (part,))
    for part, mark in now.items():
        if part == 0 or known.get(part) != mark:
            total = part_sum(connection, part)
            connection.execute("INSERT OR REPLACE INTO parts VALUES (?, ?, ?)", (part, mark, total))
    connection.execute("UPDATE state SET total = (total + ?) & ?", (added, _MASK))
    connection.execute("UPDATE state SET seal = ?", (state_sum(connection),))


def broken_sum(connection: sqlite3.Connection) -> str:
    """What in the index is not as it was written; "" where all is. To be called in a transaction.

    Reads the whole file. Raises ``sqlite3.Error``.
    """
    state = connection.execute("SELECT seal, total FROM state").fetchone()
    if state is None or state[0] != state_sum(connection):
        return "its state is not as it was written"
    sums = dict(connection.execute("SELECT part, total FROM parts"))
    there = set(_parts(connection))
    if there != sums.keys():
        return "parts of it are missing, or not of it"
    if any(part_sum(connection, part) != sums[part] for part in there):
        return "a part of it is not as it was written"
    if sum(map(_sum_of, connection.execute(_ROWS))) & _MASK != state[1] or _has_strange_rows(connection):
        return "entries of it are not as they were written"
    return ""


def state_sum(connection: sqlite3.Connection) -> int:
    """The checksum of what the index says of itself."""
    return _sum_of(connection.execute("SELECT made_by, archive, seen, total FROM state").fetchone())


def part_sum(connection: sqlite3.Connection, part: int) -> bytes:
    """The checksum of a part's blocks and of what leads to them."""
    digest = blake2b(digest_size=8)
    for number, block in connection.execute(_BLOCKS, _span(part)):
        digest.update(b"%d %d " % (number, len(block)) + block)
    query, values = (_WAYS, (part,)) if part else (_SETTINGS, ())
    for row in connection.execute(query, values):
        digest.update(repr(tuple(row)).encode())
    return digest.digest()


def _parts(connection: sqlite3.Connection) -> Iterator[int]:
    """The numbers of all parts, found without reading their blocks."""
    last = -1
    while row := connection.execute("SELECT id FROM words_data WHERE id > ? ORDER BY id LIMIT 1", (last,)).fetchone():
        part = row[0] >> _SHIFT
        yield part
        last = _span(part)[1]


def _mark_of(connection: sqlite3.Connection, part: int) -> bytes:
    """What is another one for any other part: the last block's number, and the first and the last block."""
    digest = blake2b(digest_size=8)
    for order in ("ASC", "DESC"):
        number, block = connection.execute(f"{_BLOCKS} {order} LIMIT 1", _span(part)).fetchone()
        digest.update(b"%d " % number + block)
    return digest.digest()


def _has_strange_rows(connection: sqlite3.Connection) -> bool:
    entries, lengths = connection.execute(_COUNTS).fetchone()
    return bool(entries != lengths)


def _span(part: int) -> tuple[int, int]:
    return part << _SHIFT, ((part + 1) << _SHIFT) - 1


def _sum_of(row: tuple[object, ...]) -> int:
    return int.from_bytes(blake2b(repr(tuple(row)).encode("utf-8", "surrogatepass"), digest_size=6).digest())


_ROWS: Final = "SELECT entries.*, sz FROM entries LEFT JOIN words_docsize ON id = number"
_COUNTS: Final = "SELECT (SELECT count(*) FROM entries), (SELECT count(*) FROM words_docsize)"
_BLOCKS: Final = "SELECT id, block FROM words_data WHERE id BETWEEN ? AND ? ORDER BY id"
_WAYS: Final = "SELECT term, pgno FROM words_idx WHERE segid = ? ORDER BY term"
_SETTINGS: Final = "SELECT k, v FROM words_config ORDER BY k"
