"""What the daemon says to a service manager, heard at a socket as systemd makes one."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from schedules.runner.service_manager import ServiceManager
from tests.schedules.conftest import Machine, until
from tests.schedules.quick import QUICK, SECONDS, quick_daemon, said_by, start_quick


class Manager:
    """The end of the socket at which a service manager listens."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self.socket.setblocking(False)
        self.heard: list[str] = []

    def listen(self) -> list[str]:
        """All lines so far."""
        while True:
            try:
                self.heard += self.socket.recv(65536).decode().split("\n")
            except BlockingIOError:
                return self.heard

    def until(self, line: str) -> None:
        until(lambda: any(each.startswith(line) for each in self.listen()))

    def forget(self) -> None:
        self.listen()
        self.heard.clear()


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    made = Manager(f"{tmp_path}/s" if request.param == "path" else f"@qqnews-test-{os.getpid()}-{tmp_path.name}")
    yield made
    made.socket.close()


def test_a_life(machine: Machine, manager: Manager) -> None:
    machine.jobs.write_text(SECONDS)
    daemon = quick_daemon(machine, NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="300000")
    lines = manager.listen()
    assert lines.index("READY=1") < lines.index("WATCHDOG=1")
    assert any(line.startswith("STATUS=1 jobs, next short at ") for line in lines)
    manager.forget()
    manager.until("WATCHDOG=1")
    daemon.send_signal(signal.SIGHUP)
    manager.until("READY=1")
    lines = manager.listen()
    assert lines.index("RELOADING=1") < lines.index("READY=1")
    assert any(line.startswith("MONOTONIC_USEC=") for line in lines)
    daemon.terminate()
    assert daemon.wait(60) == 0
    assert "STOPPING=1" in manager.listen()


def test_what_is_waited_for_is_said_and_it_lives(machine: Machine, manager: Manager, tmp_path: Path) -> None:
    machine.jobs.write_text(SECONDS)
    daemon = quick_daemon(machine, NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="300000")
    machine.data.rename(tmp_path / "away")
    manager.until("STATUS=waiting: the archive ")
    manager.forget()
    manager.until("WATCHDOG=1")
    (tmp_path / "away").rename(machine.data)
    manager.until("READY=1")
    assert daemon.poll() is None


def test_jobs_know_nothing_of_the_manager(machine: Machine, tmp_path: Path) -> None:
    """Else whatever a job starts could speak for the daemon."""
    program = tmp_path / "qqnews"
    program.write_text(f"#!/bin/sh\nenv >{tmp_path}/told\n")
    program.chmod(0o755)
    machine.jobs.write_text(SECONDS)
    environment = {"NOTIFY_SOCKET": str(tmp_path / "s"), "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}
    start_quick(machine, quick=f"import sys; sys.argv[0] = {str(program)!r}\n{QUICK}", **environment)
    until(lambda: "short: ok" in said_by(machine))
    told = (tmp_path / "told").read_text()
    assert "QQNEWS_JOB=short" in told
    assert [name for name in environment if name in told] == []


@pytest.mark.parametrize(
    ("watchdog", "expected"),
    [("3000000", 1.0), ("", None), ("0", None), ("soon", None), ("٣", None)],
)
def test_how_often_it_is_to_hear(watchdog: str, expected: float | None) -> None:
    assert ServiceManager({"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": watchdog}).watchdog == expected
    assert ServiceManager({"WATCHDOG_USEC": watchdog}).watchdog is None
    another = {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": watchdog, "WATCHDOG_PID": "1"}
    assert ServiceManager(another).watchdog is None


def test_a_manager_that_is_gone_is_no_error(tmp_path: Path) -> None:
    for address in (str(tmp_path / "none"), "@none", f"/{'x' * 200}", ""):
        manager = ServiceManager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000"})
        manager.ready("at work")
        manager.alive()
        with manager.kept_waiting():
            manager.stopping()


def test_something_that_takes_long_is_no_hanging(manager: Manager) -> None:
    telling = ServiceManager({"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "30000"})
    with telling.kept_waiting():
        until(lambda: manager.listen().count("WATCHDOG=1") >= 3)


def test_a_status_is_one_line(manager: Manager) -> None:
    ServiceManager({"NOTIFY_SOCKET": manager.address}).status("a\nREADY=1")
    assert manager.listen() == ["STATUS=a READY=1"]
