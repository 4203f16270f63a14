"""The command in a process of its own, and the most memory that it ever had."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import clean_environment
from tests.site.site import ROOT


@dataclass(frozen=True)
class Measured:
    """How a call of the command ended. ``peak``: bytes of memory."""

    code: int
    out: str
    err: str
    peak: int


def measured(data: Path, *arguments: str | Path) -> Measured:
    """Call ``qqnews --data … `` with these arguments; it gets nothing on standard input."""
    command = [sys.executable, "-c", "from qqnews import main; main()", "--data", str(data), *map(str, arguments)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=ROOT, env=clean_environment()
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    return Measured(process.returncode, texts[0], texts[1], used.ru_maxrss * 1024)
