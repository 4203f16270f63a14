"""``SHA256SUMS``: what an export holds, in the form that ``sha256sum -c`` reads."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final

from archive.export.errors import NotAnExport
from archive.export.sink import sink
from archive.verify.exports import LINE
from archive.verify.tree import files_below

SUMS: Final = "SHA256SUMS"


def write_sums(folder: Path, known: Mapping[str, str]) -> None:
    """Write the digests of all files below ``folder``; those that are ``known`` by name are not read again."""
    names = sorted(path.relative_to(folder).as_posix() for path in files_below(folder))
    lines = [f"{known.get(name) or digest_of(folder / name)}  {name}\n" for name in names]
    with sink(folder / SUMS) as file:
        file.write("".join(lines).encode())
        file.settle()


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def listed(folder: Path) -> dict[str, str]:
    """Name → digest of every file of an export. Raises `NotAnExport`."""
    try:
        lines = (folder / SUMS).read_bytes().decode("utf-8", "replace").splitlines()
    except OSError as error:
        raise NotAnExport(folder, f"it has no {SUMS}") from error
    entries = [LINE.fullmatch(line) for line in lines]
    found = {entry[2]: entry[1] for entry in entries if entry}
    if len(found) != len(lines) or "export.json" not in found:
        raise NotAnExport(folder, f"its {SUMS} is not of this program")
    return found


def export_id(folder: Path) -> str:
    """What tells one export from every other: the digest of its list of digests. Raises `NotAnExport`."""
    listed(folder)
    return "sha256:" + sha256((folder / SUMS).read_bytes()).hexdigest()


def check(folder: Path) -> None:
    """Read every file of an export. Raises `NotAnExport` where one is missing or is not what it was."""
    for name, digest in listed(folder).items():
        try:
            sound = digest_of(folder / name) == digest
        except OSError as error:
            raise NotAnExport(folder, f"{name} cannot be read ({error.strerror})") from error
        if not sound:
            raise NotAnExport(folder, f"{name} is not what it was")
