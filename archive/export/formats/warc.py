"""The raw captures behind the chosen articles, record by record in one WARC file, and a list of them.

Records are copied as they lie. Only what would mislead others is written anew: a revisit that does not name its target,
one whose target nobody would find, a record that states a digest from before a takedown.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, uuid5

import orjson

from archive.captures.gzip_members import GzipMember, Packed, group_at, members
from archive.captures.portable_records import portable_response, portable_revisit, response_of_revisit
from archive.captures.revisits import first_of, held_at, request_of, target_among
from archive.captures.warc import (
    REDACTED,
    UNPACKED,
    RawRef,
    Record,
    RevisitTarget,
    capture_from,
    check_body,
    read_ref,
    warcinfo,
)
from archive.export.errors import BadOption, NotAnExport
from archive.export.formats.jsonl import PLAIN
from archive.export.read.schema import CAPTURES, DELETED, Row, Table
from archive.export.write.dataset import Dataset
from archive.export.write.hashing_file import HashingFile, hashing_file
from archive.export.write.manifest import Part
from archive.export.write.picture_files import archived

if TYPE_CHECKING:
    from archive.export.write.dataset import Chain, Exported

FILE: Final = "captures.warc.gz"
MISSING: Final = "missing.txt"
_LENGTH: Final = CAPTURES.names.index("length")


class Warc:
    """Writes ``captures.warc.gz``, the table of its captures, and ``missing.txt``: captures that cannot be read."""

    name = "warc"

    def versions(self) -> dict[str, str]:
        """Of the libraries on which the bytes of records depend that are written anew."""
        return {"warcio": version("warcio"), "zlib": zlib.ZLIB_RUNTIME_VERSION}

    def write(self, dataset: Dataset, folder: Path) -> list[Part]:
        """All files. Raises `BadOption` where no article has a capture."""
        refs = set(dataset.snapshot.captures(revisions=dataset.wish.revisions))
        if not refs and dataset.base is None:
            raise BadOption("none of these articles has a raw capture in the archive")
        places, missing, newest = _places(dataset.data, sorted(refs))
        with hashing_file(folder / MISSING) as file:
            file.write("".join(f"{each}\n" for each in missing).encode())
            file.settle()
        read = dict[Row, bytes]()
        rows = dataset.changed(CAPTURES, _rows(dataset.data, places, read))
        with hashing_file(folder / FILE) as file:
            file.write(_lead(dataset.facts, newest) if newest else b"")
            parts = PLAIN.write_rows(folder, CAPTURES, _copied(rows, read, file), archived(dataset.data))
            file.settle()
        if dataset.base:
            parts += PLAIN.write_rows(folder, DELETED, dataset.deletions(), archived(dataset.data))
        return parts

    def read(self, folder: Path, parts: Iterable[Part], table: Table) -> Iterator[Row]:
        """The rows of ``captures`` or ``deleted``."""
        return PLAIN.read(folder, parts, table)

    def merge(self, chain: Chain, folder: Path) -> list[Part]:
        """All files. Raises `NotAnExport` where a takedown has been at one of them."""
        (folder / MISSING).write_bytes((chain.newest.folder / MISSING).read_bytes())
        sources = {place: found for each in chain.exports for place, found in _lying(each)}
        with hashing_file(folder / FILE) as file:
            file.write(_lead_of(chain.newest))
            rows = _taken(chain.rows(CAPTURES), sources, file)
            parts = PLAIN.write_rows(folder, CAPTURES, rows, archived(folder))
            file.settle()
        return parts


def _lead(facts: Mapping[str, object], newest: datetime) -> bytes:
    """The warcinfo of an export: the same for the same articles of the same archive."""
    named = orjson.dumps([facts["wish"], facts["archive_state"]]).decode()
    said = {
        "software": f"qqnews/{version('qqnews')}",
        "description": "Raw captures behind the articles of a dataset, as `qqnews export warc` chose them; export.json "
        f"beside this file says by what options, data/captures.jsonl lists them. {UNPACKED}",
    }
    return warcinfo(FILE, newest, uuid5(NAMESPACE_URL, f"qqnews export warc {named}"), said)


def _places(data: Path, refs: Iterable[str]) -> tuple[list[RawRef], list[str], datetime | None]:
    """Where the captures lie, and those to which their revisits refer; the references that lead nowhere; when the
    newest capture was made, None where there is none.
    """
    found, missing, newest = dict[tuple[str, int], RawRef](), list[str](), None
    for raw_ref in refs:
        try:
            ref = read_ref(raw_ref)
            group = group_at(data, ref)
            fetched_at = _moment(group[0].record)
            needed = [ref]
            if group[0].record.kind == "response":
                check_body(group[0].record, ref)
            elif target := _target(data, group)[1]:
                needed.append(target.ref)
        except (ValueError, OSError):
            missing.append(raw_ref)
        else:
            newest = max(newest or fetched_at, fetched_at)
            found |= {(each.file, each.offset): each for each in needed}
    return [found[place] for place in sorted(found)], missing, newest


def _moment(record: Record) -> datetime:
    """When a capture was made. Raises ``ValueError`` where it is none that can be read."""
    return capture_from(record, (), "").fetched_at


def _target(data: Path, revisit: list[Packed]) -> tuple[Record, RevisitTarget | None]:
    """The response that holds a revisit's body, and how the revisit names it; None where others would not find it, or
    would find another body. Raises ``ValueError``, ``OSError``.
    """
    first = first_of(revisit[0].record)
    held = [each.record for each in held_at(data, first)]
    _moment(held[0])
    if REDACTED in held[0].headers:
        return held[0], None
    return held[0], target_among(held, first, request_of([each.record for each in revisit]))


def _answer(data: Path, group: list[Packed]) -> bytes:
    """The response or revisit of a capture as it is written."""
    if group[0].record.kind == "response":
        return portable_response(group[0])
    held, target = _target(data, group)
    return portable_revisit(group[0], target) if target else response_of_revisit(group[0], held)


def _rows(data: Path, places: Iterable[RawRef], read: dict[Row, bytes]) -> Iterator[Row]:
    """The rows; the records of the one that came last are in ``read``."""
    for ref in places:
        group = group_at(data, ref)
        content = b"".join((_answer(data, group), *(each.content for each in group[1:])))
        headers = group[0].record.headers
        fetched_at = headers["WARC-Date"].replace("Z", "+00:00")
        row = (ref.file, ref.offset, len(content), headers["WARC-Target-URI"], fetched_at, ref.digest)
        read.clear()
        read[row] = content
        yield row


def _copied(rows: Iterable[Row], read: dict[Row, bytes], file: HashingFile) -> Iterator[Row]:
    """The rows; each row's records are in the file when it comes out."""
    for row in rows:
        file.write(read[row])
        yield row


def _taken(rows: Iterable[Row], sources: dict[Row, tuple[Path, int]], file: HashingFile) -> Iterator[Row]:
    """As `_copied`, out of exports: file and offset of a capture → where its records lie."""
    for row in rows:
        path, start = sources[row[:2]]
        with path.open("rb") as source:
            source.seek(start)
            file.write(source.read(int(str(row[_LENGTH]))))
        yield row


def _lying(export: Exported) -> Iterator[tuple[Row, tuple[Path, int]]]:
    """(file, offset) of each capture of an export, and where its records lie in it."""
    path, rows = export.folder / FILE, list(export.rows(CAPTURES))
    ends = list(accumulate((int(str(row[_LENGTH])) for row in rows), initial=len(_lead_of(export))))
    if ends[-1] != path.stat().st_size:
        raise NotAnExport(export.folder, "a takedown has changed its files: export again")
    yield from ((row[:2], (path, start)) for row, start in zip(rows, ends, strict=False))


def _lead_of(export: Exported) -> bytes:
    """What stands before the first capture of an export; nothing in one that an earlier version wrote."""
    path = export.folder / FILE
    first = next(members(path), None)
    if not isinstance(first, GzipMember) or first.record.headers.get("WARC-Filename") != FILE:
        return b""
    with path.open("rb") as file:
        return file.read(first.length)


WARC: Final = Warc()
