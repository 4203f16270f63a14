"""A disk that is really full, a floor that is reached in the midst of a run, and an article that must not come back."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.errors import DiskFloor, ExitCode
from archive.store import Archive
from archive.takedown.takedown import take_down
from archive.verify.verify import DamageKind, verify
from tests.conftest import QQNEWS, Called, clean_environment
from tests.site.site import Site

SOURCES = ("--source", "channel:kepu", "--source", "channel:finance")


def ids_in(data: Path) -> set[str]:
    with Archive.existing(data) as archive:
        return {it.article.id for it in archive.articles()}


def wrong_in(data: Path) -> list[str]:
    return [str(each) for each in verify(data, deep=True) if each.what not in (DamageKind.TORN, DamageKind.LEFTOVER)]


@pytest.fixture(params=["700k", "1200k"])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A small file system: too small for the making of an archive; large enough for that, and not for a crawl."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={request.param}", "tmpfs", str(place)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount a file system")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def call(site: Site, data: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment(**site.environment(), QQNEWS_LEASE="1", **variables)
    command = [str(QQNEWS), "--data", str(data), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)


def test_a_disk_that_is_really_full(fresh_site: Site, small_disk: Path) -> None:
    crawl = ("crawl", *SOURCES, "--delay", "0")
    full = call(fresh_site, small_disk / "data", *crawl, QQNEWS_DISK_FLOOR="0")
    assert full.returncode == ExitCode.ARCHIVE, full.stderr
    assert (full.stderr.count("\n"), "free some space" in full.stderr) == (1, True), full.stderr
    subprocess.run(["mount", "-o", "remount,size=50m", str(small_disk)], check=True)
    again = call(fresh_site, small_disk / "data", *crawl, QQNEWS_DISK_FLOOR="0")
    assert again.returncode == 0, again.stderr
    wanted = {key for name in ("news_news_kepu", "news_news_finance") for key in fresh_site.world.in_channel(name)}
    assert ids_in(small_disk / "data") == wanted
    assert wrong_in(small_disk / "data") == []


def test_a_run_on_a_disk_below_the_floor_does_not_begin(fresh_site: Site, tmp_path: Path) -> None:
    ended = call(fresh_site, tmp_path / "data", "crawl", *SOURCES, QQNEWS_DISK_FLOOR="900T")
    assert ended.returncode == ExitCode.DISK_FLOOR
    assert ended.stderr.startswith("qqnews: only ")
    assert fresh_site.requests() == []
    assert not (tmp_path / "data").exists()


def test_a_run_that_reaches_the_floor_ends_and_the_next_goes_on(
    crawl: Callable[..., Called], fresh_site: Site, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.settings.QQNEWS_LEASE", 1.0)
    crawl("--source", "channel:tech")
    before = ids_in(data)
    whole, looks = os.statvfs, 0

    def filling(path: Any) -> os.statvfs_result:
        nonlocal looks
        looks += 1
        return os.statvfs_result([1 if place == 4 and looks > 6 else value for place, value in enumerate(whole(path))])

    monkeypatch.setattr(os, "statvfs", filling)
    with pytest.raises(DiskFloor):
        crawl(*SOURCES)
    assert looks > 6
    monkeypatch.setattr(os, "statvfs", whole)
    assert wrong_in(data) == []
    assert ids_in(data) >= before
    assert crawl(*SOURCES).code == 0
    wanted = {key for name in ("news_news_kepu", "news_news_finance") for key in fresh_site.world.in_channel(name)}
    assert ids_in(data) == before | wanted
    assert wrong_in(data) == []


def test_an_article_that_was_taken_down_is_not_fetched_again(
    crawl: Callable[..., Called], fresh_site: Site, data: Path
) -> None:
    crawl("--source", "channel:finance")
    gone = sorted(ids_in(data))[0]
    with Archive.existing(data) as archive:
        ended = take_down(archive, gone, "order 7", datetime.now(UTC))
    assert (ended.left, ended.opaque) == ({}, {})
    fresh_site.forget_requests()
    crawl("--source", "channel:finance", "--refetch")
    named = crawl(gone)
    assert (named.code, "taken down" in named.err) == (ExitCode.BAD_INPUT, True)
    assert fresh_site.requests(path=gone) == []
    assert gone not in ids_in(data)
    assert wrong_in(data) == []
