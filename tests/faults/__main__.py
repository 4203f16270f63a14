"""``python -m tests.faults``: the table of faults. Exit code 1 if anything was lost, doubled, torn or unclear."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields

from tests.faults.matrix import Row, table

COLUMNS = ("tries", "lost", "doubled", "torn", "unclear", "recovered")


def shares(tries: int, seed: int, only: str, worker: int, workers: int) -> list[Row]:
    return list(table(tries, seed, only, worker, workers))


def rows(tries: int, seed: int, only: str, workers: int) -> Iterator[Row]:
    """The table's rows; each worker does every n-th try."""
    with ProcessPoolExecutor(workers) as pool:
        parts = [pool.submit(shares, tries, seed, only, worker, workers) for worker in range(workers)]
        for same in zip(*(part.result() for part in parts), strict=True):
            whole = Row(same[0].fault, same[0].command)
            for each in fields(Row)[2:]:
                setattr(
                    whole,
                    each.name,
                    sum((getattr(part, each.name) for part in same), type(getattr(whole, each.name))()),
                )
            yield whole


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Break every command at random points.")
    parser.add_argument("--tries", type=int, default=200, help="of each fault for each command")
    parser.add_argument("--only", default="", help="rows that hold this, such as 'kill -9 crawl' or EIO")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    started = time.monotonic()
    print(f"{'fault':<9}{'command':<13}" + "".join(f"{name:>11}" for name in COLUMNS), flush=True)
    bad = 0
    for row in rows(asked.tries, asked.seed, asked.only, min(asked.workers, asked.tries)):
        print(f"{row.fault:<9}{row.command:<13}" + "".join(f"{getattr(row, name):>11}" for name in COLUMNS), flush=True)
        for note in row.notes[:5]:
            print(f"    {note}", file=sys.stderr)
        bad += row.lost + row.doubled + row.torn + row.unclear + (row.tries - row.recovered)
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
