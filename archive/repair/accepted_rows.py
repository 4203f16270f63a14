"""Rows that cannot be read although nobody has a better copy: what of them may stay. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import orjson

from archive.database.article_rows import OF_REVISIONS, read_id
from archive.database.row_readers import Readers, at_least, moment_text, moment_text_or_none, utf8_text
from archive.database.unreadable_rows import Row, _is_bad
from archive.media.picture_copies import COPY
from archive.monitoring.baselines import OF_COVERAGE
from archive.monitoring.gaps import OF_GAPS
from archive.monitoring.notices import OF_NOTICES, OF_RECIPIENTS
from archive.monitoring.polls import OF_POLLS
from archive.monitoring.status import OF_RUNS
from archive.runs.due_times import OF_DUE_TIMES, OF_TIMETABLES


def readable_revision(row: Row, seen: str) -> Row:
    """The same for a revision. ``seen``: when its article was seen first."""
    instead = {"seen_at": seen, "kind": "first" if row["revision"] == 1 else "reparsed", "changes": "[]"}
    bad = {name for name in instead if _is_bad(row[name], OF_REVISIONS[name])}
    return {**row, **{name: instead[name] for name in bad}}


def is_readable(table: str, row: Row) -> bool:
    """Whether a row of another table can be read, so that it may stay."""
    return not any(_is_bad(row[name], read) for name, read in _OTHERS.get(table, {}).items())


def _second(value: float) -> datetime:
    return datetime.fromtimestamp(value, UTC)


def _after_1970(value: float) -> float:
    if value < 0:
        raise ValueError(value)
    return _second(value).timestamp()


def _path(text: str) -> str:
    if not COPY.fullmatch(text):
        raise ValueError(text)
    return text


def _object(text: str) -> dict[str, Any]:
    return dict(orjson.loads(text))


def _state(text: str) -> str:
    if text not in ("waiting", "done", "failed", "gone", "dropped"):
        raise ValueError(text)
    return text


_OTHERS: Final[dict[str, Readers]] = {
    "sightings": {"article_id": read_id, "seen_at": moment_text},
    "links": {
        "id": read_id,
        "url": utf8_text,
        "source": utf8_text,
        "listed_at": moment_text,
        "state": _state,
        "attempts": at_least(0),
        "lease_until": _after_1970,
        "not_before": _after_1970,
    },
    "hosts": {"host": utf8_text, "next_at": _second, "backoff_until": _second},
    "media": {"path": _path},
    "pictures": {"url": utf8_text, "tried_at": moment_text},
    "payloads": {"fetched_at": moment_text},
    "erasures": {
        "begun_at": moment_text,
        "finished_at": moment_text_or_none,
        "removed": _object,
        "pending": orjson.loads,
    },
    "runs": OF_RUNS,
    "polls": OF_POLLS,
    "gaps": OF_GAPS,
    "coverage": OF_COVERAGE,
    "notices": OF_NOTICES,
    "recipients": OF_RECIPIENTS,
    "timetables": OF_TIMETABLES,
    "due_times": OF_DUE_TIMES,
}
