"""What a look-up and an insertion cost among many texts: the archive's own tables, small and large side by side.

A text in them is made of six paragraphs of the corpus. Its signature is computed from theirs, exactly but for the
shingles at the seams: a million texts in minutes. One text in 200 is a filling of one and the same form.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from archive.database.tables.duplicates import DUPLICATE_TABLES
from archive.duplicates.comparable_text import ComparableText
from archive.duplicates.lsh_index import add_text, candidates
from archive.duplicates.minhash import BINS, VERSION, Hashes, band_keys, minhash, signature
from tests.tools.bench_duplicates.texts import CHANGES, corpus, refilled

SMALL = 10_000
PROBES = 500
PARAGRAPHS = 6
FAMILY = 200
CHUNK = 100_000


def measure_scale(path: Path, size: int) -> None:
    """Look-ups and insertions among 10,000 texts and among ``size``, in turns: both meet the same load."""
    bodies = corpus(path)
    parts = paragraph_minima(bodies)
    probes = [ComparableText.of(each) for each in probe_bodies(bodies, Random(11))]
    fresh = [ComparableText.of(each) for each in new_bodies(bodies, Random(12))]
    for text in (*probes, *fresh):
        _ = text.signature  # Computed here, so that only the tables are measured.
    with tempfile.TemporaryDirectory() as folder:
        files = {count: filled(Path(folder) / f"{count}.db", parts, bodies, count) for count in (SMALL, size)}
        for count in files:
            bytes_on_disk = (Path(folder) / f"{count}.db").stat().st_size
            print(f"\n{count} texts: {bytes_on_disk / 1e6:.0f} MB, {bytes_on_disk / count:.0f} bytes a text", end="")
        looked = in_turns(files, probes, lambda file, text: candidates(file, text.signature))
        inserted = in_turns(files, fresh, insert)
        print(f"\n{'':<12}{'look-up p50':>14}{'p95':>10}{'(CPU)':>10}{'insertions/s':>16}{'(CPU)':>10}")
        for count in files:
            wall, cpu = looked[count]
            rates = [PROBES / times.sum() for times in inserted[count]]
            cells = f"{np.median(wall) * 1000:>11.2f} ms{p95(wall) * 1000:>7.2f} ms{p95(cpu) * 1000:>7.2f} ms"
            print(f"{count:<12}{cells}{rates[0]:>16.0f}{rates[1]:>10.0f}")
        ratios = [p95(looked[size][kind]) / p95(looked[SMALL][kind]) for kind in (0, 1)]
        speeds = [inserted[SMALL][kind].sum() / inserted[size][kind].sum() for kind in (0, 1)]
        print(f"{size} against {SMALL}: look-up p95 × {ratios[0]:.2f} (CPU × {ratios[1]:.2f}), ", end="")
        print(f"insertions × {speeds[0]:.2f} (CPU × {speeds[1]:.2f})")


Times = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Seconds by the clock, and of the processor alone."""


def in_turns(
    files: dict[int, sqlite3.Connection],
    texts: list[ComparableText],
    work: Callable[[sqlite3.Connection, ComparableText], object],
) -> dict[int, Times]:
    spent: dict[int, list[tuple[float, float]]] = {count: [] for count in files}
    for text in texts:
        for count, file in files.items():
            clock, processor = time.perf_counter(), time.process_time()
            work(file, text)
            spent[count].append((time.perf_counter() - clock, time.process_time() - processor))
    return {count: (np.array(times)[:, 0], np.array(times)[:, 1]) for count, times in spent.items()}


def p95(times: NDArray[np.float64]) -> float:
    return float(np.percentile(times, 95))


def insert(connection: sqlite3.Connection, text: ComparableText) -> None:
    """Look up, insert, commit: one by one, as a slow crawl does."""
    connection.execute("BEGIN IMMEDIATE")
    candidates(connection, text.signature)
    add_text(connection, text)
    connection.execute("COMMIT")


def probe_bodies(bodies: list[str], chance: Random) -> list[str]:
    """Half of them articles of the corpus with 5 % of their characters changed, half put together anew."""
    changed = [CHANGES["5 % of characters"](chance.choice(bodies), chance) for _ in range(PROBES // 2)]
    return [*changed, *new_bodies(bodies, chance)[: PROBES // 2]]


def new_bodies(bodies: list[str], chance: Random) -> list[str]:
    pieces = paragraphs(bodies)
    return ["\n\n".join(chance.choices(pieces, k=PARAGRAPHS)) for _ in range(PROBES)]


def paragraphs(bodies: list[str]) -> list[str]:
    return [piece for body in bodies for piece in body.split("\n\n") if len(piece) > 30]


def paragraph_minima(bodies: list[str]) -> Hashes:
    return np.array([minhash(ComparableText.of(piece).shingles) for piece in paragraphs(bodies)])


def filled(path: Path, parts: Hashes, bodies: list[str], count: int) -> sqlite3.Connection:
    """A file with the tables and so many texts."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    for statement in DUPLICATE_TABLES:
        connection.execute(statement)
    chance = np.random.default_rng(count)
    family = family_minima(bodies, count // FAMILY)
    signed: list[NDArray[np.uint16]] = []
    for start in range(0, count, CHUNK):
        chosen = chance.integers(len(parts), size=(min(CHUNK, count - start), PARAGRAPHS))
        rows = np.minimum.reduce([parts[chosen[:, column]] for column in range(PARAGRAPHS)])
        members = family[start // FAMILY : (start + len(rows)) // FAMILY]
        rows[: len(members)] = members
        signed += [signature(row) for row in rows]
    keys = np.array([band_keys(row) for row in signed], dtype=np.int64)
    put(connection, keys, signed)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return connection


def family_minima(bodies: list[str], count: int) -> Hashes:
    form = next(body for body in bodies if 600 < len(body) < 900 and sum(map(str.isdigit, body)) > 30)
    chance = Random(count)
    found = [minhash(ComparableText.of(refilled(form, chance)).shingles) for _ in range(count)]
    return np.array(found, dtype=np.uint64).reshape(-1, BINS)


def put(connection: sqlite3.Connection, keys: NDArray[np.int64], signed: list[NDArray[np.uint16]]) -> None:
    """All rows; the bands in the order of their keys, which is how a B-tree is filled fast."""
    connection.execute("BEGIN")
    rows = ((doc, doc, VERSION, row.tobytes()) for doc, row in enumerate(signed))
    connection.executemany("INSERT INTO near_texts VALUES (?, ?, ?, ?)", rows)
    docs = np.repeat(np.arange(len(signed)), keys.shape[1])
    order = np.lexsort((docs, keys.ravel()))
    for start in range(0, order.size, CHUNK):
        chosen = order[start : start + CHUNK]
        pairs = zip(keys.ravel()[chosen].tolist(), docs[chosen].tolist(), strict=True)
        connection.executemany("INSERT INTO near_bands VALUES (?, ?)", pairs)
    connection.execute("COMMIT")
