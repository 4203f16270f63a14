"""The file of all sections: one that is measured anew takes its own place, the others stay."""

from __future__ import annotations

import re
from pathlib import Path

from tests.tools.bench.tables import machine

_HEAD = """# Benchmarks

Written by `make bench`; `BENCH=full make bench` takes longer and measures larger archives, too. One section alone:
`make bench SECTION=pages`. Every ratio comes from rounds in which both sides took turns in the same run on the same
inputs: the median, and behind it the least and the most of all rounds. "Processor" is processor time, which a busy
machine hardly changes; "clock" is what a watch shows. A goal that is not met stands here as not met.
"""


def write_section(path: Path, name: str, text: str, order: list[str]) -> None:
    """Put a section into the file, in the order of all sections."""
    kept = dict(_sections(path.read_text(encoding="utf-8"))) if path.exists() else {}
    kept[name] = text
    known = [name for name in order if name in kept]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([_HEAD, *(_marked(name, kept[name]) for name in known)]), encoding="utf-8")


def signed(text: str, name: str, versions: str, *, full: bool) -> str:
    """A section with the command that made it, the machine and the versions."""
    command = f"{'BENCH=full ' if full else ''}make bench SECTION={name}"
    return f"{text.strip()}\n\n`{command}`, on {machine()}; {versions}.\n"


def _marked(name: str, text: str) -> str:
    return f"<!-- section: {name} -->\n{text.strip()}\n<!-- end -->\n"


def _sections(text: str) -> list[tuple[str, str]]:
    return re.findall(r"<!-- section: (\w+) -->\n(.*?)\n<!-- end -->", text, re.S)
