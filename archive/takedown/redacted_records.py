"""WARC records that say less than they did, as gzip members of the length that they had. Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from archive.captures.gzip_members import LEAST_MEMBER
from archive.captures.warc import ERASED, REDACTED

_EMPTY: Final = b"\x00\x00\x00\xff\xff"
"""An empty block of a deflate stream: five bytes that unpack to nothing."""
_FILLER: Final = b"X-Filler: "
_REPLACED: Final = (b"WARC-Block-Digest:", REDACTED.encode(), _FILLER)
"""Headers of an earlier state of a record."""
_MOST_FILLER: Final = 64
_LENGTH: Final = re.compile(rb"(?<=\r\nContent-Length: )[0-9]+")

Change = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class _Parts:
    """An unpacked record: its own headers, those of HTTP if it has any, and the body; without what parts them."""

    head: bytes
    http: bytes | None
    body: bytes


def _parts(plain: bytes) -> _Parts:
    head, _, rest = plain.partition(b"\r\n\r\n")
    block = rest.removesuffix(b"\r\n\r\n")
    if b"\r\nContent-Type: application/http" not in head:
        return _Parts(head, None, block)
    http, _, body = block.partition(b"\r\n\r\n")
    return _Parts(head, http, body)


def redacted_record(plain: bytes, blot: Change, cut: Change) -> bytes | None:
    """The unpacked record of an answer, its headers blotted and its body cut; None where that changes nothing.

    It says what digest its body has now. Its payload digest stays that of the body which was captured: references and
    revisits know it by that.
    """
    parts = _parts(plain)
    head, http, body = blot(parts.head), None if parts.http is None else blot(parts.http), cut(parts.body)
    if (head, http, body) == (parts.head, parts.http, parts.body):
        return None
    lines = [line for line in head.split(b"\r\n") if not line.startswith(_REPLACED)]
    if parts.body:
        lines.append(f"{REDACTED}: sha256:{sha256(body).hexdigest()}".encode())
    return _whole(b"\r\n".join(lines), http and _with_length(http, len(parts.body), len(body)), body)


def blotted_record(plain: bytes, blot: Change) -> bytes | None:
    """The unpacked record of what stands beside an answer, blotted, with the digests that it has now; None where that
    changes nothing.
    """
    parts = _parts(plain)
    head, http, body = blot(parts.head), None if parts.http is None else blot(parts.http), blot(parts.body)
    if (head, http, body) == (parts.head, parts.http, parts.body):
        return None
    block = body if http is None else http + b"\r\n\r\n" + body
    head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(_FILLER))
    for name, content in ((b"Block", block), (b"Payload", body)):
        digest = sha256(content).hexdigest().encode()
        head = re.sub(rb"(?<=\r\nWARC-" + name + rb"-Digest: sha256:)[0-9a-f]{64}", digest, head)
    return _whole(head, http, body)


def without_digests(plain: bytes) -> bytes:
    """The record without the digests that it states of itself: they take more room than anything else in it."""
    return re.sub(rb"\r\nWARC-(?:Block|Payload)-Digest: [^\r]*", b"", plain, count=2)


def _with_length(http: bytes, before: int, now: int) -> bytes:
    return http if before == now else _LENGTH.sub(str(now).encode(), http)


def _whole(head: bytes, http: bytes | None, body: bytes) -> bytes:
    block = body if http is None else http + b"\r\n\r\n" + body
    return _LENGTH.sub(str(len(block)).encode(), head) + b"\r\n\r\n" + block + b"\r\n\r\n"


def packed(plain: bytes) -> bytes:
    """The record as a gzip member."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(plain) + packer.flush()


_BODY: Final = b"description: a record was erased here\r\n"
ERASED_RECORD: Final = (
    b"WARC/1.1\r\nWARC-Type: warcinfo\r\nWARC-Record-ID: %s\r\n"
    b"WARC-Date: 1970-01-01T00:00:00Z\r\nContent-Type: application/warc-fields\r\n"
    b"Content-Length: %d\r\n\r\n%s\r\n\r\n" % (ERASED.encode(), len(_BODY), _BODY)
)
"""An unpacked record that only says that there was one."""


def with_filler(plain: bytes) -> Callable[[bytes], bytes]:
    """What makes the record longer, for `fitted`."""
    head, blank, rest = plain.partition(b"\r\n\r\n")
    return lambda filler: b"".join((head, b"\r\n" + _FILLER if filler else b"", filler, blank, rest))


def filled(length: int, record: Callable[[bytes], bytes]) -> bytes:
    """As `fitted`; where not even a small record fits, an empty member, or zeros: there is nothing to be read."""
    return fitted(length, record) or _empty_member(length) or b"\0" * length


def _empty_member(length: int) -> bytes:
    """A gzip member of so many bytes that unpacks to nothing; what fills it is the name in its head."""
    if length < LEAST_MEMBER:
        return b""
    name = b"x" * (length - LEAST_MEMBER - 1) + b"\0" if length > LEAST_MEMBER else b""
    return b"\x1f\x8b\x08" + (b"\x08" if name else b"\0") + b"\0\0\0\0\0\x03" + name + b"\x03\0" + bytes(8)


def fitted(length: int, record: Callable[[bytes], bytes]) -> bytes | None:
    """A gzip member of exactly ``length`` bytes that unpacks to the record; None: the record is too large.

    ``record`` makes it with some bytes of filler, so that some of its lengths leave room for whole empty blocks.
    """
    for count in range(_MOST_FILLER):
        filler = sha256(bytes([count])).hexdigest()[:count].encode()
        plain = record(filler)
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        deflated = packer.compress(plain) + packer.flush(zlib.Z_SYNC_FLUSH)
        room = length - 18 - len(deflated)
        if room < 0 and not count:
            return None  # More filler makes it no smaller.
        if room >= 5 and room % 5 == 0:
            head = b"\x1f\x8b\x08\0\0\0\0\0\0\x03"
            tail = zlib.crc32(plain).to_bytes(4, "little") + (len(plain) & 0xFFFFFFFF).to_bytes(4, "little")
            return head + deflated + _EMPTY * (room // 5 - 1) + b"\x01\x00\x00\xff\xff" + tail
    return None
