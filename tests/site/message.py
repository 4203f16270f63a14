"""What is asked and what is answered: requests and replies as plain values, and a reply on the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

import orjson

HTML = "text/html; charset=utf-8"
JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
XML = "application/xml; charset=utf-8"

REASONS = {status.value: status.phrase for status in HTTPStatus} | {567: "Anti-Robot"}


@dataclass(frozen=True)
class Request:
    """One request as it came in. ``path`` holds the query too; header names are in lower case."""

    method: str
    scheme: str
    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}"

    @cached_property
    def resource(self) -> str:
        """The path without the query."""
        return self.path.partition("?")[0]

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's parameters, the last one of each name."""
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        """The parameters of an URL-encoded body."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer, with the ways in which it may be spoilt while it is sent."""

    status: int = 200
    content_type: str = HTML
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: float = 0.0
    """Seconds to wait before the first byte."""
    promised: int | None = None
    """The Content-Length to state where it is not the true one."""
    stream: Callable[[], Iterator[bytes]] | None = None
    """Gives the body piece by piece instead of ``body``; sent with chunks unless a length is promised."""
    pause: float = 0.0
    """Seconds between the pieces of ``stream``."""
    reset: bool = False
    """Break the connection with RST after the body's bytes."""

    @cached_property
    def head(self) -> bytes:
        """Status line and headers, up to and with the empty line."""
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Unknown')}"]
        lines.append(f"Content-Type: {self.content_type}")
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
        else:
            lines.append(f"Content-Length: {len(self.body) if self.promised is None else self.promised}")
        lines.append("Connection: close" if self.spoilt else "Connection: keep-alive")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    @property
    def wire(self) -> bytes:
        """Head and body in one piece."""
        return self.head + self.body

    @property
    def chunked(self) -> bool:
        return self.stream is not None and self.promised is None

    @property
    def spoilt(self) -> bool:
        """Whether the connection cannot be used again after this reply."""
        return self.reset or (self.promised is not None and self.stream is None)

    @property
    def plain(self) -> bool:
        """Whether it can be written at once and whole."""
        return not self.delay and not self.spoilt and self.stream is None


def html_reply(body: bytes, status: int = 200) -> Reply:
    return Reply(status=status, body=body)


def json_reply(value: object) -> Reply:
    return Reply(content_type=JSON, body=orjson.dumps(value))


def redirect(location: str, status: int = 302) -> Reply:
    """A redirect as the site sends it, with a short HTML body."""
    page = f"<html><head><title>{status} {REASONS[status]}</title></head><body></body></html>"
    return Reply(status=status, headers=(("Location", location),), body=page.encode())
