"""Sections that have a make target of their own: what it reports, as it stands."""

from __future__ import annotations

import os
import subprocess
import sys


def reported(title: str, module: str, full: bool, *, quick: tuple[str, ...] = ()) -> str:
    """The section of a bench that is a program: what it prints. ``quick``: its arguments where not all is measured."""
    words = [module, *(() if full else quick)]
    environment = {**os.environ, "BENCH": "full" if full else ""}
    ended = subprocess.run([sys.executable, "-m", *words], env=environment, stdout=subprocess.PIPE, text=True)
    if ended.returncode:
        return f"## {title}\n\nNot measured: `python -m {' '.join(words)}` ended with exit code {ended.returncode}."
    return f"## {title}\n\nAs `python -m {' '.join(words)}` reports it:\n\n```text\n{ended.stdout.strip()}\n```"
