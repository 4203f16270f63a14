"""One process under a hard limit, with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from archive.runs.process import Process, is_alive
from schedules.runner.subprocess_limit import end_orphan, started_group, supervise

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


MARK = "QQNEWS_LOCK=0123456789abcdef"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def run(code: str, log: Path, limit: float, reason: str = "", kill_after: float = 0.3) -> tuple[int, str]:
    """Run Python code under a limit; ``reason``: stop it for that as soon as it has written a line."""

    def watch(seconds: float) -> str:
        time.sleep(min(seconds, 0.02))
        return reason if reason and log.stat().st_size else ""

    with (
        log.open("wb") as out,
        started_group(python(code), cwd=log.parent, env=os.environ, out=out, err=out) as process,
    ):
        finished = supervise(process, limit, watch, kill_after=kill_after)
    return finished.exit_code, finished.stopped


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while is_alive(Process.numbered(pid)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("code", [0, 3])
def test_an_exit_code_is_handed_on(log: Path, code: int) -> None:
    assert run(f"raise SystemExit({code})", log, 60) == (code, "")


def test_a_run_that_a_signal_ended(log: Path) -> None:
    assert run("import os; os.kill(os.getpid(), 9)", log, 60) == (137, "")


def test_a_run_over_its_limit_is_told_to_stop(log: Path) -> None:
    assert run("import time; time.sleep(600)", log, 0.2, kill_after=30) == (143, "time limit of 0 s")


def test_a_run_that_will_not_stop_is_killed_with_all_it_started(log: Path) -> None:
    assert run(STUBBORN, log, 60, "told to stop") == (137, "told to stop")
    wait_until_gone(int(log.read_text()))


def test_what_a_run_left_behind_is_ended_too(log: Path) -> None:
    leave = "import subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid)"
    assert run(leave, log, 60) == (0, "")
    wait_until_gone(int(log.read_text()))


def test_an_error_of_the_keeper_leaves_nothing_running(log: Path) -> None:
    sleep = python("import time; time.sleep(600)")
    with (
        pytest.raises(ZeroDivisionError),
        log.open("wb") as out,
        started_group(sleep, cwd=log.parent, env={}, out=out, err=out) as process,
    ):
        raise ZeroDivisionError
    assert process.returncode == -9


def test_an_orphan_is_ended_and_nobody_else() -> None:
    orphan = subprocess.Popen(python("import time; time.sleep(600)"), start_new_session=True)
    collector = threading.Thread(target=orphan.wait)
    collector.start()
    right = Process.numbered(orphan.pid)
    another = Process(right.host, right.boot, right.space, right.pid, "1")
    assert end_orphan(another, MARK)
    assert is_alive(right)
    assert end_orphan(right, MARK)
    collector.join(20)
    assert orphan.returncode == -9


LEAVE = "import subprocess; print(subprocess.Popen(['sleep', '600'], stdout=subprocess.DEVNULL).pid, flush=True)"


@pytest.mark.parametrize(
    ("given", "ends"), [("0123456789abcdef", True), ("another", False), ("0123456789abcdef0", False)]
)
def test_what_an_orphan_left_is_ended_if_it_is_known_by_its_mark(given: str, *, ends: bool) -> None:
    environment = {**os.environ, "QQNEWS_LOCK": given}
    leader = subprocess.Popen(python(LEAVE), start_new_session=True, env=environment, stdout=subprocess.PIPE, text=True)
    led = Process.numbered(leader.pid)
    left = Process.numbered(int(leader.communicate(timeout=20)[0]))
    try:
        assert end_orphan(led, MARK)
        assert is_alive(left) is not ends
    finally:
        with suppress(ProcessLookupError):
            os.kill(left.pid, signal.SIGKILL)
