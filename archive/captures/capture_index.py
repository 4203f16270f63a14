"""Which raw captures there are of which article, in a temporary file of SQLite's own: an archive may have millions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self


@dataclass(frozen=True, slots=True)
class Indexed:
    """A capture of an article's page. ``at``: when it was fetched, in UTC."""

    at: datetime
    raw_ref: str
    page_ref: str
    """The same; of an answer that completes an empty page, the reference of that page."""


class CaptureIndex:
    """The captures that were added, by article. To be used from one thread."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute(_TABLE)
        self._connection.execute("BEGIN")

    def close(self) -> None:
        """Remove the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, article_id: str, capture: Indexed) -> None:
        """Note a capture."""
        at = capture.at.astimezone(UTC).isoformat(timespec="microseconds")
        self._connection.execute(_ADD, (article_id, at, capture.raw_ref, capture.page_ref))

    def articles(self) -> Iterator[tuple[str, list[Indexed]]]:
        """Each article with its captures, the oldest first; the articles in the order of their oldest ones."""
        self._connection.execute("CREATE INDEX IF NOT EXISTS by_article ON captured (article_id, at, number)")
        for article_id, _ in self._connection.execute(_ARTICLES):
            rows = self._connection.execute(_CAPTURES, (article_id,))
            yield article_id, [Indexed(datetime.fromisoformat(at), ref, page) for at, ref, page in rows]


_TABLE: Final = "CREATE TABLE captured (number INTEGER PRIMARY KEY, article_id TEXT, at TEXT, ref TEXT, page_ref TEXT)"
_ADD: Final = "INSERT INTO captured (article_id, at, ref, page_ref) VALUES (?, ?, ?, ?)"
_ARTICLES: Final = "SELECT article_id, min(at) FROM captured GROUP BY article_id ORDER BY 2, 1"
_CAPTURES: Final = "SELECT at, ref, page_ref FROM captured WHERE article_id = ? ORDER BY at, number"
