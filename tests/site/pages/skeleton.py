"""Page skeletons: HTML files beside this module with ``$name`` gaps, read once."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from string import Template

HERE = Path(__file__).parent


@cache
def skeleton(name: str) -> Template:
    return Template((HERE / f"{name}.html").read_text(encoding="utf-8"))


def fill(name: str, **gaps: str) -> str:
    """The skeleton with every gap filled. The values go in as they are: HTML stays HTML."""
    return skeleton(name).substitute(gaps)


def attribute(text: str) -> str:
    """Text made fit for an attribute in double quotes."""
    return escape(text, quote=True)
