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

from archive.database.schema import create_database
from archive.store import Archive
from tests.tools.bench.filling import fill
from tests.tools.bench.keep_profile import profile_of_keeping
from tests.tools.bench.keeping import BATCH, articles, keep
from tests.tools.bench.rounds import Figure, Spent, Work, figure, in_turns, ratio, timed
from tests.tools.bench.tables import table, verdict

PACKAGES = ("numpy",)
GOAL, GOAL_GROWN = 0.4, 0.8
_MEASURED = 1000
"""Articles a round."""
_GROWN = f"""### As the archive grows

One archive: its first articles are kept, then it is filled up with copies of their rows. A checkpoint moves the pages
that {_MEASURED} articles changed from the log into the database: the 32 bands of an article lie on 32 pages, and the
larger the archive is, the fewer of these are another article's, too."""
_HEADINGS = (
    "articles there",
    "articles a second",
    "processor an article",
    "checkpoint an article",
    "database, bytes each",
    "Markdown, bytes each",
)

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
    """Rates and bytes on disk as one archive grows."""
    spent: dict[int, list[Spent]] = {}
    lines = []
    there = 0
    for size in sizes:
        _enlarge(data, there, size)
        spent[size] = [_kept_into(data, size + _MEASURED * each) for each in range(3)]
        there = size + _MEASURED * 4
        checkpoint = _checkpoint_after(data, there - _MEASURED)
        lines.append((f"{size:,}", *_rates(spent[size], checkpoint), *_bytes_an_article(data, there)))
    return f"{_GROWN}\n\n{table(_HEADINGS, lines)}\n\n{_against_first(spent, sizes[0], sizes[-1])}"


def _enlarge(data: Path, there: int, size: int) -> None:
    if there:
        fill(data / "archive.db", there, size)
    else:
        kept = [sys.executable, "-m", "tests.tools.bench.keeping", str(data), "0", str(size)]
        subprocess.run(kept, check=True, stdout=subprocess.DEVNULL)


def _rates(spent: list[Spent], checkpoint: Spent) -> tuple[str, ...]:
    processor, last = (seconds * 1000 / _MEASURED for seconds in (figure(spent).middle, checkpoint.wall))
    return f"{_MEASURED / figure(spent, 'wall').middle:.0f}", f"{processor:.2f} ms", f"{last:.2f} ms"


def _against_first(spent: dict[int, list[Spent]], small: int, large: int) -> str:
    pairs = list(zip(spent[small], spent[large], strict=True))
    wall, cpu = Figure.of([a.wall / b.wall for a, b in pairs]), Figure.of([a.cpu / b.cpu for a, b in pairs])
    goal = f" Goal at 1,000,000 articles {verdict(wall, at_least=GOAL_GROWN)}" if large == 1_000_000 else ""
    return f"At {large:,} articles {wall:.2f} of the rate at {small:,} by the clock, {cpu:.2f} by processor time.{goal}"


def _kept_into(data: Path, first: int) -> Spent:
    made = list(articles(first, _MEASURED))
    with Archive.existing(data) as archive:
        return timed(partial(deque, keep(archive, iter(made)), 0))


def _checkpoint_after(data: Path, first: int) -> Spent:
    """One checkpoint of all that so many articles changed."""
    with Archive.existing(data) as archive:
        connection = archive.database.connection
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        deque(keep(archive, articles(first, _MEASURED)), 0)
        return timed(lambda: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())


def _bytes_an_article(data: Path, count: int) -> tuple[str, ...]:
    """Of the database and of the Markdown files, as the disk gives them out."""
    files = [_size(path) for path in (data / "articles").rglob("*.md")]
    return f"{_size(data / 'archive.db') / count:,.0f}", f"{sum(files) / len(files):,.0f}"


def _size(path: Path) -> int:
    return path.stat().st_blocks * 512
