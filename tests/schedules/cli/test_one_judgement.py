"""Whether all is well is judged once: the command, its line for Nagios, the page and the metrics never disagree."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.monitoring.notices import Notices
from archive.runs.due_times import MISSED, SKIPPED, DueTime, DueTimes
from archive.runs.locks import Locks
from archive.store import Archive
from tests.archive.samples import NOON, an_article
from tests.archive.web.client import get
from tests.archive.web.serving import Served, serving
from tests.conftest import QQNEWS, clean_environment
from tests.schedules.conftest import Machine, until

WELL = "Nothing: all is well."
NIGHTLY = "30 3 * * * Asia/Shanghai"


@dataclass
class Place:
    """An archive that is served, and asked about by every way there is."""

    data: Path
    served: Served

    def status(self, *options: str, **variables: str) -> tuple[int, str]:
        """What the command says in a shell that knows no time-table."""
        command = [str(QQNEWS), "--data", str(self.data), "status", *options]
        environment = clean_environment(**variables)
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        return ended.returncode, ended.stdout

    def judgement(self) -> int:
        """The exit code of ``status``, after making sure that everybody else says the same."""
        code, said = self.status()
        nagios, line = self.status("--nagios")
        page = get(self.served.address, "/status", accept_language="en").text
        metrics = get(self.served.address, "/metrics").text
        assert (code == 0) is said.endswith("\nall is well\n") is (WELL in page) is line.endswith(" - all is well\n"), (
            said
        )
        assert nagios == {0: 0, 14: 1, 15: 2, 24: 2}[code]
        assert f"qqnews_status_exit_code {code}.0\n" in metrics
        assert metrics_of(self.status("--metrics")[1]) == metrics_of(metrics)
        return code


def metrics_of(text: str) -> dict[str, str]:
    """What is told of jobs, but for moments that differ between two calls."""
    lines = re.findall(r"^(qqnews_job_\w+{.*}) (.+)$", text, re.M)
    return {name: value for name, value in lines if "next_start" not in name}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    data = tmp_path_factory.mktemp("judged") / "data"
    with Archive.open(data) as archive:
        archive.keep(an_article(1), seen_at=NOON)
    with serving(data) as running:
        yield Place(data, running)


@pytest.fixture
def place(served: Place) -> Place:
    """Two jobs whose clock was there just now, and which went well."""
    with Archive.existing(served.data) as archive:
        with archive.transaction() as connection:
            for table in ("timetables", "due_times", "locks", "recipients", "runs"):
                connection.execute(f"DELETE FROM {table}")
        now = datetime.now(UTC)
        for job, timetable in (("hot", "every 5m Asia/Shanghai"), ("nightly", NIGHTLY)):
            DueTimes(archive).watch(job, timetable, now, command="crawl")
            note_run(archive, job, "ok", 0)
    return served


def note_run(archive: Archive, job: str, verdict: str, code: int, because: str = "", ago: float = 0) -> None:
    at = datetime.now(UTC) - timedelta(hours=ago)
    run = DueTimes(archive).start_run(job, None, at)
    DueTimes(archive).end_run(run, verdict, code, {}, at, because)


def looked(archive: Archive, ago: timedelta, *jobs: str) -> None:
    """The clock was last there so long ago."""
    moment = (datetime.now(UTC) - ago).isoformat(timespec="seconds")
    with archive.transaction() as connection:
        for job in jobs:
            values = (moment, moment, job)
            connection.execute("UPDATE timetables SET since = ?, settled_until = ? WHERE job = ?", values)


def nobody_for_days(archive: Archive) -> None:
    looked(archive, timedelta(days=5), "hot", "nightly")


def nobody_for_a_quarter_of_an_hour(archive: Archive) -> None:
    looked(archive, timedelta(minutes=16), "hot", "nightly")


def one_job_forgotten(archive: Archive) -> None:
    looked(archive, timedelta(days=2), "nightly")


def nothing_at_work_ever(archive: Archive) -> None:
    with archive.transaction() as connection:
        connection.execute("DELETE FROM timetables")


def a_run_that_failed(archive: Archive) -> None:
    note_run(archive, "hot", "blocked", 12, "cannot write to /srv/of/the machine/archive.db")


def nights_slept_through(archive: Archive) -> None:
    looked(archive, timedelta(days=117), "nightly")
    with archive.transaction() as connection:
        connection.execute("DELETE FROM runs WHERE job = 'nightly'")
    nights = [datetime.now(UTC).replace(microsecond=0) - timedelta(days=n, hours=1) for n in range(116)]
    rows = [DueTime("nightly", due, MISSED if due < nights[0] else SKIPPED, "late") for due in nights]
    DueTimes(archive).write(rows, datetime.now(UTC))
    with archive.transaction() as connection:
        connection.execute(
            "UPDATE timetables SET settled_until = ?", (datetime.now(UTC).isoformat(timespec="seconds"),)
        )


def a_message_that_does_not_arrive(archive: Archive) -> None:
    Notices(archive).claim("some id", "mailtos", NOON, NOON)
    Notices(archive).called("some id", "refused by /etc/mail", NOON)


def a_time_table_of_a_later_version(archive: Archive) -> None:
    with archive.transaction() as connection:
        connection.execute("UPDATE timetables SET timetable = 'at full moon' WHERE job = 'nightly'")


def nothing(archive: Archive) -> None:
    pass


def slow_but_at_it(archive: Archive) -> None:
    looked(archive, timedelta(minutes=40), "hot", "nightly")
    with archive.transaction() as connection:
        jitter = "UPDATE timetables SET jitter = 7200 WHERE job = 'nightly'"
        connection.execute(jitter)
    DueTimes(archive).start_run("hot", None, datetime.now(UTC))
    Locks(archive).take("job:hot", "daemon", datetime.now(UTC))


def missed_and_made_up_for(archive: Archive) -> None:
    due = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=5)
    DueTimes(archive).write([DueTime("hot", due - timedelta(minutes=5 * n), MISSED, "") for n in range(12)], due)


@pytest.mark.parametrize(
    ("befalls", "code", "told"),
    [
        (nothing, 0, WELL),
        (slow_but_at_it, 0, WELL),
        (missed_and_made_up_for, 0, "hot: nobody was there for 12 due times between"),
        (one_job_forgotten, 14, "nightly should have begun"),
        (a_run_that_failed, 14, "The last run of hot ended with code 12 (blocked: the site refused us)."),
        (nights_slept_through, 14, "nightly was not run for 116 due times, the first"),
        (a_message_that_does_not_arrive, 14, "cannot be reached (1 times)"),
        (a_time_table_of_a_later_version, 14, "nightly has a time-table that is not understood: at full moon"),
        (nobody_for_a_quarter_of_an_hour, 15, "Nobody looks at the clock"),
        (nobody_for_days, 15, "Nobody looks at the clock"),
        (nothing_at_work_ever, 15, "Nobody looks at the clock"),
    ],
)
def test_all_say_the_same_of_whatever_befalls(
    place: Place, befalls: Callable[[Archive], None], code: int, told: str
) -> None:
    with Archive.existing(place.data) as archive:
        befalls(archive)
        assert place.judgement() == code
    page = get(place.served.address, "/status", accept_language="en").text
    assert told in page
    assert "of/the machine" not in page
    assert "/etc/mail" not in page
    chinese = get(place.served.address, "/status", accept_language="zh").text
    assert not re.search(r"<li>[^<]*\b(the|was|is)\b", chinese)


def test_due_times_that_nobody_saw_are_shown_for_a_week(place: Place) -> None:
    with Archive.existing(place.data) as archive:
        for days in (2, 9):
            due = datetime.now(UTC).replace(microsecond=0) - timedelta(days=days)
            DueTimes(archive).write([DueTime("hot", due, MISSED, "")], due)
    assert re.search(r"^missed +hot: nobody was there for 1 due times between ", place.status()[1], re.M)
    assert 'qqnews_job_missed{job="hot"} 1.0\n' in place.status("--metrics")[1]
    facts = json.loads(place.status("--json")[1])
    assert [(job["job"], job["missed"], job["not_run"]) for job in facts["jobs"]] == [("hot", 1, 0), ("nightly", 0, 0)]


def test_care_that_never_was_is_told(place: Place) -> None:
    assert "care      verified never by a job, backed up never by a job\n" in place.status()[1]
    with Archive.existing(place.data) as archive:
        DueTimes(archive).watch("sunday", "0 4 * * 0 Asia/Shanghai", datetime.now(UTC), command="verify")
        note_run(archive, "sunday", "ok", 0, ago=50)
        note_run(archive, "sunday", "damaged", 16, ago=2)
    code, said = place.status()
    assert (code, "care      verified 2d ago, backed up never by a job\n" in said) == (14, True)


def test_a_disk_that_is_too_full(place: Place) -> None:
    with serving(place.data, QQNEWS_DISK_FLOOR="9000T") as short:
        assert "qqnews_status_exit_code 24.0\n" in get(short.address, "/metrics").text
        assert "The disk is short of space" in get(short.address, "/status", accept_language="en").text
    assert place.status(QQNEWS_DISK_FLOOR="9000T")[0] == 24


def test_a_daemon_with_a_time_table_of_its_own_is_known_in_any_shell_and_so_is_its_death(machine: Machine) -> None:
    machine.jobs.write_text('[counting]\ncommand = "stats"\nevery = "1h"\njitter = "3m"\n')
    Archive.open(machine.data).close()
    daemon = machine.start("run")
    until(lambda: "counting" in known_jobs(machine.data))
    with serving(machine.data) as served:
        place = Place(machine.data, served)
        assert place.judgement() == 0
        assert "  counting " in place.status()[1]
        assert "\n  hot " not in place.status()[1]
        os.kill(daemon.pid, signal.SIGKILL)
        daemon.wait()
        with closing(sqlite3.connect(machine.data / "archive.db")) as later, later:
            moved = "UPDATE timetables SET settled_until = ?"
            later.execute(moved, ((datetime.now(UTC) - timedelta(hours=2)).isoformat(timespec="seconds"),))
        assert place.judgement() == 15
        assert place.status("--jobs", str(machine.jobs))[0] == 15


def known_jobs(data: Path) -> dict[str, int]:
    with closing(sqlite3.connect(data / "archive.db")) as connection:
        return dict(connection.execute("SELECT job, jitter FROM timetables"))


def test_whom_a_time_table_no_longer_names_alarms_nobody(machine: Machine, tmp_path: Path) -> None:
    job = '[counting]\ncommand = "stats"\nevery = "1s"\n'
    machine.jobs.write_text(f'{job}[notify]\nping = "http://127.0.0.1:9/"\n')
    Archive.open(machine.data).close()
    assert machine.call("tick").returncode == 0
    with serving(machine.data) as served:
        place = Place(machine.data, served)
        until(lambda: machine.call("tick") and place.status()[0] == 14)
        assert "attention ping cannot be reached" in place.status()[1]
        machine.jobs.write_text(job)
        until(lambda: machine.call("tick") and place.judgement() == 0)
