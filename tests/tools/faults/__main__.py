"""``python -m tests.tools.faults``: the table of faults. Exit code 1 if anything was lost, doubled, torn or unclear."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.tools.faults.ledger import added_up, rows_of, written_down
from tests.tools.faults.matrix import Bench, Row, Try, tries

COLUMNS = ("tries", "lost", "doubled", "torn", "unclear", "recovered")


def main() -> None:
    asked = _asked()
    started, wanted = time.monotonic(), list(tries(asked.tries, asked.seed, asked.only))
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        ledger = asked.ledger or Path(folder) / "ledger.jsonl"
        made = rows_of(ledger, wanted)
        _make([each for each in wanted if each not in made], ledger, asked.workers, started + asked.seconds)
        made = rows_of(ledger, wanted)
    bad = _print(added_up(made[each] for each in wanted if each in made))
    print(f"{len(made)} of {len(wanted)} tries, {time.monotonic() - started:.0f} s in this part")
    sys.exit(1 if bad or not made else 0)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.tools.faults", description="Break every command at random points."
    )
    parser.add_argument("--tries", type=int, default=200, help="of each fault for each command")
    parser.add_argument("--only", default="", help="rows that hold this, such as 'kill -9 crawl' or EIO")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--ledger", type=Path, help="go on with the tries that this file does not have yet")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no further try after so long")
    return parser.parse_args()


def _make(wanted: list[Try], ledger: Path, workers: int, until: float) -> None:
    """Make the tries, dealt out to processes."""
    shares = [share for number in range(workers) if (share := wanted[number::workers])]
    if shares:
        with ProcessPoolExecutor(len(shares)) as pool:
            for part in [pool.submit(_share, share, ledger, until) for share in shares]:
                part.result()


def _share(wanted: list[Try], ledger: Path, until: float) -> None:
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, Bench(Path(folder).resolve()) as bench:
        for each in wanted:
            if time.monotonic() > until:
                return
            row = Row(each.fault, each.command.name)
            bench.trial(each.command, each.fault, each.chance, row)
            written_down(ledger, each, row)
            for note in row.notes:
                print(f"try {each.number}: {note}", file=sys.stderr, flush=True)


def _print(rows: list[Row]) -> int:
    """The table; how many things in it are not as they should be."""
    print(f"{'fault':<9}{'command':<18}" + "".join(f"{name:>11}" for name in COLUMNS))
    for row in rows:
        print(f"{row.fault:<9}{row.command:<18}" + "".join(f"{getattr(row, name):>11}" for name in COLUMNS))
    return sum(row.lost + row.doubled + row.torn + row.unclear + row.tries - row.recovered for row in rows)


if __name__ == "__main__":
    main()
