"""``SHA256SUMS``: what an export holds, in the form that ``sha256sum -c`` reads. Read strictly, to the byte."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import BinaryIO, Final

from archive.export.errors import NotAnExport
from archive.export.write.hashing_file import hashing_file
from archive.files.regular_files import files_below, open_regular, sha256_of

SUMS: Final = "SHA256SUMS"
_LINE: Final = re.compile(rb"([0-9a-f]{64})  ([^\x00-\x1f\x7f]+)\n")
_LONGEST_LINE: Final = 64 + 2 + 4096 + 1
"""Bytes: no path is longer."""
_MOST_FAULTS: Final = 100


@dataclass(frozen=True, slots=True)
class Sums:
    """What a list of digests says: name → SHA-256 in hex; and each line that is not as such lists are written."""

    digests: dict[str, str]
    faults: tuple[str, ...] = ()


def read_sums(path: Path) -> Sums:
    """The list of digests in a file. Raises ``OSError`` where it cannot be read."""
    digests: dict[str, str] = {}
    faults: list[str] = []
    with open_regular(path) as file:
        for number, line in _lines(file):
            name, digest = parsed_line(line)
            if not name or name in digests:
                faults.append(f"line {number} {'names a file again' if name else 'is no digest and name'}")
                if len(faults) == _MOST_FAULTS:
                    break
            else:
                digests[name] = digest
    if not digests and not faults:
        faults.append("it lists nothing")
    return Sums(digests, tuple(faults))


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each line with its number; one that is too long, or without an end, comes as it is."""
    for number in count(1):
        line = file.readline(_LONGEST_LINE)
        if not line:
            return
        yield number, line


def parsed_line(line: bytes) -> tuple[str, str]:
    """Name and digest in a line with its line end; two empty strings where it is none of ours.

    A name is a path below the list's own directory, without detours.
    """
    found = _LINE.fullmatch(line)
    try:
        name = found[2].decode() if found else ""
    except UnicodeDecodeError:
        return "", ""
    if not found or any(part in ("", ".", "..") for part in name.split("/")):
        return "", ""
    return name, found[1].decode()


def line_of(name: str, digest: str) -> bytes:
    """The line of a file, with its line end."""
    return f"{digest}  {name}\n".encode()


def sums_with(lines: Iterable[bytes], name: str, digest: str | None) -> bytes:
    """The list with another digest for one file, or without it (None). Lines that are none of ours stay as they are."""
    now = b"" if digest is None else line_of(name, digest)
    return b"".join(now if parsed_line(line)[0] == name else line for line in lines)


def write_sums(folder: Path, known: Mapping[str, str]) -> None:
    """Write the digests of all files below ``folder``; those that are ``known`` by name are not read again."""
    names = sorted(path.relative_to(folder).as_posix() for path in files_below(folder))
    lines = [line_of(name, known.get(name) or sha256_of(folder / name)) for name in names]
    with hashing_file(folder / SUMS) as file:
        file.write(b"".join(lines))
        file.settle()


def listed(folder: Path) -> dict[str, str]:
    """Name → digest of every file of an export. Raises `NotAnExport`."""
    try:
        found = read_sums(folder / SUMS)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotAnExport(folder, f"it has no {SUMS}") from error
    except OSError as error:
        raise NotAnExport(folder, f"its {SUMS} cannot be read ({error.strerror})") from error
    if found.faults or "export.json" not in found.digests:
        raise NotAnExport(folder, f"its {SUMS} is not of this program")
    return found.digests


def export_id(folder: Path) -> str:
    """What tells one export from every other: the digest of its list of digests. Raises `NotAnExport`."""
    listed(folder)
    return "sha256:" + sha256_of(folder / SUMS)


def check(folder: Path) -> None:
    """Read every file of an export. Raises `NotAnExport` where one is missing or is not what it was."""
    for name, digest in listed(folder).items():
        try:
            sound = sha256_of(folder / name) == digest
        except OSError as error:
            raise NotAnExport(folder, f"{name} cannot be read ({error.strerror})") from error
        if not sound:
            raise NotAnExport(folder, f"{name} is not what it was")
