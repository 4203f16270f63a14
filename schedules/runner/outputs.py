"""What a run says: its log and its report in ``runs/``, and the reading of both."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

import orjson

from archive.files.io_errors import named_disk_failures

_REPORT_BYTES: Final = 4 << 20
_LINE_BYTES: Final = 500


@contextmanager
def outputs(log: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Where a run's results and its complaints go; in the end both are in the log. Raise ``ArchiveNotWritable``.

    The archive's directory is not made: where it is gone, nothing is to stand in its place.
    """
    with ExitStack() as files:
        with named_disk_failures(log):
            log.parent.mkdir(exist_ok=True)
            out: IO[bytes] = files.enter_context(tempfile.TemporaryFile(dir=log.parent))
            err = files.enter_context(log.open("ab+", buffering=0))
        # Nobody removes it meanwhile; what we start inherits it, and holds it if we are killed.
        fcntl.flock(err, fcntl.LOCK_SH)
        yield out, err


def last_line(log: IO[bytes]) -> str:
    """The last thing that a run complained of: where it has no report, that is why it failed."""
    log.seek(max(0, log.seek(0, os.SEEK_END) - _LINE_BYTES))
    lines = log.read().decode("utf-8", "replace").splitlines()
    return lines[-1].removeprefix("qqnews: ") if lines else ""


def last_report(out: IO[bytes], log: IO[bytes]) -> dict[str, Any]:
    """The last line of the results, if it is a JSON object; all results are added to the log, if there is room."""
    size = out.seek(0, os.SEEK_END)
    out.seek(max(0, size - _REPORT_BYTES))
    tail = out.read()
    with suppress(OSError):  # The run is over: what its log lacks is no reason not to note how it ended.
        log.write(tail)
    lines = tail.splitlines()
    try:
        found = orjson.loads(lines[-1]) if lines else {}
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def write_report(path: Path, content: dict[str, Any]) -> None:
    """Write a report aside, then into its place. Raise ``OSError``."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        aside.replace(path)
    except OSError:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
