"""This program as it lies on the disk: how it is called, whether it was changed, and how a process starts it anew."""

from __future__ import annotations

import os
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NoReturn

from archive.errors import QQNewsError

LOOK_EVERY: Final = 30.0
"""Seconds between two looks at the program on the disk. The same change twice: it is over."""
_ROOT: Final = Path(__file__).parents[2]
_PACKAGES: Final = ("archive", "crawler", "schedules")

Fingerprint = tuple[tuple[str, int, int, int], ...]
"""Of each file its path, inode, size and time of change in nanoseconds."""


class ProgramChanged(QQNewsError):
    """The program on the disk is another one than the one at work."""

    def __init__(self) -> None:
        super().__init__("the program was changed on the disk: its daemon is to be started anew")


def program() -> tuple[str, ...]:
    """Return how this program is called, by absolute paths."""
    scripts = (Path(sys.argv[0]).absolute(), Path(sysconfig.get_path("scripts"), "qqnews"))
    for script in scripts:
        if script.name == "qqnews" and os.access(script, os.X_OK):
            return (str(script),)
    return (sys.executable, "-P", "-c", "from qqnews import main; main()")


def fingerprint() -> Fingerprint:
    """Return what changes when the program, or the interpreter, is installed again. Takes a few milliseconds.

    What cannot be looked at, because it is being replaced, is left out: that is a change, too.
    """
    return tuple(found for path in _files() if (found := _facts(path)) is not None)


class ProgramWatch:
    """The program as it was when this process began, and as it is on the disk."""

    def __init__(self) -> None:
        self._at_work = self._seen = fingerprint()
        self._looked_at = time.monotonic()

    def ensure_unchanged(self) -> None:
        """Raise ``ProgramChanged`` if it was changed, and whoever does so is done. Looks now and then."""
        if time.monotonic() - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = time.monotonic()
        before, self._seen = self._seen, fingerprint()
        if self._at_work != self._seen == before:
            raise ProgramChanged


def _files() -> Iterator[str]:
    yield os.path.realpath(sys.executable)
    yield str(_ROOT / "qqnews.py")
    for package in _PACKAGES:
        for folder, folders, files in os.walk(_ROOT / package):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            yield from (f"{folder}/{name}" for name in sorted(files) if not name.startswith("."))


def _facts(path: str) -> tuple[str, int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  (a Path for each of hundreds of files takes longer than the look)
    except OSError:
        return None
    return path, found.st_ino, found.st_size, found.st_mtime_ns


def start_anew() -> NoReturn:
    """Replace this process by a new start of the program, with the same words. Raise ``OSError``.

    The process keeps its number and its start: whoever knows it by these knows it still.
    """
    if sys.orig_argv[1:] == sys.argv and os.access(sys.argv[0], os.X_OK):
        # By the script, which names its interpreter: that may be another one now.
        os.execv(sys.argv[0], sys.argv)  # noqa: S606  (no shell reads our own words)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
