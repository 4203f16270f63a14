"""Overwriting in place: traces of an article inside files that others rely on, while they may be growing.

Nothing moves: every record stays where references say it is, and a process that appends is not was_held_since. What
is to be written is first put into a journal, so that a crash in the midst loses no record of anybody else.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import orjson

from archive.files.durable import sync_directory
from archive.files.io_errors import named_disk_failures
from archive.takedown.redacted_records import ERASED_RECORD, filled, with_filler
from archive.takedown.traces import Traces

JOURNAL: Final = ".takedown.journal"


@dataclass(frozen=True, slots=True)
class Patch:
    """Bytes to be written over others of the same number. ``erases`` is false where a record lives on, blotted."""

    file: str
    offset: int
    content: bytes
    erases: bool


def overwrite(data: Path, patches: Iterable[Patch]) -> list[Patch]:
    """Journal the patches, write them, forget the journal. Raises ``ArchiveNotWritable``."""
    written = list(patches)
    if not written:
        return []
    journal = data / JOURNAL
    with named_disk_failures(journal):
        aside = data / f"{JOURNAL}.{secrets.token_hex(4)}"
        try:
            _write_journal(aside, written)
            aside.replace(journal)
        finally:
            aside.unlink(missing_ok=True)
        sync_directory(data)
    replay(data)
    return written


def replay(data: Path) -> bool:
    """Write what a whole journal says, once more; whether there was one. What is less than whole is cleared away."""
    for left in data.glob(f"{JOURNAL}.*"):
        left.unlink(missing_ok=True)
    journal = data / JOURNAL
    if not journal.exists():
        return False
    with named_disk_failures(journal):
        for patch in _read_journal(journal):
            _write(data / patch.file, patch)
        journal.unlink()
        sync_directory(data)
    return True


def _write_journal(path: Path, patches: list[Patch]) -> None:
    with path.open("xb") as file:
        for patch in patches:
            # A name may be no text: its bytes stand for themselves.
            name = os.fsencode(patch.file).decode("latin-1")
            size = {"content": len(patch.content), "sha256": sha256(patch.content).hexdigest()}
            head = asdict(patch) | {"file": name} | size
            file.write(orjson.dumps(head) + b"\n" + patch.content)
        file.flush()
        os.fsync(file.fileno())


def _read_journal(path: Path) -> Iterator[Patch]:
    with path.open("rb") as file:
        while line := file.readline():
            head = orjson.loads(line)
            content = file.read(head["content"])
            if sha256(content).hexdigest() != head["sha256"]:
                raise OSError(5, "the journal of a takedown is damaged", str(path))
            yield Patch(os.fsdecode(head["file"].encode("latin-1")), head["offset"], content, head["erases"])


def _write(path: Path, patch: Patch) -> None:
    try:
        handle = os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        return  # Somebody removed the whole file meanwhile: that is one way, too.
    try:
        os.pwrite(handle, patch.content, patch.offset)
        os.fsync(handle)
    finally:
        os.close(handle)


def plain_patches(data: Path, path: Path, traces: Traces) -> Iterator[Patch]:
    """Blots traces out of an ordinary text file (a log, a report); no other byte is written, it may be growing."""
    content = path.read_bytes()
    name = path.relative_to(data).as_posix()
    yield from (Patch(name, start, b"0" * (end - start), erases=False) for start, end in traces.spans(content))


def erased_patch(file: str, offset: int, length: int) -> Patch:
    """An empty record over so many bytes."""
    return Patch(file, offset, filled(length, with_filler(ERASED_RECORD)), erases=True)
