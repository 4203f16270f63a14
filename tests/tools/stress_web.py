"""``make stress``: sixty visitors ask what takes long, or for ever; how soon others are answered, and how it ends.

It prints what became of the questions, how long the style sheet and the front page took meanwhile, and how long the
server lived after SIGTERM with such questions under way. Exit code 1 where a limit is not kept.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import quote

import numpy as np

from archive.store import Archive
from tests.archive.samples import NOON, an_article
from tests.archive.web.client import get
from tests.archive.web.serving import Served, serving

WITHIN = 0.5
"""Seconds in which the style sheet is to be there for 19 of 20 visitors."""
ENDS_WITHIN = 5.0
"""Seconds after SIGTERM."""
_LONG = "'aaaaaaaaaa'"
for _ in range(4):
    _LONG = f"replace({_LONG}, 'a', 'aaaaaaaaaa')"
_LONG = f"replace({_LONG}, 'a', 'aaaaaaaaa')"
_NUMBERS = "with recursive a(x) as (select 1 union all select x + 1 from a limit {}) "
ENDLESS = f"select instr({_LONG}, substr({_LONG}, 1, 450000) || 'b')"
QUESTIONS = {
    "a join of all with all": "select count(*) from articles a, articles b, articles c where a.body like b.title",
    "a recursion without an end": f"{_NUMBERS.format(-1)} select max(x) from a",
    "a call that does not come back": ENDLESS,
    "a pattern of stars": f"select {_LONG} glob '{'*a' * 40}b'",
    "a sort of millions": f"{_NUMBERS.format(5_000_000)} select x from a order by random() limit 1",
    "a large answer": f"{_NUMBERS.format(1000)} select x, printf('%.9000c', 'a') from a",
    "many cells": f"{_NUMBERS.format(1000)} select {', '.join(['x'] * 90)} from a",
    "many comments": f"select {'/*' * 4000} 1",
}
"""What the visitors ask."""


@dataclass
class Siege:
    """Visitors at work in a process of their own, and what they were answered once they are done."""

    process: subprocess.Popen[str]
    answers: dict[str, dict[str, int]] = field(default_factory=dict)
    """For each question how often it was answered with which status; 0: not at all."""
    stopped: list[float] = field(default_factory=list)
    """Seconds that questions took which were asked and stopped."""

    @property
    def is_over(self) -> bool:
        """Whether all have their answers."""
        return self.process.poll() is not None


@contextmanager
def besieged(served: Served, clients: int, *, questions: int = 0, seconds: float = 0.0) -> Iterator[Siege]:
    """Have so many visitors at a time ask so many questions, or for so many seconds. At the end all have been asked."""
    words = [served.address, str(clients), "--questions", str(questions), "--seconds", str(seconds)]
    command = [sys.executable, "-m", "tests.tools.stress_web", "besiege", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        siege = Siege(process)
        yield siege
        told = json.loads(process.communicate(timeout=seconds + 120)[0])
        siege.answers, siege.stopped = told["answers"], told["stopped"]


def waits(address: str, path: str) -> float:
    """Seconds until the path is there."""
    start = time.perf_counter()
    assert get(address, path).status == 200, path
    return time.perf_counter() - start


def end(served: Served) -> float:
    """Send SIGTERM; after how many seconds the server has ended."""
    start = time.perf_counter()
    served.process.send_signal(signal.SIGTERM)
    served.process.communicate(timeout=60)
    return time.perf_counter() - start


def filled(data: Path, number: int) -> Path:
    """Make an archive of so many articles."""
    with Archive.open(data) as archive, archive.transaction():
        for each in range(number):
            archive.keep(an_article(each), seen_at=NOON)
    return data


def _besiege(address: str, clients: int, questions: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    left = islice(cycle(QUESTIONS.items()), questions or None)
    answers: dict[str, Counter[int]] = {name: Counter() for name in QUESTIONS}
    stopped: list[float] = []
    lock = threading.Lock()

    def visit(number: int) -> None:
        while questions or time.monotonic() < until:
            with lock:
                name, sql = next(left, ("", ""))
            if not name:
                return
            start = time.perf_counter()
            path = f"/archive{'.json' if number % 2 else ''}?sql={quote(sql)}"
            try:
                status = get(address, path, accept="text/html").status
            except OSError:
                status = 0
            answers[name][status] += 1
            if status == 400 and name != "many comments":
                stopped.append(time.perf_counter() - start)

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(clients)]
    for each in visitors:
        each.start()
    for each in visitors:
        each.join()
    print(json.dumps({"answers": answers, "stopped": stopped}))


def _measure(clients: int, seconds: float) -> int:
    others: dict[str, list[float]] = {"/static/site.css": [], "/": []}
    with tempfile.TemporaryDirectory() as folder, serving(filled(Path(folder) / "data", 200)) as served:
        with besieged(served, clients, seconds=seconds) as siege:
            while not siege.is_over:
                for path, found in others.items():
                    found.append(waits(served.address, path))
        with besieged(served, clients, questions=clients) as last:
            waits(served.address, "/static/site.css")
            ended = end(served)
    for name, statuses in siege.answers.items():
        print(f"{name:<36}{', '.join(f'{number} × {status}' for status, number in sorted(statuses.items()))}")
    for path, found in others.items():
        p50, p95 = np.percentile(found, (50, 95))
        print(f"{path:<36}{len(found)} times, p50 {p50:.3f} s, p95 {p95:.3f} s, longest {max(found):.3f} s")
    print(f"{'SIGTERM, questions under way':<36}{ended:.1f} s, {sum(map(len, last.answers.values()))} kinds of answers")
    return int(bool(ended > ENDS_WITHIN or np.percentile(others["/static/site.css"], 95) > WITHIN))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.tools.stress_web")
    todo = parser.add_subparsers(dest="todo", required=True)
    measure = todo.add_parser("measure")
    measure.add_argument("--seconds", type=float, default=60)
    measure.add_argument("--clients", type=int, default=60)
    siege = todo.add_parser("besiege")
    siege.add_argument("address")
    siege.add_argument("clients", type=int)
    siege.add_argument("--questions", type=int)
    siege.add_argument("--seconds", type=float)
    asked = parser.parse_args()
    if asked.todo == "measure":
        sys.exit(_measure(asked.clients, asked.seconds))
    _besiege(asked.address, asked.clients, asked.questions, asked.seconds)


if __name__ == "__main__":
    main()
