"""An article as a row of the archive and back: the columns, their order, and what is kept beside the text."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Final

import orjson

from archive.article import BEIJING, Article

FACTS: Final = (
    "url",
    "title",
    "summary",
    "body",
    "published_at",
    "published_raw",
    "author",
    "media",
    "media_id",
    "channel",
    "keywords",
    "thumbnail",
    "kind",
    "location",
    "comment_id",
    "layout",
    "provenance",
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
        """Whether the row only keeps the number of a revision whose text no copy had; see ``archive.repair``."""
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
        article.author,
        article.media,
        article.media_id,
        article.channel,
        orjson.dumps(article.keywords).decode(),
        article.thumbnail,
        article.kind,
        article.location,
        article.comment_id,
        article.layout,
        orjson.dumps(dict(article.provenance)).decode(),
    )


def _in_beijing(moment: datetime | None) -> str | None:
    return moment.astimezone(BEIJING).isoformat() if moment else None


def archived_from(row: sqlite3.Row) -> Archived:
    """The record in a row of ``articles``."""
    return Archived(
        article=_article_from(row),
        content_hash=row["content_hash"],
        revision=row["revision"],
        copy_of=row["copy_of"],
        status=row["status"],
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        next_check=row["next_check"],
        missing_since=row["missing_since"],
        gone_at=row["gone_at"],
        raw_ref=row["raw_ref"],
        markdown_path=row["markdown_path"],
    )


def _article_from(row: sqlite3.Row) -> Article:
    published_at = row["published_at"]
    return Article(
        id=row["id"],
        url=row["url"],
        title=row["title"],
        summary=row["summary"],
        body=row["body"],
        published_at=datetime.fromisoformat(published_at) if published_at else None,
        published_raw=row["published_raw"],
        author=row["author"],
        media=row["media"],
        media_id=row["media_id"],
        channel=row["channel"],
        keywords=tuple(orjson.loads(row["keywords"])),
        thumbnail=row["thumbnail"],
        kind=row["kind"],
        location=row["location"],
        comment_id=row["comment_id"],
        layout=row["layout"],
        provenance={name: (where, raw) for name, (where, raw) in orjson.loads(row["provenance"]).items()},
    )


def revision_from(row: sqlite3.Row) -> Revision:
    """The record in a row of ``revisions``."""
    if row["changes"] == LOST_CHANGES:
        return Revision(**{**dict(row), "kind": LOST, "changes": ()})
    return Revision(**{**dict(row), "changes": tuple(orjson.loads(row["changes"]))})


def stamp(moment: datetime) -> str:
    """``moment`` as ISO 8601 in UTC, to the second. A naive time is refused with ``ValueError``."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def columns_of(archived: Archived) -> dict[str, object]:
    """Everything known of an article under the names of the columns, ready for JSON."""
    article = archived.article
    kept = {name: getattr(archived, name) for name in _KEPT_LATER}
    facts = {name: getattr(article, name) for name in FACTS}
    return {"id": article.id, **facts, "published_at": _in_beijing(article.published_at), **kept}


_KEPT_LATER: Final = tuple(field.name for field in fields(Archived) if field.name != "article")
