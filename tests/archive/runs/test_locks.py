"""Locks: held by whoever lives, taken over from whoever does not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.errors import ExitCode
from archive.runs.locks import STALE_AFTER, Locked, Locks
from archive.runs.process import Process, is_alive
from archive.store import Archive

NOW = datetime(2026, 11, 23, tzinfo=UTC)

HOLD = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from archive.runs.locks import Locks
from archive.store import Archive
with Archive.open(Path(sys.argv[1])) as archive:
    locks = Locks(archive)
    token = locks.take("job:a", "test", datetime.now(UTC))
    print("held", flush=True)
    while locks.beat(token, datetime.now(UTC)):
        time.sleep(0.05)
    print("lost", flush=True)
"""


@pytest.fixture
def holder(archive: Archive) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds job:a and beats."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(archive.data)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def locks_of(archive: Archive, **changed: object) -> Locks:
    return Locks(archive, **changed)  # type: ignore[arg-type]


def test_one_holder_at_a_time(archive: Archive, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(Locked, match=f"job:a, test by process {holder.pid} on .* since") as caught:
        Locks(archive).take("job:a", "mine", NOW)
    assert caught.value.exit_code == ExitCode.LOCKED
    assert Locks(archive).take("job:b", "mine", NOW)
    assert {each.name for each in Locks(archive).held()} == {"job:a", "job:b"}


def test_the_lock_of_a_killed_holder_is_free_at_once(archive: Archive, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    while is_alive(Process.numbered(holder.pid)):
        time.sleep(0.01)
    # Not waited for: a zombie holds nothing.
    token = Locks(archive).take("job:a", "mine", NOW)
    assert Locks(archive).beat(token, NOW)


def test_a_stopped_holder_loses_its_lock_and_finds_out(archive: Archive, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, holder.pid, os.WSTOPPED)
    assert locks_of(archive).holder("job:a") is not None
    impatient = locks_of(archive, seconds=lambda: time.monotonic() + STALE_AFTER + 1)
    assert impatient.holder("job:a") is None
    token = impatient.take("job:a", "mine", NOW)
    holder.send_signal(signal.SIGCONT)
    out, _ = holder.communicate(timeout=20)
    assert out == "lost\n"
    assert impatient.release(token)


def someone(**changed: object) -> Process:
    return replace(Process.current(), **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("process", "alive"),
    [
        (someone(), True),
        (someone(started="1"), False),
        (someone(pid=2**22 - 3), False),
        (someone(boot="an earlier one"), False),
        (someone(boot="an earlier one", host="elsewhere"), None),
        (someone(space="pid:[1]"), None),
        (someone(boot=""), None),
    ],
    ids=["me", "number used again", "gone", "before the reboot", "other machine", "other container", "unknown"],
)
def test_who_is_alive(archive: Archive, process: Process, alive: bool | None) -> None:
    assert is_alive(process) is alive
    Locks(archive, me=process).take("job:a", "theirs", datetime.now(UTC))
    assert (Locks(archive).holder("job:a") is None) == (alive is False)


def test_who_is_out_of_sight_is_judged_by_the_heartbeat(archive: Archive) -> None:
    far = someone(boot="another", host="elsewhere")
    Locks(archive, me=far).take("job:a", "theirs", datetime(2026, 1, 1, tzinfo=UTC))
    assert Locks(archive).holder("job:a") is None
    remains = Locks(archive).remains("job:a")
    assert remains is not None
    assert remains.process == far


def test_setting_the_clock_or_sleeping_makes_nobody_stale(archive: Archive) -> None:
    seconds = [1000.0]
    ours = locks_of(archive, seconds=lambda: seconds[0])
    ours.take("job:a", "mine", datetime(2020, 1, 1, tzinfo=UTC))
    assert ours.holder("job:a") is not None
    seconds[0] += 89
    assert ours.holder("job:a") is not None
    seconds[0] += 2
    assert ours.holder("job:a") is None


def test_a_lock_that_was_taken_over_cannot_be_given_back(archive: Archive) -> None:
    old = Locks(archive, me=someone(pid=2**22 - 3)).take("job:a", "dead", NOW)
    new = Locks(archive).take("job:a", "mine", NOW)
    assert not Locks(archive).release(old)
    assert not Locks(archive).beat(old, NOW)
    assert not Locks(archive).name_child(old, Process.current())
    assert Locks(archive).release(new)


def test_of_many_takers_one_gets_the_lock(archive: Archive) -> None:
    takers = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD, str(archive.data)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).parents[3],
            env={**os.environ},
        )
        for _ in range(4)
    ]
    lines = []
    while sum(taker.poll() is not None for taker in takers) < 3:
        time.sleep(0.02)
    for taker in takers:
        taker.kill()
        lines.append(taker.communicate()[0])
    assert sorted(lines) == ["", "", "", "held\n"]
