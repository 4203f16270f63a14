"""Whether a holder of a lock is dead that nobody can see: in a container that is gone, say.

A process in another name space of process numbers is out of sight, and so its lock is waited for until its heartbeat is
stale. But the system itself lets go of what a process locked in a file system when it ends, whatever name space it was
in. So who holds the daemon's lock keeps a small file locked, and the file names the token of its lock.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final, Self

NAME: Final = ".daemon"


class LifeSign:
    """The file, locked as long as this object is open. Where the file system knows no locks, it proves nothing."""

    def __init__(self, handle: int, left: str, *, is_locked: bool) -> None:
        self._handle = handle
        self._is_locked = is_locked
        self.left = left
        """The token of whoever kept the file locked last, and is dead; '' where nothing is known."""

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Lock the file in ``directory``, unless somebody else has. Raise ``OSError`` if it cannot be opened."""
        handle = os.open(directory / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return cls(handle, "", is_locked=False)
        return cls(handle, os.pread(handle, 100, 0).decode("ascii", "replace").strip(), is_locked=True)

    def name(self, token: str) -> None:
        """Note that it is the holder of this lock who lives as long as the file is locked. Raise ``OSError``."""
        if self._is_locked:
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, token.encode(), 0)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)
