"""Overwriting in place: traces of an article inside files that others rely on, while they may be growing.

Nothing moves: every record stays where references say it is, and a process that appends is not disturbed. What
is to be written is first put into a journal, so that a crash in the midst loses no record of anybody else.
"""

from __future__ import annotations

import os
import secrets
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import orjson

from archive.failures import named_disk_failures
from archive.takedown.traces import Traces
from archive.tree import sync_directory
from archive.warc import ERASED, REDACTED
from archive.warc_members import LEAST_MEMBER, Damage, Member, members

JOURNAL: Final = ".takedown.journal"
_EMPTY: Final = b"\x00\x00\x00\xff\xff"
"""An empty block of a deflate stream: five bytes that unpack to nothing."""
_STARTS: Final = ("response", "revisit", "warcinfo")


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
            head = asdict(patch) | {"content": len(patch.content), "sha256": sha256(patch.content).hexdigest()}
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
            yield Patch(head["file"], head["offset"], content, head["erases"])


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
    """Blots traces out of an ordinary text file (a log, a report)."""
    content = path.read_bytes()
    blotted = traces.blotted(content)
    if blotted != content:
        yield Patch(path.relative_to(data).as_posix(), 0, blotted, erases=False)


def capture_patches(data: Path, path: Path, traces: Traces, own: set[int]) -> Iterator[Patch]:
    """Erases the captures of the article from a WARC file, and blots out its traces in all others.

    ``own``: offsets of the article's own captures, as its rows name them.
    """
    name = path.relative_to(data).as_posix()
    with path.open("rb") as file:
        for group in _groups(path):
            start, length = group[0].offset, sum(member.length for member in group)
            plain = [_unpacked(file.fileno(), member) for member in group]
            if start in own or _is_about(group, traces):
                yield erased_patch(name, start, length)
            elif any(map(traces.count, plain)):
                yield _blotted(name, group, plain, traces)


def _groups(path: Path) -> Iterator[list[Member]]:
    """Each response with the request and the metadata that were written beside it; other records alone."""
    group: list[Member] = []
    for found in members(path):
        if group and (isinstance(found, Damage) or found.record.kind in _STARTS):
            yield group
            group = []
        if isinstance(found, Member):
            group.append(found)
    if group:
        yield group


def _unpacked(handle: int, member: Member) -> bytes:
    return zlib.decompress(os.pread(handle, member.length, member.offset), wbits=31)


def _is_about(group: list[Member], traces: Traces) -> bool:
    """Whether the article's own address was asked, or an answer was captured for it."""
    if group[0].record.kind not in ("response", "revisit"):
        return False
    address = group[0].record.headers.get("WARC-Target-URI", "").encode()
    facts = next((each.record.body for each in group if each.record.kind == "metadata"), b"")
    return traces.count(address) > 0 or f"id: {traces.article_id}\r\n".encode() in facts


def erased_patch(file: str, offset: int, length: int) -> Patch:
    """An empty record over so many bytes."""
    return Patch(file, offset, _filled(length, _erased_record), erases=True)


def _blotted(name: str, group: list[Member], plain: list[bytes], traces: Traces) -> Patch:
    """The response alone where it fits into its place; else it takes that of its request and metadata, too."""

    def record(filler: bytes) -> bytes:
        return blotted_record(plain[0], traces, filler)

    start, beside_clean = group[0].offset, not any(map(traces.count, plain[1:]))
    content = _fitted(group[0].length, record) if beside_clean else None
    length = sum(member.length for member in group)
    content = content or _fitted(length, record) or _filled(length, _erased_record)
    return Patch(name, start, content, erases=False)


def blotted_record(plain: bytes, traces: Traces, filler: bytes = b"") -> bytes:
    """The unpacked record without the traces; it says what digest its body has now."""
    head, _, rest = traces.blotted(plain).partition(b"\r\n\r\n")
    is_http = b"\r\nContent-Type: application/http" in head
    body = rest[:-4].partition(b"\r\n\r\n")[2] if is_http else rest[:-4]
    lines = [line for line in head.split(b"\r\n") if not line.startswith((b"WARC-Block-Digest:", REDACTED.encode()))]
    lines.append(f"{REDACTED}: sha256:{sha256(body).hexdigest()}".encode())
    if filler:
        lines.append(b"X-Filler: " + filler)
    return b"\r\n".join(lines) + b"\r\n\r\n" + rest


def _erased_record(filler: bytes) -> bytes:
    body = b"description: a record was erased here\r\n"
    head = (
        f"WARC/1.1\r\nWARC-Type: warcinfo\r\nWARC-Record-ID: {ERASED}\r\n"
        f"WARC-Date: 1970-01-01T00:00:00Z\r\nContent-Type: application/warc-fields\r\nContent-Length: {len(body)}\r\n"
    )
    return head.encode() + (b"X-Filler: " + filler + b"\r\n" if filler else b"") + b"\r\n" + body + b"\r\n\r\n"


def _filled(length: int, record: Callable[[bytes], bytes]) -> bytes:
    """As `_fitted`; where not even a small record fits, an empty member, or zeros: there is nothing to be read."""
    return _fitted(length, record) or _empty_member(length) or b"\0" * length


def _empty_member(length: int) -> bytes:
    """A gzip member of so many bytes that unpacks to nothing; what fills it is the name in its head."""
    if length < LEAST_MEMBER:
        return b""
    name = b"x" * (length - LEAST_MEMBER - 1) + b"\0" if length > LEAST_MEMBER else b""
    return b"\x1f\x8b\x08" + (b"\x08" if name else b"\0") + b"\0\0\0\0\0\x03" + name + b"\x03\0" + bytes(8)


def _fitted(length: int, record: Callable[[bytes], bytes]) -> bytes | None:
    """A gzip member of exactly ``length`` bytes that unpacks to the record; None: the record is too large."""
    for count in range(64):
        filler = sha256(bytes([count])).hexdigest()[:count].encode()
        plain = record(filler)
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = packer.compress(plain) + packer.flush(zlib.Z_SYNC_FLUSH)
        room = length - 18 - len(packed)
        if room >= 5 and room % 5 == 0:
            head = b"\x1f\x8b\x08\0\0\0\0\0\0\x03"
            tail = zlib.crc32(plain).to_bytes(4, "little") + (len(plain) & 0xFFFFFFFF).to_bytes(4, "little")
            return head + packed + _EMPTY * (room // 5 - 1) + b"\x01\x00\x00\xff\xff" + tail
    return None
