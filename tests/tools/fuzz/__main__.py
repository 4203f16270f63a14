"""``python -m tests.tools.fuzz --seconds N`` or ``--mutations N``: break pages, count what became of them."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from queue import Empty

from tests.tools.fuzz.mutate import mutated
from tests.tools.fuzz.runner import CHUNK, Failure, Figures, Worker
from tests.tools.fuzz.seeds import all_seeds

FOUND = Path(__file__).parent / "found"


def main() -> int:
    """Run; 0 if nothing broke."""
    options = _options()
    started = time.monotonic()
    figures = _run(options.seconds, options.mutations, options.workers, options.salt, options.only)
    took = time.monotonic() - started
    outcomes = ", ".join(f"{name} {number}" for name, number in figures.outcomes.most_common())
    print(f"{figures.mutations} mutations in {took:.0f} s: {outcomes}")
    print(f"slowest page {figures.slowest:.2f} s of processor time, largest process {figures.peak} MB")
    for what, number in Counter(failure.what for failure in figures.failures).most_common():
        print(f"  {number} × {what}")
    return 1 if figures.failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.tools.fuzz")
    parser.add_argument("--seconds", type=float, help="stop after so many seconds (default 60)")
    parser.add_argument("--mutations", type=int, help="stop after so many mutations")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--salt", type=int, default=0, help="another salt, other mutations")
    parser.add_argument("--only", default="", help="break only pages whose name or address holds this word")
    return parser.parse_args()


def _starts(mutations: int | None) -> Iterator[int]:
    return iter(range(0, mutations, CHUNK)) if mutations else count(0, CHUNK)


def _run(seconds: float | None, mutations: int | None, workers: int, salt: int, only: str) -> Figures:
    context = multiprocessing.get_context("spawn")
    tasks, answers, figures = context.Queue(), context.Queue(), Figures()
    team = [Worker(tasks, answers, salt, only) for _ in range(workers)]
    starts, waiting = _starts(mutations), 0
    end = time.monotonic() + (seconds or (86_400 if mutations else 60))
    while True:
        while waiting < 2 * workers and time.monotonic() < end and (first := next(starts, None)) is not None:
            tasks.put(first)
            waiting += 1
        if not waiting:
            break
        try:
            answer = answers.get(timeout=1)
            figures.add(answer)
            _keep(answer.failures)
            waiting -= 1
            _show(figures)
        except Empty:
            for place, worker in enumerate(team):
                if (number := worker.stuck_at()) is not None:
                    # What this worker had done of its chunk is lost with it.
                    lost = _lost(number, salt, only)
                    figures.failures.append(lost)
                    _keep([lost])
                    figures.outcomes["failed"] += 1
                    worker.process.kill()
                    team[place] = Worker(tasks, answers, salt, only)
                    waiting -= 1
    for _ in team:
        tasks.put(None)
    return figures


def _lost(number: int, salt: int, only: str) -> Failure:
    seed, body = mutated(all_seeds(only), number, salt)
    return Failure(number, f"{seed.name} {seed.url}", "Lost", "the process died, or did not come back", body)


def _show(figures: Figures) -> None:
    """How far it is: on a terminal always, in a log every some thousands."""
    if sys.stderr.isatty():
        print(f"\r{figures.mutations} {dict(figures.outcomes)}", end="", file=sys.stderr, flush=True)
    elif not figures.mutations % (25 * CHUNK):
        print(f"{figures.mutations} {dict(figures.outcomes)}", file=sys.stderr, flush=True)


def _keep(failures: list[Failure]) -> None:
    """Write failures down as they come, to be made cases of the corpus."""
    FOUND.mkdir(exist_ok=True)
    for failure in failures:
        name = FOUND / f"{failure.what}-{failure.number}"
        name.with_suffix(".html").write_bytes(failure.body)
        name.with_suffix(".txt").write_text(f"{failure.seed}\n{failure.detail}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
