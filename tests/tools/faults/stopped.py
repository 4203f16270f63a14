"""A real command that is stopped in the midst of its work, and goes on when it is told to; who looks meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import clean_environment
from tests.site.site import ROOT
from tests.tools.faults.zygote import built_shim

_WAITING = ("nanosleep", "lock")
"""Parts of what the kernel calls it when a process waits for a lock, of a file or of SQLite's."""


def started(data: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """``qqnews --data … `` with these arguments, begun."""
    command = [sys.executable, "-c", "from qqnews import main; main()", "--data", str(data), *arguments]
    environment = clean_environment(**variables)
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True)


@contextmanager
def stopped_at(
    call: int, under: Path, shim: Path, data: Path, *arguments: str, reading: bool = False
) -> Iterator[subprocess.Popen[str] | None]:
    """The command, stopped at this one of its calls that change files whose paths begin so; None where it makes fewer.

    ``reading``: at this one of the files that it opens there.

    On leaving it has gone on and ended, without complaint.
    """
    orders = {"FAULT_UNDER": str(under), "FAULT_AT": str(call), "FAULT_STOP": "2" if reading else "1"}
    command = started(data, *arguments, LD_PRELOAD=str(built_shim(shim)), **orders)
    _, status = os.waitpid(command.pid, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        command.returncode = os.waitstatus_to_exitcode(status)
    try:
        yield command if os.WIFSTOPPED(status) else None
    finally:
        if command.returncode is None:
            command.send_signal(signal.SIGCONT)
        out, err = command.communicate()
        assert command.returncode == 0, f"{out}{err}"


def ended_or_waiting(process: subprocess.Popen[str]) -> bool:
    """Return when the process has ended, or waits for somebody else; whether it has ended."""
    while process.poll() is None:
        try:
            place = Path("/proc", str(process.pid), "wchan").read_text()
        except OSError:
            continue
        if any(part in place for part in _WAITING):
            return False
    return True


def tells_where_processes_wait() -> bool:
    """Whether this system says so."""
    with subprocess.Popen(["sleep", "60"]) as sleeping:
        try:
            for _ in range(1000):
                if "nanosleep" in Path("/proc", str(sleeping.pid), "wchan").read_text():
                    return True
        except OSError:
            return False
        finally:
            sleeping.kill()
    return False
