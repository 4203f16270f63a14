"""Puts into a folder what nobody expects there: pipes, sockets, devices, links to anywhere, names that are no UTF-8."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from pathlib import Path

UNREADABLE = os.fsdecode(b"\xff\xfe")
"""A name that is no UTF-8."""


def put_strange_things(folder: Path, ending: str = "") -> list[Path]:
    """One of each, named with this ending; where they lie."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []

    def place(name: str) -> Path:
        made.append(folder / f"{name}{ending}")
        return made[-1]

    os.mkfifo(place("pipe"))
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        here = Path.cwd()
        os.chdir(folder)  # The path of a socket must be short.
        try:
            listening.bind(place("socket").name)
        finally:
            os.chdir(here)
    place("zero").symlink_to("/dev/zero")
    place("parent").symlink_to("..")
    place("loop").symlink_to(f"loop{ending}")
    place("nowhere").symlink_to(folder / "nobody")
    place("out").symlink_to("/etc/passwd")
    place(UNREADABLE).write_bytes(b"\xff not ours")
    return made
