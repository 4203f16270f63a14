"""What the daemon says: on standard error, and in ``runs/daemon.log``, which never grows beyond its bound."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final, TextIO

from archive.files.readable_names import readable
from archive.redaction.secrets import redacted
from archive.runs.log_retention import as_json, json_formatter
from schedules.runner.runner import Tell

NAME: Final = "daemon.log"
BYTES: Final = 2_000_000
"""Of one file; so many older ones are kept beside it:"""
OLDER: Final = 4


class _Screen(logging.StreamHandler[TextIO]):
    """Standard error, as long as it takes what is said."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (the library's name)
        """Say no more there: the file has it, too, and what is left in the buffer must go somewhere at the end."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())


class _File(RotatingFileHandler):
    """The file, whenever it can be written: a disk may be full for a while, or away. Its directory's is not made."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line. Where that is not possible, nothing is: standard error has it."""
        path = Path(self.baseFilename)
        with suppress(OSError):
            path.parent.mkdir(exist_ok=True)
            if self.stream is not None and not _is_at(path, self.stream):  # Somebody moved the archive.
                self.close()
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (the library's name)
        """Begin with the file anew at the next line."""
        with suppress(OSError):
            self.close()


def _is_at(path: Path, stream: TextIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(stream.fileno()))
    except OSError:
        return False


class _Zoned(logging.Formatter):
    """Lines of text, each with its time and what that is relative to."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  (the library's name)
        """The time with its distance from UTC."""
        return datetime.fromtimestamp(record.created).astimezone().isoformat(" ", "milliseconds")


@contextmanager
def daemon_log(data: Path) -> Iterator[Tell]:
    """Tells what it is given, a line each time, without secrets. Raises ``BadSetting``."""
    formatter = json_formatter() if as_json(os.environ) else None
    # Opened at the first line: one who finds another daemon at work leaves its log alone.
    file = _File(data / "runs" / NAME, maxBytes=BYTES, backupCount=OLDER, encoding="utf-8", delay=True)
    file.setFormatter(formatter or _Zoned("%(asctime)s %(message)s"))
    log = logging.Logger("qqnews.schedule", logging.INFO)
    log.addHandler(file)
    if sys.stderr is not None:
        screen = _Screen(sys.stderr)
        screen.setFormatter(formatter or logging.Formatter("%(message)s"))
        log.addHandler(screen)
    try:
        yield lambda line: log.info("%s", redacted(readable(line)))
    finally:
        with suppress(OSError):
            file.close()
