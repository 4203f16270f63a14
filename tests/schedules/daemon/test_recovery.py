"""What befalls a daemon that runs for a year: each error has its answer, and none costs a due time."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from archive.database.backup import back_up
from archive.errors import (
    ArchiveBusy,
    ArchiveMissing,
    ArchiveNotWritable,
    BadSetting,
    DiskFloor,
    NewerArchive,
    NoArchive,
    NotAnArchive,
    OtherArchive,
)
from archive.runs.locks import Locks
from archive.store import Archive
from schedules.config.program import ProgramChanged
from schedules.runner.recovery import LONGEST_PAUSE, ArchiveReplaced, LostLock, Response, pause_before, rule_for
from schedules.timetable.jobs import BadJobs
from tests.conftest import QQNEWS, clean_environment
from tests.schedules.conftest import HANG, Machine, PostOffice, until
from tests.schedules.quick import QUICK, SECONDS, goes_on, heard, quick_daemon, ran, said_by, start_quick, until_heard
from tests.site.site import ROOT

NOWHERE = Path("/nowhere")


@pytest.mark.parametrize(
    ("error", "response"),
    [
        (OtherArchive(NOWHERE, "a", "b"), Response.END),
        (BadJobs(NOWHERE, 1, "x"), Response.END),
        (BadSetting("X", "y", "z"), Response.END),
        (LostLock(), Response.END),
        (ZeroDivisionError(), Response.END),
        (NoArchive(NOWHERE), Response.RETRY),
        (ArchiveMissing(NOWHERE, "a", "nothing"), Response.RETRY),
        (ArchiveReplaced(), Response.RETRY),
        (NotAnArchive(NOWHERE, "x"), Response.RETRY),
        (ArchiveNotWritable(NOWHERE, "x"), Response.RETRY),
        (ArchiveBusy(NOWHERE, 60), Response.RETRY),
        (DiskFloor(NOWHERE, 1, 2), Response.RETRY),
        (OSError(28, "No space left on device"), Response.RETRY),
        (OSError(5, "Input/output error"), Response.RETRY),
        (OSError(24, "Too many open files"), Response.RETRY),
        (FileNotFoundError(2, "No such file or directory"), Response.RETRY),
        (BlockingIOError(11, "Resource temporarily unavailable"), Response.RETRY),
        (MemoryError(), Response.RETRY),
        (NewerArchive(NOWHERE, ("x",)), Response.RESTART),
        (ProgramChanged(), Response.RESTART),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.value,
)
def test_the_table(error: Exception, response: Response) -> None:
    assert rule_for(error).response is response


def test_pauses_grow_up_to_a_bound() -> None:
    pauses = [pause_before(tries) for tries in range(1, 100)]
    assert all(later >= earlier for earlier, later in pairwise(pauses))
    assert (pauses[0] < pauses[1], pauses[-1]) == (True, LONGEST_PAUSE)


def no_due_time_was_lost(machine: Machine) -> bool:
    """Each due time has one row, none is left out but while the job was being run, and none was tried in vain."""
    rows = [row for row in machine.history("short") if row["due_at"]]
    dues = sorted(row["due_at"] for row in rows)
    assert len(set(dues)) == len(dues)
    left_out = [row for row in rows if row["state"] == "skipped" and "busy: " not in row["reason"]]
    assert (left_out, {row["state"] for row in rows} - {"ran", "coalesced", "waiting", "running", "skipped"}) == (
        [],
        set(),
    )
    assert not [row for row in rows if "interrupted" in str(row["reason"])]
    return True


def ends_well(machine: Machine, daemon: subprocess.Popen[str]) -> bool:
    daemon.terminate()
    assert daemon.wait(60) == 0, heard(machine)
    assert not [line for line in heard(machine) if "Traceback" in line]
    return True


def told_by(machine: Machine, office: PostOffice) -> None:
    machine.jobs.write_text(f'{SECONDS}[notify]\nurls = ["{office.address}"]\ngroup = "0s"\n')


@pytest.fixture
def disk(machine: Machine, tmp_path: Path) -> Iterator[Path]:
    """A real disk of its own with the machine's archive on it."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(mounting(place, "30m"), capture_output=True).returncode:
        pytest.skip("needs the right to mount a file system")
    machine.data = place / "news"
    machine.environment["QQNEWS_DISK_FLOOR"] = "1M"
    os.environ["QQNEWS_DISK_FLOOR"] = "1M"
    machine.make_archive()
    del os.environ["QQNEWS_DISK_FLOOR"]
    yield place
    for mounted in (place, tmp_path / "kept"):
        subprocess.run(["umount", "--lazy", str(mounted)], check=False, capture_output=True)


def mounting(place: Path, size: str) -> list[str]:
    return ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]


def test_a_disk_that_goes_and_comes_back(machine: Machine, disk: Path, tmp_path: Path, post_office: PostOffice) -> None:
    """It is bound to a second place, taken from the first, and put back: what `umount` and `mount` do to a real one."""
    told_by(machine, post_office)
    daemon = quick_daemon(machine)
    (tmp_path / "kept").mkdir()
    subprocess.run(["mount", "--bind", str(disk), str(tmp_path / "kept")], check=True)
    subprocess.run(["umount", "--lazy", str(disk)], check=True)
    until(lambda: post_office.titles == ["the archive is missing"])
    assert list(disk.iterdir()) == []
    assert daemon.poll() is None
    subprocess.run(["mount", "--bind", str(tmp_path / "kept"), str(disk)], check=True)
    assert goes_on(machine)
    until(lambda: post_office.titles == ["the archive is missing", "the archive is well again"])
    assert ends_well(machine, daemon)
    assert no_due_time_was_lost(machine)


def test_a_disk_that_is_really_full_for_a_while(machine: Machine, disk: Path, post_office: PostOffice) -> None:
    told_by(machine, post_office)
    daemon = quick_daemon(machine, QQNEWS_DISK_FLOOR="0")
    fill = subprocess.run(["dd", "if=/dev/zero", f"of={disk}/fill", "bs=64k"], capture_output=True)
    assert fill.returncode != 0
    until(lambda: post_office.titles)
    assert daemon.poll() is None
    (disk / "fill").unlink()
    assert goes_on(machine)
    until(lambda: post_office.titles[-1] == "the archive is well again")
    assert ends_well(machine, daemon)
    assert no_due_time_was_lost(machine)
    words = [str(QQNEWS), "--data", str(machine.data), "verify", "--deep"]
    assert subprocess.run(words, capture_output=True).returncode == 0


def test_a_daemon_that_is_started_on_a_full_disk_waits_for_room(
    machine: Machine, disk: Path, post_office: PostOffice
) -> None:
    told_by(machine, post_office)
    (disk / "fill").write_bytes(bytes(29_500_000))
    daemon = start_quick(machine)
    until(lambda: post_office.titles == ["the archive is out of room"])
    (disk / "fill").unlink()
    until(lambda: ran(machine) >= 1)
    until(lambda: post_office.titles == ["the archive is out of room", "the archive is well again"])
    assert ends_well(machine, daemon)


def test_logs_that_cannot_be_written_for_a_while(machine: Machine, tmp_path: Path) -> None:
    daemon = quick_daemon(machine)
    (machine.data / "runs").rename(tmp_path / "runs")
    (machine.data / "runs").touch()
    line = until_heard(machine, "tried again in", 3)
    assert line.startswith(f"short could not be started (cannot write {machine.data}/runs (File exists)")
    (machine.data / "runs").unlink()
    (tmp_path / "runs").rename(machine.data / "runs")
    assert goes_on(machine)
    assert ends_well(machine, daemon)
    assert no_due_time_was_lost(machine)


def test_a_program_that_is_away_while_it_is_being_installed(machine: Machine, tmp_path: Path) -> None:
    program, interpreter = tmp_path / "bin/qqnews", tmp_path / "bin/python"
    program.parent.mkdir()
    interpreter.symlink_to(sys.executable)
    program.write_text(f"#!{interpreter}\nimport sys\nfrom qqnews import main\nmain()\n")
    program.chmod(0o755)
    machine.environment["PYTHONPATH"] = ":".join(sys.path)  # It is none of the environment that the tests run in.
    machine.jobs.write_text(SECONDS)
    daemon = quick_daemon(machine, f"import sys; sys.argv[0] = {str(program)!r}\n{QUICK}")
    interpreter.rename(tmp_path / "away")
    line = until_heard(machine, "tried again in", 2)
    assert line.startswith(f"short could not be started (No such file or directory: {program})")
    (tmp_path / "away").rename(interpreter)
    assert goes_on(machine)
    assert ends_well(machine, daemon)
    assert no_due_time_was_lost(machine)


def test_a_database_that_somebody_keeps_to_himself_for_long(machine: Machine) -> None:
    daemon = quick_daemon(machine, f"from archive.files import io_errors; io_errors.BUSY_SECONDS = 0.2\n{QUICK}")
    with closing(sqlite3.connect(machine.data / "archive.db", isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        until_heard(machine, "was locked by another process", 3)
        other.execute("ROLLBACK")
    assert goes_on(machine)
    assert ends_well(machine, daemon)
    assert no_due_time_was_lost(machine)


@pytest.mark.parametrize("more", [0, 2, 4])
def test_a_daemon_that_may_open_no_more_files_for_a_while(machine: Machine, more: int) -> None:
    """Too many for a log, for the interpreter of a job, or for a process: each is met at another place."""
    daemon = quick_daemon(machine)
    soft, hard = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    until(lambda: said_by(machine).count("begins") == said_by(machine).count("ok ("))
    opened = len(list(Path(f"/proc/{daemon.pid}/fd").iterdir()))
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (opened + more, hard))
    until_heard(machine, "tried again in", 3)
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (soft, hard))
    assert goes_on(machine)
    assert ends_well(machine, daemon)


def test_another_archive_ends_it_and_is_not_touched(machine: Machine, tmp_path: Path, post_office: PostOffice) -> None:
    told_by(machine, post_office)
    daemon = quick_daemon(machine)
    Archive.open(tmp_path / "other").close()
    before = (tmp_path / "other/archive.db").read_bytes()
    machine.data.rename(tmp_path / "away")
    # In one step: were there none for a moment, the daemon would wait for it.
    (tmp_path / "other").rename(machine.data)
    assert daemon.wait(60) == 21
    assert heard(machine)[-1].startswith("qqnews: another archive (")
    assert post_office.titles[-1] == "the archive is replaced by another"
    assert (machine.data / "archive.db").read_bytes() == before


def test_a_backup_that_is_put_in_its_place_is_worked_on(machine: Machine, tmp_path: Path) -> None:
    """It was made while this daemon held the lock, and holds that lock's row."""
    daemon = quick_daemon(machine)
    with Archive.existing(machine.data) as archive:
        assert Locks(archive).holder("daemon")
        back_up(archive.database, tmp_path / "backup.db")
        identity = archive.identity
    assert goes_on(machine)
    for name in ("archive.db-wal", "archive.db-shm", "archive.db"):
        (machine.data / name).unlink(missing_ok=True)
    (tmp_path / "backup.db").rename(machine.data / "archive.db")
    until(lambda: "replaced by a copy of it" in said_by(machine))
    assert goes_on(machine)
    with Archive.existing(machine.data) as archive:
        holder = Locks(archive).holder("daemon")
        assert (archive.identity, holder and holder.process.pid) == (identity, daemon.pid)
    assert ends_well(machine, daemon)


def test_a_daemon_whose_lock_was_taken_over_says_so(machine: Machine) -> None:
    daemon = quick_daemon(machine)
    with Archive.existing(machine.data) as archive, archive.transaction() as connection:
        connection.execute("UPDATE locks SET token = 'of another' WHERE name = 'daemon'")
    assert daemon.wait(60) == 23
    assert heard(machine)[-1].startswith("qqnews: another daemon took over while this one was stopped")


@pytest.fixture
def program(tmp_path: Path, machine: Machine) -> Path:
    """A program of its own, which can be updated."""
    place = tmp_path / "program"
    for package in ("archive", "crawler", "schedules"):
        shutil.copytree(ROOT / package, place / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "qqnews.py", place)
    machine.environment["PYTHONPATH"] = str(place)
    machine.environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return place


UPDATE = """

@_migration("0099_of_tomorrow")
def _of_tomorrow(db: Database) -> None:
    db.execute("CREATE TABLE tomorrow (id INTEGER PRIMARY KEY)")
"""


def update(program: Path) -> None:
    """Install the version of tomorrow, file by file as pip does."""
    (program / "qqnews.py").unlink()
    schema = program / "archive/database/migrations.py"
    schema.unlink()
    schema.write_text((ROOT / "archive/database/migrations.py").read_text() + UPDATE)
    shutil.copy(ROOT / "qqnews.py", program / "qqnews.py")


def starts(machine: Machine) -> int:
    return said_by(machine).count(" archive ")


def test_an_update_with_a_new_schema_while_it_runs(machine: Machine, program: Path) -> None:
    daemon = quick_daemon(machine)
    with Archive.existing(machine.data) as archive:
        assert starts(machine) == 1
        before = Locks(archive).holder("daemon")
    update(program)
    until(lambda: starts(machine) == 2)
    assert goes_on(machine)
    with closing(sqlite3.connect(machine.data / "archive.db")) as connection:
        assert connection.execute("SELECT count(*) FROM tomorrow").fetchone() == (0,)
        (pid,) = connection.execute("SELECT pid FROM locks WHERE name = 'daemon'").fetchone()
    assert before is not None
    assert (pid, daemon.poll()) == (before.process.pid, None)
    assert ends_well(machine, daemon)
    assert sum("it starts itself anew" in line for line in heard(machine)) == 1
    with closing(sqlite3.connect(machine.data / "archive.db")) as connection:
        assert connection.execute("SELECT count(*) FROM locks").fetchone() == (0,)
        rows = connection.execute("SELECT state, attempts FROM due_times").fetchall()
    # A run that was under way at that moment is done again, once.
    assert {state for state, _ in rows} <= {"ran", "coalesced", "waiting"}
    assert sum(attempts == 2 for _, attempts in rows) <= 1


def test_an_update_that_is_broken_at_first(machine: Machine, program: Path) -> None:
    daemon = quick_daemon(machine)
    code = (program / "qqnews.py").read_text()
    (program / "qqnews.py").write_text(f"{code}\nraise ImportError('half of it is there')\n")
    line = until_heard(machine, "the program on the disk does not start", 2)
    assert "(ImportError: half of it is there)" in line
    (program / "qqnews.py").write_text(code)
    until(lambda: starts(machine) == 2)
    assert goes_on(machine)
    assert ends_well(machine, daemon)


def test_an_archive_that_somebody_else_s_newer_program_has_changed(machine: Machine, post_office: PostOffice) -> None:
    """The program is what it was: to start it anew does not help, so it ends and people are told."""
    told_by(machine, post_office)
    daemon = quick_daemon(machine)
    with closing(sqlite3.connect(machine.data / "archive.db", timeout=30)) as other, other:
        other.execute("INSERT INTO _sqlite_migrations VALUES (99, 'qqnews', '0099_of_tomorrow', '2030-01-01')")
    assert daemon.wait(60) == 21
    assert sum("it starts itself anew" in line for line in heard(machine)) == 1
    assert heard(machine)[-1].endswith("is from a newer version (it has 0099_of_tomorrow): update qqnews")
    assert post_office.titles[-1] == "the archive is newer than the program"


def test_a_time_table_that_is_read_anew(machine: Machine, silent: None) -> None:
    machine.jobs.write_text(HANG.replace("1h", "2s") + SECONDS)
    daemon = quick_daemon(machine)
    until(lambda: "long: begins" in said_by(machine))
    machine.jobs.write_text(SECONDS.replace("short", "other"))
    daemon.send_signal(signal.SIGHUP)
    until(lambda: "the time-table was read anew: 1 jobs, next other at 20" in said_by(machine))
    until(lambda: "other: ok" in said_by(machine))
    assert said_by(machine).count("short: begins") == said_by(machine).count("short: ok")
    assert "long: partial" not in said_by(machine)  # What is under way goes on.
    assert ends_well(machine, daemon)


def test_a_broken_time_table_is_refused_and_the_old_one_stays(machine: Machine, post_office: PostOffice) -> None:
    told_by(machine, post_office)
    daemon, sound = quick_daemon(machine), machine.jobs.read_text()
    machine.jobs.write_text(sound.replace("every", "evry"))
    daemon.send_signal(signal.SIGHUP)
    until(lambda: post_office.titles == ["the time-table is not understood"])
    assert f"the old one stays: {machine.jobs}:3: short: unknown key 'evry'" in said_by(machine)
    assert goes_on(machine)
    machine.jobs.write_text(sound)
    daemon.send_signal(signal.SIGHUP)
    until(lambda: post_office.titles == ["the time-table is not understood", "the time-table is well again"])
    assert ends_well(machine, daemon)


def test_variables_are_read_anew_with_the_time_table(machine: Machine, tmp_path: Path, post_office: PostOffice) -> None:
    variables = tmp_path / "variables"
    variables.write_text('POST="json://127.0.0.1:1/"\nQQNEWS_LOG_DAYS=7\n')
    machine.jobs.write_text('[bad]\ncommand = "show nothing"\nevery = "2s"\n[notify]\nurls = ["${POST}"]\n')
    daemon = start_quick(machine, "--env", str(variables))
    until(lambda: "messages: ${POST}: " in said_by(machine))
    variables.write_text(f'POST="{post_office.address}"\n')
    daemon.send_signal(signal.SIGHUP)
    until(lambda: "read anew" in said_by(machine))
    with Archive.existing(machine.data) as archive, archive.transaction() as connection:
        connection.execute("UPDATE recipients SET not_before = NULL")
    until(lambda: post_office.titles == ["bad is failing"])
    assert ends_well(machine, daemon)


def test_the_first_line_says_what_is_at_work_and_what_comes(machine: Machine) -> None:
    daemon = quick_daemon(machine)
    assert ends_well(machine, daemon)
    first = said_by(machine).splitlines()[0]
    with Archive.existing(machine.data) as archive:
        place = f"archive {machine.data} ({archive.identity})"
    moment = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert_matches(rf"{moment}\.\d{{3}}[+-]\d\d:\d\d qqnews \S+, {place}: 1 jobs, next short at {moment} \+0800", first)
    begins = next(line for line in said_by(machine).splitlines() if "begins" in line)
    assert_matches(rf"{moment}\.\d{{3}}[+-]\d\d:\d\d short: begins, due {moment} \+0800", begins)


def assert_matches(pattern: str, line: str) -> None:
    import re

    assert re.fullmatch(pattern.replace("(", r"\(").replace(")", r"\)"), line), line


def test_one_who_finds_another_at_work_hears_what_to_do(machine: Machine) -> None:
    daemon = quick_daemon(machine)
    second = machine.call("run")
    assert second.returncode == 23
    assert f"let it end, or stop process {daemon.pid} on " in second.stderr
    assert "'qqnews status' shows who is at work" in second.stderr
    assert ends_well(machine, daemon)


CONTAINER = ["unshare", "--fork", "--pid", "--mount-proc", "--uts", "sh", "-c", 'hostname "$0"; exec "$@"']


@pytest.mark.skipif(
    subprocess.run([*CONTAINER[:5], "true"], capture_output=True).returncode != 0, reason="needs the right to unshare"
)
def test_the_lock_of_a_container_that_was_killed_is_free_at_once(machine: Machine) -> None:
    """Another host name, another name space of processes: nobody can see that the holder is dead."""
    machine.jobs.write_text(SECONDS)

    def container(name: str) -> subprocess.Popen[str]:
        words = [*CONTAINER, name, *machine.command("run")]
        environment = clean_environment(**machine.environment)
        started = subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)
        machine.started.append(started)
        return started

    first = container("one")
    until(lambda: ran(machine) >= 1)
    lives = container("two")
    assert lives.wait(60) == 23  # The first is alive.
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    second = container("three")
    assert goes_on(machine)
    with Archive.existing(machine.data) as archive:
        (host,) = archive.database.connection.execute("SELECT host FROM locks WHERE name = 'daemon'").fetchone()
    assert (host, second.poll()) == ("three", None)
    os.killpg(second.pid, signal.SIGTERM)
