"""One process under a hard limit: waited for, told to stop, killed with all it started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from archive.runs.process import Process, group_left, is_alive

KILL_AFTER: Final = 30.0
"""Seconds between being told to stop and being killed."""
_LOOK_EVERY: Final = 0.2


@dataclass(frozen=True, slots=True)
class Finished:
    """How a process ended: its exit code (128 + signal where one ended it), and why it was stopped, or ''."""

    exit_code: int
    stopped: str


@contextmanager
def started_group(
    words: Sequence[str], *, cwd: Path, env: Mapping[str, str], out: IO[bytes], err: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group and session of its own: a terminal's signals do not reach it, ours reach all of it.

    On leaving, nothing of the group is left.
    """
    # The words come from the job, no shell reads them.
    process = subprocess.Popen(  # noqa: S603
        words, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()


def supervise(
    process: subprocess.Popen[bytes], limit: float, watch: Callable[[float], str], *, kill_after: float = KILL_AFTER
) -> Finished:
    """Wait until the process ends; end it after ``limit`` seconds, or once ``watch`` gives a reason.

    ``watch`` is called again and again, waits at most as long as it is told, and returns '' to go on.
    """
    deadline, stopped = time.monotonic() + limit, ""
    while not stopped and not _has_ended(process):
        stopped = watch(_LOOK_EVERY)
        if not stopped and time.monotonic() >= deadline:
            stopped = f"time limit of {limit:.0f} s"
    if stopped:
        _signal_group(process.pid, signal.SIGTERM)
        _wait(process, kill_after)
    # Not collected yet, so the group's number is still its own: whatever is left of it goes.
    _signal_group(process.pid, signal.SIGKILL)
    code = process.wait()
    return Finished(128 - code if code < 0 else code, stopped)


def end_orphan(child: Process, mark: str, *, patience: float = 10.0) -> bool:
    """Kill the process group of a keeper that is gone; whether nothing of it is left.

    ``child`` led it, and may have ended; ``mark``: see ``group_left``.
    """
    deadline = time.monotonic() + patience
    while is_alive(child) or group_left(child, mark):
        if time.monotonic() >= deadline:
            return False
        _signal_group(child.pid, signal.SIGKILL)
        time.sleep(0.05)
    return True


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not _has_ended(process) and time.monotonic() < deadline:
        time.sleep(0.05)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it ended, without collecting it."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # It is gone, or not ours to end.
        os.killpg(group, number)
