"""Names of files as text that can be written anywhere, whatever bytes they are made of."""

from __future__ import annotations

from pathlib import Path


def readable(name: str | Path) -> str:
    """The name, or a sentence with names in it. What is no UTF-8 is replaced; what only the locale cannot read, stays.

    Python keeps bytes that its locale cannot read as lone surrogates, which neither JSON nor SQLite takes.
    """
    return str(name).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
