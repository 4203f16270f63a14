"""Exports against the manifest (``SHA256SUMS``) that was written with them; those without one are not judged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from archive.verify.findings import Finding, What
from archive.verify.media import sha256_of
from archive.verify.tree import files_below

MANIFEST: Final = "SHA256SUMS"
LINE: Final = re.compile(r"([0-9a-f]{64})  ?\*?(.+)")
"""A digest and a name relative to the manifest, as ``sha256sum`` writes and checks them."""


def check_exports(data: Path, *, deep: bool) -> Iterator[Finding]:
    """Every manifest below ``exports``: each file it names, and the files it does not name.

    ``deep``: read the files; else only look whether they are there.
    """
    for manifest in sorted((data / "exports").rglob(MANIFEST)):
        yield from _check(data, manifest, deep=deep)


def _check(data: Path, manifest: Path, *, deep: bool) -> Iterator[Finding]:
    listed: set[Path] = set()
    lines = manifest.read_bytes().decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines, 1):
        entry = LINE.fullmatch(line)
        if entry is None:
            yield Finding("exports", What.DAMAGED, _name(data, manifest), f"line {number} is no digest and name")
            continue
        path = manifest.parent / entry[2]
        listed.add(path)
        if found := _wrong(data, path, entry[1] if deep else ""):
            yield found
    for path in files_below(manifest.parent):
        if path not in listed and path != manifest and not _has_own_manifest(path, manifest):
            what = What.LEFTOVER if path.name.startswith(".") else What.FOREIGN
            yield Finding("exports", what, _name(data, path), "not in the manifest")


def _wrong(data: Path, path: Path, digest: str) -> Finding | None:
    try:
        path.stat()
        if digest and sha256_of(path) != digest:
            return Finding("exports", What.DAMAGED, _name(data, path))
    except FileNotFoundError:
        return Finding("exports", What.MISSING, _name(data, path))
    except OSError as error:
        return Finding("exports", What.DAMAGED, _name(data, path), error.strerror or str(error))
    return None


def _has_own_manifest(path: Path, manifest: Path) -> bool:
    below = path.relative_to(manifest.parent).parents
    return any((manifest.parent / each / MANIFEST).exists() for each in below if each != Path())


def _name(data: Path, path: Path) -> str:
    return path.relative_to(data).as_posix()
