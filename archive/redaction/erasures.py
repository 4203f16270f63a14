"""What was taken down: known by hashes alone, refused when it comes again, blotted out where others name it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import sha256
from sqlite3 import Connection

from archive.article.ids import blotted, names_in
from archive.article.model import Article
from archive.captures.warc import Capture
from archive.redaction.entries import LISTS, without_entries, without_words
from archive.redaction.withheld import withheld


def id_hash(article_id: str) -> str:
    """What the log of erasures keeps of an id."""
    return sha256(f"qqnews-erasure:{article_id}".encode()).hexdigest()


def erased_among(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Those of ``ids`` that were taken down."""
    if not any_erased(connection):
        return set()
    return {each for each in ids if _is_erased(connection, each)}


def any_erased(connection: Connection) -> bool:
    """Whether anything was ever taken down: nearly never, and then all questions are cheap."""
    return connection.execute("SELECT 1 FROM erasures LIMIT 1").fetchone() is not None


def erased_test(connection: Connection) -> Callable[[str], bool] | None:
    """What tells of an id whether it was taken down; None where nothing ever was."""
    if not any_erased(connection):
        return None
    return lambda article_id: _is_erased(connection, article_id)


def erased_in(connection: Connection, texts: Iterable[str]) -> list[str]:
    """Those of these texts (addresses, names of sources and files) in which an article is named that was taken down."""
    is_erased = erased_test(connection)
    if is_erased is None:
        return []
    return [text for text in texts if any(any(map(is_erased, name.ids)) for name in names_in(text))]


def lawful_capture(connection: Connection, capture: Capture) -> Capture | None:
    """The capture as it may be kept and read, without what was taken down; None: it is about such an article."""
    is_erased = erased_test(connection)
    return capture if is_erased is None else withheld(capture, is_erased)


def _is_erased(connection: Connection, article_id: str) -> bool:
    found = connection.execute("SELECT 1 FROM erasures WHERE id_hash = ?", (id_hash(article_id),))
    return found.fetchone() is not None


def without_erased(connection: Connection, article: Article, known_kind: str = "") -> Article:
    """The article as it may be kept: with zeros for the id of every article that was taken down, and, if it is a list
    of articles, without their entries. ``known_kind``: what the archive knows it to be, where this reading says less.
    """
    is_erased = erased_test(connection)
    if is_erased is None:
        return article
    return without_articles(article, is_erased, is_list=bool({article.kind, known_kind} & set(LISTS)))


def without_articles(article: Article, is_wanted: Callable[[str], bool], *, is_list: bool) -> Article:
    """The article with zeros for the ids of some others; a list of articles also loses what it says of them."""
    body, words = without_entries(article.body, is_wanted) if is_list else (article.body, [])

    def blot(text: str) -> str:
        return blotted(without_words(text, words), is_wanted)

    return replace(
        article,
        title=blotted(article.title, is_wanted),
        summary=blot(article.summary),
        body=blotted(body, is_wanted),
        provenance={name: (where, blot(text)) for name, (where, text) in article.provenance.items()},
    )


def blotted_report(connection: Connection, text: str) -> str:
    """``text`` of a report or a message with zeros for the id of every article that was taken down."""
    is_erased = erased_test(connection)
    return text if is_erased is None else blotted(text, is_erased)
