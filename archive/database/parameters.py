"""Values for statements that use one value in several places: ``?1``, ``?2`` and so on."""

from __future__ import annotations


def by_number(*values: object) -> dict[str, object]:
    """Return the values for ``?1``, ``?2`` …: to SQLite these are names, and from Python 3.14 on a sequence is none."""
    return {str(number): value for number, value in enumerate(values, 1)}
