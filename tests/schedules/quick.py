"""A daemon that looks, beats and tries again after tenths of seconds, so that tests need not wait for it."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from tests.conftest import clean_environment
from tests.schedules.conftest import Machine, until

SECONDS: Final = '[short]\ncommand = "stats"\nevery = "2s"\n'
QUICK: Final = """
from schedules import program, recovery, session
session.LOOK_EVERY = session.BEAT_EVERY = program.LOOK_EVERY = recovery.FIRST_PAUSE = 0.1
recovery.LONGEST_PAUSE, recovery.PATIENCE = 0.5, 0.3
from schedules import afterwards
afterwards.LOOK_EVERY = 0.1
from qqnews import main
main()
"""


def ran(machine: Machine) -> int:
    """How many runs went well."""
    return sum(report["exit_code"] == 0 for report in machine.reports())


def start_quick(machine: Machine, *options: str, **variables: str) -> subprocess.Popen[str]:
    """Start it on the machine's archive and time-table."""
    words = [sys.executable, "-c", QUICK, *machine.command("run", *options)[1:]]
    environment = clean_environment(**machine.environment, **variables)
    daemon = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    machine.started.append(daemon)
    return daemon


def quick_daemon(machine: Machine, **variables: str) -> subprocess.Popen[str]:
    """A quick daemon that has run something."""
    if not machine.jobs.exists():
        machine.jobs.write_text(SECONDS)
    before = ran(machine)
    daemon = start_quick(machine, **variables)
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
