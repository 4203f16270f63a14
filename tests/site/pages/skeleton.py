"""Page skeletons: HTML files beside this module with ``${name}`` gaps, read and cut once."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
GAP = re.compile(rb"\$\{(\w+)\}")


@cache
def pieces(name: str) -> tuple[list[bytes], list[str]]:
    """The skeleton's fixed pieces, and the names of the gaps between them."""
    cut = GAP.split((HERE / f"{name}.html").read_bytes())
    return cut[::2], [gap.decode() for gap in cut[1::2]]


def fill(name: str, **gaps: str | bytes) -> bytes:
    """The skeleton in UTF-8 with every gap filled. The values go in as they are: HTML stays HTML."""
    fixed, names = pieces(name)
    parts = [fixed[0]]
    for gap, piece in zip(names, fixed[1:], strict=True):
        value = gaps[gap]
        parts += (value.encode() if isinstance(value, str) else value, piece)
    return b"".join(parts)


def attribute(text: str) -> str:
    """Text made fit for an attribute in double quotes."""
    return escape(text, quote=True)
