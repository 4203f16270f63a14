"""``python -m tests.tools.damage``: every byte cut and every bit flipped of small files, and random ones of all others.

Exit code 1 where one is not found, or ends the one who looks.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from archive.verify.captures import check_captures
from archive.verify.tree import check_tree
from tests.tools.damage import trials


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.tools.damage")
    asked.add_argument("--count", type=int, default=2000, help="random damages")
    asked.add_argument("--seed", type=int, default=1)
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="damage-") as folder:
        data, small = Path(folder) / "data", Path(folder) / "small"
        trials.make_specimen(data)
        markdown, captures = trials.make_small(small)
        bad = 0
        for name in trials.SMALL_EXPORTED:
            bad += _tried(name, data, trials.every_damage(data, name), trials.exports)
        with trials.opened(small, check_tree) as look:
            bad += _tried(markdown, small, trials.every_damage(small, markdown), look)
        with trials.opened(small, partial(check_captures, deep=True)) as look:
            bad += _tried(captures, small, trials.every_damage(small, captures), look)
        bad += _tried("anywhere", data, trials.random_damages(data, chosen.count, chosen.seed), trials.whole)
    sys.exit(1 if bad else 0)


def _tried(what: str, data: Path, damages: Iterable[trials.Damage], look: trials.Look) -> int:
    started, wanted = time.monotonic(), list(damages)
    bad = trials.unnoticed(data, wanted, look)
    print(f"{what}: {len(wanted)} damages, {len(bad)} not found, {time.monotonic() - started:.0f} s", flush=True)
    print("".join(f"  {each}\n" for each in bad), end="", flush=True)
    return len(bad)


if __name__ == "__main__":
    main()
