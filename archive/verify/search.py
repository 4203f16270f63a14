"""The search index against its own checksums and the archive's articles. It is made anew, not mended."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import nullcontext

from archive.search.faults import fault_of_file
from archive.search.index import NAME
from archive.store import Archive
from archive.verify.findings import DamageKind, Finding
from archive.verify.write_lock import Calm


def check_search(archive: Archive, *, calm: Calm = nullcontext) -> Iterator[Finding]:
    """Whether the index is one, and that of this archive. ``calm``: inside it no takedown is at work."""
    fault = _fault_of(archive)
    if fault:
        with calm():
            fault = _fault_of(archive)
    if fault:
        yield Finding("search", DamageKind.DAMAGED, NAME, f"{fault}; the next search makes it anew")


def _fault_of(archive: Archive) -> str:
    try:
        return fault_of_file(archive)
    except (sqlite3.Error, OSError) as error:
        return str(error)
