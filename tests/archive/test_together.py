"""Cron, daemon, a crawl by hand and readers at once: nothing lost, nothing doubled, nobody locked out."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from typing import Any

from archive.article.decide import Judgement
from archive.article.model import Article
from archive.database.backup import back_up
from archive.frontier.links import Frontier
from archive.store import Archive
from archive.verify.verify import verify
from tests.archive.frontier.test_links import Item
from tests.archive.samples import EVENING, NOON, an_article

SPAWN = multiprocessing.get_context("spawn")
WRITERS = 4
EACH = 500
SHARED = 250
"""Articles that all writers bring; the others are their own."""
CHARACTERS = [chr(code) for code in range(0x4E00, 0x5E00)]
LARGEST_WAL = 64 * 1024 * 1024
"""Bytes. SQLite folds the log up at 32 MB; what comes while a reader looks at an old page comes on top."""


def numbers_of(writer: int) -> list[int]:
    own = range(1000 * (writer + 1), 1000 * (writer + 1) + EACH - SHARED)
    return [number for pair in zip(range(SHARED), own, strict=True) for number in pair]


def a_text(number: int) -> Article:
    """An article of about 1,000 characters that has nothing in common with the others."""
    chance = Random(number)
    body = "\n\n".join("".join(chance.choices(CHARACTERS, k=100)) + "。" for _ in range(10))
    return an_article(number, body=body)


def write(data: Path, writer: int, told: SimpleQueue[Any]) -> None:
    """List and keep 500 articles in batches, as a crawl does; run notes, sightings and pace beside."""
    verdicts: Counter[str] = Counter()
    numbers = numbers_of(writer)
    with Archive.open(data) as archive:
        frontier = Frontier(archive)
        run = archive.start_run(f"job-{writer}", started_at=NOON)
        for start in range(0, EACH, 25):
            batch = numbers[start : start + 25]
            frontier.remember([Item(an_article(number).id) for number in batch], "tech", NOON)
            frontier.reserve("new.qq.com", NOON.timestamp(), 0.1)
            with archive.transaction():
                for number in batch:
                    kept = archive.keep(a_text(number), seen_at=NOON, source=f"source-{writer}")
                    frontier.done(kept.id)
                    verdicts[kept.verdict] += 1
        archive.finish_run(run, "ok", 0, {}, ended_at=EVENING)
    told.put(("writer", dict(verdicts), ""))


def read(data: Path, stop: Event, told: SimpleQueue[Any]) -> None:
    """Look at everything again and again; how often, and the largest log there was."""
    rounds, largest = 0, 0
    wal = data / "archive.db-wal"
    with Archive.open(data) as archive:
        while rounds == 0 or not stop.wait(0.2):
            for archived in archive.articles():
                assert archived.article.body
            largest = max(largest, wal.stat().st_size if wal.exists() else 0)
            rounds += 1
    told.put(("reader", rounds, largest))


def save(data: Path, stop: Event, told: SimpleQueue[Any]) -> None:
    """Make backups one after another."""
    made = 0
    with Archive.open(data) as archive:
        while made == 0 or not stop.wait(0.5):
            back_up(archive.database, data.parent / "backup.db")
            made += 1
    told.put(("saver", made, ""))


def test_four_writers_two_readers_and_backups(tmp_path: Path) -> None:
    data = tmp_path / "data"
    Archive.open(data).close()
    told: SimpleQueue[Any] = SPAWN.SimpleQueue()
    stop = SPAWN.Event()
    writers = [SPAWN.Process(target=write, args=(data, number, told)) for number in range(WRITERS)]
    others = [SPAWN.Process(target=each, args=(data, stop, told)) for each in (read, read, save)]
    for process in (*others, *writers):
        process.start()
    for process in writers:
        process.join(100)
    stop.set()
    for process in others:
        process.join(60)
    assert [process.exitcode for process in (*writers, *others)] == [0] * 7
    answers = [told.get() for _ in range(7)]
    verdicts = sum((Counter(answer[1]) for answer in answers if answer[0] == "writer"), Counter[str]())
    distinct = SHARED + WRITERS * (EACH - SHARED)
    assert verdicts == {Judgement.NEW: distinct, Judgement.SAME: WRITERS * EACH - distinct}
    assert all(answer[1] for answer in answers)
    assert max(answer[2] for answer in answers if answer[0] == "reader") < LARGEST_WAL
    with Archive.existing(data) as archive:
        numbers = archive.stats()
        assert (numbers["articles"], numbers["revisions"], numbers["runs"]) == (distinct, distinct, WRITERS)
        assert numbers["links"] == {"done": distinct}
    assert list(verify(data)) == []
