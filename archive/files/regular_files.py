"""Reading what somebody else may have put there: regular files alone, no further than a limit, no links to elsewhere.

A pipe is never waited for, a device never read, a file that grows while it is read ends where it ended at first.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

_CHUNK: Final = 1 << 20
_KINDS: Final = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_HANDED_OVER: Final = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
"""Names of open files of this process: what a shell hands over as ``<(…)`` is a pipe, and meant to be read."""


class UnusableFile(OSError):
    """What lies there is not to be read: no regular file, a link that leads astray, too large."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(errno.EINVAL, reason, str(path))


def open_regular(path: Path, *, within: Path | None = None) -> BinaryIO:
    """Open a regular file for reading. Links are followed; with ``within``, only to files below that directory.

    Raises ``UnusableFile`` for anything else, and other kinds of ``OSError``.
    """
    place = path
    try:
        if within is not None and path.is_symlink():
            place = Path(os.path.realpath(path))
            if not place.is_relative_to(os.path.realpath(within)):
                raise UnusableFile(path, "a symbolic link that leads out of the directory")
        # Looked at before it is opened: to open a device may do something.
        _refuse_irregular(path, place.stat().st_mode)
        # It may be another one by now. Without O_NONBLOCK a pipe would be waited for until somebody writes.
        handle = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except ValueError as error:
        raise UnusableFile(path, "no file can have this name") from error
    try:
        _refuse_irregular(path, os.fstat(handle).st_mode)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def _refuse_irregular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = next((kind for is_kind, kind in _KINDS if is_kind(mode)), "something else")
        raise UnusableFile(path, f"{kind}, no regular file")


def is_regular(path: Path) -> bool:
    """Whether a regular file itself lies there, no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def read_regular(path: Path, limit: int, *, within: Path | None = None) -> bytes:
    """The whole of a regular file of at most ``limit`` bytes. Raises as `open_regular`, and for larger files."""
    with open_regular(path, within=within) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise UnusableFile(path, _too_large(limit))
        return file.read(size)


def read_named(name: str, limit: int) -> bytes:
    """What a user named on the command line; also ``-``, and open files that a shell hands over. As `read_regular`."""
    path = Path(name)
    if name == "-":
        content = sys.stdin.buffer.read(limit + 1)
    elif name.startswith(_HANDED_OVER):
        with path.open("rb") as file:
            content = file.read(limit + 1)
    else:
        return read_regular(path, limit)
    if len(content) > limit:
        raise UnusableFile(path, _too_large(limit))
    return content


def _too_large(limit: int) -> str:
    return f"larger than {limit / 2**20:.0f} MiB" if limit >= 2**20 else f"larger than {limit} bytes"


def sha256_of(path: Path, size: int | None = None) -> str:
    """The SHA-256, in hex, of a regular file as it was when it was opened, or of its first ``size`` bytes.

    Raises as `open_regular`.
    """
    digest = sha256()
    with open_regular(path) as file:
        left = os.fstat(file.fileno()).st_size if size is None else size
        while left and (chunk := file.read(min(left, _CHUNK))):
            left -= len(chunk)
            digest.update(chunk)
    return digest.hexdigest()


def files_below(
    directory: Path,
    *,
    enter: Callable[[Path], bool] = lambda folder: True,
    on_error: Callable[[OSError], object] = lambda error: None,
) -> Iterator[Path]:
    """Everything below that is no directory, links to directories included, one directory after another, by name.

    ``enter``: whether to go into a directory. ``on_error``: told of directories that cannot be listed.
    """
    waiting = [directory]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
            folders = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        except (FileNotFoundError, NotADirectoryError):
            continue  # It is gone, or was never there.
        except OSError as error:
            on_error(error)
            continue
        known = set(folders)
        yield from (folder / entry.name for entry in entries if entry.name not in known)
        waiting += reversed([each for name in folders if enter(each := folder / name)])
