"""An article as a row of the archive and back: the columns, their order, and what is kept beside the text."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

import orjson

from archive.article.model import BEIJING, SAFE_ID, Article, plausible
from archive.database.row_readers import (
    ERRORS,
    Readers,
    Undecoded,
    at_least,
    moment_text,
    moment_text_or_none,
    values_of,
)

FACTS: Final = (
    "url",
    "title",
    "summary",
    "body",
    "published_at",
    "published_raw",
    "published_precision",
    "author",
    "media",
    "media_id",
    "channel",
    "keywords",
    "thumbnail",
    "animations",
    "kind",
    "location",
    "comment_id",
    "layout",
    "provenance",
    "source_account",
    "source_url",
)
"""The columns of ``articles`` that come from the article itself, in the order of ``facts_of``."""
LOST: Final = "lost"
LOST_CHANGES: Final = '["lost"]'
"""``changes`` of a row that stands in the place of a lost revision: its empty text was nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """An article and what the archive knows of it. Times are ISO 8601 in UTC."""

    article: Article
    content_hash: str
    revision: int
    """Number of the newest revision, counted from 1."""
    copy_of: str | None
    """Id of the article that had this text first."""
    status: str
    """live, gone or taken_down."""
    first_seen: str
    last_seen: str
    next_check: str | None
    """When the article is to be looked at again."""
    missing_since: str | None
    """When the site first said that it is gone, if that still holds."""
    gone_at: str | None
    """When that was confirmed: the tombstone's date."""
    raw_ref: str | None
    """Where the raw capture of the newest revision lies."""
    markdown_path: str
    """Of the Markdown file, relative to the data directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One text an article had. ``seen_at`` is ISO 8601 in UTC."""

    article_id: str
    revision: int
    seen_at: str
    content_hash: str
    title: str
    summary: str
    body: str
    raw_ref: str | None
    kind: str
    """first, edited (by the publisher), reparsed (the same page, read by a mended parser); or lost."""
    changes: tuple[str, ...]
    """What an edit touched: title, lead, body, numbers, names, pictures."""
    author: str | None = None
    """Who was named as its author; None: not on record, as in an archive of an earlier version."""

    @property
    def is_lost(self) -> bool:
        """Whether the row only keeps the number of a revision whose text no copy had; see ``archive.repair.repair``."""
        return self.kind == LOST


def compared(before: Revision, after: Revision) -> dict[str, tuple[str, str]]:
    """Part → the two texts in which readers look for changes. An author only where both have one on record."""
    texts = {name: (str(getattr(before, name)), str(getattr(after, name))) for name in ("title", "summary", "body")}
    return texts | ({"author": (before.author, after.author)} if before.author and after.author else {})


def facts_of(article: Article) -> tuple[str | None, ...]:
    """The values of the columns ``FACTS``."""
    return (
        article.url,
        article.title,
        article.summary,
        article.body,
        _in_beijing(article.published_at),
        article.published_raw,
        article.published_precision,
        article.author,
        article.media,
        article.media_id,
        article.channel,
        orjson.dumps(article.keywords).decode(),
        article.thumbnail,
        orjson.dumps(dict(article.animations)).decode(),
        article.kind,
        article.location,
        article.comment_id,
        article.layout,
        orjson.dumps(dict(article.provenance)).decode(),
        article.source_account or None,
        article.source_url or None,
    )


def _in_beijing(moment: datetime | None) -> str | None:
    return moment.astimezone(BEIJING).isoformat() if moment else None


def archived_from(row: sqlite3.Row | Mapping[str, Any]) -> Archived:
    """The record in a row of ``articles``. Raises ``UnreadableRow``."""
    if type(row) is not Undecoded:
        with suppress(*ERRORS):
            return _read_at_once(row)
    values = values_of("articles", "id", row, OF_ARTICLES)
    article = Article(**{name: values[name] for name in ("id", *FACTS)})
    return Archived(article=article, **{name: values[name] for name in _KEPT_LATER})


def _read_at_once(row: sqlite3.Row | Mapping[str, Any]) -> Archived:
    """In a third of the time that it takes to read the columns one by one, and to know which one is wrong."""
    return Archived(
        article=_article_from(row),
        content_hash=row["content_hash"],
        revision=_number(row["revision"]),
        copy_of=row["copy_of"],
        status=_status(row["status"]),
        first_seen=moment_text(row["first_seen"]),
        last_seen=moment_text(row["last_seen"]),
        next_check=moment_text_or_none(row["next_check"]),
        missing_since=moment_text_or_none(row["missing_since"]),
        gone_at=moment_text_or_none(row["gone_at"]),
        raw_ref=row["raw_ref"],
        markdown_path=read_path(row["markdown_path"]),
    )


def _article_from(row: sqlite3.Row | Mapping[str, Any]) -> Article:
    return Article(
        id=read_id(row["id"]),
        url=row["url"],
        title=row["title"],
        summary=row["summary"],
        body=row["body"],
        published_at=_published(row["published_at"]),
        published_raw=row["published_raw"],
        published_precision=_since_later(row, "published_precision"),
        author=row["author"],
        media=row["media"],
        media_id=row["media_id"],
        channel=row["channel"],
        keywords=_words(row["keywords"]),
        thumbnail=row["thumbnail"],
        animations=_animations(_since_later(row, "animations")),
        kind=row["kind"],
        location=row["location"],
        comment_id=row["comment_id"],
        layout=row["layout"],
        provenance=_provenance(row["provenance"]),
        source_account=_since_later(row, "source_account"),
        source_url=_since_later(row, "source_url"),
    )


def _since_later(row: sqlite3.Row | Mapping[str, Any], column: str) -> str:
    """What stands in a column that archives of an earlier version, opened to be read, do not have."""
    try:
        return row[column] or ""
    except LookupError:
        return ""


def _precision(text: str) -> str:
    if text not in ("second", "minute", "day", "none"):
        raise ValueError(f"{text!r} is no unit to which a time is known")
    return text


def _animations(text: str) -> dict[str, str]:
    found = orjson.loads(text or "{}")
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise ValueError("not a JSON object of strings")
    return found


def revision_from(row: sqlite3.Row) -> Revision:
    """The record in a row of ``revisions``. Raises ``UnreadableRow``."""
    values = values_of("revisions", "article_id", row, OF_REVISIONS)
    if values["changes"] == (LOST,):
        return Revision(**{**values, "kind": LOST, "changes": ()})
    return Revision(**values)


def read_id(text: str) -> str:
    """An article's id as it stands. Raises ``ValueError`` for what must not become a file's name."""
    if not SAFE_ID.fullmatch(text):
        raise ValueError("no id of an article")
    return text


def _published(text: str | None) -> datetime | None:
    """A date, or None where it can be none, as an earlier version may have kept it."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return plausible(moment)


def _words(text: str) -> tuple[str, ...]:
    found = orjson.loads(text)
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ValueError("not a JSON list of strings")
    return tuple(found)


def _provenance(text: str) -> dict[str, tuple[str, str]]:
    found = {name: (where, raw) for name, (where, raw) in orjson.loads(text).items()}
    if not all(isinstance(where, str) and isinstance(raw, str) for where, raw in found.values()):
        raise ValueError("not pairs of strings")
    return found


def _status(text: str) -> str:
    if text not in ("live", "gone", "taken_down"):
        raise ValueError(f"{text!r} is neither live nor gone nor taken_down")
    return text


def _kind(text: str) -> str:
    if text not in ("first", "edited", "reparsed"):
        raise ValueError(f"{text!r} is neither first nor edited nor reparsed")
    return text


def read_path(text: str) -> str:
    """A Markdown file's path: none that leads out of the tree, into what is hidden, or to another kind of file."""
    if not text.endswith(".md") or _ASTRAY.search(text) or not text.startswith("articles/"):
        raise ValueError(f"{text!r} is no path of a Markdown file of ours")
    return text


_number: Final = at_least(1)
_ASTRAY: Final = re.compile(r"/[/.]|\0")
OF_ARTICLES: Final[Readers] = {
    "id": read_id,
    "published_at": _published,
    "keywords": _words,
    "provenance": _provenance,
    "animations": _animations,
    "published_precision": _precision,
    "revision": _number,
    "status": _status,
    "first_seen": moment_text,
    "last_seen": moment_text,
    "next_check": moment_text_or_none,
    "missing_since": moment_text_or_none,
    "gone_at": moment_text_or_none,
    "markdown_path": read_path,
}
OF_REVISIONS: Final[Readers] = {
    "article_id": read_id,
    "revision": _number,
    "seen_at": moment_text,
    "kind": _kind,
    "changes": _words,
}


def _dated(text: str | None) -> str | None:
    if text and _published(text) is None:
        raise ValueError(f"{text!r} is no date on which anything was published")
    return text


_NAMES: Final = ("id", "status", "published_at", "first_seen", "last_seen", "gone_at", "revision", "keywords")
OF_SUSPECTS: Final[Readers] = {name: OF_ARTICLES[name] for name in _NAMES} | {"published_at": _dated}
"""What a dataset needs of a row of ``articles``, in this order. It has no place for a date that can be none."""
OF_PROVENANCE: Final[Readers] = {name: OF_ARTICLES[name] for name in ("id", "provenance")}
"""What masking it needs besides."""
OF_REVISION: Final[Readers] = {"seen_at": moment_text, "changes": _words}
"""What it needs of a row of ``revisions``."""


def columns_of(archived: Archived) -> dict[str, object]:
    """Everything known of an article under the names of the columns, ready for JSON."""
    article = archived.article
    kept = {name: getattr(archived, name) for name in _KEPT_LATER}
    facts = {name: getattr(article, name) for name in FACTS}
    return {"id": article.id, **facts, "published_at": _in_beijing(article.published_at), **kept}


_KEPT_LATER: Final = tuple(field.name for field in fields(Archived) if field.name != "article")
