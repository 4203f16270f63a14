"""Files that survive a power cut: written aside, synced, renamed into place."""

from __future__ import annotations

import os
from pathlib import Path


def write_durably(path: str, content: bytes) -> None:
    """Write a new file, and wait until it is on the disk. Raise ``FileExistsError`` where there is one."""
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(directory: Path) -> None:
    """Make the directory's entries durable."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
