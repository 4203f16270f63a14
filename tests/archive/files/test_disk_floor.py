"""The free-space floor: a run neither begins nor goes on below it, and leaves nothing half-written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from archive.errors import BadSetting, DiskFloor, ExitCode
from archive.files.disk_floor import FLOOR, disk_floor, ensure_room
from archive.frontier.links import Frontier
from archive.store import Archive
from archive.verify.verify import verify
from tests.archive.frontier.test_links import Item
from tests.archive.samples import NOON, an_article


@pytest.mark.parametrize(
    ("stated", "size"),
    [("", FLOOR), ("0", 0), ("1234", 1234), ("500M", 500_000_000), ("2G", 2 * 10**9), ("1.5 gb", 1_500_000_000)],
)
def test_the_setting(stated: str, size: int) -> None:
    assert disk_floor({"QQNEWS_DISK_FLOOR": stated}) == size


@pytest.mark.parametrize("stated", ["much", "-1", "5 apples", "M"])
def test_a_setting_that_is_none(stated: str) -> None:
    with pytest.raises(BadSetting, match="QQNEWS_DISK_FLOOR") as caught:
        disk_floor({"QQNEWS_DISK_FLOOR": stated})
    assert caught.value.exit_code == ExitCode.USAGE


def test_below_the_floor_nothing_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QQNEWS_DISK_FLOOR", "900T")
    with pytest.raises(DiskFloor, match="make room") as caught:
        Archive.open(tmp_path / "data")
    assert caught.value.exit_code == ExitCode.DISK_FLOOR
    assert not (tmp_path / "data").exists()


def test_readers_need_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Archive.open(tmp_path).close()
    monkeypatch.setenv("QQNEWS_DISK_FLOOR", "900T")
    with Archive.existing(tmp_path) as archive:
        assert archive.stats()["articles"] == 0


def test_a_run_ends_when_the_disk_fills_up_meanwhile(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    frontier = Frontier(archive)
    frontier.remember([Item("a")], "tech", NOON)
    archive.keep(an_article(1), seen_at=NOON)
    run = archive.start_run("crawl", started_at=NOON)
    fill_the_disk(monkeypatch)
    with pytest.raises(DiskFloor):
        archive.keep(an_article(2), seen_at=NOON)
    with pytest.raises(DiskFloor):
        frontier.lease(1, NOON.timestamp(), 30.0)
    # What was begun may be ended: it needs next to nothing.
    frontier.release("a", "stopped", 0.0)
    archive.finish_run(run, "failed", 24, {}, ended_at=NOON)
    monkeypatch.undo()
    assert archive.known([an_article(2).id]) == set()
    assert archive.keep(an_article(2), seen_at=NOON).verdict == "new"
    assert list(verify(archive.data, deep=True)) == []


def fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.statvfs

    def nearly_full(path: Any) -> os.statvfs_result:
        return os.statvfs_result([1 if place == 4 else value for place, value in enumerate(whole(path))])

    monkeypatch.setattr(os, "statvfs", nearly_full)


def test_where_no_floor_is_wanted_none_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_the_disk(monkeypatch)
    ensure_room(tmp_path, 0)
    with pytest.raises(DiskFloor):
        ensure_room(tmp_path / "not" / "there", 10**9)
