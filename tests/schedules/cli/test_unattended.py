"""Nobody watches: no archive is made, no other is taken for it, and people hear of that though its disk is gone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.runs.due_times import DueTimes
from archive.store import Archive
from schedules.cli.deploy import ensure_archive
from schedules.deploy.crontab import words_of
from schedules.notify.alarms import Alarms
from tests.conftest import QQNEWS, clean_environment
from tests.schedules.conftest import Machine, PostOffice, until
from tests.schedules.deploy.test_crontab import FAKE
from tests.site.site import Site

JOBS = '[a]\ncommand = "stats"\nevery = "1h"\n'


@pytest.fixture
def disk(machine: Machine, tmp_path: Path) -> Path:
    """A disk with the machine's archive on it, which can be taken away."""
    (tmp_path / "disk").mkdir()
    machine.data = tmp_path / "disk/news"
    machine.jobs.write_text(JOBS)
    machine.make_archive()
    return tmp_path / "disk"


def told_by(machine: Machine, office: PostOffice, *lines: str) -> None:
    """Let people be told over the post office."""
    machine.jobs.write_text(f'{JOBS}[notify]\nurls = ["{office.address}"]\n' + "".join(f"{line}\n" for line in lines))


def tree(place: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(place)): path.read_bytes() if path.is_file() else None for path in place.rglob("*")}


def make_due(machine: Machine) -> None:
    """A due time of the job is a moment ago."""
    with Archive.existing(machine.data) as archive:
        DueTimes(archive).watch("a", "every 1h Asia/Shanghai", datetime.now(UTC) - timedelta(hours=1))


@pytest.mark.parametrize("words", [("tick",), ("tick", "--quiet"), ("run",), ("once", "a")], ids=" ".join)
@pytest.mark.parametrize("what", ["nothing", "an empty directory", "something else", "a file"])
def test_where_no_archive_is_none_is_made(machine: Machine, tmp_path: Path, words: tuple[str, ...], what: str) -> None:
    machine.jobs.write_text(JOBS)
    machine.data = tmp_path / "here/news"
    machine.data.parent.mkdir()
    if what == "a file":
        machine.data.write_text("of somebody")
    elif what != "nothing":
        machine.data.mkdir()
    if what == "something else":
        (machine.data / "lost+found").mkdir()
    before = tree(machine.data.parent)
    ended = machine.call(*words)
    assert (ended.returncode, ended.stdout) == (21, "")
    assert ended.stderr.startswith(f"qqnews: no archive at {machine.data}/archive.db (")
    assert "mount its disk or move it back" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert tree(machine.data.parent) == before


def test_cron_s_line_waits_for_the_disk(machine: Machine, disk: Path, tmp_path: Path, post_office: PostOffice) -> None:
    told_by(machine, post_office, 'group = "0s"', f'ping = "{post_office.web}/ping"', "ping_failures = true")
    (line,) = (line for line in machine.call("cron").stdout.splitlines() if not line.startswith("#"))
    words = words_of(f"{line}\n")

    def tick() -> subprocess.CompletedProcess[str]:
        environment = {**machine.environment, "PATH": "/usr/bin:/bin"}
        return subprocess.run(words, env=environment, cwd="/", capture_output=True, text=True, timeout=60, check=False)

    assert tick().returncode == 0
    assert post_office.calls == ["/ping"]
    identity = machine.make_archive()
    disk.rename(tmp_path / "away")
    for _ in range(3):
        ended = tick()
        assert ended.returncode == 21
        assert f"the archive {identity} is not at {machine.data}/archive.db (there is no such" in ended.stderr
    assert not disk.exists()
    assert post_office.titles == ["the archive is missing"]
    assert "Next: mount its disk, or move it back" in post_office.taken[0]["message"]
    assert [call for call in post_office.calls if "/ping" in call][1:] == [f"/ping/fail {ended.stderr[8:].strip()}"]
    disk.mkdir()  # The mount point of a disk that is not mounted.
    assert "(there is no such directory)" in tick().stderr
    machine.data.mkdir()
    assert "(the directory is empty)" in tick().stderr
    assert list(machine.data.iterdir()) == []
    shutil.rmtree(disk)
    (tmp_path / "away").rename(disk)
    assert tick().returncode == 0
    assert post_office.titles == ["the archive is missing", "the archive is well again"]


def test_another_archive_at_that_place_is_left_alone(
    machine: Machine, disk: Path, tmp_path: Path, post_office: PostOffice
) -> None:
    told_by(machine, post_office)
    meant = machine.make_archive()
    disk.rename(tmp_path / "away")
    found = ensure_archive(machine.data)
    before = tree(disk)
    for words in (("tick",), ("run",), ("once", "a")):
        ended = machine.call(*words, "--archive", meant)
        assert ended.returncode == 21
        stands = f"another archive ({found}) stands at {machine.data}/archive.db, where {meant} is expected"
        assert stands in ended.stderr
    assert tree(disk) == before
    assert post_office.titles == ["the archive is replaced by another"]


def test_what_a_job_starts_makes_no_archive_either(machine: Machine, disk: Path, fresh_site: Site) -> None:
    """The disk goes in the moment between the look at the clock and the start of the job."""
    identity, environment = machine.make_archive(), machine.environment | fresh_site.environment()
    shutil.rmtree(disk)
    for words in (["crawl", "--source", "hot"], ["ingest", str(machine.jobs)], ["recheck"], ["media", "fetch"]):
        ended = subprocess.run(
            [str(QQNEWS), "--data", str(machine.data), *words],
            env=clean_environment(**environment, QQNEWS_ARCHIVE=identity),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (ended.returncode, identity in ended.stderr) == (21, True), ended.stderr
    assert not disk.exists()
    assert fresh_site.requests() == []


def test_a_job_is_told_which_archive_it_works_on(machine: Machine, disk: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin/qqnews"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\ncase "$*" in *schedule*) exec {QQNEWS} "$@";; esac\nenv >{tmp_path}/told\n')
    program.chmod(0o755)
    make_due(machine)
    words = [sys_python(), "-c", AS_PROGRAM.format(program=str(program)), *machine.command("tick")[1:]]
    subprocess.run(words, env=clean_environment(**machine.environment), check=True, timeout=60, capture_output=True)
    assert f"QQNEWS_ARCHIVE={machine.make_archive()}\n" in (tmp_path / "told").read_text()


AS_PROGRAM = "import sys; sys.argv[0] = {program!r}; from qqnews import main; main()"


def sys_python() -> str:
    return str(QQNEWS.parent / "python")


def test_people_make_archives(machine: Machine, tmp_path: Path, fresh_site: Site) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/crontab").write_text(FAKE)
    (tmp_path / "bin/crontab").chmod(0o755)
    machine.jobs.write_text(JOBS)
    machine.environment |= fresh_site.environment() | {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    makers = ("schedule cron install", "schedule systemd --user", "crawl --source hot --limit 1")
    for number, words in enumerate(each.split() for each in makers):
        data = tmp_path / f"new{number}"
        environment = clean_environment(**machine.environment)
        command = [str(QQNEWS), "--data", str(data), *words]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
        with Archive.existing(data) as archive:
            assert words[0] == "crawl" or f"made a new archive, {archive.identity}, in {data}" in ended.stderr
    data = tmp_path / "none"
    subprocess.run([str(QQNEWS), "--data", str(data), "schedule", "cron"], env=environment, check=True, timeout=60)
    assert not data.exists()


def test_units_name_the_archive(machine: Machine, disk: Path, tmp_path: Path) -> None:
    machine.call("systemd", "--user", "--to", str(tmp_path / "units"))
    identity = machine.make_archive()
    for name in ("qqnews.service", "qqnews-tick@.service", "qqnews@.service"):
        text = (tmp_path / "units" / name).read_text()
        assert f" --archive {identity} --jobs {machine.jobs}" in text
        assert f'RequiresMountsFor="{machine.data}"\n' in text


def test_those_whom_a_time_table_on_the_same_disk_named_hear_of_it(
    machine: Machine, disk: Path, tmp_path: Path, post_office: PostOffice
) -> None:
    machine.jobs = machine.data / "jobs.toml"
    told_by(machine, post_office, 'group = "0s"')
    assert machine.call("tick").returncode == 0
    disk.rename(tmp_path / "away")
    for _ in range(2):
        assert machine.call("tick").returncode == 20
    assert post_office.titles == ["the time-table is missing"]
    assert not disk.exists()
    (tmp_path / "away").rename(disk)
    assert machine.call("tick").returncode == 0
    assert post_office.titles == ["the time-table is missing", "the time-table is well again"]
    kept = [*(tmp_path / "state/qqnews").glob("*.json")]
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600]


def test_a_time_table_elsewhere_is_not_kept(machine: Machine, disk: Path, post_office: PostOffice) -> None:
    told_by(machine, post_office)
    assert machine.call("tick").returncode == 0
    assert Alarms(machine.data).remembered() is None


def test_a_run_that_cannot_be_started_waits_and_is_no_try(machine: Machine, disk: Path, tmp_path: Path) -> None:
    """A file stands where logs are to be: nothing can be started, five times over."""
    make_due(machine)
    runs = machine.data / "runs"
    runs.touch()
    for _ in range(5):
        ended = machine.call("tick")
        said = json.loads(ended.stdout)
        assert (ended.returncode, said["job"], said["verdict"], said["exit_code"]) == (21, "a", "archive", 21)
        assert said["because"].startswith(f"a could not be started (cannot write {runs} (File exists)")
    (row,) = (row for row in machine.history("a") if row["due_at"])
    assert (row["state"], row["attempts"]) == ("waiting", 0)
    runs.unlink()
    assert machine.call("tick").returncode == 0
    (row,) = (row for row in machine.history("a") if row["due_at"])
    assert (row["state"], row["verdict"], row["attempts"]) == ("ran", "ok", 1)


def test_what_hinders_one_job_alone_is_told_of_it_alone(machine: Machine, disk: Path, post_office: PostOffice) -> None:
    """Its command is longer than the system takes; of the others nothing is wrong, however often they are looked at."""
    told_by(machine, post_office, 'group = "0s"')
    sound = machine.jobs.read_text() + '[b]\ncommand = "stats"\nevery = "1h"\n'
    machine.jobs.write_text(sound.replace('[b]\ncommand = "stats', f'[b]\ncommand = "stats {"x" * 200_000}'))
    with Archive.existing(machine.data) as archive:
        DueTimes(archive).watch("b", "every 1h Asia/Shanghai", datetime.now(UTC) - timedelta(hours=1))
    for _ in range(2):
        assert machine.call("tick", "a").returncode == 0
        ended = machine.call("tick", "b")
        assert ended.returncode == 15
        assert "b could not be started (Argument list too long: " in ended.stdout
    assert post_office.titles == ["b is not worked on"]
    machine.jobs.write_text(sound)
    assert machine.call("tick").returncode == 0
    assert post_office.titles == ["b is not worked on", "b is well again"]


SLOW = """
import sys
from schedules.runner import runner
runner.BEAT_EVERY = 0.1
sys.argv[0] = {program!r}
from qqnews import main
main()
"""


def test_what_is_under_way_when_the_disk_goes_is_ended_and_done_again(
    machine: Machine, disk: Path, tmp_path: Path
) -> None:
    program = tmp_path / "bin/qqnews"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntest -e {tmp_path}/again && exit 0\ntouch {tmp_path}/begun\nexec sleep 600\n")
    program.chmod(0o755)
    make_due(machine)

    def tick() -> subprocess.Popen[str]:
        words = [sys_python(), "-c", SLOW.format(program=str(program)), *machine.command("tick")[1:]]
        environment = clean_environment(**machine.environment)
        return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    first = tick()
    until((tmp_path / "begun").exists)
    disk.rename(tmp_path / "away")
    out, _ = first.communicate(timeout=60)
    assert first.returncode == 21
    assert "there is no such directory" in json.loads(out.splitlines()[-1])["because"]
    assert not disk.exists()
    (tmp_path / "away").rename(disk)
    (row,) = (row for row in machine.history("a") if row["due_at"])
    assert (row["state"], "to be run again: the archive" in row["reason"]) == ("waiting", True)
    (tmp_path / "again").touch()
    second = tick()
    second.communicate(timeout=60)
    (row,) = (row for row in machine.history("a") if row["due_at"])
    assert (row["state"], row["verdict"], row["attempts"]) == ("ran", "ok", 2)
