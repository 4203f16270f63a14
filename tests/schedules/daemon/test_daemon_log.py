"""The daemon's own log: bounded, and as JSON lines if asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schedules.daemon import daemon_log
from schedules.daemon.daemon_log import OLDER


def test_it_is_turned_over_before_it_grows_too_big(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(daemon_log, "BYTES", 1000)
    with daemon_log.daemon_log(tmp_path) as tell:
        for number in range(300):
            tell(f"hot: ok ({number})")
    files = sorted((tmp_path / "runs").iterdir())
    assert len(files) == OLDER + 1
    assert all(path.stat().st_size <= 1000 for path in files)
    assert files[0].read_text().endswith(" hot: ok (299)\n")
    assert capsys.readouterr().err.splitlines()[-1] == "hot: ok (299)"


def test_lines_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("QQNEWS_LOG_FORMAT", "json")
    with daemon_log.daemon_log(tmp_path) as tell:
        tell("hot: begins")
    for text in (capsys.readouterr().err, (tmp_path / "runs/daemon.log").read_text()):
        said = json.loads(text)
        assert (said["level"], said["name"], said["message"]) == ("INFO", "qqnews.schedule", "hot: begins")
