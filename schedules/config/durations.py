"""Lengths of time as people write them: ``90s``, ``10m``, ``1h30m``, ``7d``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

_UNITS: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_FORM: Final = re.compile("".join(rf"(?:(\d{{1,6}}){unit})?" for unit in _UNITS))


def read_duration(text: str) -> timedelta:
    """The length of time in ``text``. Raises ``ValueError`` with a reason."""
    found = _FORM.fullmatch(text)
    if not text or not found:
        raise ValueError(f"{text!r} is no length of time such as 90s, 10m, 1h30m, 7d")
    numbers = (int(number or 0) for number in found.groups())
    return timedelta(seconds=sum(number * unit for number, unit in zip(numbers, _UNITS.values(), strict=True)))


def duration_text(length: timedelta) -> str:
    """The length as ``read_duration`` reads it."""
    left, parts = int(length.total_seconds()), []
    for name, unit in _UNITS.items():
        number, left = divmod(left, unit)
        parts += [f"{number}{name}"] if number else []
    return "".join(parts) or "0s"
