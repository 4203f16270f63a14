"""Text made safe for a terminal."""

from __future__ import annotations

import re
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """Without what a terminal would obey."""
    return _CONTROL.sub("\ufffd", text)
