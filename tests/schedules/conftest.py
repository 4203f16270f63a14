"""The command as cron or a person calls it, on a small time-table."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import QQNEWS, clean_environment


@dataclass
class Machine:
    """An archive, its time-table, and the processes at work on it."""

    data: Path
    jobs: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

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


def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that will come, and fail if it does not."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Without any process at first; whatever was started is ended."""
    made = Machine(tmp_path / "data", tmp_path / "jobs.toml")
    yield made
    for process in made.started:
        process.kill()
        process.communicate()
