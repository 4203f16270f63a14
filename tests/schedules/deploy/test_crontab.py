"""The line for cron: taken by the real cron, run as cron runs it, put among a user's own lines and out again."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from shutil import which

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.deploy.crontab import (
    CrontabUntouched,
    begin_mark,
    block,
    end_mark,
    with_block,
    without_block,
    words_of,
)
from tests.conftest import QQNEWS, clean_environment
from tests.schedules.conftest import Machine

DATA = Path("/srv/新闻 100%/data")
OURS = block(DATA, ["/opt/qq news/qqnews", "--data", str(DATA), "it's $HOME"], [])
LINES = st.lists(st.sampled_from(["# mine", "MAILTO=me", "0 5 * * * tar 100\\%", "", "  ", "# qqnews", "# end\r"]))


def test_the_line_holds_what_cron_and_the_shell_leave_alone() -> None:
    (line,) = (line for line in OURS.splitlines() if not line.startswith("#"))
    fields, command = line.split(" ", 5)[:5], line.split(" ", 5)[5]
    assert fields == ["*"] * 5
    assert re.search(r"(?<!\\)%", command) is None
    # What cron hands to the shell, with echo in the place of the program.
    handed = command.replace("\\%", "%").replace("'/opt/qq news/qqnews'", 'printf "%s\\n"')
    said = subprocess.run(["/bin/sh", "-c", handed], capture_output=True, text=True)
    assert said.stdout.splitlines() == ["--data", str(DATA), "it's $HOME"]
    assert words_of(OURS) == ["/opt/qq news/qqnews", "--data", str(DATA), "it's $HOME"]


@given(LINES)
def test_other_lines_are_left_alone(lines: list[str]) -> None:
    mine = "".join(f"{line}\n" for line in lines)
    installed = with_block(mine, DATA, OURS)
    assert installed == mine + OURS
    assert with_block(installed, DATA, OURS) == installed
    assert without_block(installed, DATA) == mine
    assert without_block(installed, Path("/another")) == installed
    more = f"{installed}0 1 * * * later\n"
    assert without_block(more, DATA) == f"{mine}0 1 * * * later\n"


@pytest.mark.parametrize(
    "lines",
    [
        [begin_mark(DATA)],
        [end_mark(DATA)],
        [end_mark(DATA), begin_mark(DATA)],
        [begin_mark(DATA)] * 2 + [end_mark(DATA)],
    ],
)
def test_broken_marks_are_not_guessed_at(lines: list[str]) -> None:
    with pytest.raises(CrontabUntouched, match="mend them"):
        without_block("".join(f"{line}\n" for line in lines), DATA)


FAKE = """#!/bin/sh
cd "$(dirname "$0")"
case "$1" in
    -l) test -e stored && exec cat stored; echo "no crontab for me" >&2; exit 1 ;;
    -r) rm stored ;;
    -) cat >stored ;;
esac
"""


@pytest.fixture
def own_cron(tmp_path: Path) -> Path:
    """A crontab program that keeps its crontab beside itself; the file it keeps it in."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/crontab").write_text(FAKE)
    (tmp_path / "bin/crontab").chmod(0o755)
    return tmp_path / "bin/stored"


def test_install_and_remove(machine: Machine, own_cron: Path) -> None:
    path = f"{own_cron.parent}:{os.environ['PATH']}"
    environment = clean_environment(**machine.environment, PATH=path, HTTPS_PROXY="http://proxy:8080")

    def cron(action: str) -> str:
        words = [str(QQNEWS), "--data", str(machine.data), "schedule", "cron", action]
        return subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout

    printed = cron("print")
    assert cron("install") == "installed\n"
    assert own_cron.read_text() == printed
    assert cron("install") == "unchanged\n"
    assert cron("remove") == "removed\n"
    assert not own_cron.exists()
    own_cron.write_text("0 5 * * * mine\n")
    cron("install")
    assert own_cron.read_text() == f"0 5 * * * mine\n{printed}"
    assert f"--archive {machine.make_archive()} " in printed
    variables = Path(words_of(printed)[words_of(printed).index("--env") + 1])
    assert 'HTTPS_PROXY="http://proxy:8080"' in variables.read_text().splitlines()
    assert variables.stat().st_mode & 0o777 == 0o600
    assert "8080" not in printed
    assert cron("remove") == "removed\n"
    assert not variables.exists()
    assert own_cron.read_text() == "0 5 * * * mine\n"
    assert cron("remove") == "unchanged\n"


def test_the_line_is_removed_though_its_time_table_is_gone(machine: Machine, own_cron: Path) -> None:
    machine.environment["PATH"] = f"{own_cron.parent}:{os.environ['PATH']}"
    machine.jobs.write_text('[a]\ncommand = "stats"\nevery = "1s"\n')
    assert machine.call("cron", "install").returncode == 0
    machine.jobs.unlink()
    assert machine.call("cron", "install").returncode == 20
    ended = machine.call("cron", "remove")
    assert (ended.returncode, ended.stdout, own_cron.exists()) == (0, "removed\n", False)


def printed_line(machine: Machine) -> str:
    words = [str(QQNEWS), "--data", str(machine.data), "schedule", "cron", "--jobs", str(machine.jobs)]
    environment = clean_environment(**machine.environment)
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout


def test_the_line_works_as_cron_runs_it(machine: Machine, tmp_path: Path) -> None:
    """No environment, no home, another directory, no terminal, no UTF-8."""
    machine.jobs.write_text('[a]\ncommand = "stats"\nevery = "1s"\n')
    (line,) = (line for line in printed_line(machine).splitlines() if not line.startswith("#"))
    command = line.removeprefix("* * * * * ").replace("\\%", "%")
    (tmp_path / "archive").mkdir()  # A name that must not be taken for our own package.

    def ran() -> bool:
        ended = subprocess.run(
            ["/bin/sh", "-c", command],
            env={"LANG": "C", "PATH": "/usr/bin:/bin"},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            start_new_session=True,
            check=False,
        )
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
        return any(row["state"] == "ran" for row in machine.history("a"))

    # The job is due a second after it was first seen; how many ticks that takes is the machine's business.
    assert any(ran() for _ in range(100))


def test_a_run_that_failed_is_what_cron_mails(machine: Machine) -> None:
    machine.jobs.write_text('[a]\ncommand = "show nothing"\nevery = "1s"\n')
    assert machine.call("tick", "--quiet").returncode == 0
    # The job is due a second after it was first seen; how many ticks that takes is the machine's business.
    ended = next(ended for _ in range(100) if (ended := machine.call("tick", "--quiet")).returncode)
    assert ended.returncode == 20
    assert json.loads(ended.stdout)["job"] == "a"


@pytest.mark.skipif(which("crontab") is None, reason="Debian's cron is not installed")
def test_debians_cron_takes_the_crontab(machine: Machine, tmp_path: Path) -> None:
    machine.jobs.write_text('[a]\ncommand = "stats"\nevery = "1s"\n')
    (tmp_path / "crontab").write_text(f"MAILTO=me\n{printed_line(machine)}{OURS}")
    ended = subprocess.run(["crontab", "-n", str(tmp_path / "crontab")], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    (tmp_path / "crontab").write_text("61 * * * * true\n")
    assert (
        subprocess.run(["crontab", "-n", str(tmp_path / "crontab")], capture_output=True, check=False).returncode != 0
    )
