"""Several processes at one archive, and processes that die: nothing is lost, nothing is doubled."""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import signal
import time
from collections import Counter
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import TypeVar

import pytest

from archive.article.decide import Judgement
from archive.article.markdown import to_markdown
from archive.frontier.links import Frontier
from archive.store import Archive
from tests.archive.frontier.test_links import Item
from tests.archive.samples import NOON, an_article

SPAWN = multiprocessing.get_context("spawn")
NOW = NOON.timestamp()
PROCESSES = 4

T = TypeVar("T")
Told = SimpleQueue  # What a process tells its parent.


def crawl(data: Path, first: int, told: Told[list[str]]) -> None:
    """List 200 links, then fetch whatever is waiting until nothing is."""
    fetched = []
    with Archive.open(data) as archive:
        frontier = Frontier(archive)
        frontier.remember([Item(an_article(number).id) for number in range(first, first + 200)], "tech", NOON)
        while links := frontier.lease(10, NOW, 3600.0):
            with archive.transaction():
                for link in links:
                    fetched.append(link.id)
                    archive.keep(an_article(int(link.id[9:14])), seen_at=NOON, source=link.source)
                    frontier.done(link.id)
    told.put(fetched)


def keep_each(data: Path, numbers: list[int], told: Told[list[str]]) -> None:
    """Keep articles one by one, each in a transaction that looks before it writes."""
    with Archive.open(data) as archive:
        told.put([archive.keep(an_article(number), seen_at=NOON).verdict for number in numbers])


def reserve(data: Path, told: Told[list[float]]) -> None:
    with Archive.open(data) as archive:
        told.put([Frontier(archive).reserve("new.qq.com", NOW, 1.0) for _ in range(50)])


def hold(data: Path, told: Told[str]) -> None:
    """Take a lease and never come back."""
    with Archive.open(data) as archive:
        for link in Frontier(archive).lease(5, NOW, 60.0):
            told.put(link.id)
        time.sleep(600)


def keep_forever(data: Path, told: Told[int]) -> None:
    """Keep and change articles in batches until killed."""
    with Archive.open(data) as archive:
        for round_ in range(1_000_000):
            with archive.transaction():
                for number in range(8):
                    body = f"第{round_}次写下的文字。"
                    archive.keep(an_article(round_ % 5 * 8 + number, title=f"{number}", body=body), seen_at=NOON)
            told.put(round_)


def test_four_crawlers_fetch_every_link_exactly_once(tmp_path: Path) -> None:
    told: Told[list[str]] = SPAWN.SimpleQueue()
    crawlers = [SPAWN.Process(target=crawl, args=(tmp_path, first, told)) for first in range(0, 400, 100)]
    fetched = _results(crawlers, told)
    expected = {an_article(number).id for number in range(500)}
    assert Counter(link for links in fetched for link in links) == Counter(expected)
    with Archive.existing(tmp_path) as archive:
        assert {it.article.id for it in archive.articles()} == expected
        assert archive.stats()["revisions"] == archive.stats()["sightings"] == 500
        assert archive.stats()["links"] == {"done": 500}
        _assert_files_agree(archive)


def test_four_writers_of_200_articles_lose_and_double_nothing(tmp_path: Path) -> None:
    told: Told[list[str]] = SPAWN.SimpleQueue()
    own = [list(range(100 * writer, 100 * writer + 100)) for writer in range(PROCESSES)]
    common = list(range(1000, 1100))
    writers = [SPAWN.Process(target=keep_each, args=(tmp_path, numbers + common, told)) for numbers in own]
    verdicts = Counter(verdict for told_by_one in _results(writers, told) for verdict in told_by_one)
    assert verdicts == {Judgement.NEW: 500, Judgement.SAME: 300}
    with Archive.existing(tmp_path) as archive:
        assert archive.stats()["articles"] == archive.stats()["revisions"] == 500
        _assert_files_agree(archive)


def test_the_pace_of_a_host_is_shared_by_all_processes(tmp_path: Path) -> None:
    told: Told[list[float]] = SPAWN.SimpleQueue()
    waits = _results([SPAWN.Process(target=reserve, args=(tmp_path, told)) for _ in range(PROCESSES)], told)
    assert sorted(wait for told_by_one in waits for wait in told_by_one) == [float(n) for n in range(200)]


def test_the_links_of_a_killed_holder_are_taken_over(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive:
        frontier = Frontier(archive)
        frontier.remember([Item(str(number)) for number in range(5)], "tech", NOON)
        told: Told[str] = SPAWN.SimpleQueue()
        holder = SPAWN.Process(target=hold, args=(tmp_path, told))
        holder.start()
        held = {told.get() for _ in range(5)}
        _kill(holder)
        assert frontier.lease(9, NOW + 59, 60.0) == []
        again = frontier.lease(9, NOW + 60, 60.0)
        assert {link.id for link in again} == held
        assert {link.attempts for link in again} == {2}


@pytest.mark.parametrize("seed", range(6))
def test_a_killed_writer_leaves_an_archive_that_agrees_with_its_files(tmp_path: Path, seed: int) -> None:
    told: Told[int] = SPAWN.SimpleQueue()
    writer = SPAWN.Process(target=keep_forever, args=(tmp_path, told))
    writer.start()
    last = 0
    for _ in range(random.Random(seed).randint(1, 30)):
        last = told.get()
    _kill(writer)
    with Archive.existing(tmp_path) as archive:
        assert archive.database.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        # What was told to be kept is kept; what came after is there as a whole batch or not at all.
        rounds = Counter(int(re.sub(r"\D", "", it.article.body)) for it in archive.articles())
        assert set(rounds.values()) == {8}
        assert max(rounds) >= last
        assert max(rounds) - min(rounds) == len(rounds) - 1
        for archived in list(archive.articles()):
            archive.keep(archived.article, seen_at=NOON)
        _assert_files_agree(archive)


def _results(processes: list[multiprocessing.context.SpawnProcess], told: Told[T]) -> list[T]:
    for process in processes:
        process.start()
    results = [told.get() for _ in processes]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    return results


def _kill(process: multiprocessing.context.SpawnProcess) -> None:
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()


def _assert_files_agree(archive: Archive) -> None:
    expected = {archive.data / it.markdown_path: to_markdown(it.article) for it in archive.articles()}
    found = {path: path.read_text("utf-8") for path in (archive.data / "articles").rglob("*.md")}
    # A crash between the last rename and the commit may leave the files of one batch that has no rows yet.
    assert {path: found.get(path) for path in expected} == expected
    assert len(found) - len(expected) in (0, 8)
    assert not list((archive.data / "articles/.aside").iterdir())
