"""How the jobs are started, and whether that is still as it would be today."""

from __future__ import annotations

import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.monitoring.health_checks import Level
from archive.runs.locks import Locks
from archive.store import Archive
from schedules.deploy.checks import examine_deployment
from schedules.deploy.permissions import closed_to_others
from tests.conftest import QQNEWS
from tests.schedules.deploy.test_crontab import FAKE

JOBS = '[a]\ncommand = "stats"\nevery = "1h"\n'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's own crontab program and directory of units, and nothing in the environment."""
    for name in list(os.environ):
        if "proxy" in name.lower() or name.startswith("QQNEWS_"):
            monkeypatch.delenv(name)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/crontab").write_text(FAKE)
    (tmp_path / "bin/crontab").chmod(0o755)
    (tmp_path / "jobs.toml").write_text(JOBS)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def found(home: Path) -> dict[str, tuple[Level, str]]:
    findings = list(examine_deployment(home / "data"))
    assert all(finding.cure for finding in findings if finding.level is not Level.FINE)
    return {finding.area: (finding.level, finding.what) for finding in findings}


def schedule(home: Path, *words: str) -> None:
    table = os.environ.get("QQNEWS_JOBS", str(home / "jobs.toml"))
    command = [str(QQNEWS), "--data", str(home / "data"), "schedule", *words, "--jobs", table]
    subprocess.run(command, check=True, capture_output=True)


def test_nothing_is_installed(home: Path) -> None:
    areas = found(home)
    assert areas["program"][0] is Level.FINE
    assert areas["clock"] == (Level.NOTE, "nothing here runs jobs by the clock")
    assert "cron" not in areas


def test_the_line_of_cron(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule(home, "cron", "install")
    monkeypatch.setattr("sys.argv", [str(QQNEWS)])
    assert found(home)["cron"] == (Level.FINE, "its line is up to date")
    assert "clock" not in found(home)
    monkeypatch.setenv("HTTPS_PROXY", "http://user:geheim@proxy:1")
    level, what = found(home)["cron"]
    assert (level, what.endswith(".env is not what this shell has: HTTPS_PROXY")) == (Level.WARNING, True)
    schedule(home, "cron", "install")
    assert found(home)["cron"][0] is Level.FINE
    assert "geheim" not in (home / "bin/stored").read_text()
    monkeypatch.setenv("HTTPS_PROXY", "http://user:other@proxy:1")
    assert found(home)["cron"][1].endswith("is not what this shell has: HTTPS_PROXY")
    monkeypatch.delenv("HTTPS_PROXY")
    schedule(home, "cron", "install")
    (home / "jobs.toml").write_text(JOBS.replace("1h", "2h"))
    assert found(home)["cron"][1].endswith("the jobs or the program")
    (home / "jobs.toml").write_text("[a]\n")
    assert found(home)["cron"][0] is Level.ERROR
    stored = home / "bin/stored"
    stored.write_text(stored.read_text().replace(str(QQNEWS), "/gone/qqnews"))
    assert found(home)["cron"] == (Level.ERROR, "its line calls /gone/qqnews, which is no program")
    stored.write_text(stored.read_text().replace(" end\n", "\n"))
    assert found(home)["cron"][0] is Level.WARNING


def test_a_line_of_an_earlier_version_that_shows_passwords(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule(home, "cron", "install")
    monkeypatch.setattr("sys.argv", [str(QQNEWS)])
    stored = home / "bin/stored"
    old = re.sub(r" --archive [0-9a-f-]+", "", stored.read_text())
    stored.write_text(old.replace("* * * * * ", "* * * * * HTTPS_PROXY=http://u:geheim@proxy:1 NO_PROXY=/x "))
    level, what = found(home)["cron"]
    assert (level, what.partition(" to everybody")[0]) == (Level.WARNING, "its line shows HTTPS_PROXY, NO_PROXY")


@pytest.mark.parametrize("way", ["cron", "systemd"])
def test_an_archive_that_is_not_the_one_that_was_named(home: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [str(QQNEWS)])
    monkeypatch.setenv("QQNEWS_JOBS", str(home / "jobs.toml"))
    schedule(home, *({"cron": ["cron", "install"], "systemd": ["systemd", "--user"]}[way]))
    with Archive.existing(home / "data") as archive:
        named = archive.identity
    (home / "data").rename(home / "away")
    areas = [(it.area, it.level, it.what) for it in examine_deployment(home / "data")]
    assert (way, Level.ERROR, f"it names the archive {named}, and none is in {home / 'data'}") in areas
    with Archive.open(home / "data") as archive:
        other = archive.identity
    areas = [(it.area, it.level, it.what) for it in examine_deployment(home / "data")]
    assert (way, Level.ERROR, f"it names the archive {named}, and {other} is in {home / 'data'}") in areas


def test_variables_that_others_may_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [str(QQNEWS)])
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")
    schedule(home, "cron", "install")
    (variables,) = (home / "config/qqnews").iterdir()
    assert "variables" not in found(home)
    variables.chmod(0o640)
    assert found(home)["variables"] == (Level.WARNING, f"others may read {variables}, which may hold passwords")


def test_variables_that_an_earlier_version_wrote_are_written_again(home: Path) -> None:
    units = home / "config/systemd/user"
    units.mkdir(parents=True)
    (units / "qqnews.env").write_text('HTTPS_PROXY="http://old:1"\n')
    (units / "qqnews.env").chmod(0o644)
    schedule(home, "systemd", "--user")
    assert "old" not in (units / "qqnews.env").read_text()
    assert (units / "qqnews.env").stat().st_mode & 0o777 == 0o600


def test_the_units_of_systemd(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [str(QQNEWS)])
    monkeypatch.setenv("QQNEWS_JOBS", str(home / "jobs.toml"))
    schedule(home, "systemd", "--user")
    assert found(home)["systemd"][0] is Level.FINE
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")
    assert found(home)["systemd"][1].endswith("qqnews.env is not what this shell has")
    service = home / "config/systemd/user/qqnews.service"
    service.write_text(service.read_text().replace(str(QQNEWS), "/gone/qqnews"))
    assert found(home)["systemd"][1].endswith("not as today: qqnews.service")


def test_units_whose_user_cannot_reach_the_program(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [str(QQNEWS)])
    monkeypatch.setattr("schedules.deploy.checks.usual_place", lambda *, user: None if user else home / "system")
    (home / "own").mkdir(mode=0o700)
    (home / "own/jobs.toml").write_text(JOBS)
    monkeypatch.setenv("QQNEWS_JOBS", str(home / "own/jobs.toml"))
    schedule(home, "systemd", "--to", str(home / "system"))
    (finding,) = (it for it in examine_deployment(home / "data") if it.area == "systemd" and it.level is Level.ERROR)
    assert f"{home / 'own'} (on the way to {home / 'own/jobs.toml'})" in finding.what
    assert f"chmod o+x {home / 'own'}" in finding.cure


def test_every_directory_on_the_way_to_a_linked_interpreter_is_looked_at(tmp_path: Path) -> None:
    interpreter, link = tmp_path / "home/pyenv/bin/python3", tmp_path / "opt/venv/bin/python"
    for path in (interpreter, link):
        path.parent.mkdir(parents=True)
    interpreter.write_text("")
    link.symlink_to("../lib64/python")
    (tmp_path / "opt/venv/lib64").symlink_to(tmp_path / "home/pyenv/bin")
    (tmp_path / "home/pyenv/bin/python").symlink_to("python3")

    def closed() -> set[Path]:
        return {step.resolve() for step in closed_to_others([link]) if tmp_path in step.parents}

    for path in sorted(tmp_path.rglob("*")):
        path.chmod(0o755)
    assert closed() == set()
    (tmp_path / "home").chmod(0o700)
    assert closed() == {tmp_path / "home"}
    interpreter.chmod(0o640)
    assert closed() == {tmp_path / "home", interpreter}


def test_the_daemon_at_work(home: Path) -> None:
    with Archive.open(home / "data") as archive:
        Locks(archive).take("daemon", "daemon", datetime.now(UTC))
        assert found(home)["daemon"][1].startswith(f"at work: process {os.getpid()} since ")


def test_messages(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(home)["messages"][0] is Level.NOTE
    monkeypatch.setenv("QQNEWS_JOBS", str(home / "jobs.toml"))
    (home / "jobs.toml").write_text(f'{JOBS}[notify]\nurls = ["${{WECOM}}", "json://a"]\n')
    assert found(home)["messages"] == (Level.WARNING, "not set: WECOM")
    monkeypatch.setenv("WECOM", "wecombot://x")
    assert found(home)["messages"] == (Level.FINE, "go to ${WECOM}, json")
    schedule(home, "cron", "install")
    assert "wecombot" not in (home / "bin/stored").read_text()
    (variables,) = (home / "config/qqnews").iterdir()
    assert 'WECOM="wecombot://x"\n' in variables.read_text()


def test_a_time_table_that_cannot_be_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QQNEWS_JOBS", str(home / "jobs.toml"))
    (home / "jobs.toml").write_text("[a]\n")
    assert found(home)["time-table"][0] is Level.ERROR


def test_a_program_that_does_not_start_anywhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = home / "bin/qqnews"
    script.write_text('#!/bin/sh\ntest -n "$HOME" || { echo "no HOME" >&2; exit 1; }\n')
    script.chmod(0o755)
    monkeypatch.setattr("sys.argv", [str(script)])
    level, what = found(home)["program"]
    assert (level, what) == (Level.ERROR, f"{script} does not start in an empty environment: no HOME")
