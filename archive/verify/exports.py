"""Exports against the digests that were written with them (``SHA256SUMS``); folders without these are not judged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Final

from archive.export.write.atomic_directory import abandoned_below, is_beside_a_target
from archive.export.write.checksums import SUMS, read_sums
from archive.files.regular_files import files_below, open_regular, sha256_of
from archive.verify.findings import DamageKind, Finding
from archive.verify.write_lock import Calm

_LOOKS: Final = 5
"""At an export that is replaced while it is looked at. One that is so again and again will be looked at next time."""
_EXPORT: Final = "export.json"
"""A file that every export of ours has."""


def check_exports(data: Path, *, deep: bool, calm: Calm = nullcontext) -> Iterator[Finding]:
    """Every export below ``exports``: each file that its digests name, and the files that they do not name.

    ``deep``: read the files; else only look whether they are there. ``calm``: inside it no takedown is at work.
    """
    for folder in _exports_below(data / "exports"):
        check = partial(_unless_replaced, data, folder, deep=deep)
        if check():
            with calm():
                found = check()
            yield from found
    for left in abandoned_below(data / "exports"):
        yield Finding("exports", DamageKind.LEFTOVER, _name(data, left), "of an export that was killed")


def _exports_below(directory: Path) -> Iterator[Path]:
    for path in files_below(directory, enter=lambda folder: not is_beside_a_target(folder)):
        if path.name == SUMS or (path.name == _EXPORT and not path.with_name(SUMS).exists()):
            yield path.parent


def _unless_replaced(data: Path, folder: Path, *, deep: bool) -> list[Finding]:
    """What is wrong with an export that was the same one from the first look to the last."""
    for _ in range(_LOOKS):
        before = _identity(folder)
        found = list(_check(data, folder, deep=deep))
        if not found or _identity(folder) == before:
            return found
    return []


def _identity(folder: Path) -> tuple[int, ...]:
    """What is another number for another export, and for another list of digests."""
    try:
        here = folder.stat()
        sums = (folder / SUMS).lstat()
    except OSError:
        return ()
    return here.st_dev, here.st_ino, sums.st_ino, sums.st_mtime_ns


def _check(data: Path, folder: Path, *, deep: bool) -> Iterator[Finding]:
    try:
        sums = read_sums(folder / SUMS)
    except FileNotFoundError:
        if (folder / _EXPORT).exists():
            yield Finding("exports", DamageKind.MISSING, _name(data, folder / SUMS))
        return
    except OSError as error:
        yield Finding("exports", DamageKind.DAMAGED, _name(data, folder / SUMS), error.strerror or str(error))
        return
    for fault in sums.faults:
        yield Finding("exports", DamageKind.DAMAGED, _name(data, folder / SUMS), fault)
    for name, digest in sums.digests.items():
        if found := _wrong(data, folder / name, digest if deep else ""):
            yield found
    for path in files_below(folder, enter=lambda inner: not is_beside_a_target(inner) and not (inner / SUMS).exists()):
        name = path.relative_to(folder).as_posix()
        if name not in sums.digests and name != SUMS:
            what = DamageKind.LEFTOVER if path.name.startswith(".") else DamageKind.FOREIGN
            yield Finding("exports", what, _name(data, path), f"not in {SUMS}")


def _wrong(data: Path, path: Path, digest: str) -> Finding | None:
    try:
        if digest and sha256_of(path) != digest:
            return Finding("exports", DamageKind.DAMAGED, _name(data, path))
        if not digest:
            open_regular(path).close()
    except (FileNotFoundError, NotADirectoryError):
        return Finding("exports", DamageKind.MISSING, _name(data, path))
    except OSError as error:
        return Finding("exports", DamageKind.DAMAGED, _name(data, path), error.strerror or str(error))
    return None


def _name(data: Path, path: Path) -> str:
    return path.relative_to(data).as_posix()
