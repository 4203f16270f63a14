"""A real daemon on real seconds: started, killed, started again, stopped; and not alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from archive.runs.due_times import DueTimes
from archive.runs.locks import Locks
from archive.runs.process import Process, is_alive
from archive.store import Archive
from tests.conftest import QQNEWS, clean_environment
from tests.schedules.conftest import HANG, Machine, until
from tests.site.site import Site

SECONDS = '[short]\ncommand = "stats"\nevery = "2s"\n'


def ran(machine: Machine) -> int:
    return sum(report["exit_code"] == 0 for report in machine.reports())


def due_times(machine: Machine, name: str) -> list[datetime]:
    return sorted(datetime.fromisoformat(row["due_at"]) for row in machine.history(name) if row["due_at"])


def child_of(machine: Machine, name: str) -> Process | None:
    with Archive.open(machine.data) as archive:
        holder = Locks(archive).holder(name)
    return holder.child if holder else None


def test_killed_and_started_again_every_due_time_has_its_row(machine: Machine) -> None:
    machine.jobs.write_text(SECONDS)
    daemon = machine.start("run")
    until(lambda: ran(machine) >= 2)
    daemon.kill()
    daemon.wait()
    daemon = machine.start("run")
    before = ran(machine)
    until(lambda: ran(machine) >= before + 2)
    daemon.send_signal(signal.SIGTERM)
    _, err = daemon.communicate(timeout=60)
    assert daemon.returncode == 0, err
    assert err.endswith("stopped\n")
    dues = due_times(machine, "short")
    assert {later - earlier for earlier, later in pairwise(dues)} == {timedelta(seconds=2)}
    assert {row["state"] for row in machine.history("short")} <= {"ran", "coalesced", "skipped", "waiting"}
    with Archive.open(machine.data) as archive:
        assert Locks(archive).held() == []
    report = machine.reports()[0]
    assert (report["job"], report["verdict"], report["report"]["articles"]) == ("short", "ok", 0)
    assert (machine.data / "runs" / report["log"]).exists()


def test_the_process_of_a_killed_daemon_is_ended_and_its_due_time_run_again(machine: Machine, silent: None) -> None:
    machine.jobs.write_text(HANG.replace("1h", "5s"))
    daemon = machine.start("run")
    until(lambda: child_of(machine, "job:long"))
    orphan = child_of(machine, "job:long")
    assert orphan is not None
    daemon.kill()
    daemon.wait()
    assert is_alive(orphan)
    daemon = machine.start("run")
    until(lambda: not is_alive(orphan))
    until(lambda: child_of(machine, "job:long") not in (None, orphan))
    daemon.send_signal(signal.SIGTERM)
    daemon.communicate(timeout=60)
    assert daemon.returncode == 0
    rows = machine.history("long")
    first = rows[-1]
    assert first["state"] in ("coalesced", "waiting")
    assert len({row["due_at"] for row in rows}) == len(rows)


FORKING = """#!{python}
import pathlib, subprocess, sys, time
if "schedule" in sys.argv:
    from qqnews import main
    main()
child = subprocess.Popen(["sleep", "600"])
pathlib.Path({folder!r}, str(child.pid)).touch()
time.sleep(600 if "wait" in sys.argv else 0)
"""


def test_what_a_killed_command_left_at_work_is_ended_before_the_next_run(machine: Machine, tmp_path: Path) -> None:
    folder = tmp_path / "left"
    folder.mkdir()
    program = tmp_path / "qqnews"
    program.write_text(FORKING.format(python=sys.executable, folder=str(folder)))
    program.chmod(0o755)
    machine.jobs.write_text('[long]\ncommand = "stats wait"\nevery = "1h"\n')
    words = [str(program), *machine.command("once", "long")[1:]]
    keeper = subprocess.Popen(words, env=clean_environment(), stderr=subprocess.DEVNULL)
    until(lambda: [*folder.iterdir()])
    child = child_of(machine, "job:long")
    assert child is not None
    (left,) = (Process.numbered(int(path.name)) for path in folder.iterdir())
    keeper.kill()
    os.kill(child.pid, signal.SIGKILL)
    keeper.wait()
    until(lambda: not is_alive(child))
    assert is_alive(left)
    machine.jobs.write_text(machine.jobs.read_text().replace(" wait", ""))
    assert subprocess.run(words, env=clean_environment(), capture_output=True, timeout=60).returncode == 0
    assert not is_alive(left)


@pytest.mark.parametrize("ends", [">&-", "2>&-", ">&- 2>&- <&-", ">/dev/full", "2>/dev/full", ">/dev/full 2>&1"])
def test_a_daemon_to_which_nobody_listens(machine: Machine, ends: str) -> None:
    machine.jobs.write_text(SECONDS)
    words = ["sh", "-c", f'exec "$@" {ends}', "sh", *machine.command("run")]
    buffered = clean_environment(PYTHONUNBUFFERED="")
    daemon = subprocess.Popen(words, env=buffered, stderr=subprocess.PIPE, text=True)
    machine.started.append(daemon)
    until(lambda: ran(machine) >= 1)
    daemon.terminate()
    _, err = daemon.communicate(timeout=60)
    assert daemon.returncode == 0, err
    assert "Traceback" not in err
    assert (machine.data / "runs/daemon.log").read_text().endswith("stopped\n")


def test_the_file_of_metrics_tells_of_the_run_that_the_end_of_the_daemon_ended(
    machine: Machine, tmp_path: Path, silent: None
) -> None:
    metrics = tmp_path / "q.prom"
    machine.jobs.write_text(HANG.replace("1h", "5s") + f'[notify]\nmetrics_file = "{metrics}"\n')
    daemon = machine.start("run")
    until(lambda: child_of(machine, "job:long"))
    daemon.terminate()
    daemon.communicate(timeout=60)
    assert daemon.returncode == 0
    code = machine.reports()[-1]["exit_code"]
    assert code != 0
    assert f'qqnews_job_last_exit_code{{job="long"}} {code}.0' in metrics.read_text()


@pytest.mark.parametrize(
    ("name", "locale"),
    [
        (b"d\xff", {"LC_ALL": "C.UTF-8"}),
        ("新闻".encode(), {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}),
    ],
)
def test_a_data_directory_of_any_name(machine: Machine, tmp_path: Path, name: bytes, locale: dict[str, str]) -> None:
    machine.data = tmp_path / os.fsdecode(name)
    machine.environment |= locale
    machine.make_archive()
    machine.jobs.write_text(SECONDS)
    ended = machine.call("once", "short")
    assert ended.returncode == 0, ended.stderr
    shown = os.fsencode(machine.data).decode("utf-8", "replace")
    assert json.loads(ended.stdout)["report"].startswith(f"{shown}/runs/")
    assert shown in machine.reports()[0]["command"]
    status = [str(QQNEWS), "--data", str(machine.data), "--json", "status", "--jobs", str(machine.jobs)]
    said = subprocess.run(status, env=clean_environment(**locale), capture_output=True, check=False).stdout
    assert json.loads(said)["data"] == shown
    daemon = machine.start("run")
    until(lambda: ran(machine) >= 2)
    daemon.terminate()
    _, err = daemon.communicate(timeout=60)
    assert (daemon.returncode, "Traceback" in err) == (0, False), err
    assert f"archive {shown} (" in (machine.data / "runs/daemon.log").read_text("utf-8").splitlines()[0]


def test_only_one_daemon_on_an_archive(machine: Machine) -> None:
    machine.jobs.write_text(SECONDS)
    first = machine.start("run")
    until(lambda: ran(machine) >= 1)
    second = machine.call("run")
    assert second.returncode == 23
    assert f"daemon, daemon by process {first.pid} on" in second.stderr
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=60)
    assert first.returncode == 0


def test_daemon_cron_and_somebody_by_hand_at_once_run_it_once(machine: Machine, silent: None) -> None:
    machine.jobs.write_text(HANG.replace('every = "1h"', 'cron = "* * * * *"'))
    machine.call("tick")
    with Archive.open(machine.data) as archive, DueTimes(archive).transaction() as connection:
        earlier = datetime.now(UTC) - timedelta(minutes=5)
        connection.execute("UPDATE timetables SET settled_until = ?", (earlier.isoformat(timespec="seconds"),))
    daemon = machine.start("run")
    others = [machine.start("tick", "long"), machine.start("once", "long"), machine.start("once", "long")]
    until(lambda: sum(other.poll() is not None for other in others) >= 2)
    until(lambda: child_of(machine, "job:long"))
    for name in ("tick", "once"):
        others.append(machine.start(name, "long"))
        others[-1].wait(60)
    ended = [other for other in others if other.poll() is not None]
    assert {other.returncode for other in ended} == {23}
    for other in ended:
        said = json.loads(other.communicate()[0])
        assert said["verdict"] == "locked"
        assert "since 20" in said["because"]
    assert sum(row["state"] == "running" for row in machine.history("long")) <= 1
    assert len([*machine.data.glob("runs/*-long.log")]) == 1
    for process in (daemon, *others):
        process.terminate()
        process.wait(60)


def test_a_run_by_hand_gives_its_exit_code(machine: Machine) -> None:
    machine.jobs.write_text('[bad]\ncommand = "show nothing"\nevery = "1h"\n')
    assert machine.call("once", "bad").returncode == 20
    (row,) = machine.history("bad")
    assert (row["due_at"], row["state"], row["exit_code"], row["verdict"]) == (None, "ran", 20, "bad input")
    assert "not an article" in (machine.data / "runs" / machine.reports()[0]["log"]).read_text()


def test_the_weekly_check_says_what_it_found_and_what_helps(machine: Machine) -> None:
    machine.jobs.write_text('[verify]\ncommand = "verify"\ncron = "30 4 * * sun"\n')
    Archive.open(machine.data).close()
    (machine.data / "articles").mkdir()
    (machine.data / "articles" / "foreign.md").write_text("nobody knows of it")
    ended = machine.call("once", "verify")
    assert ended.returncode == 16
    said = json.loads(ended.stdout)
    assert (said["verdict"], said["exit_code"]) == ("damaged", 16)
    assert said["because"].startswith("1 foreign: 'qqnews repair' mends it")
    assert (machine.history("verify")[0]["verdict"], machine.reports()[0]["because"]) == ("damaged", said["because"])
    status = [str(QQNEWS), "--data", str(machine.data), "status", "--jobs", str(machine.jobs)]
    shown = subprocess.run(status, capture_output=True, text=True, check=False).stdout
    assert "verify: damaged (16): 1 foreign: 'qqnews repair' mends it" in shown


@pytest.mark.parametrize(
    ("command", "code", "verdict", "because"),
    [
        ("show nothing", 20, "bad input", "'nothing' is not an article"),
        ("show 20250212A090WZ00", 22, "not found", "no 20250212A090WZ00 in this archive"),
        ("stats --nonsense", 2, "usage", "No such option"),
        ("reextract", 10, "empty", "it ended with exit code 10 and did not say why"),
    ],
)
def test_a_run_has_the_verdict_of_its_exit_code_and_says_why(
    machine: Machine, command: str, code: int, verdict: str, because: str
) -> None:
    machine.jobs.write_text(f'[any]\ncommand = "{command}"\nevery = "1h"\n')
    Archive.open(machine.data).close()
    said = json.loads(machine.call("once", "any").stdout)
    assert (said["exit_code"], said["verdict"]) == (code, verdict)
    assert because in said["because"]


def runs(machine: Machine) -> list[tuple[object, ...]]:
    with Archive.open(machine.data) as archive:
        query = "SELECT job, due_at IS NULL, verdict, exit_code, counts, pid FROM runs ORDER BY id"
        return [tuple(row) for row in archive.database.connection.execute(query)]


def test_a_run_has_one_row_that_the_command_takes_over(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "bad.md").write_text("not ours")
    machine.jobs.write_text(f'[intake]\ncommand = "ingest {tmp_path}/articles"\nevery = "1h"\nfloor = 3\n')
    keeper = machine.start("once", "intake")
    keeper.communicate(timeout=60)
    ((job, by_hand, verdict, code, counts, pid),) = runs(machine)
    assert (job, by_hand, verdict, code) == ("intake", 1, "bad input", 20)
    assert json.loads(str(counts))["bad_input"] == 1
    assert pid != keeper.pid
    # The number of a run that is over, left in somebody's shell, is nobody's.
    stale = clean_environment(QQNEWS_RUN="1", QQNEWS_JOB="intake")
    words = [str(QQNEWS), "--data", str(machine.data), "ingest", str(tmp_path / "articles")]
    subprocess.run(words, env=stale, capture_output=True, timeout=60, check=False)
    assert [row[0] for row in runs(machine)] == ["intake", "ingest"]


def test_a_command_that_dies_leaves_its_row_to_its_keeper(machine: Machine, fresh_site: Site) -> None:
    fresh_site.fault("/web_feed/", "slow", seconds=60)
    machine.environment |= fresh_site.environment()
    machine.jobs.write_text('[top]\ncommand = "crawl --source channel:top"\nevery = "1h"\n')
    keeper = machine.start("once", "top")
    until(lambda: machine.data.exists() and len(runs(machine)) == 1 and runs(machine)[0][5] != keeper.pid)
    os.kill(int(str(runs(machine)[0][5])), signal.SIGKILL)
    keeper.communicate(timeout=60)
    ((job, _, verdict, code, _, _),) = runs(machine)
    assert (job, verdict, code) == ("top", "failed", 137)
    assert machine.reports()[0]["because"] == "it was ended by signal 9"


def test_a_run_over_its_limit_failed(machine: Machine, silent: None) -> None:
    machine.jobs.write_text(HANG.replace("10m", "1s"))
    ended = machine.call("once", "long")
    assert ended.returncode == 15
    (row,) = machine.history("long")
    assert (row["verdict"], row["exit_code"]) == ("failed", 15)
    assert machine.reports()[0]["because"] == "time limit of 1 s"


def test_stopped_by_a_signal_the_due_time_waits(machine: Machine, silent: None) -> None:
    machine.jobs.write_text(HANG)
    process = machine.start("once", "long")
    until(lambda: child_of(machine, "job:long"))
    process.send_signal(signal.SIGINT)
    process.wait(60)
    assert process.returncode == 130
    assert child_of(machine, "job:long") is None


@pytest.mark.parametrize("words", [("once", "nothing"), ("tick", "nothing"), ("next", "nothing")])
def test_a_job_that_is_not_there(machine: Machine, words: tuple[str, ...]) -> None:
    machine.jobs.write_text(SECONDS)
    ended = machine.call(*words)
    assert ended.returncode == 22
    assert ended.stderr == "qqnews: no job 'nothing': there are short\n"


def test_next_over_the_end_of_summer_time(machine: Machine) -> None:
    machine.jobs.write_text('[a]\ncommand = "stats"\ncron = "30 * * * *"\ntimezone = "Europe/Berlin"\n')
    ended = machine.call("next", "-n", "3", "--after", "2026-10-25T00:00")
    local = [json.loads(line)["local"] for line in ended.stdout.splitlines()]
    assert local == ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T03:30:00+01:00"]


def test_list_for_people_and_machines(machine: Machine) -> None:
    ended = machine.call("list")
    assert ended.returncode == 20
    machine.jobs.write_text(SECONDS)
    listed = json.loads(machine.call("list").stdout)
    assert listed["when"] == "every 2s"
    assert subprocess.run(
        [word for word in machine.command("list") if word != "--json"], capture_output=True, text=True, check=True
    ).stdout.startswith("on   short ")
