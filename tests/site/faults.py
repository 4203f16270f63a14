"""Faults on demand: what is wrong, for which addresses, how often."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from fnmatch import fnmatchcase
from typing import Any

from tests.site import bombs
from tests.site.message import JSON, Reply, Request, html_reply, redirect
from tests.site.pages import notices

Options = Mapping[str, Any]
Spoiler = Callable[[Reply, Request, Options], Reply]
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


@dataclass
class Fault:
    """One order: spoil the answers to addresses that hold ``match`` (with ``*``: that look like it).

    The first ``skip`` such requests pass; then ``times`` are spoilt, all of them where it is None.
    """

    match: str
    kind: str
    times: int | None = None
    skip: int = 0
    options: dict[str, Any] = field(default_factory=dict)

    def concerns(self, url: str) -> bool:
        return fnmatchcase(url, self.match) if "*" in self.match else self.match in url

    def strikes(self) -> bool:
        """Count one more request; whether it is one to spoil."""
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return self.times is None or self.times >= 0


class Faults:
    """The orders in force; of several that concern a request, the first that still strikes does."""

    def __init__(self) -> None:
        self.orders: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Raises `ValueError` for a kind that is not in `KINDS`."""
        if fault.kind not in KINDS:
            raise ValueError(f"no fault {fault.kind!r}; there are {', '.join(sorted(KINDS))}")
        self.orders.append(fault)

    def clear(self) -> None:
        self.orders.clear()

    def spoil(self, reply: Reply, request: Request) -> Reply:
        for fault in self.orders:
            if fault.concerns(request.url) and fault.strikes():
                return KINDS[fault.kind](reply, request, fault.options)
        return reply


def slow(reply: Reply, request: Request, options: Options) -> Reply:
    """``seconds`` before the first byte."""
    return replace(reply, delay=float(options.get("seconds", 1.0)))


def trickle(reply: Reply, request: Request, options: Options) -> Reply:
    """The body in pieces, ``seconds`` apart."""
    return replace(
        reply,
        stream=bombs.pieces(reply.body),
        promised=len(reply.body),
        pause=float(options.get("seconds", 0.2)),
    )


def reset(reply: Reply, request: Request, options: Options) -> Reply:
    """RST after half of the body."""
    half = reply.body[: len(reply.body) // 2]
    return replace(reply, promised=len(reply.body), body=half, reset=True)


def truncated(reply: Reply, request: Request, options: Options) -> Reply:
    """Half of the promised bytes, then the end."""
    return replace(reply, promised=len(reply.body), body=reply.body[: len(reply.body) // 2])


def status(reply: Reply, request: Request, options: Options) -> Reply:
    """Any ``code`` (503); with ``retry_after`` in seconds, or ``retry_date``: the date so many seconds away."""
    headers: list[tuple[str, str]] = []
    if "retry_after" in options:
        headers.append(("Retry-After", str(options["retry_after"])))
    if "retry_date" in options:
        then = datetime.now(UTC) + timedelta(seconds=float(options["retry_date"]))
        headers.append(("Retry-After", format_datetime(then, usegmt=True)))
    code = int(options.get("code", 503))
    return Reply(status=code, headers=tuple(headers), body=notices.notice(str(code), "服务暂时不可用"))


def fixed(body: bytes) -> Spoiler:
    """A page of its own, with status 200, whatever was asked."""
    return lambda reply, request, options: html_reply(body)


def gzip_bomb(reply: Reply, request: Request, options: Options) -> Reply:
    """Small on the wire, ``megabytes`` (300) when decoded."""
    return Reply(headers=(("Content-Encoding", "gzip"),), stream=bombs.gzip_bomb(int(options.get("megabytes", 300))))


def brotli_bomb(reply: Reply, request: Request, options: Options) -> Reply:
    """Smaller still on the wire, ``megabytes`` (300) when decoded."""
    return Reply(headers=(("Content-Encoding", "br"),), body=bombs.brotli_bomb(int(options.get("megabytes", 300))))


def huge(reply: Reply, request: Request, options: Options) -> Reply:
    """A plain page of ``megabytes`` (200); its length is stated unless ``declared`` is false."""
    megabytes = int(options.get("megabytes", 200))
    promised = megabytes * bombs.MEGABYTE if options.get("declared", True) else None
    return Reply(stream=bombs.plain(megabytes), promised=promised)


def charset(reply: Reply, request: Request, options: Options) -> Reply:
    """The header names a ``charset`` that is not the body's."""
    wrong = "utf-8" if "gb" in reply.content_type.lower() else "gb2312"
    media = reply.content_type.partition(";")[0]
    return replace(reply, content_type=f"{media}; charset={options.get('charset', wrong)}")


def mojibake(reply: Reply, request: Request, options: Options) -> Reply:
    """The letters went through a wrong encoding before the page was made; the markup did not."""
    text = reply.body.decode()
    return replace(reply, body=_NOT_ASCII.sub(lambda found: found[0].encode().decode("latin-1"), text).encode())


def redirected(reply: Reply, request: Request, options: Options) -> Reply:
    """To ``location``, with ``code`` (302)."""
    return redirect(str(options["location"]), int(options.get("code", 302)))


def loop(reply: Reply, request: Request, options: Options) -> Reply:
    """To itself, without end."""
    return redirect(request.url)


def private(reply: Reply, request: Request, options: Options) -> Reply:
    """To an address inside the house: ``location``, else the cloud's metadata service."""
    return redirect(str(options.get("location", "http://169.254.169.254/latest/meta-data/")))


def foreign(reply: Reply, request: Request, options: Options) -> Reply:
    """To another site."""
    return redirect(str(options.get("location", "http://www.example.com/elsewhere.html")))


def empty(reply: Reply, request: Request, options: Options) -> Reply:
    """Status 200 and not one byte."""
    return replace(reply, body=b"")


def emptied(reply: Reply, request: Request, options: Options) -> Reply:
    """A list's answer that says all is well and lists nothing."""
    body = b'{"code":0,"ret":0,"message":"","data":[],"idlist":[],"newslist":[],"secList":[],"hasNext":0}'
    return Reply(content_type=JSON, body=body)


def broken_json(reply: Reply, request: Request, options: Options) -> Reply:
    """Two thirds of the answer, as if that were all."""
    return replace(reply, body=reply.body[: len(reply.body) * 2 // 3])


def is_deleted(reply: Reply, request: Request, options: Options) -> Reply:
    """The page as it was, but its data say ``is_deleted: 1``."""
    return replace(reply, body=notices.marked_deleted(reply.body))


def teaser(reply: Reply, request: Request, options: Options) -> Reply:
    """The page as it was, but in place of the text one line that leads elsewhere, in its data and in its markup."""
    return replace(reply, body=notices.teaser(reply.body))


def binary(reply: Reply, request: Request, options: Options) -> Reply:
    """Bytes that are no text, called HTML."""
    return html_reply(bytes(range(256)) * 64)


def error_message(reply: Reply, request: Request, options: Options) -> Reply:
    """The interfaces' own error, with status 200."""
    return Reply(content_type=JSON, body='{"ret":404,"msg":"参数错误"}'.encode())


KINDS: dict[str, Spoiler] = {
    "slow": slow,
    "trickle": trickle,
    "reset": reset,
    "truncated": truncated,
    "status": status,
    "captcha": fixed(notices.captcha()),
    "thin": fixed(notices.thin()),
    "changed": fixed(notices.unknown_layout()),
    "shell": fixed(notices.shell()),
    "front_page": fixed(notices.home_page()),
    "gzip_bomb": gzip_bomb,
    "brotli_bomb": brotli_bomb,
    "huge": huge,
    "charset": charset,
    "mojibake": mojibake,
    "redirect": redirected,
    "loop": loop,
    "private": private,
    "foreign": foreign,
    "empty": empty,
    "emptied": emptied,
    "broken_json": broken_json,
    "is_deleted": is_deleted,
    "teaser": teaser,
    "binary": binary,
    "error_message": error_message,
}
