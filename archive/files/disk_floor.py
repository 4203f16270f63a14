"""The free-space floor: what is to be left on the disk for everybody else, checked before and during a run."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from archive.errors import BadSetting, DiskFloor

FLOOR: Final = 200_000_000
"""Bytes that stay free where `QQNEWS_DISK_FLOOR` says nothing."""

SETTING: Final = "QQNEWS_DISK_FLOOR"
_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)B?", re.IGNORECASE)


def disk_floor(environment: Mapping[str, str]) -> int:
    """The floor in bytes that the environment asks for (``500M``, ``2G``, ``0``). Raises ``BadSetting``."""
    return read_size(SETTING, environment, FLOOR)


def read_size(name: str, environment: Mapping[str, str], otherwise: int) -> int:
    """The size in bytes that the variable ``name`` states, if it does. Raises ``BadSetting``."""
    stated = environment.get(name, "").strip()
    if not stated:
        return otherwise
    size = _SIZE.fullmatch(stated)
    if size is None:
        raise BadSetting(name, stated, "a size such as 200M, 2G or 0")
    return int(float(size[1]) * _UNITS[size[2].upper()])


def ensure_room(directory: Path, floor: int) -> None:
    """Raises ``DiskFloor`` where fewer than ``floor`` bytes are free. ``directory`` need not exist yet."""
    if not floor:
        return
    disk = _disk_of(directory)
    # What root may use beyond f_bavail is a reserve, not room.
    free = disk.f_bavail * disk.f_frsize
    if free < floor:
        raise DiskFloor(directory, free, floor)


def _disk_of(directory: Path) -> os.statvfs_result:
    try:
        return os.statvfs(directory)
    except (FileNotFoundError, NotADirectoryError):
        return _disk_of(directory.absolute().parent)
