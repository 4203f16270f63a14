"""The plainest client: one request through the proxy, no redirect followed, nothing decoded."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import orjson

from tests.site.site import Site

REFERER = {"Referer": "https://news.qq.com/"}


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in lower case) and body as they came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


def ask(
    site: Site, url: str, body: bytes | None = None, headers: dict[str, str] | None = None, method: str = ""
) -> Answer:
    """GET, or POST where there is a body. Raises what `http.client` raises: `IncompleteRead`, `OSError` …"""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    proxy = urlsplit(site.proxy)
    assert proxy.hostname
    assert proxy.port
    connection: HTTPConnection
    if parts.scheme == "https":
        trust = ssl.create_default_context(cafile=site.ca_file)
        connection = HTTPSConnection(proxy.hostname, proxy.port, timeout=20, context=trust)
        connection.set_tunnel(parts.netloc, 443)
        target = path
    else:
        connection = HTTPConnection(proxy.hostname, proxy.port, timeout=20)
        target = url
    try:
        connection.request(method or ("GET" if body is None else "POST"), target, body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def ask_json(site: Site, url: str, question: object = None) -> Any:
    """The answer of one of the site's interfaces, asked with a referer; a question is posted as JSON."""
    body = None if question is None else orjson.dumps(question)
    return ask(site, url, body, REFERER).json
