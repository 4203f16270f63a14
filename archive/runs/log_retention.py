"""Reports and logs of runs: held while they are written, removed when they are old or too many; lines as JSON."""

from __future__ import annotations

import fcntl
import logging
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from archive.errors import BadSetting
from archive.files.disk_floor import read_size
from archive.files.regular_files import UnusableFile, open_regular

FORMAT: Final = "QQNEWS_LOG_FORMAT"
DAYS: Final = "QQNEWS_LOG_DAYS"
SIZE: Final = "QQNEWS_LOG_SIZE"
_KEPT_DAYS: Final = 30
_KEPT_BYTES: Final = 500_000_000
_PRUNE_EVERY: Final = 3600.0
_MARK: Final = ".pruned"
_NAME: Final = re.compile(r"(\d{8}T\d{6})(?:\.\d+)?Z-(.+)\.(?:json|log)")
_LEFT_ASIDE: Final = re.compile(r"\.\d{8}T\d{6}.*\.json\.\d+")


@dataclass(slots=True)
class _Run:
    """The files of one run."""

    stem: str
    job: str
    began: datetime
    paths: list[Path] = field(default_factory=list)
    size: int = 0


@contextmanager
def held(log: Path) -> Iterator[None]:
    """Nobody removes the log, or what belongs to it, while we are inside: not even if we are killed and what we
    started goes on writing to it."""
    with log.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def prune(runs: Path, environment: Mapping[str, str], now: datetime | None = None) -> int:
    """Remove reports and logs older than the days, and the oldest beyond the size, that the environment names.

    What is being written stays, and the newest of each job. How many files went. Raises ``BadSetting``.
    """
    keep_since = (now or datetime.now(UTC)) - timedelta(days=_kept_days(environment))
    most = read_size(SIZE, environment, _KEPT_BYTES)
    jobs, size, removed = set[str](), 0, 0
    for run in sorted(_runs_in(runs), key=lambda run: run.stem, reverse=True):
        is_newest = run.job not in jobs
        jobs.add(run.job)
        if is_newest or (run.began >= keep_since and size + run.size <= most):
            size += run.size
        else:
            removed += _removed(run)
    return removed


def prune_now_and_then(data: Path, environment: Mapping[str, str]) -> None:
    """As ``prune``, at most once an hour, whoever asks."""
    mark = data / "runs" / _MARK
    with suppress(FileNotFoundError):
        if 0 <= time.time() - mark.stat().st_mtime < _PRUNE_EVERY:
            return
    if mark.parent.is_dir():
        mark.touch()
        prune(mark.parent, environment)


def as_json(environment: Mapping[str, str]) -> bool:
    """Whether the environment asks for logs as JSON lines. Raises ``BadSetting``."""
    stated = environment.get(FORMAT, "text")
    if stated not in ("text", "json"):
        raise BadSetting(FORMAT, stated, "text or json")
    return stated == "json"


def json_formatter() -> logging.Formatter:
    """One JSON object for each line of a log: time (UTC), level, name, message, and the traceback if there is one."""
    # Few ask for it.
    from pythonjsonlogger.orjson import OrjsonFormatter

    names = {"asctime": "time", "levelname": "level", "name": "name"}
    formatter = OrjsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields=names)
    formatter.converter = time.gmtime
    formatter.default_time_format, formatter.default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"
    return formatter


def _kept_days(environment: Mapping[str, str]) -> int:
    stated = environment.get(DAYS, "").strip() or str(_KEPT_DAYS)
    if not (stated.isascii() and stated.isdigit() and 0 < int(stated) < 100_000):
        raise BadSetting(DAYS, stated, "a number of days such as 30")
    return int(stated)


def _runs_in(directory: Path) -> list[_Run]:
    """The runs that left files there. What a crash left aside a day ago is removed."""
    runs: dict[str, _Run] = {}
    yesterday = time.time() - 86_400
    with os.scandir(directory) as entries:
        for entry in entries:
            if _LEFT_ASIDE.fullmatch(entry.name) and entry.stat(follow_symlinks=False).st_mtime < yesterday:
                Path(entry).unlink(missing_ok=True)
            if not (name := _NAME.fullmatch(entry.name)):
                continue
            stem, began = Path(entry.name).stem, datetime.strptime(f"{name[1]}Z", "%Y%m%dT%H%M%S%z")
            run = runs.setdefault(stem, _Run(stem, name[2], began))
            run.paths.append(Path(entry))
            run.size += entry.stat(follow_symlinks=False).st_size
    return list(runs.values())


def _removed(run: _Run) -> int:
    """Remove a run's files unless its log is held; how many went."""
    log = next((path for path in run.paths if path.suffix == ".log"), None)
    if log is not None and _is_held(log):
        return 0
    for path in run.paths:
        path.unlink(missing_ok=True)
    return len(run.paths)


def _is_held(log: Path) -> bool:
    try:
        with open_regular(log) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (FileNotFoundError, UnusableFile):
        return False
    return False
