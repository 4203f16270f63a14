"""Records as they are handed to others: what each says of itself is true, and revisits lead to their bodies. Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Final

from archive.captures.gzip_members import Packed
from archive.captures.warc import REDACTED, Record, RevisitTarget, digest_of, gzip_member

_BLANK: Final = b"\r\n\r\n"
_FILLER: Final = "X-Filler"
"""What a takedown makes a record longer with."""
_LENGTH: Final = re.compile(rb"\r\nContent-Length:[^\r]*", re.IGNORECASE)


def portable_response(answer: Packed) -> bytes:
    """A response; one in which something was blotted out with the digest that its body has now."""
    if REDACTED not in answer.record.headers:
        return answer.content
    head, block = _parts(answer)
    return _record(head, block, {"WARC-Payload-Digest": f"sha256:{digest_of(answer.record.body)}"})


def portable_revisit(revisit: Packed, target: RevisitTarget) -> bytes:
    """A revisit that names its target; one of an earlier version did not."""
    if target.headers.items() <= dict(revisit.record.headers).items():
        return revisit.content
    return _record(*_parts(revisit), target.headers)


def response_of_revisit(revisit: Packed, held: Record) -> bytes:
    """A revisit as a response of its own, with the body that is held elsewhere."""
    head, block = _parts(revisit)
    answer = _LENGTH.sub(b"", block.partition(_BLANK)[0])
    answer += b"\r\nContent-Length: %d" % len(held.body)
    gone = dict.fromkeys(name for name in revisit.record.headers if name.startswith("WARC-Refers-To"))
    changed = gone | {"WARC-Type": "response", "WARC-Profile": None, REDACTED: held.headers.get(REDACTED)}
    changed["WARC-Payload-Digest"] = f"sha256:{digest_of(held.body)}"
    return _record(head, answer + _BLANK + held.body, changed)


def _parts(packed: Packed) -> tuple[bytes, bytes]:
    """A record's own headers, and its block."""
    head, _, rest = zlib.decompress(packed.content, wbits=31).partition(_BLANK)
    return head, rest.removesuffix(_BLANK)


def _record(head: bytes, block: bytes, changed: Mapping[str, str | None]) -> bytes:
    """The record with other headers, or without some (None), as a gzip member."""
    stated = {
        "WARC-Block-Digest": f"sha256:{sha256(block).hexdigest()}",
        "Content-Length": str(len(block)),
        _FILLER: None,
        **changed,
    }
    return gzip_member(b"\r\n".join(_lines(head.split(b"\r\n"), stated)) + _BLANK + block + _BLANK)


def _lines(lines: Iterable[bytes], stated: Mapping[str, str | None]) -> Iterator[bytes]:
    """The lines of a head, each of these headers in its place or at the end, and once."""
    waiting = {name.lower(): name for name in stated}
    changed = frozenset(waiting)
    for line in lines:
        key = line.partition(b":")[0].strip().lower().decode("latin-1")
        if key not in changed:
            yield line
        elif name := waiting.pop(key, None):
            yield from _line(name, stated[name])
    for name in waiting.values():
        yield from _line(name, stated[name])


def _line(name: str, value: str | None) -> Iterator[bytes]:
    if value is not None:
        yield f"{name}: {value}".encode()
