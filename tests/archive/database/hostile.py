"""Rows as only somebody else can write them: past our checks, with values that no column of ours ever holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.archive.database.schemas.make import rows as sound_rows
from tests.archive.samples import an_article

_BYTES: Final = "CAST(x'41ff42' AS TEXT)"
_HALF: Final = "CAST(x'41eda08042' AS TEXT)"
"""A lone surrogate."""
_NUL: Final = "CAST(x'410042' AS TEXT)"

ARTICLES: Final[dict[str, tuple[str, ...]]] = {
    "id": ("''", "'a/b'", "'../../outside'", "'two' || char(10) || 'lines'", _BYTES, _HALF, _NUL, f"'{'x' * 200}'"),
    "url": ("''", "'javascript:alert(1)'", _BYTES),
    "title": ("''", _BYTES, _HALF, _NUL),
    "summary": (_BYTES, _NUL),
    "body": ("''", _BYTES, _HALF, _NUL, "CAST(x'e4b8' AS TEXT)"),
    "published_at": (
        "'0001-01-01T00:00:00+08:00'",
        "'9999-12-31T23:59:59+08:00'",
        "'0000-00-00T00:00:00+08:00'",
        "'-2025-02-12T21:13:09+08:00'",
        "'2025-02-12T21:13:09'",
        "'2025-02-12T21:13:09-99:00'",
        "'yesterday'",
        "''",
        _BYTES,
    ),
    "published_raw": (_BYTES, _NUL),
    "author": (_BYTES, _NUL),
    "media": (_BYTES,),
    "media_id": (_BYTES,),
    "channel": (_BYTES, "''"),
    "keywords": ("'{broken'", "'{}'", "'[1, null]'", "'null'", "''", "'[\"\\ud800\"]'", _BYTES),
    "thumbnail": (_BYTES, "'javascript:alert(1)'"),
    "kind": ("'no such kind'", "''", _BYTES),
    "location": (_BYTES,),
    "comment_id": (_BYTES,),
    "layout": (_BYTES, "'no such layout'"),
    "content_hash": ("''", "'v1:short'", "'v9:' || hex(zeroblob(32))", _BYTES),
    "revision": ("0", "-1", "9223372036854775807", "-9223372036854775808"),
    "copy_of": ("id", "'nobody'", "''", _BYTES),
    "status": ("'frozen'", "''", _BYTES),
    "first_seen": ("'0001-01-01T00:00:00+00:00'", "'yesterday'", "''", _BYTES),
    "last_seen": ("'9999-12-31T23:59:59+00:00'", "'2025-02-13'", _BYTES),
    "next_check": ("'never'", "''", "'0001-01-01T00:00:00+00:00'", _BYTES),
    "missing_since": ("'never'", _BYTES),
    "gone_at": ("'never'", "'9999-12-31T23:59:59+00:00'", _BYTES),
    "raw_ref": ("'nonsense'", "''", "'../../outside.warc.gz:0:00'", "'a.warc.gz:-5:00'", _BYTES),
    "doubt": ("'no such doubt'", _BYTES),
    "source_account": (_BYTES, _NUL),
    "source_url": (_BYTES, "'javascript:alert(1)'"),
    "published_precision": ("'century'", _BYTES),
    "animations": ("'{broken'", "'[]'", "'{\"a\": 1}'", _BYTES),
    "markdown_path": (
        "'../outside.md'",
        "'/tmp/outside.md'",
        "'articles/../../outside.md'",
        "'articles/.aside/x.md'",
        "''",
        _BYTES,
        _NUL,
    ),
    "provenance": ("'broken'", "'[]'", '\'{"title": "x"}\'', "'{\"title\": [1, 2]}'", "'null'", _BYTES),
}
"""Column → SQL of values, each for an article that is sound otherwise."""

REVISIONS: Final[dict[str, tuple[str, ...]]] = {
    "revision": ("0", "-5", "9223372036854775807"),
    "seen_at": ("'0001-01-01T00:00:00+00:00'", "'yesterday'", "''", _BYTES),
    "content_hash": ("''", _BYTES),
    "title": (_BYTES, _HALF),
    "summary": (_BYTES,),
    "body": (_BYTES, _NUL),
    "raw_ref": ("'nonsense'", _BYTES),
    "kind": ("'polished'", "''", _BYTES),
    "changes": ("'{broken'", "'[1]'", "'null'", _BYTES),
    "author": (_BYTES,),
    "article_id": ("'nobody'", "'a/b'", _BYTES),
}
"""The same for the second revision of an article that is sound."""

OTHERS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "sightings": {
        "article_id": ("''", _BYTES),
        "source": ("''", _BYTES),
        "rank": ("9223372036854775807", "-1"),
        "seen_at": ("'9999-12-31T23:59:59+00:00'", "'yesterday'", _BYTES),
    },
    "links": {
        "id": ("''", "'a/b'", _BYTES),
        "url": ("'nonsense'", "''", _BYTES),
        "source": (_BYTES,),
        "listed_at": ("'yesterday'", _BYTES),
        "rank": ("9223372036854775807",),
        "state": ("'polished'", _BYTES),
        "attempts": ("-5", "9223372036854775807"),
        "lease_until": ("1e308", "-1e308", "9e999"),
        "not_before": ("1e308", "9e999"),
        "last_error": (_BYTES, _NUL),
    },
    "hosts": {
        "host": ("''", _BYTES),
        "next_at": ("1e308", "9e999", "-1e308"),
        "backoff_until": ("1e308", "9e999", "1e14"),
        "strikes": ("9223372036854775807", "-5"),
    },
    "media": {
        "sha256": ("''", "'short'", _BYTES),
        "url": (_BYTES,),
        "path": ("'../outside.png'", "'/etc/passwd'", "''", _BYTES, _NUL),
        "bytes": ("-1", "9223372036854775807"),
        "mime": ("'no/such'", _BYTES),
    },
    "pictures": {
        "url": ("''", _BYTES),
        "sha256": ("'nobody'", _BYTES),
        "article_id": ("'nobody'", _BYTES),
        "tries": ("-5", "9223372036854775807"),
        "tried_at": ("'yesterday'", _BYTES),
        "last_error": (_BYTES,),
    },
    "payloads": {
        "sha256": ("'short'", _BYTES),
        "raw_ref": ("'nonsense'", "'../outside.warc.gz:0:00'", _BYTES),
        "url": (_BYTES,),
        "fetched_at": ("'yesterday'", _BYTES),
    },
    "runs": {
        "job": ("''", _BYTES),
        "due_at": ("'yesterday'", "'0001-01-01T00:00:00+00:00'", _BYTES),
        "started_at": ("'yesterday'", "'9999-12-31T23:59:59+00:00'", "''", _BYTES),
        "ended_at": ("'yesterday'", "'9999-12-31T23:59:59+00:00'", _BYTES),
        "verdict": ("'polished'", _BYTES),
        "exit_code": ("999", "-9223372036854775808"),
        "counts": ("'{broken'", "'[]'", '\'{"kept": "many"}\'', _BYTES),
        "host": (_BYTES,),
        "pid": ("-1", "9223372036854775807"),
        "because": (_BYTES,),
        "times": ("-5", "9223372036854775807"),
        "first_at": ("'yesterday'", _BYTES),
    },
    "polls": {
        "source": (_BYTES,),
        "polled_at": ("'yesterday'", "'9999-12-31T23:59:59+00:00'", _BYTES),
        "pages": ("-5",),
        "listed": ("9223372036854775807",),
        "newest_at": ("'yesterday'", "'0001-01-01T00:00:00+00:00'", _BYTES),
        "oldest_at": ("'yesterday'", _BYTES),
        "times": ("-5",),
        "first_at": ("'yesterday'", _BYTES),
    },
    "gaps": {
        "source": (_BYTES,),
        "after_at": ("'yesterday'", "'0001-01-01T00:00:00+00:00'", _BYTES),
        "before_at": ("'yesterday'", "'9999-12-31T23:59:59+00:00'", _BYTES),
        "most": ("-5", "9223372036854775807"),
        "found_at": ("'yesterday'", _BYTES),
        "known_until": ("'yesterday'", _BYTES),
        "closed_at": ("'yesterday'", _BYTES),
    },
    "coverage": {
        "layout": (_BYTES,),
        "read_at": ("'yesterday'", "'9999-12-31T23:59:59+00:00'", _BYTES),
        "pages": ("-5", "9223372036854775807"),
        "fields": ("'{broken'", "'[]'", "'{\"title\": 5}'", _BYTES),
        "first_at": ("'yesterday'",),
    },
    "notices": {
        "job": (_BYTES,),
        "kind": ("'polished'", _BYTES),
        "verdict": (_BYTES,),
        "because": (_BYTES,),
        "at": ("'yesterday'", _BYTES),
        "since": ("'yesterday'", _BYTES),
        "log": (_BYTES, "'../../outside'"),
    },
    "recipients": {
        "label": (_BYTES,),
        "told_until": ("-5", "9223372036854775807"),
        "told_at": ("'yesterday'", _BYTES),
        "not_before": ("'yesterday'", _BYTES),
        "last_error": (_BYTES,),
    },
    "timetables": {
        "job": ("''", _BYTES),
        "timetable": ("'polished'", _BYTES),
        "since": ("'yesterday'", _BYTES),
        "settled_until": ("'yesterday'", "'9999-12-31T23:59:59+00:00'", _BYTES),
    },
    "due_times": {
        "job": (_BYTES,),
        "due_at": ("'yesterday'", "'9999-12-31T23:59:59+00:00'", _BYTES),
        "state": ("'polished'", _BYTES),
        "reason": (_BYTES,),
        "attempts": ("-5",),
        "settled_at": ("'yesterday'", _BYTES),
    },
    "erasures": {
        "id_hash": ("'short'", _BYTES),
        "content_hash": (_BYTES,),
        "reason": (_BYTES,),
        "begun_at": ("'yesterday'", _BYTES),
        "finished_at": ("'yesterday'", _BYTES),
        "removed": ("'{broken'", "'[]'", _BYTES),
        "pending": ("'{broken'", "'[\"../outside.md\"]'", _BYTES),
    },
    "article_clusters": {"article_id": ("'nobody'", _BYTES), "cluster": ("'nobody'", _BYTES)},
    "locks": {
        "name": (_BYTES,),
        "purpose": (_BYTES,),
        "taken_at": ("'yesterday'", _BYTES),
        "beat_at": ("'yesterday'", "'9999-12-31T23:59:59+00:00'", _BYTES),
        "pid": ("-1", "9223372036854775807"),
    },
}
"""Table → the same for its rows. Each row's other values are those of a sound one."""

_SEEN: Final = "2025-02-13T04:00:00+00:00"
_SOUND: Final[dict[str, dict[str, object]]] = {
    **{table: row for table, row in sound_rows(1) if table in OTHERS},
    "hosts": {"host": "new.qq.com", "next_at": 1.0, "backoff_until": 0.0, "strikes": 0},
    "media": {
        "sha256": "0" * 64,
        "url": "https://a.example/1",
        "path": "media/00/0.png",
        "bytes": 5,
        "mime": "image/png",
    },
    "pictures": {"url": "https://a.example/1", "article_id": an_article(1).id, "tries": 1, "tried_at": _SEEN},
    "payloads": {"sha256": "0" * 64, "raw_ref": "a", "url": "https://a.example/1", "fetched_at": _SEEN},
    "timetables": {"job": "hot", "timetable": "off", "since": _SEEN, "settled_until": _SEEN},
    "due_times": {"job": "hot", "due_at": _SEEN, "state": "waiting", "reason": "", "settled_at": _SEEN, "attempts": 0},
    "erasures": {
        "id_hash": "0" * 64,
        "content_hash": "",
        "reason": "",
        "begun_at": _SEEN,
        "finished_at": _SEEN,
        "removed": "{}",
        "pending": "[]",
    },
    "article_clusters": {"article_id": an_article(1).id, "cluster": an_article(1).id},
    "locks": {
        "name": "x",
        "token": "t",
        "host": "h",
        "boot": "b",
        "space": "s",
        "pid": 1,
        "pid_started": "1",
        "purpose": "p",
        "taken_at": _SEEN,
        "beat_at": _SEEN,
        "beat": 1,
    },
}
_KEYS: Final = {
    "links": "id",
    "hosts": "host",
    "media": "sha256",
    "pictures": "url",
    "payloads": "sha256",
    "timetables": "job",
    "erasures": "id_hash",
    "article_clusters": "article_id",
    "locks": "name",
    "recipients": "id",
}
"""Tables of which each row needs a name of its own."""


def hostile_articles() -> Iterator[tuple[str, str]]:
    """Column and value of each hostile article."""
    return ((column, value) for column, values in ARTICLES.items() for value in values)


def write_hostile_rows(data: Path, *tables: str) -> None:
    """Write every hostile row of these tables (none: of all) into the archive, in which `an_article(1)` is sound."""
    with closing(sqlite3.connect(data / "archive.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        if not tables or "articles" in tables:
            for number, (column, value) in enumerate(hostile_articles()):
                add_article(connection, number, column, value)
        if not tables or "revisions" in tables:
            values = ((column, value) for column, values in REVISIONS.items() for value in values)
            for number, (column, value) in enumerate(values):
                _add_revision(connection, number, column, value)
        for table, columns in OTHERS.items():
            if not tables or table in tables:
                for number, (column, value) in enumerate((c, v) for c, values in columns.items() for v in values):
                    _add_other(connection, number, table, column, value)


def hostile_id(number: int) -> str:
    """The id of a hostile article, unless it is the id that is hostile."""
    return f"20250301A{number:05d}00"


def add_article(connection: sqlite3.Connection, number: int, column: str, value: str) -> None:
    """A copy of the sound article, and of its revision, with an id of its own and a value that is none."""
    own = {"id": f"'{hostile_id(number)}'", "markdown_path": f"'articles/2025/03/{hostile_id(number)}.md'"}
    if value == "id":
        value = own["id"]
    _copy(connection, "articles", f"id = '{an_article(1).id}'", own | {column: value})
    revised = {"article_id": own["id"]}
    if column == "id":
        revised = {"article_id": value}
    _copy(connection, "revisions", f"article_id = '{an_article(1).id}' AND revision = 1", revised)


def _add_revision(connection: sqlite3.Connection, number: int, column: str, value: str) -> None:
    own = {"id": f"'20250302A{number:05d}00'", "markdown_path": f"'articles/2025/03/20250302A{number:05d}00.md'"}
    _copy(connection, "articles", f"id = '{an_article(1).id}'", own | {"revision": "2"})
    sound = f"article_id = '{an_article(1).id}' AND revision = 1"
    _copy(connection, "revisions", sound, {"article_id": own["id"]})
    second = {"article_id": own["id"], "revision": "2", "kind": "'edited'", "changes": "'[\"body\"]'", column: value}
    _copy(connection, "revisions", sound, second)


def _copy(connection: sqlite3.Connection, table: str, chosen: str, changed: dict[str, str]) -> None:
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(changed.get(name, name) for name in names)
    connection.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} WHERE {chosen}")


def _add_other(connection: sqlite3.Connection, number: int, table: str, column: str, value: str) -> None:
    sound = dict(_SOUND[table])
    if key := _KEYS.get(table):
        sound[key] = f"{number:064x}" if key in ("sha256", "id_hash") else f"{sound[key]}{number}"
    if table == "due_times":
        sound["due_at"] = f"2025-02-13T{number:02d}:00:00+00:00"
    columns = [name for name in sound if name != column]
    places = ", ".join([*("?" * len(columns)), value])
    names = ", ".join([*columns, column])
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", [sound[name] for name in columns])
