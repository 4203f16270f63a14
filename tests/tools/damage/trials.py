"""An archive with something of everything, its files damaged in every way one after another, and what is found."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from archive.article.model import Article
from archive.captures.file_checksums import note_closed_files
from archive.captures.raw_files import RawWriter, raw_files
from archive.captures.warc import Capture
from archive.errors import NewerArchive
from archive.export.pipeline import export
from archive.export.request import ExportRequest
from archive.search.index import NAME as INDEX
from archive.search.sync import index_new
from archive.store import Archive
from archive.verify.exports import check_exports
from archive.verify.verify import Finding, verify
from tests.archive.samples import NOON
from tests.archive.search.test_keeping import dump
from tests.archive.specimen import make_archive
from tests.archive.verify.test_verify import written_in

SMALL_EXPORTED = (
    "exports/jsonl/SHA256SUMS",
    "exports/jsonl/articles.jsonl",
    "exports/ours/SHA256SUMS",
    "exports/ours/export.json",
)
"""Small files of exports: lists of digests, a manifest, lines of data."""


def make_specimen(data: Path) -> None:
    """An archive with articles, captures, a picture, exports of ours and of others, and a search index."""
    make_archive(data)
    with Archive.existing(data) as archive:
        export(archive, "jsonl", data / "exports" / "ours", ExportRequest(columns=("id", "title"), limit=1))
        index_new(archive)


def make_small(data: Path) -> tuple[str, str]:
    """As small as can be: one article of one line, one capture of two bytes; the names of their files."""
    article = Article(id="20250212A0000100", url="https://new.qq.com/rain/a/20250212A0000100", title="晴", body="雨。")
    with Archive.open(data) as archive:
        kept = archive.keep(article, seen_at=NOON)
        writer = RawWriter(data, "list")
        writer.write(Capture(url="https://i.news.qq.com/list", status=200, headers=(), body=b"[]", fetched_at=NOON))
        writer.close()
        note_closed_files(archive.database, writer.take_closed())
    (captures,) = raw_files(data)
    return kept.markdown_path, captures.relative_to(data).as_posix()


@dataclass(frozen=True, slots=True)
class Damage:
    """What is done to a file: bytes beyond ``cut`` are gone, or the bit of this number is the other one."""

    file: str
    cut: int | None = None
    bit: int = 0

    def do(self, path: Path) -> None:
        """Damage the file in its place: to write all of it anew takes far longer."""
        if self.cut is not None:
            os.truncate(path, self.cut)
            return
        with path.open("r+b") as file:
            file.seek(self.bit // 8)
            (byte,) = file.read(1)
            file.seek(self.bit // 8)
            file.write(bytes([byte ^ 1 << self.bit % 8]))

    def __str__(self) -> str:
        return f"{self.file}: " + (f"bit {self.bit}" if self.cut is None else f"cut to {self.cut} bytes")


def every_damage(data: Path, file: str) -> Iterator[Damage]:
    """A file cut to every length, and each of its bits flipped."""
    size = (data / file).stat().st_size
    yield from (Damage(file, cut=length) for length in range(size))
    yield from (Damage(file, bit=bit) for bit in range(8 * size))


def random_damages(data: Path, count: int, seed: int) -> Iterator[Damage]:
    """Bits and cuts anywhere in any file: as often in each kind of file, however large it is."""
    chance = Random(seed)
    kinds: dict[str, list[str]] = {}
    for path in sorted(path for path in data.rglob("*") if path.is_file() and path.stat().st_size):
        name = path.relative_to(data).as_posix()
        if path.suffix != ".checked":  # A note without which the index is looked through, and no more.
            kinds.setdefault(name.partition("/")[0], []).append(name)
    for _ in range(count):
        file = chance.choice(kinds[chance.choice(sorted(kinds))])
        size = (data / file).stat().st_size
        if chance.random() < 0.25:
            yield Damage(file, cut=chance.randrange(size))
        else:
            yield Damage(file, bit=chance.randrange(8 * size))


Look = Callable[[Path], Iterable[Finding]]


def whole(data: Path) -> list[Finding]:
    """What verifying the whole archive finds, every byte read."""
    return list(verify(data, deep=True))


def exports(data: Path) -> list[Finding]:
    """The part of verifying that looks at exports."""
    return list(check_exports(data, deep=True))


@contextmanager
def opened(data: Path, check: Callable[[Archive, Archive], Iterable[Finding]]) -> Iterator[Look]:
    """A part that needs the database, opened once for many looks."""
    with Archive.existing(data) as archive, Archive.existing(data) as again:
        yield lambda _: check(archive, again)


def unnoticed(data: Path, damages: Iterable[Damage], look: Look) -> list[str]:
    """The damages that ``look`` does not find although somebody could read the difference, or of which it dies."""
    bad = []
    for damage in damages:
        path = data / damage.file
        sound = path.read_bytes()
        damage.do(path)
        try:
            if not any(True for _ in look(data)) and not _is_unreadable(path, sound):
                bad.append(str(damage))
        except NewerArchive:
            pass  # A damaged note on a migration looks like one of a later version: refused, by name.
        except Exception as error:
            bad.append(f"{damage}: {type(error).__name__}: {error}")
        finally:
            put_back(path, sound)
    return bad


def _is_unreadable(path: Path, sound: bytes) -> bool:
    """Whether the difference is in room of a database that nobody uses."""
    if path.suffix != ".db":
        return False
    with_difference = path.with_name("different.db")
    without = path.with_name("sound.db")
    try:
        shutil.copyfile(path, with_difference)
        without.write_bytes(sound)
        if path.name == INDEX:
            return dump(path.parent) == _dump_of(without)
        return written_in(with_difference) == written_in(without)
    except sqlite3.Error:
        return False
    finally:
        with_difference.unlink()
        without.unlink()


def _dump_of(index: Path) -> list[tuple[object, ...]]:
    folder = index.parent / "sound"
    folder.mkdir()
    try:
        shutil.copyfile(index, folder / INDEX)
        return dump(folder)
    finally:
        shutil.rmtree(folder)


def put_back(path: Path, sound: bytes) -> None:
    """Make a file what it was, and remove what SQLite left beside it."""
    with path.open("r+b") as file:
        file.write(sound)
        file.truncate()
    if path.suffix == ".db":
        for suffix in ("-wal", "-shm", "-journal"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
