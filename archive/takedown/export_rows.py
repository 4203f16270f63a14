"""Rows of an export as they are without one article: its own are dropped, its id in others becomes zeros. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from archive.article.model import Article, content_hash
from archive.export.read.schema import Row, Table, Value
from archive.redaction.entries import without_entries, without_words
from archive.takedown.traces import Traces

_POINTERS: Final = ("copy_of", "cluster")
"""Columns that name the first, or the representative, of several articles."""


class ErasedRows:
    """One article, taken out of the rows of one export as they pass, in their order."""

    def __init__(self, traces: Traces) -> None:
        self.traces = traces
        self.dropped: dict[str, Any] | None = None
        """The article's own row in the table of articles, by column."""
        self.had_left = False
        """Whether an increment says that the article was in its base, and no longer chosen."""
        self._heirs: dict[str, str] = {}
        self._authors: dict[str, str] = {}
        self._files: dict[bool, set[str]] = {True: set(), False: set()}

    @property
    def files_of_nobody(self) -> set[str]:
        """Copies of pictures that no row names any more."""
        return self._files[True] - self._files[False]

    def rows(self, table: Table, rows: Iterable[Row]) -> Iterator[Row]:
        """Those that stay, as they read now."""
        for row in rows:
            if (now := self.row(table, row)) is not None:
                yield now

    def row(self, table: Table, row: Row) -> Row | None:
        """One row as it reads now; None where it goes."""
        facts = dict(zip(table.names, row, strict=True))
        own = facts.get("article_id", facts.get("id")) == self.traces.article_id
        if table.name == "pictures" and facts["path"]:
            self._files[own].add(str(facts["path"]))
        if own:
            self.dropped = facts if table.name == "articles" else self.dropped
            self.had_left |= table.name == "deleted" and facts["table"] == "articles"
            return None
        now = {name: self._pointed(name, value, facts) for name, value in facts.items()}
        if facts.get("article_id", facts.get("id")) in self.traces.lists:
            now = self._without_entry(now)
        now = {name: self._blotted(value) for name, value in now.items()}
        if now != facts and "content_hash" in now:
            self._rehash(table, facts, now)
        return tuple(now.values())

    def _rehash(self, table: Table, facts: dict[str, Value], now: dict[str, Value]) -> None:
        """Let the hash be that of what is read now, where all that a reader reads is in the row."""
        if table.name == "articles" and "author" in now:
            self._authors[str(now["id"])] = str(now["author"])
        author = now.get("author", self._authors.get(str(now.get("article_id"))))
        if author is not None and {"title", "body"} <= now.keys():
            read = [str(each or "") for each in (now["title"], now["body"], author)]
            was = [str(facts["title"] or ""), str(facts["body"] or ""), str(facts.get("author", author) or "")]
            if read != was:
                article = Article(id="", url="", title=read[0], body=read[1], author=read[2])
                now["content_hash"] = content_hash(article)

    def _pointed(self, name: str, value: Value, facts: dict[str, Value]) -> Value:
        """A pointer to the article points to the first row that had one, which stands alone itself."""
        if name not in _POINTERS or value != self.traces.article_id:
            return value
        heir = self._heirs.setdefault(name, str(facts["id"]))
        return None if name == "copy_of" and heir == facts["id"] else heir

    def _without_entry(self, facts: dict[str, Value]) -> dict[str, Value]:
        """The row of a topic, card or question without its entry for the article."""
        body, words = without_entries(str(facts.get("body") or ""), self.traces.is_wanted)
        left = {name: without_words(str(facts[name]), words) for name in ("summary", "provenance") if facts.get(name)}
        return {**facts, **left, **({"body": body} if facts.get("body") else {})}

    def _blotted(self, value: Value) -> Value:
        if isinstance(value, str):
            return self.traces.without_names(value)
        return [self.traces.without_names(each) for each in value] if isinstance(value, list) else value
