"""A capture as WARC 1.1 records and back: response (or revisit), request, metadata; each a gzip member. Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from http.client import responses
from io import BytesIO
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

Headers = tuple[tuple[str, str], ...]

COMPRESSION: Final = 6
"""Of gzip. Level 9, warcio's own choice, takes twice the time for 1 % less."""

REDACTED: Final = "X-QQNews-Redacted-Digest"
"""The header of a record in which something was blotted out: the digest its body has now. The record's payload
digest stays that of the body which was captured: references and revisits know it by that."""

ERASED: Final = "<urn:uuid:00000000-0000-0000-0000-000000000000>"
"""The WARC-Record-ID of what stands in the place of a record that was erased."""
WITHHELD: Final = "X-QQNews-Withheld"
"""The header of a record from which something was left out before it was written: how much. Its digests are those of
what is there."""

CONFORMS_TO: Final = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
UNPACKED: Final = (
    "Bodies are stored unpacked: Content-Encoding and Transfer-Encoding of the wire are kept under X-Archive-Orig-…, "
    "Content-Length is that of the unpacked body."
)
"""What every file says of its records."""

_REVISIT: Final = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_VERSION: Final = re.compile(rb"WARC/1\.[01]")
_LENGTH: Final = re.compile(r"[0-9]{1,15}")
_STATUS: Final = re.compile(r"HTTP/\S+ ([0-9]{1,9})\b")
_END_OF_HEAD: Final = b"\r\n\r\n"
_END_OF_RECORD: Final = b"\r\n\r\n"
_WITH_HTTP: Final = ("response", "request", "revisit")
_PACKING: Final = ("content-encoding", "transfer-encoding")
_UNTRUE: Final = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_SECRET: Final = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What was asked of the site and what it answered."""

    url: str
    status: int
    headers: Headers
    body: bytes = field(repr=False)
    """Unpacked: without the compression and the chunks that it had on the wire."""
    fetched_at: datetime
    method: str = "GET"
    request_headers: Headers = ()
    request_body: bytes = b""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the crawler knew: the article's ``id``, the ``source`` that listed it, the ``job``."""
    withheld: str = ""
    """What was left out of it, if anything: how much it named of articles that were taken down."""
    raw_ref: str = ""
    """Where it lies; empty for what was not written yet."""


@dataclass(frozen=True, slots=True)
class RawRef:
    """Where a capture lies: file below ``raw``, offset of its response, SHA-256 of the body in hex."""

    file: str
    offset: int
    digest: str

    def __str__(self) -> str:
        return f"{self.file}:{self.offset}:{self.digest}"

    @property
    def record_id(self) -> str:
        """The WARC-Record-ID of the response, which follows from where it lies."""
        return f"<urn:uuid:{uuid5(NAMESPACE_URL, f'{self.file}:{self.offset}')}>"


@dataclass(frozen=True, slots=True)
class RevisitTarget:
    """The response that holds a revisit's body: where it lies, its address, and its WARC-Date to the letter."""

    ref: RawRef
    url: str
    date: str

    @property
    def headers(self) -> dict[str, str]:
        """The headers by which a revisit names it."""
        return {
            "WARC-Profile": _REVISIT,
            "WARC-Refers-To": self.ref.record_id,
            "WARC-Refers-To-Target-URI": self.url,
            "WARC-Refers-To-Date": self.date,
            "WARC-Refers-To-Filename": self.ref.file,
            "WARC-Refers-To-File-Offset": str(self.ref.offset),
        }


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was read: its headers, and for HTTP the answer's or request's line, headers and body."""

    kind: str
    headers: Mapping[str, str]
    first_line: str
    http_headers: Headers
    body: bytes = field(repr=False)


def read_ref(text: str) -> RawRef:
    """``file:offset:digest`` → its parts. Raises ``ValueError``."""
    file, offset, digest = text.split(":")
    if "/" in file or not file.endswith(".warc.gz") or not offset.isdigit() or len(digest) != 64:
        raise ValueError(f"{text!r} is no reference to a capture")
    return RawRef(file, int(offset), digest)


def digest_of(body: bytes) -> str:
    """SHA-256 in hex, as in references."""
    return sha256(body).hexdigest()


def warcinfo(file: str, at: datetime, record_id: UUID, facts: Mapping[str, str]) -> bytes:
    """The record that a file begins with. ``facts``: what is to be said beside its format, ``software`` first."""
    stated = {**facts, "format": "WARC File Format 1.1", "conformsTo": CONFORMS_TO}
    headers = {"WARC-Filename": file, "Content-Type": "application/warc-fields"}
    return _packed("warcinfo", None, at, f"<urn:uuid:{record_id}>", _fields(stated), headers)


def records_of(capture: Capture, ref: RawRef, target: RevisitTarget | None) -> bytes:
    """The capture's records, ready to be appended at ``ref``. ``target``: the response that holds the same body."""
    at, url = capture.fetched_at, capture.url
    beside = {"WARC-Concurrent-To": ref.record_id}
    asked = StatusAndHeaders(
        f"{capture.method} {url} HTTP/1.1", _stored(capture.request_headers, capture.request_body), is_http_request=True
    )
    request = _packed("request", url, at, f"<urn:uuid:{uuid4()}>", capture.request_body, beside, asked)
    facts = _fields({**capture.facts, "withheld": capture.withheld})
    metadata = _packed("metadata", url, at, f"<urn:uuid:{uuid4()}>", facts, beside)
    return _response(capture, ref, target) + request + metadata


def _response(capture: Capture, ref: RawRef, target: RevisitTarget | None) -> bytes:
    # How long a body is says the record that holds it: a takedown may shorten it there.
    held = capture.body if target is None else b""
    answer = StatusAndHeaders(
        f"{capture.status} {responses.get(capture.status, '')}",
        _stored(capture.headers, held),
        protocol="HTTP/1.1",
    )
    payload = {"WARC-Payload-Digest": f"sha256:{ref.digest}"}
    payload |= {WITHHELD: capture.withheld} if capture.withheld else {}
    if target is None:
        return _packed("response", capture.url, capture.fetched_at, ref.record_id, capture.body, payload, answer)
    return _packed("revisit", capture.url, capture.fetched_at, ref.record_id, b"", payload | target.headers, answer)


def _packed(
    kind: str,
    url: str | None,
    at: datetime,
    record_id: str,
    body: bytes,
    headers: Mapping[str, str],
    http: StatusAndHeaders | None = None,
) -> bytes:
    """One record as a gzip member."""
    head = b""
    if http is not None:
        http.compute_headers_buffer(None)
        head = http.headers_buff
    stated = {
        "WARC-Record-ID": record_id,
        "WARC-Date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "WARC-Block-Digest": f"sha256:{sha256(head + body).hexdigest()}",
        **({} if kind in ("response", "revisit") else {"WARC-Payload-Digest": f"sha256:{digest_of(body)}"}),
        **headers,
    }
    plain = BytesIO()
    writer = WARCWriter(plain, gzip=False, warc_version="1.1")
    record = writer.create_warc_record(
        url, kind, payload=BytesIO(body), length=len(body), http_headers=http, warc_headers_dict=stated
    )
    writer.write_record(record)
    return gzip_member(plain.getvalue())


def gzip_member(plain: bytes) -> bytes:
    """A record as it lies in a file."""
    pressed = zlib.compressobj(COMPRESSION, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return pressed.compress(plain) + pressed.flush()


def _stored(headers: Headers, body: bytes) -> list[tuple[str, str]]:
    """The headers, with no word that is untrue of the unpacked body and none that is a secret."""
    kept = [
        (f"X-Archive-Orig-{name}" if name.lower() in _UNTRUE else name, value)
        for name, value in headers
        if name.lower() not in _SECRET
    ]
    return [*kept, ("Content-Length", str(len(body)))] if body else kept


def _fields(facts: Mapping[str, str]) -> bytes:
    lines = (f"{name}: {' '.join(value.split())}\r\n" for name, value in facts.items() if value)
    return "".join(lines).encode()


def read_record(plain: bytes) -> Record:
    """One unpacked record, its body as it is stored. Raises ``ValueError`` for bytes that are none, to the byte."""
    ended = plain.find(_END_OF_HEAD)
    version, *lines = plain[: max(ended, 0)].split(b"\r\n")
    if ended < 0 or not _VERSION.fullmatch(version):
        raise ValueError("no WARC record")
    headers = dict(_header_fields(lines))
    start = ended + len(_END_OF_HEAD)
    stated = headers.get("Content-Length", "")
    if not _LENGTH.fullmatch(stated) or plain[start + int(stated) :] != _END_OF_RECORD:
        raise ValueError(f"no WARC record: its length is not {stated[:20]!r}")
    kind, end = headers.get("WARC-Type", ""), start + int(stated)
    if kind in _WITH_HTTP and headers.get("Content-Type", "").startswith("application/http") and start < end:
        return _with_http(kind, headers, plain, start, end)
    return Record(kind=kind, headers=headers, first_line="", http_headers=(), body=plain[start:end])


def _with_http(kind: str, headers: Mapping[str, str], plain: bytes, start: int, end: int) -> Record:
    ended = plain.find(_END_OF_HEAD, start, end)
    if ended < 0:
        raise ValueError("no WARC record: an HTTP head without an end")
    first_line, *lines = plain[start:ended].split(b"\r\n")
    return Record(
        kind=kind,
        headers=headers,
        first_line=_text(first_line).strip(),
        http_headers=tuple(_header_fields(lines)),
        body=plain[ended + len(_END_OF_HEAD) : end],
    )


def _header_fields(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """Name and value of each line; what has no colon is none."""
    for line in lines:
        name, colon, value = _text(line).partition(":")
        if colon:
            yield name.rstrip(), value.strip()


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def read_facts(body: bytes) -> dict[str, str]:
    """What a metadata record says."""
    lines = (line.partition(": ") for line in body.decode("utf-8", "replace").splitlines())
    return {name: value for name, _, value in lines if value}


def capture_from(response: Record, beside: Iterable[Record], ref: str) -> Capture:
    """A capture from its response or revisit and what stands beside it. A revisit's body is empty.

    Raises ``ValueError`` where the record does not say what a capture needs.
    """
    others = {record.kind: record for record in beside}
    asked, said = others.get("request"), others.get("metadata")
    status = _STATUS.match(response.first_line)
    if status is None:
        raise ValueError("it has no HTTP status")
    if not (url := response.headers.get("WARC-Target-URI")):
        raise ValueError("it has no WARC-Target-URI")
    _refuse_packed(response)
    facts = read_facts(said.body) if said else {}
    return Capture(
        url=url,
        status=int(status[1]),
        headers=response.http_headers,
        body=response.body,
        fetched_at=date_of(response),
        method=asked.first_line.partition(" ")[0] if asked else "GET",
        request_headers=asked.http_headers if asked else (),
        request_body=asked.body if asked else b"",
        facts={name: value for name, value in facts.items() if name != "withheld"},
        withheld=response.headers.get(WITHHELD, ""),
        raw_ref=ref,
    )


def _refuse_packed(response: Record) -> None:
    """Raise ``ValueError`` for a body that another program stored as it came: a kilobyte may unpack to gigabytes."""
    for name, value in response.http_headers:
        if name.lower() in _PACKING and value.lower() not in ("", "identity"):
            raise ValueError(f"its body is packed ({name}: {value[:40]}), and captures are stored unpacked")


def payload_digest(record: Record) -> str:
    """SHA-256 in hex of the body that was captured, as the record states it."""
    return record.headers.get("WARC-Payload-Digest", "").removeprefix("sha256:")


def check_body(response: Record, ref: RawRef) -> None:
    """Raise ``ValueError`` where a response has neither the body of the reference nor what was left of it."""
    stated = response.headers.get(REDACTED, f"sha256:{ref.digest}")
    if f"sha256:{digest_of(response.body)}" != stated:
        raise ValueError("the body does not have the digest of the reference")


def date_of(record: Record) -> datetime:
    """When what the record holds was fetched, in UTC. Raises ``ValueError``."""
    stated = record.headers.get("WARC-Date", "")
    try:
        moment = datetime.fromisoformat(stated)
        if moment.tzinfo is None:
            raise ValueError("no time zone")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"its WARC-Date is {stated[:40]!r}") from error
