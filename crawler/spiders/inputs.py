"""What the user put on the command line: addresses, ids, files of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from archive.files.readable_names import readable
from archive.files.regular_files import read_named
from archive.redaction.secrets import redacted
from crawler.items import READABLE
from crawler.sites.qq.lists import ListBroken, read_lines
from crawler.sites.qq.lists.sources import UnknownSource, read_source
from crawler.sites.registry import Address, NotAnAddress, fetch_url, read_address

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes. A million addresses are less; more is a mistake."""


@dataclass(slots=True)
class Inputs:
    """Articles asked for (id → address to fetch, in the order given), and a line about each input that is none."""

    addresses: dict[str, str] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)
    unnamed: int = 0
    """Lines of files that are no addresses either, and of which nobody wants to read one by one."""


def read_inputs(arguments: Iterable[str]) -> Inputs:
    """Read addresses, ids, files with one of these a line, and ``-`` for standard input."""
    inputs = Inputs()
    for argument in arguments:
        if argument == "-":
            _read_file(inputs, argument, "standard input")
        else:
            _read_argument(inputs, argument)
    inputs.bad = [redacted(line) for line in inputs.bad]  # It quotes what was given, which stands in reports, too.
    return inputs


def _read_argument(inputs: Inputs, argument: str) -> None:
    try:
        address = read_address(argument)
    except NotAnAddress as refusal:
        if _exists(argument):
            _read_file(inputs, argument, readable(argument))
        else:
            inputs.bad.append(_as_source(argument) or str(refusal))
        return
    _add(inputs, argument, address)


def _as_source(argument: str) -> str:
    """What to do with the name of a source; "" for what is none."""
    try:
        read_source(argument)
    except UnknownSource:
        return ""
    return f"{argument!r} is a source, not an article: list it with --source {argument}"


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except OSError:  # Too long, or through directories that are closed to us.
        return False


def _read_file(inputs: Inputs, path: str, name: str) -> None:
    try:
        content = read_named(path, LARGEST_FILE)
    except OSError as error:
        inputs.bad.append(f"{name}: not a file of addresses: {error.strerror or error}")
    else:
        _read_lines(inputs, name, content)


def _read_lines(inputs: Inputs, name: str, content: bytes) -> None:
    try:
        listing = read_lines(content, name, read_address)
    except ListBroken as error:
        inputs.bad.append(f"{name}: not a file of addresses: {error.evidence}")
        return
    inputs.bad += [f"{name}, line {line.number}: {line.text[:80]!r}: {line.reason}" for line in listing.bad_lines]
    if (more := sum(listing.skipped.values()) - len(listing.bad_lines)) > 0:
        inputs.bad.append(f"{name}: {more} more lines that name no article")
        inputs.unnamed += more - 1
    for item in listing.items:
        _add(inputs, f"{name}: {item.id}", Address(item.id, item.url, item.kind))


def _add(inputs: Inputs, name: str, address: Address) -> None:
    if address.kind in READABLE:
        inputs.addresses[address.id] = fetch_url(address)
    else:
        inputs.bad.append(f"{name}: a page of kind {address.kind}, not an article")
