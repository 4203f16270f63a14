"""Pictures against their rows: every file has the SHA-256 of its name, every row its file."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path

from archive.media import COPY
from archive.reading import each_row
from archive.seals import printable_key
from archive.store import Archive
from archive.verify.findings import Finding, What
from archive.verify.quiet import quietly
from archive.verify.tree import files_below


def check_media(archive: Archive, again: Archive, *, deep: bool) -> Iterator[Finding]:
    """Every row's file, then every file's row. ``again``: the same archive, opened for second looks;
    ``deep``: read the files too, not only their sizes.
    """
    query = "SELECT sha256, path, bytes FROM media ORDER BY path"
    for row in each_row(archive.database.connection, query):
        if not COPY.fullmatch(row["path"]):
            where = f"media/{printable_key(row['sha256'])}"
            yield Finding("media", What.DAMAGED, where, f"{row['path']!r} is no path of a copy")
        elif found := _wrong(archive.data, row["sha256"] if deep else "", row["path"], row["bytes"]):
            yield found
    for path in files_below(archive.data / "media"):
        if found := _strange(again, path):
            yield found


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file in hex. Raises OSError."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _wrong(data: Path, digest: str, name: str, size: int) -> Finding | None:
    path = data / name
    try:
        if path.stat().st_size != size:
            return Finding("media", What.DAMAGED, name, f"{path.stat().st_size} bytes instead of {size}")
        if digest and sha256_of(path) != digest:
            return Finding("media", What.DAMAGED, name, "not the bytes of its name")
    except FileNotFoundError:
        return Finding("media", What.MISSING, name)
    except OSError as error:
        return Finding("media", What.DAMAGED, name, error.strerror or str(error))
    return None


def _strange(archive: Archive, path: Path) -> Finding | None:
    name = path.relative_to(archive.data).as_posix()
    query = "SELECT 1 FROM media WHERE path = ?"
    with quietly(archive.database):
        if not path.is_symlink() and not path.exists():
            return None
        if archive.database.connection.execute(query, (name,)).fetchone():
            return None
    return Finding("media", What.LEFTOVER if "/." in name else What.FOREIGN, name)
