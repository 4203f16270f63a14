"""What repairing does, one step at a time; and where the damaged things go, which are never thrown away."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from archive.files.durable import sync_directory


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is wrong, and what helps. ``act`` does it; None: nothing here can help."""

    where: str
    """A path below the data directory, or ``table/key``."""
    how: str
    act: Callable[[], object] | None = None


class Aside:
    """The directory ``damaged/<stamp>``, made when the first thing is put there."""

    def __init__(self, data: Path, stamp: str) -> None:
        self._data = data
        self._root = data / "damaged" / stamp

    def move(self, path: Path) -> None:
        """Put a file there, under its own path."""
        target = self._place(path)
        path.replace(target)
        sync_directory(path.parent)

    def copy(self, path: Path) -> None:
        """Put a second copy of a file there; nothing, if there is no such file."""
        if path.exists():
            target = self._place(path)
            shutil.copy2(path, target)
            _sync(target)

    def save(self, path: Path, suffix: str, content: bytes) -> None:
        """Put a part of a file there."""
        target = self._place(path.with_name(f"{path.name}.{suffix}"))
        target.write_bytes(content)
        _sync(target)

    def add_row(self, table: str, row: Mapping[str, object]) -> None:
        """Put a row there: a line of JSON in a file named like its table."""
        path = self._root / f"{table}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(orjson.dumps(dict(row), option=orjson.OPT_APPEND_NEWLINE))
        _sync(path)

    def _place(self, path: Path) -> Path:
        target = self._root / path.relative_to(self._data)
        target.parent.mkdir(parents=True, exist_ok=True)
        while target.exists():
            target = target.with_name(f"{target.name}.again")
        return target


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_directory(path.parent)
