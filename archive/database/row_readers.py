"""Rows read one by one, whatever somebody else may have written into them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from sqlite3 import Connection, Row
from typing import Any, Final, TypeVar

from archive.article.model import plausible
from archive.errors import UnreadableRow

T = TypeVar("T")
Told = Callable[[UnreadableRow], object]
"""Told of a row that cannot be read and is passed over."""

ERRORS: Final = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
"""What reading a value fails with that is not of its kind."""


class Undecoded(Row):
    """A row in whose texts lone surrogates may stand for bytes that are not UTF-8."""


Values = tuple[object, ...] | Mapping[str, object]
"""Of the parameters of a query."""


def each_row(connection: Connection, query: str, values: Values = ()) -> Iterator[Row]:
    """The rows of a query, which must have an order; from the first on whose text is not UTF-8 they are `Undecoded`.

    Raises ``sqlite3.Error``.
    """
    done = 0
    try:
        for row in connection.execute(query, values):
            yield row
            done += 1
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
        # Few archives need it, and it is slow.
        yield from islice(_undecoded(connection, query, values), done, None)


def _undecoded(connection: Connection, query: str, values: Values) -> Iterator[Row]:
    cursor = connection.cursor()
    cursor.row_factory = Undecoded
    with decoding(connection, "surrogateescape"):
        cursor.execute(query, values)
    while True:
        # Who reads the rows may ask other questions between them.
        with decoding(connection, "surrogateescape"):
            row = cursor.fetchone()
        if row is None:
            return
        yield row


@contextmanager
def decoding(connection: Connection, errors: str) -> Iterator[None]:
    """Inside, bytes that are not UTF-8 are read as the error handler of that name has it: ``replace``, say."""
    usual = connection.text_factory
    connection.text_factory = lambda content: content.decode("utf-8", errors)
    try:
        yield
    finally:
        connection.text_factory = usual


def readable_rows(rows: Iterable[Row], table: str, key: str, convert: Callable[[Row], T], told: Told) -> Iterator[T]:
    """What ``convert`` makes of each row; ``told`` of every row of which it makes nothing. ``key`` names its column."""
    for row in rows:
        try:
            yield convert(row)
        except UnreadableRow as error:
            told(error)
        except ERRORS as error:
            told(UnreadableRow(table, str(row[key]), "text", str(error)))


Readers = Mapping[str, Callable[[Any], Any]]
"""Column → what reads its value, and raises one of `ERRORS` for what is none."""


def values_of(table: str, key: str, row: Row | Mapping[str, Any], readers: Readers) -> dict[str, Any]:
    """The values of a row by their columns, each read by its reader if it has one; ``key``: the column that names it.

    Raises ``UnreadableRow``.
    """
    values = dict(row)
    name = str(row[key])
    if type(row) is Undecoded:
        check_values(table, name, values, dict.fromkeys(values, utf8_text))
    return values | check_values(table, name, values, readers)


def check_values(table: str, name: str, values: Mapping[str, Any], readers: Readers) -> dict[str, Any]:
    """What the readers make of these values. Raises ``UnreadableRow``, by the table and the name of the row."""
    found = {}
    for column, read in readers.items():
        try:
            found[column] = read(values[column])
        except ERRORS as error:
            raise UnreadableRow(table, name, column, str(error)) from error
    return found


def has_a_day(column: str) -> str:
    """The condition that a column of a query holds a time whose day can be told."""
    return f"({column} >= '1' AND date({column}) = substr({column}, 1, 10))"


def read_moment(text: str) -> datetime:
    """A time as we write it: ISO 8601 with an offset, of an age in which anything of ours can have happened.

    Raises ``ValueError``, ``TypeError``.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or plausible(moment) is None:
        raise ValueError(f"{text!r} is no time at which anything happened")
    return moment


def read_moment_or_none(text: str | None) -> datetime | None:
    """The same, and None for None."""
    return None if text is None else read_moment(text)


def moment_text(text: str) -> str:
    """The text of a time, as it stands. Raises as `read_moment`."""
    read_moment(text)
    return text


def moment_text_or_none(text: str | None) -> str | None:
    """The same, and None for None."""
    return None if text is None else moment_text(text)


def at_least(least: int) -> Callable[[int], int]:
    """What reads a number that is no smaller, and one that can be counted with. It raises ``ValueError``."""

    def read(number: int) -> int:
        if not least <= number < 1 << 53:
            raise ValueError(f"{number} is not a number from {least} on")
        return number

    return read


def utf8_text(value: Any) -> Any:
    """The value. Raises ``ValueError`` for a text in which surrogates stand for bytes that are not UTF-8."""
    try:
        if isinstance(value, str):
            value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("not UTF-8") from error
    return value
