"""The plainest client: one request, written as it is, no redirect followed."""

from __future__ import annotations

from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Got:
    """Status, headers (names in lower case) and text as they came."""

    status: int
    headers: dict[str, str]
    text: str


def get(
    address: str, path: str, method: str = "GET", body: str | None = None, *, timeout: float = 30, **headers: str
) -> Got:
    """What the server answers to this path; ``accept_language`` and the like become headers."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Got(answer.status, found, answer.read().decode("utf-8", "replace"))
    finally:
        connection.close()
