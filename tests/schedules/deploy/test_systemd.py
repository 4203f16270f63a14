"""Unit files: systemd's own checker finds nothing, and little that a service of ours could reach."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import pytest

from schedules.deploy.systemd import units
from tests.conftest import QQNEWS, clean_environment
from tests.schedules.conftest import Machine

pytestmark = pytest.mark.skipif(which("systemd-analyze") is None, reason="systemd is not installed")
WRITTEN = {"qqnews.service", "qqnews-tick@.service", "qqnews-tick@.timer", "qqnews@.service", "qqnews.env"}


def written(machine: Machine, to: Path, *options: str, **variables: str) -> list[Path]:
    metrics_file = '[notify]\nmetrics_file = "/var/lib/node exporter/q.prom"\n'
    machine.jobs.write_text(f'[a]\ncommand = "stats"\nevery = "1s"\n{metrics_file}')
    words = [str(QQNEWS), "--data", str(machine.data), "schedule", "systemd", "--jobs", str(machine.jobs)]
    ended = subprocess.run(
        [*words, "--to", str(to), *options],
        env=clean_environment(**variables),
        capture_output=True,
        text=True,
        check=True,
    )
    return [Path(line) for line in ended.stdout.splitlines()]


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    with TemporaryDirectory() as runtime:  # Units of a user are looked for there, too.
        environment = clean_environment(XDG_RUNTIME_DIR=runtime)
        return subprocess.run(["systemd-analyze", *words], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("options", [(), ("--user",)])
def test_systemd_finds_nothing_wrong(machine: Machine, tmp_path: Path, options: tuple[str, ...]) -> None:
    files = written(machine, tmp_path / "units", *options)
    assert {path.name for path in files} == WRITTEN
    checked = [str(path) for path in files if path.suffix != ".env"]
    ended = analyze("verify", *(f"--{option.lstrip('-')}" for option in options), *checked)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_services_can_reach_little(machine: Machine, tmp_path: Path) -> None:
    for path in written(machine, tmp_path / "units"):
        if path.suffix == ".service":
            ended = analyze("security", "--offline=yes", "--threshold=20", str(path))
            assert ended.returncode == 0, ended.stdout[-200:]
            text = path.read_text()
            for line in ("DynamicUser=yes", "StateDirectory=qqnews", "ProtectSystem=strict", "NoNewPrivileges=yes"):
                assert line in text
            assert '\nReadWritePaths=-"/var/lib/node exporter"\n' in text
            assert re.search(r"^MemoryMax=", text, re.M)


def test_strange_paths_and_passwords_come_through(machine: Machine, tmp_path: Path) -> None:
    directory = tmp_path / "units 100%"
    files = written(machine, directory, http_proxy='http://a:"b$c@proxy:1')
    assert analyze("verify", *(str(path) for path in files if path.suffix != ".env")).stderr == ""
    variables = directory / "qqnews.env"
    assert variables.stat().st_mode & 0o777 == 0o600
    assert 'http_proxy="http://a:\\"b\\$c@proxy:1"\n' in variables.read_text()
    assert "proxy:1" not in "".join(path.read_text() for path in files if path != variables)


def test_what_the_units_user_cannot_reach_is_named_with_the_cure(machine: Machine, tmp_path: Path) -> None:
    machine.jobs = tmp_path / "own/jobs.toml"
    machine.jobs.parent.mkdir(mode=0o700)
    machine.jobs.write_text('[a]\ncommand = "stats"\nevery = "1s"\n')
    ended = machine.call("systemd", "--to", str(tmp_path / "units"))
    assert f"{machine.jobs.parent} (on the way to {machine.jobs})" in ended.stderr
    assert f"chmod o+x {machine.jobs.parent}" in ended.stderr
    own = machine.call("systemd", "--user", "--to", str(tmp_path / "units"))
    assert "cannot start" not in own.stderr


def test_words_for_systemd() -> None:
    made = units(["/opt/qq news/q$a%b"], Path('/etc/"jobs".toml'), Path("/srv/d"), Path("/etc/e"), user=True)
    assert (
        'ExecStart="/opt/qq news/q$a%%b" --data /srv/d schedule run --jobs "/etc/\\"jobs\\".toml"\n'
        in made["qqnews.service"]
    )
    assert "DynamicUser" not in made["qqnews.service"]
