"""Keeping articles: rates at several sizes of the archive, beside a bare ``executemany`` of the same rows."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from collections import deque
from contextlib import closing
from functools import partial
from pathlib import Path

from archive.schema import create_database
from archive.store import Archive
from tests.bench.filling import fill
from tests.bench.keep_profile import profile_of_keeping
from tests.bench.keeping import BATCH, articles, keep
from tests.bench.rounds import Figure, Spent, Work, figure, in_turns, ratio, timed
from tests.bench.tables import table, verdict

PACKAGES = ("numpy",)
GOAL, GOAL_GROWN = 0.4, 0.8
_MEASURED = 1000
"""Articles a round."""

Rows = dict[str, list[tuple[object, ...]]]


def write(full: bool) -> str:
    sizes = (10_000, 100_000, 1_000_000) if full else (2_000, 10_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        beside, profile = _beside_bare(folder, 5 if full else 3), profile_of_keeping(folder / "profile")
        return "\n\n".join((beside, profile, _grown(folder / "grown", sizes)))


def _beside_bare(folder: Path, rounds: int) -> str:
    made = list(articles(0, _MEASURED))
    rows: Rows = {}

    def ours() -> Spent:
        data = Path(tempfile.mkdtemp(dir=folder))
        with Archive.open(data) as archive:
            spent = timed(partial(deque, keep(archive, iter(made)), 0))
            rows.update(rows_of(archive.database.connection))
        return spent

    def bare() -> Spent:
        path = Path(tempfile.mkdtemp(dir=folder)) / "archive.db"
        create_database(path)
        with closing(connected(path)) as connection:
            return timed(partial(insert, connection, rows))

    sides: dict[str, Work] = {"kept": ours, "bare executemany": bare}
    spent = in_turns(sides, rounds)
    found = ratio(spent["kept"], spent["bare executemany"], "wall")
    lines = [
        (name, f"{_MEASURED / figure(each, 'wall').middle:.0f}", f"{figure(each).middle * 1000 / _MEASURED:.2f} ms")
        for name, each in spent.items()
    ]
    text = (
        f"## Archive\n\n{_MEASURED} articles of 1,650 characters into an empty archive, {BATCH} in one durable commit, "
        "with Markdown files, near-duplicates and seals; beside it every row which that leaves in the database, put "
        "into the same tables by `executemany` in as many durable commits, without files, seals' triggers or any "
        "question asked.\n\n"
    )
    goal = f"Ours has {found:.2f} of the bare rate by the clock, {ratio(spent['kept'], spent['bare executemany']):.2f} "
    goal += f"by processor time. Goal {verdict(found, at_least=GOAL)}."
    return text + table(("", "articles a second", "processor an article"), lines) + f"\n\n{goal}"


def rows_of(connection: sqlite3.Connection) -> Rows:
    """All rows of all tables, but for those which the schema itself fills."""
    query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    names = {row[0] for row in connection.execute(query)} - {"_sqlite_migrations", "article_changes"}
    # The names stand in our own schema.
    found = {name: [tuple(row) for row in connection.execute(f'SELECT * FROM "{name}"')] for name in sorted(names)}
    migrations = "_sqlite_migrations"
    found["seals"] = [row for row in found["seals"] if row[0] != migrations]
    return {name: rows for name, rows in found.items() if rows}


def connected(path: Path) -> sqlite3.Connection:
    """A connection with the archive's durability, and nothing else of it."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def insert(connection: sqlite3.Connection, rows: Rows) -> None:
    """All rows, in as many commits as keeping takes."""
    commits = _MEASURED // BATCH
    for number in range(commits):
        connection.execute("BEGIN IMMEDIATE")
        for name, all_rows in rows.items():
            places = ", ".join("?" * len(all_rows[0]))
            part = all_rows[number::commits]
            connection.executemany(f'INSERT INTO "{name}" VALUES ({places})', part)
        connection.execute("COMMIT")


def _grown(data: Path, sizes: tuple[int, ...]) -> str:
    """Rates and bytes on disk as one archive grows: kept to the first size, then filled up, see `filling`."""
    spent: dict[int, list[Spent]] = {}
    lines = []
    there = 0
    for size in sizes:
        if there:
            fill(data / "archive.db", there, size)
        else:
            kept = [sys.executable, "-m", "tests.bench.keeping", str(data), "0", str(size)]
            subprocess.run(kept, check=True, stdout=subprocess.DEVNULL)
        there = size
        spent[size] = []
        for _ in range(3):
            spent[size].append(_kept_into(data, there))
            there += _MEASURED
        each = figure(spent[size], "wall")
        processor = f"{figure(spent[size]).middle * 1000 / _MEASURED:.2f} ms"
        lines.append((f"{size:,}", f"{_MEASURED / each.middle:.0f}", processor, *_bytes_an_article(data, there)))
    first, last = spent[sizes[0]], spent[sizes[-1]]
    found = Figure.of([a.wall / b.wall for a, b in zip(first, last, strict=True)])
    goal = f"Goal at 1,000,000 articles {verdict(found, at_least=GOAL_GROWN)}" if sizes[-1] == 1_000_000 else ""
    by_cpu = Figure.of([a.cpu / b.cpu for a, b in zip(first, last, strict=True)])
    text = f"At {sizes[-1]:,} articles {found:.2f} of the rate at {sizes[0]:,} by the clock, {by_cpu:.2f} by processor "
    text = f"{text}time. {goal}".strip()
    headings = (
        "articles there",
        "articles a second",
        "processor an article",
        "database, bytes each",
        "Markdown, bytes each",
    )
    filled = "One archive: its first articles are kept, then it is filled up with copies of their rows."
    return f"### As the archive grows\n\n{filled}\n\n" + table(headings, lines) + f"\n\n{text}"


def _kept_into(data: Path, first: int) -> Spent:
    made = list(articles(first, _MEASURED))
    with Archive.existing(data) as archive:
        return timed(partial(deque, keep(archive, iter(made)), 0))


def _bytes_an_article(data: Path, count: int) -> tuple[str, ...]:
    """Of the database and of the Markdown files, as the disk gives them out."""
    files = [_size(path) for path in (data / "articles").rglob("*.md")]
    return f"{_size(data / 'archive.db') / count:,.0f}", f"{sum(files) / len(files):,.0f}"


def _size(path: Path) -> int:
    return path.stat().st_blocks * 512
