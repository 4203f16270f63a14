"""Says to the service manager how the daemon fares, by systemd's protocol (sd_notify), where there is one."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

NAMES: Final = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
"""Variables that are meant for the daemon alone, not for what it starts."""


class ServiceManager:
    """Who started the daemon and watches it. Nothing here fails: whoever does not listen is not told."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        ours = environment.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        microseconds = environment.get("WATCHDOG_USEC", "")
        usable = self._address and ours and microseconds.isascii() and microseconds.isdecimal() and int(microseconds)
        self.watchdog = int(microseconds) / 1e6 / 3 if usable else None
        """Seconds after which it is to hear that we live; None: it does not ask. A third of what it allows."""
        self._alive_at = float("-inf")

    def ready(self, status: str) -> None:
        """Say that the daemon is at work, after its start or after it has read its settings anew."""
        self._send("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Say that settings are being read anew; ``ready`` ends it."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Say that the daemon is ending."""
        self._send("STOPPING=1", "STATUS=ending what is under way")

    def status(self, status: str) -> None:
        """Say what the daemon is doing, in a few words."""
        self._send(f"STATUS={status}")

    def alive(self) -> None:
        """Say that the daemon lives, if it is time to."""
        if self.watchdog is not None and time.monotonic() - self._alive_at >= self.watchdog / 2:
            self._alive_at = time.monotonic()
            self._send("WATCHDOG=1")

    @contextmanager
    def kept_waiting(self) -> Iterator[None]:
        """Inside, something takes its time that is known to end: bringing an archive up to date, say."""
        done = threading.Event()

        def say_so() -> None:
            while not done.wait(self.watchdog):
                self.alive()

        teller = threading.Thread(target=say_so, name="watchdog", daemon=True)
        if self.watchdog is not None:
            teller.start()
        try:
            yield
        finally:
            done.set()

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        # A name in the abstract name space is written with an @ for its first byte.
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.settimeout(1)
            sender.sendto("\n".join(line.replace("\n", " ") for line in lines).encode("utf-8", "replace"), address)
