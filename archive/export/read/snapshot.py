"""One moment of the archive, read in one transaction while others may go on writing."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from itertools import count, islice

import orjson

from archive.article.model import pictures_in
from archive.database.article_rows import OF_PROVENANCE, OF_REVISION, OF_SUSPECTS
from archive.database.row_readers import Readers, Told, check_values
from archive.errors import UnreadableRow
from archive.export.errors import BadValue
from archive.export.read.schema import Row, Table, Type, Value
from archive.export.read.sql import (
    ALL_CAPTURES,
    ANY_CLUSTER,
    BODIES,
    CAPTURES,
    CHOSEN,
    CHOSEN_ARTICLES,
    CLUSTER,
    CLUSTERS,
    COPY,
    COUNT_MARK,
    COUNTED,
    COUNTS,
    FROM,
    GROUPS,
    MEMBERS,
    MIGRATION,
    NEAR_VERSION,
    OF_ARTICLES,
    OF_REVISIONS,
    OPEN_GAPS,
    POLLED,
    PROVENANCE,
    SHOWN,
    STATE,
    SUSPECTS,
)
from archive.export.request import ExportRequest, chosen
from archive.files.io_errors import named_sqlite_failures
from archive.media.picture_copies import COPY as COPY_PATH
from archive.media.picture_copies import https
from archive.store import Archive


class Snapshot:
    """The archive as it was when the first question was asked. Rows are read one by one."""

    def __init__(self, connection: sqlite3.Connection, told: Told) -> None:
        """``told`` of every row that cannot be read, and is left out."""
        self._connection = connection
        self._told = told
        self._mended = set[bytes]()
        self.left_out: Counter[str] = Counter()
        """By table, how many rows cannot be read; of pictures, how many are there without their copy."""

    @property
    def mended(self) -> int:
        """How many different texts had bytes that are not UTF-8, or NUL: these became U+FFFD."""
        return len(self._mended)

    def ask(self, query: str, values: Iterable[object] = ()) -> Iterator[Row]:
        """The rows that a query gives, as plain tuples, in an order that the query states if it matters."""
        asked = tuple(values)
        done = 0
        try:
            for done, row in enumerate(self._execute(query, asked), 1):  # noqa: B007
                yield row
        except sqlite3.OperationalError as error:
            if "decode" not in str(error):
                raise
            # Few archives need it, and it is slow: only from now on texts are read by `_replaced`.
            self._connection.text_factory = self._replaced
            yield from islice(self._execute(query, asked), done, None)

    def _execute(self, query: str, values: tuple[object, ...]) -> Iterator[Row]:
        cursor = self._connection.cursor()
        cursor.row_factory = None
        return cursor.execute(query, values)

    def _replaced(self, raw: bytes) -> str:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self._mended.add(sha256(raw).digest())
            return raw.decode(errors="replace")

    def choose(self, wish: ExportRequest) -> int:
        """Note which articles are wanted, in their order; how many there are, those included that cannot be read."""
        query, values = chosen(wish)
        self._connection.execute(CHOSEN)
        self._connection.execute(f"INSERT INTO temp.chosen (id) SELECT id FROM ({query})", values)  # noqa: S608
        wanted = self.wanted()
        self._drop_unreadable(SUSPECTS, OF_SUSPECTS)
        return wanted

    def drop_without_provenance(self) -> None:
        """Choose articles no longer of which it cannot be read where each field was found."""
        self._drop_unreadable(PROVENANCE, OF_PROVENANCE)

    def _drop_unreadable(self, query: str, readers: Readers) -> None:
        unreadable = list[int]()
        for number, *values in self.ask(query):
            try:
                check_values("articles", str(values[0]), dict(zip(readers, values, strict=True)), readers)
            except UnreadableRow as error:
                self.leave_out(error)
                unreadable.append(int(str(number)))
        self.drop(unreadable)

    def leave_out(self, error: UnreadableRow) -> None:
        """Count and name a row that cannot be read."""
        self.left_out[error.table] += 1
        self._told(error)

    def wanted(self) -> int:
        """How many articles are chosen."""
        return int(self._connection.execute("SELECT count(*) FROM temp.chosen").fetchone()[0])

    def drop(self, numbers: Iterable[int]) -> None:
        """Choose these, by their numbers in the order, no longer."""
        self._connection.executemany("DELETE FROM temp.chosen WHERE n = ?", ((n,) for n in numbers))

    def put_into_splits(self, splits: Iterable[tuple[str, int]]) -> None:
        """Note the split of each chosen article: (name, number)."""
        self._connection.executemany("UPDATE temp.chosen SET split = ? WHERE n = ?", splits)

    def has_table(self, name: str) -> bool:
        """Whether the archive has a table of that name."""
        return (
            next(self.ask("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (name,)), None) is not None
        )

    def state(self) -> str:
        """The state of the archive: the same where all that matters to exports is the same.

        It is made from the seals of the rows, which the archive keeps whenever it writes.
        """
        digest = sha256(orjson.dumps([*self.ask(STATE), self.polled(())]))
        if self.has_table(CLUSTERS):
            for row in self.ask("SELECT article_id, cluster FROM article_clusters ORDER BY article_id"):
                digest.update(orjson.dumps(row))
        return f"sha256:{digest.hexdigest()}"

    def versions(self) -> dict[str, str]:
        """Of what the rows were made by: the archive's newest migration, and the rules of near duplicates, if used."""
        found = {"archive": str(next(self.ask(MIGRATION))[0])}
        near = next(self.ask(NEAR_VERSION))[0] if self.clusters_known() else None
        return found if near is None else {**found, "near duplicates": str(near)}

    def polled(self, sources: Sequence[str]) -> tuple[str | None, int]:
        """Since when it is known whether polls reach each other (ISO 8601 in UTC), and of how many of these sources
        (none: of all)."""
        since, number = next(self.ask(POLLED, (orjson.dumps(sources).decode(),) * 2))
        return (None if since is None else str(since)), int(str(number))

    def open_gaps(self, sources: Sequence[str], since: str | None, until: str | None) -> Iterator[Row]:
        """Source, begin, end and most missing articles of each open gap, of these sources (none: all) and that time."""
        named = orjson.dumps(sources).decode()
        return self.ask(OPEN_GAPS, (named, named, since, since, until, until))

    def takedowns(self) -> list[str]:
        """Hashes of the ids of articles that were taken down, sorted."""
        return [str(row[0]) for row in self.ask("SELECT id_hash FROM erasures ORDER BY id_hash")]

    def rows(self, table: Table) -> Iterator[Row]:
        """The rows of a table that belong to the chosen articles, in the table's order. Raises `BadValue`."""
        if table.name == "pictures":
            return self._pictures()
        made = {"articles": {**OF_ARTICLES, "cluster": self._cluster()}, "revisions": OF_REVISIONS}[table.name]
        values = ", ".join(made.get(name, f't."{name}"') for name in table.names)
        rows = self.ask(f"SELECT {values} {FROM[table.name]}")
        return self._without_nul(table, _with_lists(table, self._readable(table, rows)))

    def _readable(self, table: Table, rows: Iterator[Row]) -> Iterator[Row]:
        """Those that can be read; of articles, the others were never chosen."""
        if table.name == "articles":
            yield from rows
            return
        for row in rows:
            try:
                check_values(table.name, str(row[0]), dict(zip(table.names, row, strict=True)), OF_REVISION)
            except UnreadableRow as error:
                self.leave_out(error)
            else:
                yield row

    def _without_nul(self, table: Table, rows: Iterable[Row]) -> Iterator[Row]:
        """Any program that does not mind NUL may have written into the archive."""
        texts = [place for place, column in enumerate(table.columns) if column.type in (Type.STRING, Type.LIST)]
        for row in rows:
            for place in texts:
                if _has_nul(value := row[place]):
                    self._mended.add(sha256(repr(value).encode()).digest())
                    row = (*row[:place], _freed_of_nul(value), *row[place + 1 :])
            yield row

    def bodies(self) -> Iterator[tuple[int, str]]:
        """Number and body of each chosen article, in order."""
        return ((int(str(number)), str(body)) for number, body in self.ask(BODIES))

    def members(self) -> Iterator[Row]:
        """Number, id, time of publishing, content hash and cluster of each chosen article, and whether no other
        article ever had its content; in order."""
        return self.ask(MEMBERS.format(cluster=self._cluster()))

    def captures(self, *, revisions: bool) -> Iterator[str]:
        """References to the raw captures of the chosen articles; of all their revisions, if that is wanted."""
        return (str(ref) for (ref,) in self.ask(ALL_CAPTURES if revisions else CAPTURES))

    def frequent(self, marks: Iterable[int], least: int) -> Iterator[int]:
        """Those of ``marks`` that come at least so often; they are counted on the disk if need be."""
        self._connection.execute("CREATE TEMP TABLE marks (mark INTEGER PRIMARY KEY, times INTEGER NOT NULL)")
        self._connection.executemany(COUNT_MARK, ((mark,) for mark in marks))
        return (int(str(mark)) for (mark,) in self.ask("SELECT mark FROM temp.marks WHERE times >= ?", (least,)))

    def groups(self) -> tuple[dict[str, dict[str, int]], str | None]:
        """How many chosen articles there are by month, channel, kind, status and split; when any was seen last."""
        found: dict[str, Counter[str]] = {name: Counter() for name in GROUPS}
        newest = ""
        for *values, number, seen in self.ask(COUNTED):
            newest = max(newest, str(seen))
            for name, value in zip(GROUPS, values, strict=True):
                found[name][str(value)] += int(str(number))
        return {name: dict(sorted(counts.items())) for name, counts in found.items()}, newest or None

    def counts(self, name: str) -> Iterator[Row]:
        """Rows of one of the counts in ``COUNTS``."""
        return self.ask(COUNTS[name])

    def as_of(self) -> str | None:
        """When the newest look at any of the chosen articles was, ISO 8601 in UTC."""
        found = next(self.ask(f"SELECT max(t.last_seen) {CHOSEN_ARTICLES}"))[0]
        return None if found is None else str(found)

    def clusters_known(self) -> bool:
        """Whether near duplicates were looked for."""
        return self.has_table(CLUSTERS) and next(self.ask(ANY_CLUSTER), None) is not None

    def _cluster(self) -> str:
        return CLUSTER if self.has_table(CLUSTERS) else "NULL"

    def _pictures(self) -> Iterator[Row]:
        for article_id, body, thumbnail, split in self.ask(SHOWN):
            addresses = [*pictures_in(str(body)), *([str(thumbnail)] if thumbnail else [])]
            for position, url in zip(count(1), dict.fromkeys(map(https, addresses)), strict=False):
                yield (article_id, position, url, *self._copy(url), *([split] if split else []))

    def _copy(self, url: str) -> Row:
        found = next(self.ask(COPY, (url,)), None)
        if found is None:
            return (None, None, None, None)
        digest, path, size, mime = found
        if not COPY_PATH.fullmatch(str(path)):
            self.leave_out(UnreadableRow("pictures", url, "path", f"{path!r} is no path of a copy"))
            return (None, None, None, None)
        return (digest, str(path).replace("media/", "pictures/", 1), size, mime or None)


def _has_nul(value: Value) -> bool:
    return "\0" in value if isinstance(value, str) else isinstance(value, list) and "\0" in "".join(value)


def _freed_of_nul(value: Value) -> Value:
    if isinstance(value, list):
        return [each.replace("\0", "\ufffd") for each in value]
    return str(value).replace("\0", "\ufffd")


def _with_lists(table: Table, rows: Iterable[Row]) -> Iterator[Row]:
    places = [place for place, column in enumerate(table.columns) if column.type is Type.LIST]
    for row in rows:
        for place in places:
            row = (*row[:place], _list_of(table, row, place), *row[place + 1 :])
        yield row


def _list_of(table: Table, row: Row, place: int) -> Value:
    text = row[place]
    if text == "[]":
        return []
    try:
        found = orjson.loads(str(text))
    except ValueError as error:
        raise BadValue(table.name, str(row[0]), table.names[place], str(error)) from error
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise BadValue(table.name, str(row[0]), table.names[place], "not a list of strings")
    return found


@contextmanager
def snapshot_of(archive: Archive) -> Iterator[Snapshot]:
    """A snapshot, for as long as the context lasts. Writers do not wait for it, nor it for them."""
    connection = archive.database.connection
    usual = connection.text_factory
    with named_sqlite_failures(archive.database.path):
        connection.execute("BEGIN")
        try:
            yield Snapshot(connection, archive.pass_over)
        finally:
            connection.text_factory = usual
            connection.execute("ROLLBACK")
