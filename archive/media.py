"""The pictures' copies: each once by its SHA-256, and by address what came of it; those that are missing, too."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path, PurePosixPath
from sqlite3 import Row
from typing import Final

import orjson

from archive.article import Article, pictures_in
from archive.pictures import recognised
from archive.reading import each_row, moment_text, readable, values_of
from archive.record import stamp
from archive.store import Archive

PICTURE: Final = "picture"
"""The kind of a capture that tells where the copy of its address lies; its own body is empty."""
COPY: Final = re.compile(r"media/[0-9a-f]{2}/[0-9a-f]{64}\.[a-z]{2,5}")
"""The path of a copy, by the digest of its bytes."""

MOST_TRIES: Final = 4
"""A picture that could not be had so often is asked for no more, unless one wishes to."""

TRY_AGAIN_AFTER: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture that is not there yet: its address, and the article whose page shows it."""

    url: str
    article_id: str
    article_url: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A picture that could not be had, and why."""

    url: str
    article_id: str
    tries: int
    tried_at: str
    reason: str


def pictures_of(article: Article) -> tuple[str, ...]:
    """The addresses of an article's pictures, each once, with ``https:`` whatever the page wrote; the cover last."""
    found = (*pictures_in(article.body), *filter(None, [article.thumbnail]))
    return tuple(dict.fromkeys(https(address) for address in found))


def https(address: str) -> str:
    """The address under which a picture is known: ``http:`` and ``//`` become ``https:``."""
    return re.sub(r"\A(?:http:)?//", "https://", address)


def wanted_pictures(
    archive: Archive, now: datetime, *, seen_since: datetime | None = None, again: bool = False
) -> Iterator[Wanted]:
    """Pictures of live articles that are not there; ``seen_since``: of articles last seen then or later.

    Those that were tried of late or too often are left out, unless ``again``.
    """
    tried_before = stamp(now if again else now - TRY_AGAIN_AFTER)
    tries = 1 << 30 if again else MOST_TRIES
    for archived in archive.every_article(stamp(seen_since) if seen_since else ""):
        if archived.status == "taken_down":
            continue
        article = archived.article
        asked = orjson.dumps(pictures_of(article)).decode()
        for (url,) in archive.database.connection.execute(_NOT_THERE, (asked, tries, tried_before)).fetchall():
            yield Wanted(url, article.id, article.url)


def keep_picture(archive: Archive, url: str, article_id: str, body: bytes, at: datetime) -> str:
    """Keep a picture's bytes, once whatever its addresses; its path. Raises `NotAPicture`."""
    picture, path = recognised(body), copy_path(body)
    digest = PurePosixPath(path).stem
    with archive.transaction() as connection:
        if not archive.database.tree.holds(path, body):
            archive.database.tree.stage(path, body)
        connection.execute(_ADD_FILE, (digest, url, path, len(body), picture.mime))
        connection.execute(_NOTE, (url, digest, article_id, stamp(at), None))
    return path


def copy_path(body: bytes) -> str:
    """Where the copy of a picture with these bytes lies, below the data directory. Raises `NotAPicture`."""
    digest = sha256(body).hexdigest()
    return f"media/{digest[:2]}/{digest}.{recognised(body).extension}"


def note_missing(archive: Archive, url: str, article_id: str, reason: str, at: datetime) -> None:
    """Note that a picture could not be had."""
    with archive.transaction() as connection:
        connection.execute(_NOTE, (url, None, article_id, stamp(at), reason))


def missing_pictures(archive: Archive) -> Iterator[Missing]:
    """Pictures that could not be had, in the order of their articles."""
    return readable(each_row(archive.database.connection, _MISSING), "pictures", "url", _missing, archive.pass_over)


def _missing(row: Row) -> Missing:
    values = values_of("pictures", "url", row, {"tried_at": moment_text})
    names = ("url", "article_id", "tries", "tried_at")
    return Missing(reason=values["last_error"] or "", **{name: values[name] for name in names})


def copies(archive: Archive, urls: Iterable[str]) -> dict[str, str]:
    """Address → path of its copy, relative to the data directory, for those of ``urls`` that are there."""
    asked = orjson.dumps([https(url) for url in urls]).decode()
    return {row["url"]: row["path"] for row in archive.database.connection.execute(_COPIES, (asked,))}


def with_local_pictures(article: Article, paths: dict[str, str], data: Path, file: Path) -> Article:
    """The article with relative paths, seen from ``file``, in the place of pictures that have a copy."""

    def local(address: str) -> str:
        path = paths.get(https(address))
        return os.path.relpath(data / path, file.parent) if path else address

    body = article.body
    for address in dict.fromkeys(pictures_in(body)):
        body = body.replace(f"]({address})", f"]({local(address)})")
    return replace(article, body=body, thumbnail=local(article.thumbnail) if article.thumbnail else "")


_NOT_THERE: Final = """
    SELECT value FROM json_each(?) WHERE NOT EXISTS (
        SELECT 1 FROM pictures WHERE url = value AND (sha256 IS NOT NULL OR tries >= ? OR tried_at > ?)
    )
"""
_ADD_FILE: Final = """
    INSERT INTO media (sha256, url, path, bytes, mime) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (sha256) DO UPDATE SET url = excluded.url WHERE url = ''
"""
_NOTE: Final = """
    INSERT INTO pictures (url, sha256, article_id, tries, tried_at, last_error) VALUES (?, ?, ?, 1, ?, ?)
    ON CONFLICT (url) DO UPDATE SET sha256 = coalesce(excluded.sha256, sha256), tries = tries + 1,
        tried_at = excluded.tried_at, last_error = iif(excluded.sha256 IS NULL, excluded.last_error, NULL)
"""
_MISSING: Final = "SELECT * FROM pictures WHERE sha256 IS NULL ORDER BY article_id, url"
_COPIES: Final = """
    SELECT pictures.url, media.path FROM pictures JOIN media USING (sha256)
    WHERE pictures.url IN (SELECT value FROM json_each(?))
"""
