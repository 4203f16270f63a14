"""The schema of a dataset: every table, column by column. ``DATA_FORMAT.md`` says the same; a test compares them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from archive.export.errors import UnknownColumn
from archive.export.request import ExportRequest

if TYPE_CHECKING:
    pass

SCHEMA_VERSION: Final = 3
"""Grows when a column is added, removed, renamed, or means something else."""

Value = str | int | list[str] | None
Row = tuple[Value, ...]


class Type(StrEnum):
    """What a column holds."""

    STRING = "string"
    INTEGER = "integer"
    BEIJING = "time +08:00"
    """ISO 8601 text with ``+08:00``; a timestamp in formats that have them."""
    UTC = "time UTC"
    """ISO 8601 text with ``+00:00``; a timestamp in formats that have them."""
    LIST = "list of strings"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. Where it is nullable, an empty string never stands in it."""

    name: str
    type: Type
    meaning: str
    unit: str = ""
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns in order, and those that say which row it is."""

    name: str
    columns: tuple[Column, ...]
    identity: tuple[str, ...]
    order: tuple[str, ...]
    """Rows come sorted by these columns, null first."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names in order."""
        return tuple(column.name for column in self.columns)

    def places(self, names: Iterable[str]) -> tuple[int, ...]:
        """Where these columns stand in a row."""
        return tuple(map(self.names.index, names))


_S, _I, _L = Type.STRING, Type.INTEGER, Type.LIST

ARTICLES: Final = Table(
    "articles",
    (
        Column("id", _S, "The site's article id in its longest form; unique"),
        Column("url", _S, "The canonical address"),
        Column("title", _S, "The title without the site's tail"),
        Column("summary", _S, "The site's abstract, one line"),
        Column("body", _S, "The text of the newest revision", "Markdown"),
        Column("published_at", Type.BEIJING, "When the page says it was published", "Beijing time", nullable=True),
        Column("published_raw", _S, "The same, exactly as the page wrote it"),
        Column("published_precision", _S, "Unit to which the page tells it: `second`, `minute`, `day`; else `none`"),
        Column("author", _S, "The person or desk named, else the media account"),
        Column("media", _S, "Name of the media account"),
        Column("media_id", _S, "Id of the media account"),
        Column("channel", _S, "The site's channel, such as `tech`"),
        Column("keywords", _L, "The page's keywords"),
        Column("thumbnail", _S, "Address of the cover picture"),
        Column("kind", _S, "text, gallery, video, question, topic, live …"),
        Column("location", _S, "Where it was posted from, as the site says"),
        Column("comment_id", _S, "The site's id of the comments"),
        Column("content_hash", _S, "Hash of what a reader reads", "`v1:` and SHA-256 in hex"),
        Column("revision", _I, "Number of the newest revision", "counted from 1"),
        Column("copy_of", _S, "Id of the first article with the same content", nullable=True),
        Column("cluster", _S, "Id of the cluster of near duplicates it belongs to", nullable=True),
        Column("status", _S, "`live`, or `gone`: the site has removed it"),
        Column("first_seen", Type.UTC, "When it was fetched first", "UTC"),
        Column("last_seen", Type.UTC, "When it was seen last", "UTC"),
        Column("gone_at", Type.UTC, "When its removal was confirmed", "UTC", nullable=True),
        Column("fetched_at", Type.UTC, "When the exported text was fetched", "UTC", nullable=True),
        Column("layout", _S, "The page layout it was read from; empty for an ingested file"),
        Column("raw_digest", _S, "Digest of the raw capture's body", "SHA-256 in hex", nullable=True),
        Column("provenance", _S, "Per field, where on the page it was found and the raw string", "JSON object"),
        Column("split", _S, "`train`, `validation` or `test`; only with `--split`"),
    ),
    ("id",),
    ("published_at", "id"),
)

_SPLIT: Final = Column("split", _S, "That of the article; only with `--split`")

REVISIONS: Final = Table(
    "revisions",
    (
        Column("article_id", _S, "Of the article"),
        Column("revision", _I, "Its number", "counted from 1"),
        Column("seen_at", Type.UTC, "When this text was seen first", "UTC"),
        Column(
            "kind",
            _S,
            "`first`, `edited` (by the publisher), `reparsed` (by a mended parser); "
            "`lost`: damage took its text, and no copy had it",
        ),
        Column("changes", _L, "What an edit touched: title, lead, body, numbers, names, pictures"),
        Column(
            "content_hash", _S, "Hash of what a reader reads; null if lost", "`v1:` and SHA-256 in hex", nullable=True
        ),
        Column("title", _S, "The title then; null if there was none, or it was lost", nullable=True),
        Column("summary", _S, "The abstract then; null if there was none, or it was lost", nullable=True),
        Column("body", _S, "The text then; null if there was none, or it was lost", "Markdown", nullable=True),
        Column("raw_digest", _S, "Digest of the raw capture's body", "SHA-256 in hex", nullable=True),
        _SPLIT,
    ),
    ("article_id", "revision"),
    ("article_id", "revision"),
)

PICTURES: Final = Table(
    "pictures",
    (
        Column("article_id", _S, "Of the article"),
        Column("position", _I, "Its place in the article; the cover comes last", "counted from 1"),
        Column("url", _S, "Its address, with `https:`"),
        Column("sha256", _S, "Digest of the copy in the archive; null where there is none", "hex", nullable=True),
        Column("path", _S, "The copy in this folder", "relative path", nullable=True),
        Column("bytes", _I, "Size of the copy", "bytes", nullable=True),
        Column("mime", _S, "Its media type", nullable=True),
        _SPLIT,
    ),
    ("article_id", "position"),
    ("article_id", "position"),
)

CAPTURES: Final = Table(
    "captures",
    (
        Column("file", _S, "The archive's file that it was copied from"),
        Column("offset", _I, "Its place in that file", "bytes"),
        Column(
            "length", _I, "Of its records in `captures.warc.gz`, where they stand in the order of this table", "bytes"
        ),
        Column("url", _S, "The address that was fetched"),
        Column("fetched_at", Type.UTC, "When it was fetched", "UTC"),
        Column("raw_digest", _S, "Digest of the body, as articles have it", "SHA-256 in hex"),
    ),
    ("file", "offset"),
    ("file", "offset"),
)

DELETED: Final = Table(
    "deleted",
    (
        Column("table", _S, "The table that the row is to be deleted from"),
        Column("id", _S, "The article's id, or the capture's file; null for a takedown", nullable=True),
        Column("part", _I, "Number of the revision, position of the picture, offset of the capture", nullable=True),
        Column("reason", _S, "`left` (no longer selected) or `taken_down`"),
        Column("id_hash", _S, "For a takedown: SHA-256 of `qqnews-erasure:` and the id", "hex", nullable=True),
    ),
    ("table", "id", "part", "id_hash"),
    ("table", "id", "part", "id_hash"),
)

BESIDE: Final = (CAPTURES, DELETED)
"""Tables that are not asked for: what a WARC file holds, and what an increment takes away."""

ALWAYS: Final = frozenset({"id", "published_at"})
"""Columns of articles that no choice leaves out: rows are sorted, partitioned and merged by them."""


def articles_with(columns: Iterable[str], *, text: bool, split: bool) -> Table:
    """The table of articles with the columns that are wanted; all of them if none is named. Raises `UnknownColumn`."""
    wanted = set(columns)
    known = [name for name in ARTICLES.names if name != "split"]
    for name in sorted(wanted):
        if name not in known:
            raise UnknownColumn(name, known)
    kept = wanted | ALWAYS | {"split"} if wanted else set(ARTICLES.names)
    chosen = replace(ARTICLES, columns=tuple(c for c in ARTICLES.columns if c.name in kept))
    return table_with(chosen, text=text, split=split)


def table_with(table: Table, *, text: bool, split: bool) -> Table:
    """The table, its texts and splits only if they are wanted."""
    dropped = (set() if text else {"body"}) | (set() if split else {"split"})
    return replace(table, columns=tuple(c for c in table.columns if c.name not in dropped))


def tables_of(wish: ExportRequest) -> tuple[Table, ...]:
    """The tables of a dataset, articles first."""
    split = wish.split is not None
    beside = (*((REVISIONS,) if wish.revisions else ()), *((PICTURES,) if wish.pictures else ()))
    articles = articles_with(wish.columns, text=wish.text, split=split)
    return (articles, *(table_with(table, text=wish.text, split=split) for table in beside))
