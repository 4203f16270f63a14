"""The one place that opens connections: bounded in size and time, verified, and never into a private network.

Scrapy's own handlers were no choice: Twisted's verifies, but resolves names where no guard can stand between
name and connection without a resolver for the whole process; Scrapy's aiohttp one is a private module which
its authors call experimental. This one rests on the public interfaces of both libraries.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from archive.redaction.secrets import redacted
from crawler.net.url_policy import OffLimits, is_public


class TooLarge(Exception):
    """An answer beyond ``DOWNLOAD_MAXSIZE``: no article is that large, asking again cannot help."""


class CertificateRefused(DownloadFailedError):
    """The server's certificate cannot be trusted. ``SSL_CERT_FILE`` names a further authority."""


class PublicResolver(AbstractResolver):
    """Resolves names, and refuses those which lead into a private network.

    Standing between name and connection, it sees the very address that will be used. Only ``trusted`` hosts,
    the proxies which the user named, may stand in a private network.
    """

    def __init__(self, trusted: set[str]) -> None:
        self._trusted = trusted

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host. Raises `OffLimits` when one is not public, OSError when none is known."""
        infos = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG
        )
        found = [_result(host, info) for info in infos]
        private = [one["host"] for one in found if not is_public(one["host"])]
        if private and host not in self._trusted:
            raise OffLimits(host, f"resolves to {private[0]}, which is not a public address")
        return found

    async def close(self) -> None:
        """Nothing is held."""


def _result(host: str, info: tuple[Any, ...]) -> ResolveResult:
    family, _, proto, _, address = info
    return ResolveResult(
        hostname=host,
        host=address[0],
        port=address[1],
        family=family,
        proto=proto,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )


class DownloadHandler(BaseDownloadHandler):
    """Downloads one request with aiohttp. Redirects are answers like any other, compressed bodies stay so."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._max_size = settings.getint("DOWNLOAD_MAXSIZE")
        self._timeout = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._trusted: set[str] = set()
        # create_default_context verifies chain and host name and reads SSL_CERT_FILE and SSL_CERT_DIR.
        connector = aiohttp.TCPConnector(
            limit=settings.getint("CONCURRENT_REQUESTS"),
            resolver=PublicResolver(self._trusted),
            ssl=ssl.create_default_context(),
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        )

    async def download_request(self, request: Request) -> Response:
        """The answer to one request; raises Scrapy's download errors, `OffLimits` or `TooLarge`."""
        started = time.monotonic()
        try:
            async with self._ask(request) as answer:
                request.meta["download_latency"] = time.monotonic() - started
                body = await self._bounded(answer)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise _named(error, request.url) from error
        return _response(request.url, answer, body)

    def _ask(self, request: Request) -> Any:
        proxy: str | None = request.meta.get("proxy")
        if proxy is not None:
            self._trusted.add(urlsplit(proxy).hostname or "")
        headers = request.headers.copy()
        credentials = headers.pop(b"Proxy-Authorization", None)
        return self._session.request(
            request.method,
            request.url,
            data=request.body or None,
            headers=headers.to_tuple_list(),
            proxy=proxy,
            proxy_auth=aiohttp.BasicAuth.decode(credentials[0].decode("latin-1")) if credentials else None,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=request.meta.get("download_timeout", self._timeout)),
        )

    async def _bounded(self, answer: aiohttp.ClientResponse) -> bytes:
        if (answer.content_length or 0) > self._max_size:
            raise TooLarge(f"{answer.content_length} bytes announced, {self._max_size} allowed")
        body = bytearray()
        async for chunk in answer.content.iter_any():
            body += chunk
            if len(body) > self._max_size:
                raise TooLarge(f"more than the {self._max_size} bytes allowed")
        return bytes(body)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


def _response(url: str, answer: aiohttp.ClientResponse, body: bytes) -> Response:
    headers = Headers(list(answer.headers.items()))
    kind: type[Response] = responsetypes.from_args(headers=headers, url=url, body=body)
    return kind(url=url, status=answer.status, headers=headers, body=body)


def _named(error: Exception, url: str) -> Exception:
    """The error in Scrapy's words, the most particular first."""
    if isinstance(error, TimeoutError):
        return DownloadTimeoutError(f"{url}: no whole answer in time")
    said = redacted(str(error)) or type(error).__name__  # It may quote the proxy's address.
    for kind, name in _NAMES:
        if isinstance(error, kind):
            return name(f"{url}: {said}")
    return DownloadFailedError(f"{url}: {said}")


_NAMES: tuple[tuple[type[Exception], type[Exception]], ...] = (
    (aiohttp.ClientConnectorCertificateError, CertificateRefused),
    (aiohttp.ClientSSLError, CertificateRefused),
    (aiohttp.ClientConnectorDNSError, CannotResolveHostError),
    (aiohttp.ClientConnectorError, DownloadConnectionRefusedError),
    (aiohttp.ClientPayloadError, ResponseDataLossError),
)
