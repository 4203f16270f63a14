"""How the archive fares, read while others write, from archives of every version, and as Prometheus reads it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from archive.database.migrations import known_migrations
from archive.errors import NewerArchive, NoArchive
from archive.monitoring.health import judged
from archive.monitoring.metrics import metrics
from archive.monitoring.status import ArchiveStatus, read_status
from archive.runs.due_times import RUNNING, WAITING, DueTime, DueTimes
from archive.runs.locks import Locks
from archive.store import Archive
from schedules.timetable.due import next_due
from tests.archive.samples import EVENING, NOON, an_article
from tests.test_docs import ROOT

DUE = datetime(2025, 2, 13, 4, 10, tzinfo=UTC)


@pytest.fixture
def busy(archive: Archive) -> Archive:
    """Two articles, one of them edited; a job that failed, ran well before, and is under way; a host that rests."""
    archive.keep(an_article(1), seen_at=NOON)
    archive.keep(an_article(2), seen_at=NOON)
    archive.keep(an_article(1, body="改过了。"), seen_at=EVENING)
    ledger = DueTimes(archive)
    ledger.watch("hot", "*/10 * * * * Asia/Shanghai", NOON)
    for minutes, verdict, code in ((0, "ok", 0), (10, "blocked", 12)):
        run = ledger.start_run("hot", DUE, NOON + timedelta(minutes=minutes))
        ledger.end_run(run, verdict, code, {"listed": 30 - minutes}, NOON + timedelta(minutes=minutes + 1))
    ledger.start_run("hot", DUE, NOON + timedelta(minutes=20))
    ledger.write([DueTime("hot", DUE + timedelta(minutes=10 * n), state) for n, state in STATES], NOON)
    with archive.transaction() as connection:
        connection.execute("INSERT INTO hosts VALUES ('new.qq.com', 0, ?, 1)", (DUE.timestamp(),))
    Locks(archive).take("job:hot", "daemon", datetime.now(UTC))
    return archive


STATES = ((1, RUNNING), (2, WAITING), (3, WAITING))


def test_everything_is_told(busy: Archive) -> None:
    state = read_status(busy.data, NOON)
    (job,) = state.jobs
    assert (job.name, job.is_scheduled) == ("hot", True)
    assert job.last_run is not None
    assert job.last_ended is not None
    assert (job.last_ended.verdict, job.last_ended.exit_code, job.last_ended.counts) == ("blocked", 12, {"listed": 20})
    assert (job.last_run.started_at, job.last_run.ended_at) == (NOON + timedelta(minutes=20), None)
    assert job.last_ok_at == NOON + timedelta(minutes=1)
    assert (len(job.running), len(job.waiting)) == (1, 2)
    assert [lock.name for lock in state.locks] == ["job:hot"]
    assert (state.contents.articles, state.contents.revisions) == ({"live": 2}, 3)
    assert (state.contents.last_article_at, state.contents.last_text_at) == (NOON, EVENING)
    assert [(rest.host, rest.until) for rest in state.resting] == [("new.qq.com", DUE)]
    assert state.disk.database > 0
    assert 0 < state.disk.free <= state.disk.size
    assert not state.is_older


def test_it_is_read_while_somebody_writes(busy: Archive) -> None:
    with busy.transaction():
        busy.keep(an_article(3), seen_at=NOON)
        assert read_status(busy.data).contents.articles == {"live": 2}
    assert read_status(busy.data).contents.articles == {"live": 3}


@pytest.mark.parametrize(
    "dump", sorted((Path(__file__).parent.parent / "database/schemas").glob("*.sql")), ids=lambda path: path.stem
)
def test_an_older_archive_is_read_as_far_as_it_goes_and_stays_what_it_is(tmp_path: Path, dump: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "archive.db", isolation_level=None)) as connection:
        connection.executescript(dump.read_text("utf-8"))
    before = (tmp_path / "archive.db").read_bytes()
    state = read_status(tmp_path)
    assert state.contents.articles == {"live": 2}
    assert (state.schema, state.is_older) == (dump.stem, dump.stem != known_migrations()[-1])
    assert (tmp_path / "archive.db").read_bytes() == before
    assert metrics(state, judged(state, next_due))


def test_none_and_a_newer_one_are_named(tmp_path: Path) -> None:
    with pytest.raises(NoArchive):
        read_status(tmp_path)
    assert list(tmp_path.iterdir()) == []
    Archive.open(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "archive.db")) as later, later:
        later.execute("INSERT INTO _sqlite_migrations VALUES (99, 'qqnews', '0099_of_tomorrow', '2030-01-01')")
    with pytest.raises(NewerArchive, match="0099_of_tomorrow"):
        read_status(tmp_path)


def samples(state: ArchiveStatus) -> dict[tuple[str, ...], float]:
    """Name and label values → number, as Prometheus's own reader finds them."""
    families = text_string_to_metric_families(metrics(state, judged(state, next_due)))
    return {(it.name, *it.labels.values()): it.value for family in families for it in family.samples}


def test_prometheus_reads_the_same_numbers(busy: Archive) -> None:
    found = samples(read_status(busy.data, NOON))
    assert found["qqnews_articles", "live"] == 2
    assert found["qqnews_job_last_exit_code", "hot"] == 12
    assert found["qqnews_job_last_verdict", "hot", "blocked"] == 1
    assert found["qqnews_job_last_count", "hot", "listed"] == 20
    assert found["qqnews_job_last_ok_timestamp_seconds", "hot"] == NOON.timestamp() + 60
    assert found["qqnews_job_waiting", "hot"] == 2
    assert found["qqnews_host_resting_until_timestamp_seconds", "new.qq.com"] == DUE.timestamp()
    assert ("qqnews_lock_taken_timestamp_seconds", "job:hot") in found


def test_every_metric_is_documented_and_the_other_way_round(busy: Archive) -> None:
    state = read_status(busy.data)
    text = metrics(state, judged(state, next_due))
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
    table = (ROOT / "docs/how-to/monitoring.md").read_text("utf-8").partition("## Metrics")[2]
    assert set(types) == set(re.findall(r"`(qqnews_\w+)`", table))
    assert set(types.values()) == {"gauge"}
    assert set(re.findall(r"^# HELP (\w+) ", text, re.M)) == set(types)
