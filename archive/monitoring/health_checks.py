"""What is wrong with an installation, and the cure: findings, and those that need the archive alone."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from archive.article.model import BEIJING
from archive.database.migrations import known_migrations
from archive.database.schema import open_to_read
from archive.errors import QQNewsError
from archive.monitoring.status import disk_of, read_status

LARGE_WAL: Final = 256_000_000
"""A write-ahead log that is larger was held up by somebody who reads for very long."""
FEW_INODES: Final = 10_000
QUICK_CHECK: Final = 20.0
"""Seconds that the quick check of the database may take here."""
STEPS: Final = 100_000
"""Of SQLite's machine, between two looks at the time."""
_LIBRARIES: Final = ("scrapy", "APScheduler", "apprise", "lxml", "sqlite-utils", "tzdata")
_NETWORK_DISKS: Final = {"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph", "afs", "glusterfs"}


class Level(StrEnum):
    """How bad a finding is."""

    FINE = "fine"
    NOTE = "note"
    """Worth knowing, nothing wrong."""
    ABSENT = "absent"
    """It could not be looked at: the network is not there."""
    WARNING = "warning"
    """The work goes on, but something is to be mended."""
    ERROR = "error"
    """The work cannot be done."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One thing that was looked at. ``cure``: what to do; '' where nothing is wrong."""

    area: str
    level: Level
    what: str
    cure: str = ""


def examine_archive(data: Path) -> Iterator[CheckResult]:
    """Versions, time zones, the directory and its disk, the database. Nothing is written but one empty file, at once
    removed."""
    yield _versions()
    yield _time_zones()
    if not os.path.isdir(data):  # noqa: PTH112  (it says so of a name that is too long, too)
        there = next(path for path in data.absolute().parents if os.path.lexists(path))
        yield _to_be_made(data.absolute(), there)
        if there.is_dir():
            yield from _disk(there)
        return
    yield from _rights(data)
    yield from _disk(data)
    if (data / "archive.db").exists():
        yield from _database(data)


def _to_be_made(data: Path, there: Path) -> CheckResult:
    """Whether a directory that is not there can be made in the one that is."""
    cure = "name another place with --data or QQNEWS_DATA"
    if os.path.lexists(data) or not there.is_dir():
        occupied = data if os.path.lexists(data) else there
        return CheckResult("directory", Level.ERROR, f"{data} cannot be made: {occupied} is no directory", cure)
    if any(len(os.fsencode(part)) > 255 for part in data.parts):
        return CheckResult("directory", Level.ERROR, f"{data} cannot be made: its name is too long", cure)
    if not os.access(there, os.W_OK | os.X_OK):
        cure = f"make {data} as somebody who may, and give it to the user who runs the jobs"
        return CheckResult("directory", Level.ERROR, f"{data} cannot be made: {there} is not ours to write", cure)
    return CheckResult("directory", Level.NOTE, f"{data} does not exist yet", "the first crawl makes it")


def _versions() -> CheckResult:
    found = [f"{name} {version(name)}" for name in ("qqnews", *_LIBRARIES) if _is_installed(name)]
    said = ", ".join([f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}", *found])
    missing = [name for name in _LIBRARIES if not _is_installed(name)]
    if missing:
        return CheckResult("versions", Level.ERROR, f"{', '.join(missing)} not installed", "'make install' again")
    return CheckResult("versions", Level.FINE, said)


def _is_installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def _time_zones() -> CheckResult:
    cure = "install the system's tzdata, or the Python package of that name again"
    try:
        offset = datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai")).utcoffset()
    except (OSError, LookupError, ValueError) as error:
        return CheckResult("time zones", Level.ERROR, f"no data of Asia/Shanghai ({error})", cure)
    if offset != timedelta(hours=8):
        return CheckResult("time zones", Level.ERROR, f"Asia/Shanghai is {offset} from UTC, not 8:00", cure)
    return CheckResult("time zones", Level.FINE, f"Asia/Shanghai is known; it is {datetime.now(BEIJING):%H:%M} there")


def _rights(data: Path) -> Iterator[CheckResult]:
    ours = [path for path in (data, *sorted(data.iterdir())) if not path.name.startswith(".")]
    owner = data.stat().st_uid
    closed = [path for path in ours if path.exists() and not os.access(path, os.W_OK)]
    strangers = [path for path in ours if path.lstat().st_uid != owner]
    cure = f"give everything below {data.absolute()} to the user who runs the jobs: chown -R USER {data.absolute()}"
    try:
        with tempfile.TemporaryFile(dir=data):
            pass
    except OSError as error:
        yield CheckResult(
            "rights", Level.ERROR, f"nothing can be written to {data.absolute()} ({error.strerror})", cure
        )
        return
    if closed:
        yield CheckResult("rights", Level.ERROR, f"not ours to write: {', '.join(path.name for path in closed)}", cure)
    elif strangers:
        named = ", ".join(path.name for path in strangers)
        yield CheckResult("rights", Level.WARNING, f"of another owner than the directory: {named}", cure)
    else:
        yield CheckResult("rights", Level.FINE, f"{data.absolute()} is ours to write")


def _disk(data: Path) -> Iterator[CheckResult]:
    disk = disk_of(data)
    said = f"{disk.free / 1e9:.1f} GB free of {disk.size / 1e9:.1f} GB, {disk.floor / 1e9:.1f} GB are to stay free"
    if disk.is_short:
        yield CheckResult(
            "disk", Level.ERROR, said, "make room, or lower QQNEWS_DISK_FLOOR: below it nothing is fetched"
        )
    elif disk.free < 5 * disk.floor:
        yield CheckResult("disk", Level.WARNING, said, "make room before the floor is reached and nothing is fetched")
    else:
        yield CheckResult("disk", Level.FINE, said)
    found = os.statvfs(data)
    if found.f_files and found.f_favail < FEW_INODES:
        few = f"room for {found.f_favail} more files only"
        yield CheckResult(
            "disk", Level.WARNING, few, "remove small files, or make the file system anew with more inodes"
        )
    if (kind := file_system_of(data)) in _NETWORK_DISKS:
        cure = "keep the archive on a disk of this machine, and copy it with 'qqnews backup'"
        yield CheckResult("disk", Level.ERROR, f"the archive lies on a network disk ({kind}): SQLite is not safe", cure)


def file_system_of(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The kind of the file system that ``path`` lies on; '' where the system does not tell."""
    there = path.resolve()
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    found = [line.split()[1:3] for line in lines]
    above = [(Path(place.replace(r"\040", " ")), kind) for place, kind in found]
    on = [(len(place.parts), kind) for place, kind in above if there == place or place in there.parents]
    return max(on, default=(0, ""))[1]


def _database(data: Path) -> Iterator[CheckResult]:
    try:
        state = read_status(data)
    except QQNewsError as error:
        said = f"{type(error).__name__}: {error}"
        yield CheckResult("database", Level.ERROR, said, "update qqnews, or 'qqnews repair', or restore a backup")
        return
    if state.is_older:
        said = f"of an earlier version ({state.schema}; this program has {known_migrations()[-1]})"
        cure = "nothing: the next command that writes brings it up to date; make a backup first"
        yield CheckResult("database", Level.NOTE, said, cure)
    if state.unreadable:
        said = f"{len(state.unreadable)} rows cannot be read, such as {state.unreadable[0]}"
        yield CheckResult("database", Level.WARNING, said, "'qqnews verify' names all of them, then 'qqnews repair'")
    if state.disk.wal > LARGE_WAL:
        cure = "find who reads it for so long (a web page, a notebook), and let him end"
        yield CheckResult("database", Level.WARNING, f"{state.disk.wal / 1e6:.0f} MB are not yet merged into it", cure)
    yield _quick_check(data / "archive.db")


def _quick_check(path: Path) -> CheckResult:
    deadline = time.monotonic() + QUICK_CHECK
    try:
        with closing(open_to_read(path)) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
            said = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return CheckResult("database", Level.NOTE, f"not checked through within {QUICK_CHECK:.0f} s", "'qqnews verify'")
    except (sqlite3.DatabaseError, QQNewsError) as error:
        said = [str(error)]
    if said == ["ok"]:
        return CheckResult("database", Level.FINE, f"{path.stat().st_size / 1e6:.1f} MB, quick check passed")
    return CheckResult("database", Level.ERROR, f"damaged: {'; '.join(said)}", "'qqnews verify', then 'qqnews repair'")
