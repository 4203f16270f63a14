"""A daemon that looks, beats and tries again after tenths of seconds, so that tests need not wait for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.conftest import clean_environment
from tests.schedules.conftest import Machine, until

SECONDS: Final = '[short]\ncommand = "stats"\nevery = "2s"\n'
QUICK: Final = """
from schedules.runner import recovery
recovery.FIRST_PAUSE, recovery.LONGEST_PAUSE, recovery.PATIENCE = 0.1, 0.5, 0.3
from schedules.config import program
from schedules.daemon import session
session.LOOK_EVERY = session.BEAT_EVERY = program.LOOK_EVERY = 0.1
from schedules.daemon import after_run
after_run.LOOK_EVERY = 0.1
from qqnews import main
main()
"""


def ran(machine: Machine) -> int:
    """How many runs went well."""
    return sum(report["exit_code"] == 0 for report in machine.reports())


def start_quick(machine: Machine, *options: str, quick: str = QUICK, **variables: str) -> subprocess.Popen[str]:
    """Start it on the machine's archive and time-table. What it says is read with ``heard``."""
    words = [sys.executable, "-P", "-c", quick, *machine.command("run", *options)[1:]]
    environment = clean_environment(**{**machine.environment, **variables})
    with _screen(machine).open("a") as screen:
        daemon = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=screen, text=True)
    machine.started.append(daemon)
    return daemon


def _screen(machine: Machine) -> Path:
    return machine.jobs.with_name("screen")


def heard(machine: Machine) -> list[str]:
    """What daemons said on standard error, line by line."""
    return _screen(machine).read_text().splitlines()


def until_heard(machine: Machine, part: str, times: int = 1) -> str:
    """Wait until so many lines have had that part; the last of them."""
    until(lambda: sum(part in line for line in heard(machine)) >= times)
    return [line for line in heard(machine) if part in line][-1]


def quick_daemon(machine: Machine, quick: str = QUICK, **variables: str) -> subprocess.Popen[str]:
    """A quick daemon that has run something."""
    if not machine.jobs.exists():
        machine.jobs.write_text(SECONDS)
    before = ran(machine)
    daemon = start_quick(machine, quick=quick, **variables)
    until(lambda: ran(machine) > before)
    return daemon


def goes_on(machine: Machine) -> bool:
    """Wait until the daemon has run something more."""
    before = ran(machine)
    until(lambda: ran(machine) > before)
    return True


def said_by(machine: Machine) -> str:
    """The daemon's log."""
    log = machine.data / "runs/daemon.log"
    return log.read_text() if log.exists() else ""
