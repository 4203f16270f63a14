"""What is asked of an export: which articles, which of their facts, and what is to be done to them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Self

from archive.article.model import BEIJING
from archive.article.timestamps import stamp
from archive.export.errors import BadOption

MOST_WORDS, MOST_LETTERS = 100, 1000
"""What SQLite takes in one question is several times as much."""
DEDUPLICATE: Final = ("none", "exact", "near")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """Days are ISO text, Beijing time. What is empty does not matter; what is given must all hold."""

    since: str | None = None
    """First day of publishing."""
    until: str | None = None
    """Last day of publishing; the whole day counts."""
    first_seen_since: str | None = None
    first_seen_until: str | None = None
    changed_since: str | None = None
    """First day on which it may have been new, edited, or found gone."""
    changed_until: str | None = None
    """Last day on which it may have been that."""
    channel: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    """Names or ids of media accounts."""
    source: tuple[str, ...] = ()
    """Sources that listed it at any time."""
    account: tuple[str, ...] = ()
    """Ids of media accounts."""
    kind: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    search: str | None = None
    """Words that must all stand in title, summary or body."""
    limit: int | None = None
    """Of all these, the newest so many."""
    deduplicate: str = "none"
    """none, exact (one article of each content) or near (one of each cluster of near duplicates, too)."""
    filters: tuple[str, ...] = ()
    split: str | None = None
    columns: tuple[str, ...] = ()
    text: bool = True
    revisions: bool = False
    pictures: bool = False

    def stated(self) -> dict[str, Any]:
        """What differs from the default, ready for JSON."""
        stated = {name: value for name, value in asdict(self).items() if value != getattr(_DEFAULT, name)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in stated.items()}

    @classmethod
    def from_stated(cls, stated: dict[str, Any]) -> Self:
        """The wish that `stated` wrote down. Raises ``TypeError`` for what it does not know."""
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in stated.items()}
        return cls(**values)


_DEFAULT: Final = ExportRequest()


def chosen(wish: ExportRequest) -> tuple[str, tuple[object, ...]]:
    """The query for ids and order (``published_at, id``) of the articles that are wished for, and its values.

    Raises `BadOption`.
    """
    conditions, values = ["status <> 'taken_down'"], list[object]()
    for condition, value in (*_days(wish), *_names(wish), *_words(wish)):
        conditions.append(condition)
        values += value
    # Conditions are constants of this file; whatever a user says is a value.
    where = " AND ".join(f"({condition})" for condition in conditions)
    query = f"SELECT id, published_at FROM articles WHERE {where}"  # noqa: S608
    if wish.limit is not None:
        query = f"SELECT * FROM ({query} ORDER BY published_at DESC, id DESC LIMIT ?)"  # noqa: S608
        values.append(wish.limit)
    return f"{query} ORDER BY published_at, id", tuple(values)


Condition = tuple[str, list[object]]


def days_of(wish: ExportRequest) -> tuple[str | None, str | None]:
    """The moments, ISO 8601 in UTC, between which what is wished for was published; None: no bound."""
    after = _day_after(wish.until) if wish.until else None
    since = _midnight(date.fromisoformat(wish.since)) if wish.since else None
    return since, _midnight(after) if after else None


def _days(wish: ExportRequest) -> list[Condition]:
    found: list[Condition] = []
    if wish.since:
        found.append(("published_at >= ?", [wish.since]))
    if wish.until and (after := _day_after(wish.until)):
        found.append(("published_at < ?", [after.isoformat()]))
    if wish.first_seen_since or wish.first_seen_until:
        found.append(("first_seen >= ? AND first_seen < ?", _moments(wish.first_seen_since, wish.first_seen_until)))
    if wish.changed_since or wish.changed_until:
        found.append((_CHANGED, _moments(wish.changed_since, wish.changed_until) * 3))
    return found


def _moments(since: str | None, until: str | None) -> list[object]:
    """From the first moment of one day up to, and without, the first one after the other, as the archive has them."""
    after = _day_after(until) if until else None
    return [_midnight(date.fromisoformat(since)) if since else "", _midnight(after) if after else _NEVER]


def _day_after(day: str) -> date | None:
    last = date.fromisoformat(day)
    return last + timedelta(days=1) if last < date.max else None


def _midnight(day: date) -> str:
    return stamp(datetime.combine(day, time(), BEIJING)) if day > date.min else _EVER


_EVER: Final = "0000"  # The first day of all began in Beijing before there was a year 1 in UTC.
_NEVER: Final = "9999-99"


def _names(wish: ExportRequest) -> list[Condition]:
    columns = [("channel", wish.channel), ("media_id", wish.account), ("kind", wish.kind), ("status", wish.status)]
    found = [(f"{column} IN ({_marks(names)})", list[object](names)) for column, names in columns if names]
    if wish.media:
        marks = _marks(wish.media)
        found.append((f"media IN ({marks}) OR media_id IN ({marks})", [*wish.media, *wish.media]))
    if wish.source:
        listed = f"id IN (SELECT article_id FROM sightings WHERE source IN ({_marks(wish.source)}))"  # noqa: S608
        found.append((listed, list(wish.source)))
    return found


def _words(wish: ExportRequest) -> list[Condition]:
    words = (wish.search or "").split()
    if len(words) > MOST_WORDS or any(len(word) > MOST_LETTERS for word in words):
        raise BadOption(f"--search takes {MOST_WORDS} words, none of more than {MOST_LETTERS} characters")
    patterns = [f"%{_literal(word)}%" for word in words]
    return [(_HOLDS, [pattern] * 3) for pattern in patterns]


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _marks(names: tuple[str, ...]) -> str:
    return ", ".join("?" * len(names))


_HOLDS: Final = "title LIKE ? ESCAPE '\\' OR summary LIKE ? ESCAPE '\\' OR body LIKE ? ESCAPE '\\'"
_CHANGED: Final = """
    (first_seen >= ? AND first_seen < ?) OR (gone_at >= ? AND gone_at < ?)
    OR id IN (SELECT article_id FROM revisions WHERE kind = 'edited' AND seen_at >= ? AND seen_at < ?)
"""
