"""Copies of pictures whose rows were lost: a file's name says what is in it, and captures whose address that was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

from archive.article.timestamps import stamp
from archive.captures.raw_files import captures
from archive.files.regular_files import read_regular, sha256_of
from archive.media.image_type import NotAPicture, recognised
from archive.media.picture_copies import COPY, LARGEST_PICTURE, PICTURE
from archive.media.sound_type import NotASound, recognised_sound
from archive.redaction.erasures import erased_among
from archive.store import Archive

_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy on disk: the digest of its bytes, its path below the data directory, its size and type."""

    sha256: str
    path: str
    size: int
    mime: str


def lost_copy(archive: Archive, name: str) -> Copy | None:
    """The copy at a path below the data directory; None where that is no picture, or not the one of its name, or where
    a takedown is to remove it.
    """
    path, digest = archive.data / name, PurePosixPath(name).stem
    if not COPY.fullmatch(name) or not name.startswith(f"media/{digest[:2]}/") or path.is_symlink():
        return None
    if archive.database.connection.execute(_TO_BE_REMOVED, (digest,)).fetchone():
        return None
    try:
        if sha256_of(path) != digest:
            return None
        mime = _type_of(read_regular(path, LARGEST_PICTURE))
    except (OSError, NotAPicture, NotASound):
        return None
    return Copy(digest, name, path.stat().st_size, mime)


def _type_of(body: bytes) -> str:
    try:
        return recognised(body).mime
    except NotAPicture:
        return recognised_sound(body).mime


def add_copy(archive: Archive, copy: Copy) -> None:
    """Give a copy its row. Of which addresses it is one is not known by that."""
    with archive.transaction() as connection:
        connection.execute(_ADD, (copy.sha256, copy.path, copy.size, copy.mime))


def has_addresses(data: Path) -> bool:
    """Whether any capture tells where the copy of an address lies."""
    return next(_addresses(data), None) is not None


def has_lost_addresses(archive: Archive) -> bool:
    """Whether captures tell an address of a copy that has none."""
    connection = archive.database.connection
    nameless = {digest for (digest,) in connection.execute(_NAMELESS)}
    return bool(nameless) and any(digest in nameless for _, digest, _, _ in _addresses(archive.data))


def note_addresses(archive: Archive) -> None:
    """Bring back from captures which address each copy has that is there, and no row says so."""
    waiting = _addresses(archive.data)
    while batch := list(islice(waiting, _BATCH)):
        with archive.transaction() as connection:
            erased = erased_among(connection, {article_id for _, _, article_id, _ in batch})
            for url, digest, article_id, at in batch:
                if article_id not in erased:
                    connection.execute(_NOTE, (url, article_id, at, digest))
                    connection.execute("UPDATE media SET url = ? WHERE sha256 = ? AND url = ''", (url, digest))


def _addresses(data: Path) -> Iterator[tuple[str, str, str, str]]:
    """Address, digest, article and time of each copy that captures tell of, oldest file first."""
    for capture in captures(data):
        name = capture.facts.get("body", "")
        if capture.facts.get("kind") == PICTURE and COPY.fullmatch(name):
            yield capture.url, PurePosixPath(name).stem, capture.facts.get("id", ""), stamp(capture.fetched_at)


_TO_BE_REMOVED: Final = "SELECT 1 FROM erasures WHERE instr(pending, ?)"
_NAMELESS: Final = "SELECT sha256 FROM media WHERE sha256 NOT IN (SELECT sha256 FROM pictures WHERE sha256 IS NOT NULL)"
_ADD: Final = "INSERT INTO media (sha256, url, path, bytes, mime) VALUES (?, '', ?, ?, ?) ON CONFLICT DO NOTHING"
# What the database knows of an address is newer than what was lost.
_NOTE: Final = """
    INSERT INTO pictures (url, article_id, tries, tried_at, sha256)
    SELECT ?1, ?2, 1, ?3, ?4 WHERE EXISTS (SELECT 1 FROM media WHERE sha256 = ?4)
    ON CONFLICT (url) DO UPDATE SET sha256 = excluded.sha256, last_error = NULL
    WHERE sha256 IS NULL OR tried_at < excluded.tried_at
"""
