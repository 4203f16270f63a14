"""The command as cron or a person calls it, on a small time-table."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

from archive.store import Archive
from tests.conftest import QQNEWS, clean_environment


@dataclass
class Machine:
    """An archive, its time-table, and the processes at work on it."""

    data: Path
    jobs: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    def make_archive(self) -> str:
        """An empty archive, as ``cron install`` makes it; its identity."""
        with Archive.open(self.data) as archive:
            return archive.identity

    def command(self, *words: str) -> list[str]:
        table = ["--jobs", str(self.jobs)] if words[0] != "history" else []
        return [str(QQNEWS), "--data", str(self.data), "--json", "schedule", *words, *table]

    def start(self, *words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self.command(*words),
            env=clean_environment(**self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            env=clean_environment(**self.environment),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def history(self, *names: str) -> list[dict[str, Any]]:
        ended = self.call("history", *names, "-n", "10000")
        return [json.loads(line) for line in ended.stdout.splitlines()]

    def reports(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_bytes()) for path in sorted(self.data.glob("runs/*.json"))]


HANG: Final = '[long]\ncommand = "crawl --source hot"\nevery = "1h"\nlimit = "10m"\n'
"""A job that waits for the site; with ``silent``, for long."""


@pytest.fixture
def silent(machine: Machine) -> Iterator[None]:
    """Everything that is fetched is waited for: the proxy takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        machine.environment |= {"HTTPS_PROXY": address, "https_proxy": address}
        yield


def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that will come, and fail if it does not."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """With an empty archive, without any process at first; whatever was started is ended."""
    made = Machine(tmp_path / "data", tmp_path / "jobs.toml")
    made.make_archive()
    # What is kept off the archive's disk is this test's own.
    made.environment = {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    yield made
    for process in made.started:
        process.kill()
        process.communicate()


@dataclass
class PostOffice:
    """Takes messages and calls over HTTP on this machine, as the services do that people use."""

    port: int
    taken: list[dict[str, Any]] = field(default_factory=list)
    """JSON messages that were taken."""
    calls: list[str] = field(default_factory=list)
    """Paths that were called, and what came with the call."""
    refuses: bool = False
    delay: float = 0
    drips: threading.Event | None = None
    """Set: nothing drips any more. None: answers come at once."""

    @property
    def address(self) -> str:
        """For Apprise."""
        return f"json://127.0.0.1:{self.port}/"

    @property
    def web(self) -> str:
        """For a call."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def titles(self) -> list[str]:
        return [message["title"].removeprefix("qqnews: ") for message in self.taken]


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    """A service at work."""

    class Counter(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            office.calls.append(f"{self.path} {body}".strip())
            time.sleep(office.delay)
            if office.drips is not None:
                self.drip(office.drips)
                return
            if body.startswith("{") and not office.refuses:
                office.taken.append(json.loads(body))
            self.send_response(500 if office.refuses else 200)
            self.end_headers()

        do_GET = do_POST = answer  # noqa: N815  (the library's names)

        def drip(self, enough: threading.Event) -> None:
            """A byte now and then, and never the end: within every limit that a socket has."""
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while not enough.wait(0.2):
                    self.wfile.write(b".")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Counter)
    office = PostOffice(server.server_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield office
    if office.drips is not None:
        office.drips.set()
    server.shutdown()
    server.server_close()
