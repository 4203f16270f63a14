"""Looks into every file below a directory, packed ones unpacked, for what is left of an article."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from archive.files.regular_files import files_below, is_regular
from archive.takedown.decompress import Opaque, as_it_lies, unpacked
from archive.takedown.traces import Traces

_HEAD: Final = 32
"""Bytes by which packed files are told."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A file that was looked into. ``hits``: traces found; ``opaque``: why not all of it could be read, or ""."""

    path: Path
    hits: int
    opaque: str = ""


def ordinary_files(directory: Path) -> Iterator[Path]:
    """Every file below that can be read to its end: no links, pipes or devices."""
    return filter(is_regular, files_below(directory))


def scan(directory: Path, traces: Traces) -> Iterator[Leftover]:
    """Every ordinary file below ``directory``, its name included in what is looked at."""
    for path in ordinary_files(directory):
        try:
            seen = look_into(path, traces)
        except FileNotFoundError:
            continue  # A writer's temporary file, gone again.
        named = traces.count(os.fsencode(path.relative_to(directory)))
        yield Leftover(path, seen.hits + named, seen.opaque)


def look_into(path: Path, traces: Traces) -> Leftover:
    """One file: as it lies there, and unpacked if it is packed. Raises ``FileNotFoundError``."""
    counted = _Counted(traces)
    try:
        counted.take(as_it_lies(path))
        counted.take(unpacked(path, counted.head))
    except FileNotFoundError:
        raise
    except (Opaque, OSError) as error:
        return Leftover(path, counted.hits, str(error))
    return Leftover(path, counted.hits)


class _Counted:
    """Traces in streams, as far as they could be read. What lies on the seam of two chunks is counted once."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces
        self.head = b""
        """The beginning of what was taken first."""
        self.hits = 0

    def take(self, chunks: Iterable[bytes]) -> None:
        """Count on."""
        tail = b""
        for chunk in chunks:
            self.head = self.head or chunk[:_HEAD]
            whole = tail + chunk
            self.hits += self._traces.count(whole) - self._traces.count(tail)
            tail = whole[-(self._traces.longest + 1) :]
