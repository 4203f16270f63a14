"""The table of capture files: length and digest of each, so that one that was cut, emptied or removed is found."""

from __future__ import annotations

from typing import Final

CAPTURE_FILES: Final = """
    CREATE TABLE capture_files (
        name TEXT PRIMARY KEY NOT NULL,
        bytes INTEGER,
        sha256 TEXT
    ) STRICT, WITHOUT ROWID
"""
"""Files below ``raw`` that nobody writes to any more. NULL is what is not known yet: `verify` measures it."""
