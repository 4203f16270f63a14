"""Takes an article out of everything below ``exports``: out of our exports, and of any other file that lies there.

All of it can be made again: no half measures.
"""

from __future__ import annotations

import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Final

from archive.failures import named_disk_failures
from archive.naming import readable
from archive.regular_files import files_below, is_regular, open_regular
from archive.takedown.scan import look_into
from archive.takedown.traces import Traces

BY_LINE: Final = (".jsonl", ".ndjson", ".txt")
"""Endings of files that are whole without some of their lines."""


_ASIDE: Final = ".takedown"


def erase_exports(data: Path, traces: Traces) -> dict[str, str]:
    """What was changed or removed, by its path below ``data``, and which of the two.

    Our exports are rewritten as a whole. Of other files, a line goes out of a file of lines; any other goes wholly.
    """
    # Imported here: most commands need no exports.
    from archive.export.erase import erase_from_exports
    from archive.export.place import clear_abandoned
    from archive.export.sums import SUMS

    for left in files_below(data / "exports"):
        if left.name.startswith(".") and left.name.endswith(_ASIDE):
            left.unlink(missing_ok=True)  # By a takedown that died; whoever calls this is alone.
    clear_abandoned(data / "exports")
    done = erase_from_exports(data / "exports", traces)
    for path in files_below(data / "exports"):
        if path.name != SUMS and (how := _erase_from(data, path, traces)):
            done[path] = how
    return {readable(path.relative_to(data)): how for path, how in done.items()}


def _erase_from(data: Path, path: Path, traces: Traces) -> str:
    named = traces.count(os.fsencode(path.name)) > 0
    if not named and not (is_regular(path) and look_into(path, traces).hits):
        return ""
    content = None if named else _without(path, traces)
    # The manifest first: if a crash comes between, the file still has its traces and is found again.
    _mend_manifest(data / "exports", path, content)
    if content is None:
        path.unlink()
        return "removed: make it again"
    _replace(path, content)
    return "lines taken out"


def _without(path: Path, traces: Traces) -> bytes | None:
    """The lines of a file of lines that have no trace; None for any other file."""
    if path.suffix not in BY_LINE:
        return None
    return b"".join(line for line in path.read_bytes().splitlines(keepends=True) if not traces.count(line))


def _mend_manifest(exports: Path, path: Path, content: bytes | None) -> None:
    """Let the lists of digests that name ``path``, if there are any, say what it is going to be."""
    from archive.export.sums import SUMS, sums_with

    digest = None if content is None else sha256(content).hexdigest()
    for directory in path.relative_to(exports).parents:
        sums = exports / directory / SUMS
        if is_regular(sums):
            with open_regular(sums) as lines:
                mended = sums_with(lines, path.relative_to(sums.parent).as_posix(), digest)
            _replace(sums, mended)


def _replace(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_ASIDE}")
    with named_disk_failures(path):
        try:
            with aside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
