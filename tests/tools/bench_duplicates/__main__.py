"""``make bench-duplicates``: how many retellings are found, what is taken for one wrongly, and at what speed.

Texts: ``../shared/corpus``, each a second time with seeded changes. Truth: what was changed, and brute force over
all pairs. Peers in the same run: datasketch and rensa, where installed. ``BENCH=full``: look-ups among 1,000,000.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from tests.tools.bench_duplicates.quality import compare_with_truth
from tests.tools.bench_duplicates.scale import measure_scale

CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "articles_10k.jsonl.gz"


def main() -> None:
    if not CORPUS.exists():
        sys.exit(f"no corpus at {CORPUS}")
    start = time.perf_counter()
    compare_with_truth(CORPUS)
    measure_scale(CORPUS, 1_000_000 if os.environ.get("BENCH") == "full" else 40_000)
    print(f"took {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
