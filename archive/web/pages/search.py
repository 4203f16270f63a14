"""The search: a page of results with the words found in them marked."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final
from urllib.parse import quote, urlencode

from archive.article.plain_text import visible
from archive.database.article_rows import Archived
from archive.errors import ArticleNotFound, UnreadableRow
from archive.search.index import NAME, Index, StaleIndex
from archive.search.query import BadQuery, Query, read_query
from archive.search.results import RANKED, Hit, Limits, Order, search_articles
from archive.search.snippet import Marks, marked, snippet
from archive.search.trusted_file import doubt
from archive.store import Archive
from archive.web.http import Answer, BadRequest, IndexState, Page, PageRequest, Redirect
from archive.web.pages.newest import distinct

RESULTS: Final = 20
"""On a page."""
_MARKS: Final = Marks("\x02", "\x03")
"""Control characters: a snippet has none of the article's own."""
_ADDRESS: Final = re.compile(r"\s*(?:https?://|\w[\w.]*\.qq\.com/)\S+\s*|\s*[A-Za-z0-9][A-Za-z0-9_-]{13,63}\s*")


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text, and whether it is what was looked for."""

    text: str
    found: bool


@dataclass(frozen=True, slots=True)
class Result:
    """An article found."""

    archived: Archived
    title: tuple[Text, ...]
    snippet: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What the form says."""

    words: str
    order: Order
    limits: Limits
    first: int
    filled: dict[str, str]


def search(asked: PageRequest, archive: Archive) -> Answer:
    """What the query finds; the form alone without one; the article itself where an address or id is given."""
    wish = _wish(asked)
    if wish.words and (found := _named(asked, archive, wish.words)):
        return Redirect(f"/article/{quote(found)}")
    context: dict[str, object] = {
        "here": "search",
        "words": wish.words,
        "filled": wish.filled,
        "orders": list(Order),
        "channels": distinct(archive.database.connection, "channel"),
        "kinds": distinct(archive.database.connection, "kind"),
    }
    if not wish.words:
        return Page(template="search.html", context=context)
    try:
        query = read_query(wish.words)
    except BadQuery as error:
        told: dict[str, object] = {"problem": asked.language.reason(error.reason), "words": wish.words[:200]}
        return Page(template="search.html", context=context | told, status=400)
    state = asked.index()
    results, state = _results(asked, archive, query, wish, state)
    more = len(results) > RESULTS and wish.first + RESULTS < RANKED
    further = urlencode({"q": wish.words, **wish.filled, "from": wish.first + RESULTS})
    told = {
        "results": results[:RESULTS],
        "first": wish.first,
        "next": f"/search?{further}" if more else None,
        "index": state,
    }
    return Page(template="search.html", context=context | told, status=503 if state.problem and not results else 200)


def _wish(asked: PageRequest) -> _Wish:
    names = ("channel", "kind", "media", "since", "until", "sort")
    filled = {name: value for name in names if (value := asked.arg(name)) is not None}
    first = asked.arg("from") or "0"
    if not (first.isascii() and first.isdigit() and len(first) < 6 and filled.get("sort", "rank") in list(Order)):
        raise BadRequest("bad search")
    limits = Limits(
        since=_day(filled.get("since")),
        until=_day(filled.get("until")),
        channel=filled.get("channel"),
        kind=filled.get("kind"),
        media=filled.get("media"),
    )
    order = Order(filled.get("sort", "rank"))
    return _Wish(words=asked.arg("q") or "", order=order, limits=limits, first=int(first), filled=filled)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadRequest("bad day") from error


def _named(asked: PageRequest, archive: Archive, words: str) -> str | None:
    """The article that an address or id names, if it is there or once was."""
    if not _ADDRESS.fullmatch(words):
        return None
    found = asked.resolve(words.strip())
    return found if found and (archive.known([found]) or archive.erased([found])) else None


def _results(
    asked: PageRequest, archive: Archive, query: Query, wish: _Wish, state: IndexState
) -> tuple[list[Result], IndexState]:
    """One result more than a page has, where there are more; and why there are none, where the index is to blame."""
    try:
        with Index.open(asked.data) as index:
            hits = search_articles(index.connection, query.match, wish.order, wish.limits)
            shown = _shown(archive, hits, query)
            return list(islice(shown, wish.first, wish.first + RESULTS + 1)), state
    except (sqlite3.Error, StaleIndex) as error:
        doubt(asked.data / NAME)
        return [], IndexState(left=state.left, problem=state.problem or str(error))


def _shown(archive: Archive, hits: Iterator[Hit], query: Query) -> Iterator[Result]:
    for hit in hits:
        try:
            archived = archive.article(hit.article_id)
        except (ArticleNotFound, UnreadableRow):
            continue  # The index is a little behind, or the row is damaged.
        if archived.status == "taken_down":
            continue
        title = marked(" ".join(archived.article.title.split()), query.shown, _MARKS)
        yield Result(archived, _pieces(title), _pieces(snippet(_text(archived), query.shown, _MARKS)))


def _text(archived: Archived) -> str:
    article = archived.article
    return "\n".join(filter(None, (visible(article.body) or article.summary, article.author, article.media)))


def _pieces(text: str) -> tuple[Text, ...]:
    parts = re.split("[\x02\x03]", text)
    return tuple(Text(part, found=bool(place % 2)) for place, part in enumerate(parts) if part)
