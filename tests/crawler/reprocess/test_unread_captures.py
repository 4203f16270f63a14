"""Captures that no row knows: of a killed run, of one at work, of an archive that was put back from a backup."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from archive.errors import ExitCode
from tests.conftest import Called
from tests.crawler.archived import rows
from tests.crawler.cli.test_crawl import crawling, wait_for_pages
from tests.site.site import Site

Run = Callable[..., Called]


def unread(told: Called) -> list[str]:
    return [line for line in told.out.splitlines() if line.startswith("unread: ")]


def test_what_a_killed_crawl_did_not_come_to_is_nothing_amiss(qqnews: Run, fresh_site: Site, data: Path) -> None:
    with crawling(fresh_site, data) as process:
        wait_for_pages(fresh_site, 20)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert unread(qqnews("verify", "--deep")) == []
    kept = {key for (key,) in rows(data, "SELECT id FROM articles")}
    read = qqnews("--json", "reextract", "--apply").report
    now = {key for (key,) in rows(data, "SELECT id FROM articles")}
    assert (now >= kept, len(now - kept)) == (True, read["regained"])
    assert unread(qqnews("verify", "--deep")) == []


def test_a_look_beside_a_crawl_raises_no_alarm(qqnews: Run, fresh_site: Site, data: Path) -> None:
    with crawling(fresh_site, data) as process:
        for pages in (5, 10, 20):
            wait_for_pages(fresh_site, pages)
            assert unread(qqnews("verify", "--deep")) == []
            assert qqnews("--json", "reextract", "--apply").report["regained"] == 0
        assert process.wait(60) == 0


def test_what_was_fetched_after_a_backup_is_told_of(qqnews: Run, fresh_site: Site, data: Path, tmp_path: Path) -> None:
    first, edited, late = fresh_site.world.of_layout("v2")[:3]
    assert qqnews("crawl", first, edited, "--delay", "0").code == 0
    assert qqnews("backup", str(tmp_path / "early.db")).code == 0
    fresh_site.edit(edited, "title")
    assert qqnews("crawl", edited, late, "--refetch", "--delay", "0").code == 0
    assert unread(qqnews("verify", "--deep")) == []
    for file in data.glob("archive.db*"):
        file.unlink()
    shutil.copyfile(tmp_path / "early.db", data / "archive.db")
    told = qqnews("verify", "--deep")
    assert told.code == ExitCode.DAMAGED
    assert sorted(line.partition("(")[2] for line in unread(told)) == [
        f"holds 1 text: {edited}; 'qqnews reextract --apply' takes it in)",
        f"holds an article that has no row: {late}; 'qqnews reextract --apply' takes it in)",
    ]
    assert qqnews("reextract", "--apply").code == 0
    assert unread(qqnews("verify", "--deep")) == []
    assert rows(data, "SELECT id, revision FROM articles ORDER BY id") == sorted([(first, 1), (edited, 2), (late, 1)])


def test_an_article_that_was_put_aside_is_told_of(qqnews: Run, fresh_site: Site, data: Path) -> None:
    key, neighbour = fresh_site.world.of_layout("v2")[:2]
    assert qqnews("crawl", key, neighbour, "--delay", "0").code == 0
    before = rows(data, "SELECT id, title, author, content_hash FROM articles ORDER BY id")
    (path,) = (data / "articles").rglob(f"{key}.md")
    path.unlink()
    with closing(sqlite3.connect(data / "archive.db")) as other, other:
        other.execute("DELETE FROM articles WHERE id = ?", (key,))
        other.execute("DELETE FROM revisions WHERE article_id = ?", (key,))
        other.execute("DELETE FROM seals WHERE part IN ('articles', 'revisions') AND key = ?", (key,))
    (told,) = unread(qqnews("verify", "--deep"))
    assert f"holds an article that has no row: {key}" in told
    assert qqnews("reextract", "--apply").code == 0
    assert rows(data, "SELECT id, title, author, content_hash FROM articles ORDER BY id") == before
    assert qqnews("verify", "--deep").code == 0
