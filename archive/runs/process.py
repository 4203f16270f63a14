"""Which process is meant, beyond its number: numbers are used again, and other containers have their own."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """One process, for ever. Where the system does not tell a part, it is ''."""

    host: str
    boot: str
    """This start of the machine."""
    space: str
    """The name space its number belongs to: containers on one machine differ."""
    pid: int
    started: str
    """When it began, in the system's own ticks: what makes a number that is used again another process."""

    @classmethod
    def numbered(cls, pid: int) -> Self:
        """The process that has this number here and now."""
        return cls(socket.gethostname(), _boot(), _space(), pid, _started(pid))

    @classmethod
    def current(cls) -> Self:
        """This process."""
        return cls.numbered(os.getpid())


def is_alive(process: Process) -> bool | None:
    """Whether the process still exists; None if that cannot be seen from here."""
    boot = _boot()
    if not boot or not process.boot:
        return None
    if process.boot != boot:
        # Another start of this machine took all its processes with it; another machine is out of sight.
        return False if process.host == socket.gethostname() else None
    if process.space != _space():
        return None
    return _runs_here(process)


def group_left(leader: Process, mark: str) -> list[int]:
    """The numbers of processes still at work in the group that ``leader`` led, though it may have ended itself.

    The system gives a group's number to nobody while the group has members; once it is empty, another group may get
    it. So one of them must have ``mark``, a ``NAME=value`` that nobody else was started with, in its environment.
    """
    if not leader.boot or (leader.boot, leader.space) != (_boot(), _space()):
        return []
    members = [pid for pid in _numbers() if _group_of(pid) == leader.pid]
    return members if any(mark.encode() in _environment_of(pid) for pid in members) else []


def _numbers() -> Iterator[int]:
    with suppress(OSError):
        yield from (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal())


def _group_of(pid: int) -> int | None:
    """The process's group; None if it has ended."""
    try:
        state, _, group = _stat(pid)[:3]
    except OSError:
        return None
    return None if state in "ZX" else int(group)


def _environment_of(pid: int) -> list[bytes]:
    try:
        return _PROC.joinpath(str(pid), "environ").read_bytes().split(b"\0")
    except OSError:
        return []  # It has just ended, or is somebody else's.


def _runs_here(process: Process) -> bool | None:
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # It exists, and is somebody else's.
    try:
        return process.started != "" and _read_started(process.pid) == process.started
    except OSError:
        return None  # The system hides other users' processes, or this one has just ended.


def _started(pid: int) -> str:
    try:
        return _read_started(pid)
    except OSError:
        return ""


def _read_started(pid: int) -> str:
    """The start of a process in ticks; '' for one that has ended and was not yet collected."""
    after_name = _stat(pid)
    state, started = after_name[0], after_name[19]
    return "" if state in "ZX" else started


def _stat(pid: int) -> list[str]:
    """What the system says of a process, from its state on: its name, which comes first, may hold anything."""
    return _PROC.joinpath(str(pid), "stat").read_text("utf-8", "replace").rpartition(")")[2].split()


def _boot() -> str:
    try:
        return _PROC.joinpath("sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _space() -> str:
    try:
        return str(_PROC.joinpath("self/ns/pid").readlink())
    except OSError:
        return ""
