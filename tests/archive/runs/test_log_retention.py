"""Reports and logs do not grow for ever: what is old or too much goes, what is being written or the newest stays."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.errors import BadSetting
from archive.runs.log_retention import as_json, held, json_formatter, prune, prune_now_and_then

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def write_run(runs: Path, days_ago: float, job: str = "hot", size: int = 100) -> Path:
    """The report and the log of a run; the log's path."""
    runs.mkdir(parents=True, exist_ok=True)
    path = runs / f"{NOW - timedelta(days=days_ago):%Y%m%dT%H%M%S.%fZ}-{job}.log"
    path.write_bytes(b"x" * size)
    path.with_suffix(".json").write_text("{}")
    return path


def names(runs: Path) -> set[str]:
    return {path.name for path in runs.iterdir()}


def test_what_is_old_goes_but_the_newest_of_each_job_stays(tmp_path: Path) -> None:
    young, old = write_run(tmp_path, 29), write_run(tmp_path, 31)
    yearly, export = write_run(tmp_path, 300, "yearly"), write_run(tmp_path, 299, "hot-2")
    assert prune(tmp_path, {}, NOW) == 2
    kept = {young.stem, yearly.stem, export.stem}
    assert names(tmp_path) == {f"{stem}.{kind}" for stem in kept for kind in ("log", "json")}
    assert not old.exists()
    assert prune(tmp_path, {"QQNEWS_LOG_DAYS": "9"}, NOW) == 0


def test_beyond_the_size_the_oldest_go(tmp_path: Path) -> None:
    logs = [write_run(tmp_path, day, size=1000) for day in range(10)]
    assert prune(tmp_path, {"QQNEWS_LOG_SIZE": "5K"}, NOW) == 12
    assert [log.exists() for log in logs] == [True] * 4 + [False] * 6


def test_a_year_of_all_jobs_is_bounded(tmp_path: Path) -> None:
    for day in range(0, 365, 5):
        write_run(tmp_path, 365 - day, size=10)
        prune(tmp_path, {}, NOW - timedelta(days=365 - day))
        assert len(names(tmp_path)) <= 2 * 7


def test_what_is_being_written_stays_though_its_keeper_was_killed(tmp_path: Path) -> None:
    log = write_run(tmp_path, 100)
    write_run(tmp_path, 1)
    with held(log):
        assert prune(tmp_path, {}, NOW) == 0
    # Whoever inherits the open file holds it, too, when the one who locked it is gone.
    script = "import fcntl, subprocess, sys; f = open(sys.argv[1], 'ab'); fcntl.flock(f, fcntl.LOCK_SH); "
    script += "print(subprocess.Popen(['sleep', '60'], stderr=f, stdout=subprocess.DEVNULL).pid)"
    ended = subprocess.run([sys.executable, "-c", script, str(log)], capture_output=True, text=True, check=True)
    assert prune(tmp_path, {}, NOW) == 0
    os.kill(int(ended.stdout), 9)
    while Path(f"/proc/{int(ended.stdout)}").exists() and prune(tmp_path, {}, NOW) == 0:
        pass
    prune(tmp_path, {}, NOW)
    assert not log.exists()


def test_foreign_files_and_the_daemon_s_log_are_left_alone(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    others = {"daemon.log", "daemon.log.1", "notes.txt", "20200101T000000Z", ".20260101T000000.1Z-hot.json.7"}
    for name in others:
        (tmp_path / name).write_text("mine")
    prune(tmp_path, {}, NOW)
    assert others <= names(tmp_path)
    os.utime(tmp_path / ".20260101T000000.1Z-hot.json.7", (1, 1))
    prune(tmp_path, {}, NOW)
    assert others - names(tmp_path) == {".20260101T000000.1Z-hot.json.7"}


def test_it_is_done_at_most_once_an_hour(tmp_path: Path) -> None:
    prune_now_and_then(tmp_path, {})
    write_run(tmp_path / "runs", 1)
    old = write_run(tmp_path / "runs", 5000)
    prune_now_and_then(tmp_path, {})
    assert not old.exists()
    old = write_run(tmp_path / "runs", 5000)
    prune_now_and_then(tmp_path, {})
    assert old.exists()
    os.utime(tmp_path / "runs/.pruned", (1, 1))
    prune_now_and_then(tmp_path, {})
    assert not old.exists()


@pytest.mark.parametrize(
    "environment", [{"QQNEWS_LOG_DAYS": "0"}, {"QQNEWS_LOG_DAYS": "2w"}, {"QQNEWS_LOG_SIZE": "many"}]
)
def test_a_bad_setting_removes_nothing(tmp_path: Path, environment: dict[str, str]) -> None:
    old = write_run(tmp_path, 5000)
    write_run(tmp_path, 1)
    with pytest.raises(BadSetting):
        prune(tmp_path, environment, NOW)
    assert old.exists()


def test_lines_as_json() -> None:
    with pytest.raises(BadSetting, match="text or json"):
        as_json({"QQNEWS_LOG_FORMAT": "xml"})
    assert (as_json({}), as_json({"QQNEWS_LOG_FORMAT": "json"})) == (False, True)
    record = logging.LogRecord("crawler", logging.INFO, "a.py", 1, "新闻 %s", ("two\nlines",), None)
    record.created = NOW.timestamp()
    record.msecs = 0
    said = json.loads(json_formatter().format(record))
    assert said == {
        "time": "2026-11-26T12:00:00.000Z",
        "level": "INFO",
        "name": "crawler",
        "message": "新闻 two\nlines",
    }
