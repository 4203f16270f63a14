"""A saved page, read from a file or standard input."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from archive.errors import ExitCode, QQNewsError
from archive.files.readable_names import readable
from archive.files.regular_files import read_named, read_regular
from crawler.sites.page import AnotherArticle, Blocked, NotAnArticle, RawArticle, Removed, Thin
from crawler.sites.registry import Address, NotAnAddress, read_fetched, read_page

LARGEST_PAGE: Final = 32 * 2**20
"""Bytes. The largest real page is a hundredth of it."""


_BINARY: Final = (
    b"\x1f\x8b", b"PK\x03\x04", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"\x7fELF", b"BZh",
    b"SQLite format 3\0", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ",
)  # fmt: skip
"""How files begin that are no text: archives, pictures, programs, databases."""


_MOST_NULS: Final = 0.05


class UnusablePage(QQNewsError):
    """A file that holds no page: unreadable, empty, binary, too large."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{readable(name)}: {reason}")
        self.name = name
        self.reason = reason


class NoArticleInPage(QQNewsError):
    """A page that was read and is no article; the exit code says which kind."""

    def __init__(self, name: str, error: NotAnArticle) -> None:
        super().__init__(f"{readable(name)}: {outcome_of(error)} ({error.evidence})")
        self.exit_code = exit_code_of(error)


class ForeignAddress(QQNewsError):
    """An address that names no article of the sites which are read."""

    exit_code = ExitCode.BAD_INPUT


def page_address(text: str) -> str:
    """The address to read a page under: as given, be it an interface's, or the canonical one of an id.

    Raises `ForeignAddress`.
    """
    try:
        address: Address = read_fetched(text)
    except NotAnAddress as error:
        raise ForeignAddress(str(error)) from error
    return text if text.startswith(("http://", "https://")) else address.url


def read_saved(name: str, url: str) -> RawArticle:
    """Read a saved page, ``-`` for standard input. Raises `UnusablePage` and `NoArticleInPage`.

    A page that calls itself another article than ``url`` names is read under its own name, and a line says so.
    """
    body = saved_bytes(name)
    try:
        return read_page(body, url)
    except AnotherArticle as error:
        raw = _under_its_own_name(name, body, error)
        click.echo(f"qqnews: {name}: {error.evidence}, not {url}; it is read under its own name", err=True)
        return raw
    except NotAnArticle as error:
        raise NoArticleInPage(name, error) from error


def _under_its_own_name(name: str, body: bytes, error: AnotherArticle) -> RawArticle:
    try:
        return read_page(body, page_address(error.claim))
    except (ForeignAddress, NotAnArticle):
        raise NoArticleInPage(name, error) from error


def saved_bytes(name: str, *, within: Path | None = None) -> bytes:
    """The bytes of a saved page, checked to be a page at all; ``within``: a directory that its links must not leave.

    Raises `UnusablePage`.
    """
    try:
        body = read_regular(Path(name), LARGEST_PAGE, within=within) if within else read_named(name, LARGEST_PAGE)
    except OSError as error:
        raise UnusablePage(name, f"cannot be read: {error.strerror or error}") from error
    return checked_bytes(name, body)


def checked_bytes(name: str, body: bytes) -> bytes:
    """The bytes, checked to be a page at all. Raises `UnusablePage`."""
    if not body.strip():
        raise UnusablePage(name, "an empty file")
    head = body[:4096]
    if body.startswith(_BINARY) or (not body.startswith((b"\xff\xfe", b"\xfe\xff")) and _has_nuls(head)):
        raise UnusablePage(name, "a binary file, not a page (unpack it first, if it is compressed)")
    return body


def _has_nuls(head: bytes) -> bool:
    return head.count(0) > _MOST_NULS * len(head)


def outcome_of(error: NotAnArticle) -> str:
    """What a page is that is no article, in a few words."""
    if isinstance(error, Removed):
        return "the article was removed"
    if isinstance(error, Blocked):
        return "a wall, no article"
    if isinstance(error, Thin):
        return "next to nothing"
    if isinstance(error, AnotherArticle):
        return "another article"
    return "no known layout" if exit_code_of(error) is ExitCode.CHANGED else "no article"


def exit_code_of(error: NotAnArticle) -> ExitCode:
    """The exit code of a page that is no article."""
    if isinstance(error, Removed):
        return ExitCode.EMPTY
    if isinstance(error, AnotherArticle):
        return ExitCode.BAD_INPUT
    return ExitCode.BLOCKED if isinstance(error, Blocked) else ExitCode.CHANGED
