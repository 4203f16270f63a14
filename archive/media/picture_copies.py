"""Copies of pictures and sounds: each once by its SHA-256, and by address what came of it, be it nothing."""

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

from archive.article.model import Article, is_sound, pictures_in, sounds_in
from archive.article.timestamps import stamp
from archive.database.row_readers import each_row, moment_text, readable_rows, values_of
from archive.errors import Erased
from archive.media.image_type import Picture, recognised
from archive.media.sound_type import Sound, recognised_sound
from archive.store import Archive

PICTURE: Final = "picture"
"""The kind of a capture that tells where the copy of its address lies; its own body is empty."""
COPY: Final = re.compile(r"media/[0-9a-f]{2}/[0-9a-f]{64}\.[a-z0-9]{2,5}")
"""The path of a copy, by the digest of its bytes."""

MOST_TRIES: Final = 4
"""What could not be had so often is asked for no more, unless one wishes to."""

LARGEST_PICTURE: Final = 64 * 2**20
"""Bytes of a copy that is read: three times what is fetched at most."""

TRY_AGAIN_AFTER: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture or sound that is not there yet: its address, and the article whose page has it."""

    url: str
    article_id: str
    article_url: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A picture or sound that could not be had, and why."""

    url: str
    article_id: str
    tries: int
    tried_at: str
    reason: str


def pictures_of(article: Article) -> tuple[str, ...]:
    """The addresses of an article's pictures, each once, with ``https:`` whatever the page wrote; the cover last."""
    found = (*pictures_in(article.body), *filter(None, [article.thumbnail]))
    return tuple(dict.fromkeys(https(address) for address in found))


def media_of(article: Article) -> tuple[str, ...]:
    """The addresses of all that is copied of an article, each once, with ``https:``: its pictures, where those move
    that are shown still, its sounds; the cover last.
    """
    shown = pictures_in(article.body)
    moving = (article.animations[address] for address in shown if address in article.animations)
    found = (*shown, *moving, *sounds_in(article.body), *filter(None, [article.thumbnail]))
    return tuple(dict.fromkeys(https(address) for address in found))


def https(address: str) -> str:
    """The address under which a picture is known: ``http:`` and ``//`` become ``https:``."""
    return re.sub(r"\A(?:http:)?//", "https://", address)


def wanted_pictures(
    archive: Archive, now: datetime, *, seen_since: datetime | None = None, again: bool = False
) -> Iterator[Wanted]:
    """Pictures and sounds of live articles that are not there; ``seen_since``: of articles last seen then or later.

    Those that were tried of late or too often are left out, unless ``again``.
    """
    tried_before = stamp(now if again else now - TRY_AGAIN_AFTER)
    tries = 1 << 30 if again else MOST_TRIES
    for archived in archive.every_article(stamp(seen_since) if seen_since else ""):
        if archived.status == "taken_down":
            continue
        article = archived.article
        asked = orjson.dumps(media_of(article)).decode()
        for (url,) in archive.database.connection.execute(_NOT_THERE, (asked, tries, tried_before)).fetchall():
            yield Wanted(url, article.id, article.url)


def keep_picture(archive: Archive, url: str, article_id: str, body: bytes, at: datetime) -> str:
    """Keep the bytes of a picture or sound, once whatever its addresses; its path.

    Raises ``Erased``, and `NotAPicture` or, where a sound is wanted, `NotASound`.
    """
    found, path = _recognised(url, body), copy_path(url, body)
    digest = PurePosixPath(path).stem
    with archive.transaction() as connection:
        _refuse_erased(archive, article_id)
        if not archive.database.tree.holds(path, body):
            archive.database.tree.stage(path, body)
        connection.execute(_ADD_FILE, (digest, url, path, len(body), found.mime))
        connection.execute(_NOTE, (url, digest, article_id, 1, stamp(at), None))
    return path


def copy_path(url: str, body: bytes) -> str:
    """Where the copy of a picture or sound with these bytes lies, below the data directory.

    Raises `NotAPicture` or, where a sound is wanted, `NotASound`.
    """
    digest = sha256(body).hexdigest()
    return f"media/{digest[:2]}/{digest}.{_recognised(url, body).extension}"


def _recognised(url: str, body: bytes) -> Picture | Sound:
    return recognised_sound(body) if is_sound(url) else recognised(body)


def note_missing(archive: Archive, url: str, article_id: str, reason: str, at: datetime, tries: int = 1) -> None:
    """Note that a picture could not be had. ``tries``: 0 where it was not even asked for. Raises ``Erased``."""
    with archive.transaction() as connection:
        _refuse_erased(archive, article_id)
        connection.execute(_NOTE, (url, None, article_id, tries, stamp(at), reason))


def _refuse_erased(archive: Archive, article_id: str) -> None:
    """An article may be taken down while its pictures are under way."""
    if archive.erased([article_id]):
        raise Erased


def missing_pictures(archive: Archive) -> Iterator[Missing]:
    """Pictures that could not be had, in the order of their articles."""
    return readable_rows(
        each_row(archive.database.connection, _MISSING), "pictures", "url", _missing, archive.pass_over
    )


def _missing(row: Row) -> Missing:
    values = values_of("pictures", "url", row, {"tried_at": moment_text})
    names = ("url", "article_id", "tries", "tried_at")
    return Missing(reason=values["last_error"] or "", **{name: values[name] for name in names})


def copies(archive: Archive, urls: Iterable[str]) -> dict[str, str]:
    """Address → path of its copy, relative to the data directory, for those of ``urls`` that are there."""
    asked = orjson.dumps([https(url) for url in urls]).decode()
    return {row["url"]: row["path"] for row in archive.database.connection.execute(_COPIES, (asked,))}


def with_local_pictures(article: Article, paths: dict[str, str], data: Path, file: Path) -> Article:
    """The article with relative paths, seen from ``file``, in the place of pictures and sounds that have a copy."""

    def local(address: str) -> str:
        path = paths.get(https(address))
        return os.path.relpath(data / path, file.parent) if path else address

    places = {address: local(address) for address in (*pictures_in(article.body), *sounds_in(article.body))}
    first, *others = article.body.split("](")
    # In one pass: an article may have thousands of pictures.
    parts = [first]
    for address, closing, rest in (part.partition(")") for part in others):
        parts += ("](", places.get(address, address) if closing else address, closing, rest)
    return replace(article, body="".join(parts), thumbnail=local(article.thumbnail) if article.thumbnail else "")


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
    INSERT INTO pictures (url, sha256, article_id, tries, tried_at, last_error) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (url) DO UPDATE SET sha256 = coalesce(excluded.sha256, sha256), tries = tries + excluded.tries,
        tried_at = excluded.tried_at, last_error = iif(excluded.sha256 IS NULL, excluded.last_error, NULL)
"""
_MISSING: Final = "SELECT * FROM pictures WHERE sha256 IS NULL ORDER BY article_id, url"
_COPIES: Final = """
    SELECT pictures.url, media.path FROM pictures JOIN media USING (sha256)
    WHERE pictures.url IN (SELECT value FROM json_each(?))
"""
