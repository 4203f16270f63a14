"""Increments: what is new, changed and gone since an export, and the whole again. Pure, over sorted rows."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from archive.export.read.schema import DELETED, Row, Table
from archive.redaction.erasures import id_hash


class Base(Protocol):
    """An export, or a chain of an export and its increments, that can be read row by row."""

    def rows(self, table: Table) -> Iterator[Row]:
        """All rows of a table in their order."""


def order_of(table: Table) -> Callable[[Row], tuple[str | int, ...]]:
    """The key by which the rows of a table are sorted; null comes first."""
    places = table.places(table.order)

    def key(row: Row) -> tuple[str | int, ...]:
        values = (row[place] for place in places)
        return tuple(value if isinstance(value, (str, int)) else "" for value in values)

    return key


class Changes:
    """What differs between two states of a table: rows as they pass, deletions afterwards."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._places = table.places(table.identity)
        self._gone: set[Row] = set()
        self._written: set[Row] = set()

    def of(self, before: Iterable[Row], now: Iterable[Row]) -> Iterator[Row]:
        """Rows of ``now`` that ``before`` has not, or has otherwise."""
        key = order_of(self._table)
        earlier = iter(before)
        old = next(earlier, None)
        for row in now:
            while old is not None and key(old) < key(row):
                self._gone.add(self._identity(old))
                old = next(earlier, None)
            if old is None or key(old) != key(row):
                yield self._noted(row)
                continue
            if old != row:
                yield self._noted(row)
            old = next(earlier, None)
        while old is not None:
            self._gone.add(self._identity(old))
            old = next(earlier, None)

    def deletions(self, erased: frozenset[str]) -> Iterator[Row]:
        """Rows of the table ``deleted``, in no order. ``erased``: hashes of the ids that were taken down."""
        # A row that only moved in the order is no deletion: it was written, too.
        return removals(self._table.name, self._gone - self._written, erased)

    def _noted(self, row: Row) -> Row:
        self._written.add(self._identity(row))
        return row

    def _identity(self, row: Row) -> Row:
        return tuple(row[place] for place in self._places)


def removals(table: str, gone: Iterable[Row], erased: frozenset[str]) -> Iterator[Row]:
    """Rows of ``deleted`` for rows of these identities. What was taken down is named by the hash of its id alone."""
    takedowns: set[str] = set()
    for article_id, *part in gone:
        hashed = id_hash(str(article_id))
        if hashed in erased:
            takedowns.add(hashed)
        else:
            yield table, article_id, part[0] if part else None, "left", None
    for hashed in takedowns:
        yield table, None, None, "taken_down", hashed


def in_order(deletions: Iterable[Row]) -> list[Row]:
    """Rows of ``deleted`` as they stand in a file."""
    places = DELETED.places(DELETED.order)
    return sorted(deletions, key=lambda row: [str(row[place] or "").zfill(9) for place in places])


class Merged:
    """A base and one increment after it, read as one."""

    def __init__(self, base: Base, increment: Base) -> None:
        self._base = base
        self._increment = increment

    def rows(self, table: Table) -> Iterator[Row]:
        """All rows of the table in their order. Holds the identities of what changed in memory."""
        identity = table.places(table.identity)
        changed = {tuple(row[place] for place in identity) for row in self._increment.rows(table)}
        erased: set[str] = set()
        for name, article_id, part, _, hashed in self._increment.rows(DELETED):
            if name == table.name and hashed:
                erased.add(str(hashed))
            elif name == table.name:
                changed.add((article_id,) if len(identity) == 1 else (article_id, part))

        def stays(row: Row) -> bool:
            mark = tuple(row[place] for place in identity)
            return mark not in changed and not (erased and id_hash(str(mark[0])) in erased)

        return heapq.merge(filter(stays, self._base.rows(table)), self._increment.rows(table), key=order_of(table))
