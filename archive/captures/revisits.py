"""Revisits: records that leave a body out because a response that was captured before holds it.

Another program finds that response by its address and date, and looks in an index in which answers to posted questions
stand under address and question together. A revisit is of use to it only where that leads to the response.
"""

from __future__ import annotations

from pathlib import Path

from archive.captures.gzip_members import Packed, group_at
from archive.captures.warc import REDACTED, Capture, RawRef, Record, RevisitTarget, check_body, payload_digest, read_ref


def first_of(revisit: Record) -> RawRef:
    """Where the body lies that a revisit refers to. Raises ``ValueError``."""
    names = ("WARC-Refers-To-Filename", "WARC-Refers-To-File-Offset")
    file, offset = (revisit.headers.get(name, "") for name in names)
    return read_ref(f"{file}:{offset}:{payload_digest(revisit)}")


def held_at(data: Path, first: RawRef) -> list[Packed]:
    """The response to which a revisit refers, its body checked, and the records beside it.

    Raises ``ValueError``, ``OSError``.
    """
    group = group_at(data, first)
    kind = group[0].record.kind
    if kind != "response":  # Revisits of revisits may lead round in a circle.
        raise ValueError(f"it refers to a record of kind {kind}")
    check_body(group[0].record, first)
    return group


def target_for(capture: Capture, data: Path, raw_ref: str) -> RevisitTarget | None:
    """What a revisit by this capture may refer to; None where nobody would find it by its address.

    Raises ``ValueError``, ``OSError`` where that body does not lie there any more.
    """
    first = read_ref(raw_ref)
    held = [each.record for each in held_at(data, first)]
    if REDACTED in held[0].headers:
        raise ValueError("something was taken out of that body since")
    return target_among(held, first, (capture.method, capture.url, capture.request_body))


def target_among(held: list[Record], first: RawRef, request: tuple[str, str, bytes]) -> RevisitTarget | None:
    """The response that ``held`` begins with, as a revisit names it that answers ``request`` (method, address, body).

    None where it is not found by its address.
    """
    url, date = (held[0].headers.get(name, "") for name in ("WARC-Target-URI", "WARC-Date"))
    asked = request_of(held)
    if not url or not date or (asked[0] != "GET" and asked != request):
        return None
    return RevisitTarget(first, url, date)


def request_of(group: list[Record]) -> tuple[str, str, bytes]:
    """Method, address and body of what was asked; GET where that was not written down."""
    url = group[0].headers.get("WARC-Target-URI", "")
    asked = next((each for each in group[1:] if each.kind == "request"), None)
    return (asked.first_line.partition(" ")[0], url, asked.body) if asked else ("GET", url, b"")
