"""Sections that have a make target of their own: what it reports, as it stands."""

from __future__ import annotations

import os
import subprocess
import sys


def reported(title: str, module: str, full: bool) -> str:
    """The section of a bench that is a program: its doc string's first line, and what it prints."""
    environment = {**os.environ, "BENCH": "full" if full else ""}
    ended = subprocess.run([sys.executable, "-m", module], env=environment, stdout=subprocess.PIPE, text=True)
    if ended.returncode:
        return f"## {title}\n\nNot measured: `python -m {module}` ended with exit code {ended.returncode}."
    return f"## {title}\n\nAs `python -m {module}` reports it:\n\n```text\n{ended.stdout.strip()}\n```"
