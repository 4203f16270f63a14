"""What a look-up and an insertion cost among many texts: the archive's own tables, filled from the corpus."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np

from archive.duplicates.lookup import add_text, candidates
from archive.duplicates.shingles import signature
from archive.duplicates.tables import DUPLICATE_TABLES
from archive.duplicates.text import Text
from tests.archive.duplicates.bench_texts import CHANGES, corpus, refilled

SMALL = 10_000
PROBES = 500
FAMILY = 200
"""One text in so many is another filling of one and the same form."""


def measure_scale(path: Path, size: int) -> None:
    """Look-ups and insertions at 10,000 texts and at ``size``, in one file."""
    bodies = corpus(path)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "near.db"
        connection = sqlite3.connect(file, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in DUPLICATE_TABLES:
            connection.execute(statement)
        texts = generated(bodies, Random(7))
        rates = {}
        for count in (SMALL, size):
            known = connection.execute("SELECT count(*) FROM near_texts").fetchone()[0]
            fill(connection, texts, count - known - PROBES)
            rates[count] = insert_rate(connection, texts)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            print(f"\n{count} texts: {file.stat().st_size / 1e6:.0f} MB, {rates[count]:.0f} insertions/s", end="")
            rates[-count] = report(connection, bodies)
        print(f"\nof {size} against {SMALL}: p95 × {rates[-size] / rates[-SMALL]:.2f}, ", end="")
        print(f"insertions × {rates[size] / rates[SMALL]:.2f}")


def generated(bodies: list[str], chance: Random) -> Iterator[Text]:
    """Texts without end: windows of sentences from several articles, and now and then one form filled in again."""
    form = next(body for body in bodies if 600 < len(body) < 900 and sum(map(str.isdigit, body)) > 30)
    pieces = [[each for each in body.split("\n\n") if len(each) > 30] for body in bodies]
    pieces = [each for each in pieces if each]
    number = 0
    while True:
        number += 1
        if number % FAMILY == 0:
            yield Text.of(refilled(form, chance))
            continue
        parts = [chance.choice(chance.choice(pieces)) for _ in range(6)]
        yield Text.of("\n\n".join(parts))


def fill(connection: sqlite3.Connection, texts: Iterator[Text], count: int) -> None:
    done = 0
    while done < count:
        connection.execute("BEGIN IMMEDIATE")
        for text in (next(texts) for _ in range(min(1000, count - done))):
            insert(connection, text)
            done += 1
        connection.execute("COMMIT")


def insert(connection: sqlite3.Connection, text: Text) -> None:
    if not connection.execute("SELECT 1 FROM near_texts WHERE digest = ?", (text.digest,)).fetchone():
        add_text(connection, text, signature(text.shingles))


def insert_rate(connection: sqlite3.Connection, texts: Iterator[Text]) -> float:
    """Look up, insert, commit: one by one, as a slow crawl does."""
    waiting = [next(texts) for _ in range(PROBES)]
    start = time.perf_counter()
    for text in waiting:
        connection.execute("BEGIN IMMEDIATE")
        candidates(connection, signature(text.shingles))
        insert(connection, text)
        connection.execute("COMMIT")
    return PROBES / (time.perf_counter() - start)


def report(connection: sqlite3.Connection, bodies: list[str]) -> float:
    """The 95th percentile of look-ups in seconds: half of them retellings, half of them news."""
    chance, spent = Random(11), []
    for number in range(PROBES):
        body = chance.choice(bodies)
        text = Text.of(CHANGES["5 % of characters"](body, chance) if number % 2 else body)
        signed = signature(text.shingles)
        start = time.perf_counter()
        candidates(connection, signed)
        spent.append(time.perf_counter() - start)
    low, high = np.percentile(spent, (50, 95))
    print(f", look-up p50 {low * 1000:.2f} ms, p95 {high * 1000:.2f} ms", end="")
    return float(high)
