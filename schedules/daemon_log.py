"""What the daemon says: on standard error, and in ``runs/daemon.log``, which never grows beyond its bound."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from archive.failures import named_disk_failures
from archive.logs import as_json, json_formatter
from archive.naming import readable
from schedules.keeper import Tell

NAME: Final = "daemon.log"
BYTES: Final = 2_000_000
"""Of one file; so many older ones are kept beside it:"""
OLDER: Final = 4


@contextmanager
def daemon_log(data: Path) -> Iterator[Tell]:
    """Tells what it is given, a line each time. Raises ``ArchiveNotWritable``, ``BadSetting``."""
    formatter = json_formatter() if as_json(os.environ) else None
    path = data / "runs" / NAME
    with named_disk_failures(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    # Opened at the first line: one who finds another daemon at work leaves its log alone.
    file = RotatingFileHandler(path, maxBytes=BYTES, backupCount=OLDER, encoding="utf-8", delay=True)
    file.setFormatter(formatter or logging.Formatter("%(asctime)s %(message)s"))
    screen = logging.StreamHandler()
    screen.setFormatter(formatter or logging.Formatter("%(message)s"))
    log = logging.Logger("qqnews.schedule", logging.INFO)
    log.addHandler(file)
    log.addHandler(screen)
    try:
        yield lambda line: log.info(readable(line))
    finally:
        file.close()
