"""A file being written, and its digest as it grows: what was written need not be read again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

_BUFFER: Final = 1 << 20
_ADVISE: Final = getattr(os, "posix_fadvise", None)


class HashingFile:
    """Takes bytes, writes them to a new file and sums them up; a file for those who only write.

    Raises ``OSError`` where there is no room.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("xb", buffering=0)
        self._digest = sha256()
        self._waiting: list[bytes] = []
        self._size = self._buffered = 0
        self._pool: ThreadPoolExecutor | None = None
        self._writing: Future[None] | None = None
        self.closed = False

    def write(self, content: bytes) -> int:
        """Take all of it."""
        # What is handed over may be a view of memory that its owner will use again.
        self._waiting.append(bytes(content))
        self._buffered += len(content)
        if self._buffered >= _BUFFER:
            self._drain_meanwhile()
        return len(content)

    def tell(self) -> int:
        """How many bytes were taken."""
        return self._size + self._buffered

    def flush(self) -> None:
        """Nothing: everything is made durable at once, when the folder is whole."""

    def writable(self) -> bool:
        """Always."""
        return True

    def readable(self) -> bool:
        """Never."""
        return False

    def seekable(self) -> bool:
        """Never."""
        return False

    def close(self) -> None:
        """Nothing: a compressor that closes its file must not close this one."""

    def settle(self) -> str:
        """Write what is left and close the file; SHA-256 of what it holds, in hex. It is made durable later."""
        self._wait()
        self._put(self._taken())
        self.abandon()
        return self._digest.hexdigest()

    def abandon(self) -> None:
        """Close the file as it is."""
        if self._pool:
            self._pool.shutdown()
        self._waiting.clear()
        self._file.close()
        self.closed = True

    def _drain_meanwhile(self) -> None:
        """Let another thread write and sum up, which hold no lock, while the next rows are made."""
        self._wait()
        self._pool = self._pool or ThreadPoolExecutor(1, thread_name_prefix="sink")
        self._writing = self._pool.submit(self._put, self._taken())

    def _wait(self) -> None:
        if self._writing:
            self._writing.result()

    def _taken(self) -> list[bytes]:
        taken, self._waiting = self._waiting, []
        self._size += self._buffered
        self._buffered = 0
        return taken

    def _put(self, pieces: list[bytes]) -> None:
        content = b"".join(pieces)
        self._digest.update(content)
        left = memoryview(content)
        while left:
            left = left[self._file.write(left) :]
        # Linux begins to send it to the disk: else all of it would be waited for at the end.
        if _ADVISE:
            _ADVISE(self._file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@contextmanager
def hashing_file(path: Path) -> Iterator[HashingFile]:
    """A sink for a new file; whoever is content settles it, else it is left as it is."""
    opened = HashingFile(path)
    try:
        yield opened
    finally:
        if not opened.closed:
            opened.abandon()
