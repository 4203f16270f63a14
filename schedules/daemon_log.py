"""What the daemon says: on standard error, and in ``runs/daemon.log``, which never grows beyond its bound."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final, TextIO

from archive.failures import named_disk_failures
from archive.logs import as_json, json_formatter
from archive.naming import readable
from schedules.keeper import Tell

NAME: Final = "daemon.log"
BYTES: Final = 2_000_000
"""Of one file; so many older ones are kept beside it:"""
OLDER: Final = 4


class _Screen(logging.StreamHandler[TextIO]):
    """Standard error, as long as it takes what is said."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (the library's name)
        """Say no more there: the file has it, too, and what is left in the buffer must go somewhere at the end."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())


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
    log = logging.Logger("qqnews.schedule", logging.INFO)
    log.addHandler(file)
    if sys.stderr is not None:
        screen = _Screen(sys.stderr)
        screen.setFormatter(formatter or logging.Formatter("%(message)s"))
        log.addHandler(screen)
    try:
        yield lambda line: log.info(readable(line))
    finally:
        file.close()
