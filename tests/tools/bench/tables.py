"""Tables in Markdown, and what must stand beside every figure: the machine and the versions."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from tests.tools.bench.rounds import Figure


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A pipe table; the first column is words, the others are figures."""
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def machine() -> str:
    """The kind of machine: cores, processor, system."""
    return f"{os.cpu_count()} cores ({_processor()}), {platform.system()} {platform.release().split('-')[0]}"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def versions(*packages: str) -> str:
    """Python, SQLite and these packages with their versions."""
    interpreters = (f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}")
    return ", ".join((*interpreters, *(f"{name} {version(name)}" for name in packages)))


def verdict(found: Figure, *, at_least: float | None = None, at_most: float | None = None) -> str:
    """The goal, and whether the median meets it."""
    met = (at_least is None or found.middle >= at_least) and (at_most is None or found.middle <= at_most)
    goal = f"≥ {at_least:g}" if at_least is not None else f"≤ {at_most:g}"
    return f"{goal}: {'met' if met else '**not met**'}"
