"""The raw captures behind the chosen articles, copied record by record into one WARC file, and a list of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Final

from archive.captures.gzip_members import group_at
from archive.captures.raw_files import first_of
from archive.captures.warc import RawRef, read_ref
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
        """Records are copied as they are packed."""
        return {}

    def write(self, dataset: Dataset, folder: Path) -> list[Part]:
        """All files. Raises `BadOption` where no article has a capture."""
        refs = set(dataset.snapshot.captures(revisions=dataset.wish.revisions))
        if not refs and dataset.base is None:
            raise BadOption("none of these articles has a raw capture in the archive")
        places, missing = _places(dataset.data, sorted(refs))
        with hashing_file(folder / MISSING) as file:
            file.write("".join(f"{each}\n" for each in missing).encode())
            file.settle()
        read = dict[Row, bytes]()
        rows = dataset.changed(CAPTURES, _rows(dataset.data, places, read))
        with hashing_file(folder / FILE) as file:
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
            rows = _taken(chain.rows(CAPTURES), sources, file)
            parts = PLAIN.write_rows(folder, CAPTURES, rows, archived(folder))
            file.settle()
        return parts


def _places(data: Path, refs: Iterable[str]) -> tuple[list[RawRef], list[str]]:
    """Where the captures lie, those before them to which revisits refer, too; and the references that lead nowhere."""
    found, missing = dict[tuple[str, int], RawRef](), list[str]()
    for raw_ref in refs:
        try:
            ref = read_ref(raw_ref)
            head = group_at(data, ref)[0].record
            needed = [ref, first_of(head)] if head.kind == "revisit" else [ref]
            if len(needed) > 1:
                group_at(data, needed[1])
        except (ValueError, OSError):
            missing.append(raw_ref)
        else:
            found |= {(each.file, each.offset): each for each in needed}
    return [found[place] for place in sorted(found)], missing


def _rows(data: Path, places: Iterable[RawRef], read: dict[Row, bytes]) -> Iterator[Row]:
    """The rows; the records of the one that came last are in ``read``."""
    for ref in places:
        group = group_at(data, ref)
        headers, content = group[0].record.headers, b"".join(each.content for each in group)
        fetched_at = headers.get("WARC-Date", "").replace("Z", "+00:00")
        row = (ref.file, ref.offset, len(content), headers.get("WARC-Target-URI", ""), fetched_at, ref.digest)
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
    ends = list(accumulate(int(str(row[_LENGTH])) for row in rows))
    if (ends[-1] if ends else 0) != path.stat().st_size:
        raise NotAnExport(export.folder, "a takedown has changed its files: export again")
    yield from ((row[:2], (path, end - int(str(row[_LENGTH])))) for row, end in zip(rows, ends, strict=True))


WARC: Final = Warc()
