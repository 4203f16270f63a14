"""Raw captures: every record can be read and has its digests, and every reference leads to the record it means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from sqlite3 import Connection
from typing import Final

from archive.regular_files import files_below
from archive.store import Archive
from archive.verify.findings import Finding, What
from archive.warc import REDACTED, digest_of
from archive.warc_members import Damage, Member, members

REFERRING: Final = ("articles", "revisions", "payloads")
"""The tables with a column ``raw_ref``: ``file:offset:digest``."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A row that points to a record. ``where`` names the row."""

    file: str
    offset: int
    digest: str
    where: str


def check_captures(archive: Archive, *, deep: bool) -> Iterator[Finding]:
    """Every file and every reference, side by side in the order of the files' names.

    ``deep``: read every record; else only look whether what rows point to is there at all.
    """
    check = _check_file if deep else _check_size
    by_file = groupby(references(archive.database.connection), lambda reference: reference.file)
    pointed_at = next(by_file, None)
    for path in capture_files(archive.data):
        while pointed_at is not None and pointed_at[0] < path.name:
            yield from _without_file(archive, pointed_at[0], pointed_at[1])
            pointed_at = next(by_file, None)
        if pointed_at is not None and pointed_at[0] == path.name:
            yield from check(archive.data, path, pointed_at[1])
            pointed_at = next(by_file, None)
        else:
            yield from check(archive.data, path, ())
    while pointed_at is not None:
        yield from _without_file(archive, pointed_at[0], pointed_at[1])
        pointed_at = next(by_file, None)
    yield from _strangers(archive.data)


def check_capture_files(data: Path) -> Iterator[Finding]:
    """The files alone, where there is no database to ask."""
    for path in capture_files(data):
        yield from _check_file(data, path, ())
    yield from _strangers(data)


def capture_files(data: Path) -> list[Path]:
    """The WARC files, by name."""
    return sorted((data / "raw").glob("[!.]*.warc.gz"))


def references(connection: Connection) -> Iterator[Reference]:
    """Every reference to a capture, by file and offset. SQLite sorts them outside of memory where they are many."""
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    keys = {"articles": "id", "revisions": "article_id || '/' || revision", "payloads": "sha256"}
    parts = [
        f"SELECT raw_ref, '{table}/' || {keys[table]} AS whose FROM {table} WHERE raw_ref IS NOT NULL"  # noqa: S608
        for table in REFERRING
        if table in tables
    ]
    query = f"""
        SELECT CAST(raw_ref AS BLOB), CAST(whose AS BLOB) FROM ({" UNION ALL ".join(parts)})
        ORDER BY substr(raw_ref, 1, instr(raw_ref, ':') - 1), CAST(substr(raw_ref, instr(raw_ref, ':') + 1) AS INTEGER)
    """  # noqa: S608
    # As bytes: one that is no text any more must not hide the others.
    return (reference(*(each.decode("utf-8", "replace") for each in row)) for row in connection.cursor().execute(query))


def reference(raw_ref: str, where: str) -> Reference:
    """The parts of a ``raw_ref``. One that has no offset gets -1, where no record can be."""
    file, _, rest = raw_ref.partition(":")
    offset, _, digest = rest.partition(":")
    return Reference(file, int(offset) if offset.isdigit() else -1, digest, where)


def _check_file(data: Path, path: Path, pointing: Iterable[Reference]) -> Iterator[Finding]:
    name, waiting = f"raw/{path.name}", iter(pointing)
    due = next(waiting, None)
    for found in members(path):
        while due is not None and due.offset < found.offset:
            yield _dangling(due, "no record begins there")
            due = next(waiting, None)
        yield from _broken(name, found)
        while due is not None and due.offset == found.offset:
            if isinstance(found, Damage):
                yield _dangling(due, "its record is damaged")
            elif found.record.headers.get("WARC-Payload-Digest") != f"sha256:{due.digest}":
                yield _dangling(due, "the record there has another digest")
            due = next(waiting, None)
    while due is not None:
        yield _dangling(due, "the file ends before")
        due = next(waiting, None)


def _broken(name: str, found: Member | Damage) -> Iterator[Finding]:
    where = f"{name}:{found.offset}"
    if isinstance(found, Damage):
        yield Finding("captures", What.TORN if found.torn else What.DAMAGED, where, found.reason)
        return
    headers = found.record.headers
    stated = headers.get(REDACTED) or headers.get("WARC-Payload-Digest", "")
    # A revisit states the digest of a body that lies elsewhere.
    if stated and found.record.kind != "revisit" and stated != f"sha256:{digest_of(found.record.body)}":
        yield Finding("captures", What.DAMAGED, where, "its body does not have its digest")


def _check_size(data: Path, path: Path, pointing: Iterable[Reference]) -> Iterator[Finding]:
    size = path.stat().st_size
    return (_dangling(each, "the file ends before") for each in pointing if not 0 <= each.offset < size)


def _dangling(reference: Reference, detail: str) -> Finding:
    return Finding("captures", What.DANGLING, reference.where, f"raw/{reference.file}:{reference.offset}: {detail}")


def _without_file(archive: Archive, file: str, pointing: Iterable[Reference]) -> Iterator[Finding]:
    yield Finding("captures", What.MISSING, f"raw/{file}")
    for each in pointing:
        yield _dangling(each, "the file is not there")


def _strangers(data: Path) -> Iterator[Finding]:
    known = set(capture_files(data))
    for path in files_below(data / "raw"):
        if path not in known:
            name = path.relative_to(data).as_posix()
            yield Finding("captures", What.LEFTOVER if path.name.startswith(".") else What.FOREIGN, name)
