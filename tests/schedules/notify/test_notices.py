"""Messages over real HTTP: once each, whoever sends, whatever the service does, and never in a run's way."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from archive.monitoring.notices import LOCK, Notices, Recipient
from archive.runs.due_times import DueTimes
from archive.runs.locks import Locks
from archive.store import Archive
from qqnews import FrontDoor
from schedules.cli.notify import notify
from schedules.config.notification_policy import NotificationPolicy
from schedules.daemon.after_run import AfterRun
from schedules.notify import delivery, sending
from schedules.notify.delivery import Delivered, deliver
from schedules.notify.troubles import Troubles
from schedules.runner.claims import ClaimedRun, Claims, RunEnded, RunNotices
from schedules.runner.runner import JobRunner
from schedules.timetable.job_file import JobFile
from schedules.timetable.jobs import Job, read_jobs_file
from tests.conftest import QQNEWS
from tests.schedules.conftest import Machine, PostOffice, until
from tests.site.site import Site

BAD = '[bad]\ncommand = "show nothing"\nevery = "1h"\n'
OK, BLOCKED = RunEnded("ok", 0, {}), RunEnded("blocked", 12, {}, because="3 refusals", log="x.log")


@pytest.fixture
def written(machine: Machine, post_office: PostOffice) -> Callable[..., tuple[Job, NotificationPolicy]]:
    """The time-table with [notify] in it, written down and read."""

    def write(*lines: str, urls: str = "") -> tuple[Job, NotificationPolicy]:
        table = [f'urls = ["{urls or post_office.address}"]', *lines]
        machine.jobs.write_text(BAD + "\n".join(["[notify]", *table, ""]))
        found = read_jobs_file(machine.jobs, ["show"])
        return found.jobs["bad"], found.telling

    return write


def ran(machine: Machine, job: Job, telling: NotificationPolicy, *runs: RunEnded) -> None:
    """Runs of a job ended so, one after another."""
    with Archive.open(machine.data) as archive:
        turns = Claims(DueTimes(archive), Locks(archive), "salt", RunNotices(Notices(archive), telling))
        for ended in runs:
            begun = turns.begin(job, datetime.now(UTC), "test", by_hand=True)
            assert isinstance(begun, ClaimedRun)
            assert turns.end(begun, ended, datetime.now(UTC))


def looks_of(keeper: JobRunner, machine: Machine) -> Callable[..., None]:
    """What is done after runs by this keeper."""
    jobs = JobFile(machine.jobs)
    return AfterRun(keeper, jobs, Troubles(keeper, jobs.path, jobs.telling, keeper.stop)).look


def recipients(machine: Machine) -> dict[str, Recipient]:
    with Archive.existing(machine.data) as archive:
        return {recipient.label: recipient for recipient in Notices(archive).recipients()}


def made_impatient(machine: Machine) -> None:
    """As if the pauses between messages and after failures were over."""
    with Archive.existing(machine.data) as archive, archive.transaction() as connection:
        long_ago = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        connection.execute("UPDATE recipients SET not_before = NULL")
        connection.execute("UPDATE recipients SET told_at = ? WHERE told_at IS NOT NULL", (long_ago,))


def test_a_job_that_fails_again_and_again_is_told_once_and_once_when_it_is_well(
    machine: Machine, post_office: PostOffice, written: Callable[..., tuple[Job, NotificationPolicy]]
) -> None:
    written('group = "0s"')
    assert machine.call("once", "bad").returncode == 20
    assert machine.call("once", "bad").returncode == 20
    assert post_office.titles == ["bad is failing"]
    (message,) = post_office.taken
    assert "Because: 'nothing' is not an article" in message["message"]
    assert str(machine.data) in message["message"]
    assert message["type"] == "failure"
    machine.jobs.write_text(machine.jobs.read_text().replace("show nothing", "stats"))
    assert machine.call("once", "bad").returncode == 0
    assert post_office.titles == ["bad is failing", "bad is well again"]


def test_a_run_that_read_no_page_does_not_say_that_pages_are_well_again(
    machine: Machine, post_office: PostOffice, written: Callable[..., tuple[Job, NotificationPolicy]], fresh_site: Site
) -> None:
    written('group = "0s"')
    command = "crawl --source channel:tech --pages 1 --delay 0"
    machine.jobs.write_text(machine.jobs.read_text().replace("show nothing", command))
    machine.environment |= {**fresh_site.environment(), "no_proxy": "127.0.0.1"}
    fresh_site.fault("/rain/a/", "changed")
    assert machine.call("once", "bad").returncode == 13
    assert machine.call("once", "bad").returncode == 15
    second = [report for report in machine.reports() if report["job"] == "crawl"][-1]
    assert (second["counts"]["passed_over"] > 0, second["counts"]["leased"]) == (True, 0)
    assert post_office.titles == ["bad is meeting pages of no known layout", "bad is failing"]
    fresh_site.clear_faults()
    fresh_site.publish(12)
    assert machine.call("once", "bad").returncode == 0
    assert post_office.titles[2:] == ["bad is well again"]


def test_the_daemon_tells_too(
    machine: Machine, post_office: PostOffice, written: Callable[..., tuple[Job, NotificationPolicy]]
) -> None:
    written(f'ping = "{post_office.web}/ping"', f'metrics_file = "{machine.jobs.parent}/q.prom"')
    machine.jobs.write_text(machine.jobs.read_text().replace("1h", "2s"))
    daemon = machine.start("run")
    until(lambda: post_office.titles)
    until(lambda: "/ping" in post_office.calls)
    metrics = machine.jobs.parent / "q.prom"
    until(lambda: metrics.exists() and 'qqnews_job_last_exit_code{job="bad"} 20.0' in metrics.read_text())
    daemon.send_signal(signal.SIGTERM)
    daemon.communicate(timeout=60)
    assert daemon.returncode == 0
    assert post_office.titles == ["bad is failing"]
    assert 'lock="daemon"' not in metrics.read_text()
    assert [path.name for path in machine.jobs.parent.iterdir() if path.name.startswith(".")] == []


def test_what_happens_within_the_window_comes_in_one_message(
    machine: Machine, post_office: PostOffice, written: Callable[..., tuple[Job, NotificationPolicy]]
) -> None:
    job, telling = written('group = "1h"')
    ran(machine, job, telling, BLOCKED)
    assert deliver(machine.data, telling) == [Delivered("json", "")]
    ran(machine, job, telling, OK, BLOCKED, BLOCKED, OK)
    assert deliver(machine.data, telling) == []
    made_impatient(machine)
    assert deliver(machine.data, telling) == [Delivered("json", "")]
    assert post_office.titles == ["bad is blocked", "bad is well again"]
    assert deliver(machine.data, telling) == []


def test_two_that_send_at_once_send_it_once(
    machine: Machine, post_office: PostOffice, written: Callable[..., tuple[Job, NotificationPolicy]]
) -> None:
    ran(machine, *written(), BLOCKED)
    post_office.delay = 1
    senders = [machine.start("notify") for _ in range(2)]
    said = [sender.communicate(timeout=60)[0] for sender in senders]
    assert {sender.returncode for sender in senders} <= {0, 23}
    assert sorted(said) == ["", '{"label":"json","error":""}\n']
    assert post_office.titles == ["bad is blocked"]


def test_a_sender_that_was_killed_has_lost_nothing(
    machine: Machine, post_office: PostOffice, written: Callable[..., tuple[Job, NotificationPolicy]]
) -> None:
    job, telling = written()
    ran(machine, job, telling, BLOCKED)
    post_office.delay = 30
    sender = machine.start("notify")
    until(lambda: post_office.calls)
    sender.kill()
    sender.wait()
    post_office.delay = 0
    assert deliver(machine.data, telling) == [Delivered("json", "")]
    with Archive.existing(machine.data) as archive:
        assert Locks(archive).remains(LOCK) is None


def test_a_service_that_is_down_is_tried_again_later_and_the_others_are_told(
    machine: Machine, post_office: PostOffice, written: Callable[..., tuple[Job, NotificationPolicy]]
) -> None:
    job, telling = written(urls=f'xml://127.0.0.1:{post_office.port}/?method=GET", "{post_office.address}')
    post_office.refuses = True
    ran(machine, job, telling, BLOCKED)
    assert {each.label: each.error != "" for each in deliver(machine.data, telling)} == {"json": True, "xml": True}
    assert recipients(machine)["json"].is_failing
    assert "500" in recipients(machine)["json"].last_error
    assert deliver(machine.data, telling) == []
    post_office.refuses = False
    made_impatient(machine)
    assert {each.error for each in deliver(machine.data, telling)} == {""}
    assert not any(recipient.is_failing for recipient in recipients(machine).values())
    assert post_office.titles == ["bad is blocked"]


def test_a_service_that_hangs_holds_nobody_up(
    machine: Machine,
    post_office: PostOffice,
    written: Callable[..., tuple[Job, NotificationPolicy]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job, telling = written()
    post_office.drips = threading.Event()
    ran(machine, job, telling, BLOCKED)
    monkeypatch.setattr(delivery, "SECONDS", 1.0)
    assert deliver(machine.data, telling) == [Delivered("json", "no answer within 1 s")]
    post_office.drips.set()


def test_whoever_sends_is_ended_after_a_time_and_the_run_is_judged_as_if_nothing_were(
    machine: Machine,
    post_office: PostOffice,
    written: Callable[..., tuple[Job, NotificationPolicy]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job, telling = written()
    post_office.drips = threading.Event()
    monkeypatch.setattr(sending, "SENDING", 2.0)
    said: list[str] = []
    keeper = JobRunner(machine.data, "test", tell=said.append, telling=telling)
    (result,) = keeper.turn(job, by_hand=True)
    assert getattr(result, "exit_code", None) == 20
    looks_of(keeper, machine)(ran=True)
    assert said[-1] == "afterwards: messages: time limit of 2 s"
    post_office.drips.set()


def test_a_full_disk_is_told_of_though_nothing_can_be_run(
    machine: Machine, post_office: PostOffice, written: Callable[..., tuple[Job, NotificationPolicy]]
) -> None:
    written(f'ping = "{post_office.web}/ping"')
    full = {**machine.environment, "QQNEWS_DISK_FLOOR": "9000T"}
    for _ in range(2):
        ended = subprocess.run(machine.command("tick"), env=full, capture_output=True)
        assert ended.returncode == 24
    assert post_office.titles == ["the archive is out of room"]
    assert "are to stay free" in post_office.taken[0]["message"]
    assert "/ping" not in post_office.calls


def test_secrets_come_from_the_environment(
    machine: Machine, post_office: PostOffice, written: Callable[..., tuple[Job, NotificationPolicy]]
) -> None:
    written(urls="json://${QQNEWS_USER}:geheim1234@127.0.0.1:1/")
    words = [str(QQNEWS), "--data", str(machine.data), "schedule", "once", "bad", "--jobs", str(machine.jobs)]
    ended = subprocess.run(words, env={}, capture_output=True, text=True)
    assert ended.returncode == 20
    assert "json: the variable QQNEWS_USER is not set" in ended.stderr
    made_impatient(machine)
    ended = subprocess.run(words, env={"QQNEWS_USER": "somebody"}, capture_output=True, text=True)
    assert "geheim" not in ended.stderr + ended.stdout + str(recipients(machine))


def test_a_test_message(
    machine: Machine, post_office: PostOffice, written: Callable[..., tuple[Job, NotificationPolicy]]
) -> None:
    def tested() -> tuple[int, str]:
        words = ["--test", "--jobs", str(machine.jobs)]
        ended = CliRunner().invoke(notify, words, obj=FrontDoor(machine.data, json=False))
        return ended.exit_code, ended.stdout

    written('quiet = "00:00-23:59"')
    assert tested() == (0, "json: taken\n")
    assert post_office.titles == ["a test"]
    post_office.refuses = True
    assert tested()[0] == 15
    written(urls="nonsense://x")
    assert tested() == (15, "nonsense: Apprise does not understand this address\n")
    machine.jobs.write_text(BAD)
    assert tested()[0] == 2


@pytest.mark.parametrize("failures", [False, True])
def test_the_dead_man_s_switch(
    machine: Machine, post_office: PostOffice, written: Callable[..., tuple[Job, NotificationPolicy]], *, failures: bool
) -> None:
    job, telling = written(f'ping = "{post_office.web}/id?a=b"', *(["ping_failures = true"] if failures else []))
    ran(machine, job, telling, BLOCKED)
    deliver(machine.data, telling)
    post_office.calls.clear()
    look = looks_of(JobRunner(machine.data, "test", tell=print, telling=telling), machine)
    look(ran=True)
    look(ran=True)
    assert post_office.calls == (["/id/fail?a=b bad: blocked (12): 3 refusals"] if failures else ["/id?a=b"])
    ran(machine, job, telling, OK)
    assert deliver(machine.data, telling) == []
    made_impatient(machine)
    post_office.refuses = True
    look(ran=True)
    assert post_office.calls[-1] == "/id?a=b"
    assert recipients(machine)["ping"].is_failing
