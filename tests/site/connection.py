"""One client's connection to the proxy: requests parsed, tunnels dressed in TLS, replies sent or spoilt.

Written on `asyncio.Protocol` rather than streams: the site is to be faster than whatever it tests.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Coroutine, Iterator
from ssl import SSLContext, SSLError
from typing import cast
from urllib.parse import urlsplit

from tests.site.message import Reply, Request

Answer = Callable[[Request], Reply]
LONGEST_HEAD = 64 * 1024


class Connection(asyncio.Protocol):
    """Answers the requests of one connection, one after another.

    ``admit`` gives the TLS context for a host that a tunnel may be opened to, or None to refuse it.
    """

    def __init__(self, answer: Answer, admit: Callable[[str], SSLContext | None]) -> None:
        self.answer = answer
        self.admit = admit
        self.buffer = b""
        self.scheme = "http"
        self.host = ""
        self.busy: asyncio.Task[None] | None = None
        self.writable = asyncio.Event()
        self.writable.set()
        self.transport: asyncio.Transport
        self.wire: asyncio.Transport
        """The transport under the TLS, where there is one."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = self.wire = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.busy is not None:
            self.busy.cancel()

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.advance()

    def advance(self) -> None:
        """Answer every whole request in the buffer; stop while one answer takes its time."""
        while self.busy is None and not self.transport.is_closing():
            try:
                request = self.next_request()
            except ValueError:  # no HTTP
                self.transport.abort()
                return
            if request is None:
                return
            if request.method == "CONNECT":
                self.open_tunnel(request)
            else:
                self.send(self.answer(request), head_only=request.method == "HEAD")

    def next_request(self) -> Request | None:
        """Cut the next whole request from the buffer; None while it is still coming in."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self.buffer) > LONGEST_HEAD:
                self.transport.abort()
            return None
        start, *lines = self.buffer[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body_end = end + 4 + int(headers.get("content-length", "0"))
        if len(self.buffer) < body_end:
            return None
        body, self.buffer = self.buffer[end + 4 : body_end], self.buffer[body_end:]
        method, target, _ = start.split(" ", 2)
        return self.addressed(method, target, headers, body)

    def addressed(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Request:
        """The request with its host, which its target names, or the tunnel through which it came."""
        if method == "CONNECT":
            return Request(method, "https", target.partition(":")[0].lower(), "", headers)
        if target.startswith("/"):
            host = self.host or headers.get("host", "").lower()
            return Request(method, self.scheme, host, target, headers, body)
        parts = urlsplit(target)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Request(method, parts.scheme, parts.netloc.lower().removesuffix(":80"), path, headers, body)

    def open_tunnel(self, request: Request) -> None:
        context = self.admit(request.host)
        if context is None:
            self.send(self.answer(request))
            return
        self.host = request.host
        self.transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.start(self.dress(context))

    async def dress(self, context: SSLContext) -> None:
        """Put TLS between this connection and its transport. A client that distrusts us just goes away."""
        self.transport.pause_reading()
        loop = asyncio.get_running_loop()
        try:
            dressed = await loop.start_tls(self.transport, self, context, server_side=True)
        except (SSLError, ConnectionError):
            return
        if dressed is None:
            return
        self.transport = dressed
        self.scheme = "https"

    def send(self, reply: Reply, *, head_only: bool = False) -> None:
        if reply.plain:
            self.transport.write(reply.head if head_only else reply.wire)
        else:
            self.start(self.send_slowly(reply))

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Do something that takes time; the requests that come meanwhile wait in the buffer."""

        async def run() -> None:
            await work
            self.busy = None
            self.advance()

        self.busy = asyncio.get_running_loop().create_task(run())

    async def send_slowly(self, reply: Reply) -> None:
        await asyncio.sleep(reply.delay)
        self.transport.write(reply.head)
        pieces = iter((reply.body,)) if reply.stream is None else reply.stream()
        for piece in framed(pieces) if reply.chunked else pieces:
            self.transport.write(piece)
            # A turn of the loop for the others, and a wait where the client reads more slowly than we write.
            await asyncio.sleep(reply.pause)
            await self.writable.wait()
        if reply.reset:
            await self.reset()
        elif reply.spoilt:
            self.transport.close()

    async def reset(self) -> None:
        """Send RST: a linger time of zero throws away what the client has not acknowledged."""
        while self.transport.get_write_buffer_size():
            await asyncio.sleep(0.005)
        no_linger = struct.pack("ii", 1, 0)
        self.wire.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
        self.wire.abort()


def framed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces as chunks of a chunked transfer, with the last, empty one."""
    for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"
