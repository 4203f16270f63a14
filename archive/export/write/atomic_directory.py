"""Folders built aside and put in place whole: whoever looks sees the old export or the new one, never a half."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import glob
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from archive.export.errors import NotAnExport, TargetRefused
from archive.export.write.checksums import SUMS, listed
from archive.files.durable import sync_directory
from archive.files.io_errors import named_disk_failures
from archive.files.regular_files import files_below

_AT_FDCWD: Final = -100
_EXCHANGE: Final = 2
_MANY: Final = 200
_LONGEST: Final = 255 - len(".") - len(".0123456789abcdef.old")
"""Bytes of a name, so that folders beside it can have theirs."""
_LEFT: Final = re.compile(r"\.(?P<target>.+)\.[0-9a-f]{16}(?P<old>\.old)?", re.DOTALL)
"""Names of folders that are built, or set aside, beside a target."""
_UNSUPPORTED: Final = {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """An empty folder beside ``target`` that takes its place on leaving; if anything is raised, it vanishes.

    Raises ``TargetRefused`` where something else than an export stands, ``ArchiveNotWritable``.
    """
    with named_disk_failures(target):
        _refuse_place(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone_beside(target):
            _refuse_what_is_no_export(target)
            _clear_leftovers(target)
            aside = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
            handle = _locked_folder(aside)
        try:
            yield aside
            _make_durable(aside)
            with _alone_beside(target):
                _refuse_what_is_no_export(target)
                _put_in_place(aside, target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            os.close(handle)


@contextmanager
def _alone_beside(target: Path) -> Iterator[None]:
    """While folders beside ``target`` are judged, made, removed or renamed, no other export does any of that there."""
    handle = os.open(target.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _locked_folder(folder: Path) -> int:
    """Make a folder whose lock is held until this process ends, however it ends: so nobody takes it for a leftover."""
    folder.mkdir()
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _refuse_place(target: Path) -> None:
    """Raises ``TargetRefused`` for what can never be replaced, or must not hold an export."""
    if len(os.fsencode(target.name)) > _LONGEST:
        raise TargetRefused(target, "its name is too long")
    if os.path.ismount(target):
        raise TargetRefused(target, "a file system is mounted there: name a folder in it")
    if Path.cwd().is_relative_to(target):
        raise TargetRefused(target, "it would be replaced under your feet: go elsewhere, or name another folder")
    if outer := next((parent for parent in target.resolve().parents if _is_export(parent)), None):
        raise TargetRefused(target, f"{outer} is an export itself")


def _refuse_what_is_no_export(target: Path) -> None:
    """Raises ``TargetRefused`` unless ``target`` is free, an empty folder, or an export with nothing foreign in it."""
    if target.is_symlink():
        raise TargetRefused(target, "that is a link: name the folder itself")
    if target.exists() and not target.is_dir():
        raise TargetRefused(target, "that is no folder")
    if not target.is_dir() or not any(target.iterdir()):
        return
    try:
        known = set(listed(target))
    except NotAnExport as error:
        raise TargetRefused(target, "something that is no export stands there") from error
    for path in files_below(target):
        name = path.relative_to(target).as_posix()
        if name not in known and name != SUMS:
            raise TargetRefused(target, f"the export there also holds {name}, which is not part of it: move it away")


def _is_export(folder: Path) -> bool:
    with suppress(NotAnExport):
        return bool(listed(folder))
    return False


def _put_in_place(aside: Path, target: Path) -> None:
    if not target.exists():
        aside.rename(target)
    elif not _exchanged(aside, target):
        old = aside.with_name(f"{aside.name}.old")
        target.rename(old)
        aside.rename(target)
        shutil.rmtree(old)
    sync_directory(target.parent)


def _exchanged(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; False where the system cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(other))


def _make_durable(folder: Path) -> None:
    files = [path for path in files_below(folder) if path.is_file()]
    if len(files) > _MANY:
        os.sync()  # One wait for everything is far quicker than thousands.
        return
    for path in files:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    for here, _, _ in os.walk(folder):
        sync_directory(Path(here))


def _clear_leftovers(target: Path) -> None:
    """Remove what killed exports to the same target left; put back an old export that one of them had set aside."""
    for left in sorted(target.parent.glob(f".{glob.escape(target.name)}.*")):
        named = _LEFT.fullmatch(left.name)
        if named is None or named["target"] != target.name or not left.is_dir() or left.is_symlink():
            continue
        if named["old"] and not target.exists():
            left.rename(target)
        elif _abandoned(left):
            # What stood at the target before may be on its way out by the hand of its successor.
            shutil.rmtree(left, ignore_errors=True)


def clear_abandoned(directory: Path) -> None:
    """Clear away what killed exports left anywhere below ``directory``."""
    for target in {path.with_name(found["target"]) for path, found in _beside_targets(directory)}:
        with _alone_beside(target):
            _clear_leftovers(target)


def abandoned_below(directory: Path) -> list[Path]:
    """Folders anywhere below ``directory`` that killed exports left: built, or set aside, and nobody is at work."""
    return [path for path, found in _beside_targets(directory) if _is_left(path, path.with_name(found["target"]))]


def _beside_targets(directory: Path) -> list[tuple[Path, re.Match[str]]]:
    """Folders that are built, or set aside, beside a target, with the parts of their names."""
    found = list[tuple[Path, re.Match[str]]]()

    def enter(folder: Path) -> bool:
        if named := _LEFT.fullmatch(folder.name):
            found.append((folder, named))
        return named is None

    for _ in files_below(directory, enter=enter):
        pass
    return found


def is_beside_a_target(folder: Path) -> bool:
    """Whether a folder has such a name as exports give to what they build, or set aside."""
    return _LEFT.fullmatch(folder.name) is not None


def _is_left(folder: Path, target: Path) -> bool:
    """Whether neither the folder nor its target is anybody's: an old export goes when its successor is in place."""
    with suppress(FileNotFoundError), _alone_beside(target):
        return folder.exists() and _abandoned(folder) and (not target.is_dir() or _abandoned(target))
    return False


def _abandoned(folder: Path) -> bool:
    """Whether nobody is writing into it."""
    with suppress(BlockingIOError, FileNotFoundError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        finally:
            os.close(handle)
    return False
