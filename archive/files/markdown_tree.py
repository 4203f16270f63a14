"""The Markdown tree: files written aside, made durable, and put in place together with a transaction."""

from __future__ import annotations

import os
import secrets
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from os.path import dirname, isfile
from pathlib import Path

from archive.files.durable import sync_directory, write_durably
from archive.files.io_errors import named_disk_failures
from archive.files.regular_files import UnusableFile, open_regular
from archive.identity import make_below

SYNC_THREADS = 8
"""The disk groups what is asked of it at once: eight waiting writers cost little more than one."""


# Paths are strings here: joining them as `Path`s took a tenth of the time of keeping an article.
@dataclass(frozen=True, slots=True)
class _Staged:
    name: str
    aside: str
    target: str
    content: bytes
    written: Future[None]


@dataclass(frozen=True, slots=True)
class _Placed:
    target: str
    before: str | None
    """A second name of the file that was there, to put back if the transaction fails."""


class Tree:
    """Files below ``root`` that appear when a transaction commits and vanish when it fails.

    Use it only under the database's write lock: whatever lies aside when one begins was left by a crash.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._aside = root / "articles" / ".aside"
        self._pool = ThreadPoolExecutor(SYNC_THREADS, thread_name_prefix="markdown")
        self._staged: list[_Staged] = []
        self._placed: list[_Placed] = []
        # Of this tree alone: second names are dropped after the lock was given back.
        self._token = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._names = count()

    def begin(self) -> None:
        """Clear away what a crash may have left. To be called right after the lock was taken."""
        with named_disk_failures(self._aside):
            # What a link leads to is nobody's to be cleared away.
            if self._aside.is_symlink():
                raise UnusableFile(self._aside, "a symbolic link, where files are written aside")
            with suppress(FileNotFoundError), os.scandir(self._aside) as left:
                for entry in left:
                    if not entry.is_dir(follow_symlinks=False):
                        os.unlink(entry)

    def stage(self, name: str, content: bytes) -> None:
        """Write ``content`` aside, to become ``root / name``. It is made durable while the caller goes on."""
        if not self._staged:
            with named_disk_failures(self._aside):
                make_below(self.root, *self._aside.relative_to(self.root).parts)
        aside = f"{self._aside}/{self._token}-{next(self._names)}"
        written = self._pool.submit(write_durably, aside, content)
        self._staged.append(_Staged(name, aside, f"{self.root}/{name}", content, written))

    def holds(self, name: str, content: bytes) -> bool:
        """Whether ``root / name`` has exactly these bytes, or is staged to have them."""
        for staged in reversed(self._staged):
            if staged.name == name:
                return staged.content == content
        target = f"{self.root}/{name}"
        # Where something else stands in its place, publishing will say so.
        return isfile(target) and _has_content(target, content)

    def mark(self) -> int:
        """How far staging has come; for ``back_to``."""
        return len(self._staged)

    def back_to(self, mark: int) -> None:
        """Forget what was staged since ``mark``."""
        forgotten, self._staged = self._staged[mark:], self._staged[:mark]
        for staged in forgotten:
            _discard(staged)

    def publish(self) -> None:
        """Put every staged file in its place, durably. Raises ``ArchiveNotWritable``; then call ``undo``."""
        with named_disk_failures(self._aside):
            self._publish()

    def _publish(self) -> None:
        for staged in self._staged:
            staged.written.result()
        directories: set[Path] = set()
        for parent in {dirname(staged.target) for staged in self._staged}:
            directories |= {Path(parent), *_made_directory(Path(parent), self.root)}
        for staged in self._staged:
            self._place(staged)
        for directory in directories:
            sync_directory(directory)

    def settle(self) -> None:
        """The transaction has committed: drop the second names."""
        for placed in self._placed:
            # What stays aside, the next transaction clears away: this one has committed and must not fail.
            with suppress(OSError):
                if placed.before:
                    os.unlink(placed.before)
        self._staged, self._placed = [], []

    def undo(self) -> None:
        """The transaction has failed: put back what was there, remove what was not."""
        for placed in reversed(self._placed):
            # A disk that fails here, too, leaves a file that is not its row's: `verify` finds it, the row mends it.
            with suppress(OSError):
                if placed.before:
                    os.replace(placed.before, placed.target)
                else:
                    os.unlink(placed.target)
        self._placed = []
        self.back_to(0)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def _place(self, staged: _Staged) -> None:
        second_name = f"{staged.aside}.before"
        try:
            os.link(staged.target, second_name)
        except FileNotFoundError:
            self._placed.append(_Placed(staged.target, None))
        else:
            self._placed.append(_Placed(staged.target, second_name))
        os.replace(staged.aside, staged.target)


def _has_content(path: str, content: bytes) -> bool:
    with suppress(FileNotFoundError), open_regular(Path(path)) as file:
        return file.read(len(content) + 1) == content
    return False


def _discard(staged: _Staged) -> None:
    with suppress(OSError):  # Why it could not be written is being reported already.
        staged.written.result()
    with suppress(OSError):
        os.unlink(staged.aside)


def _made_directory(directory: Path, root: Path) -> set[Path]:
    """Make ``directory``; the directories below ``root`` that got a new entry by it."""
    if directory.is_dir():
        return set()
    changed = _made_directory(directory.parent, root) if directory != root else set()
    directory.mkdir(exist_ok=True)
    return changed | {directory.parent}
