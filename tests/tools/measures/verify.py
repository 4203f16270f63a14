"""How fast and in what memory an archive is verified: ``python -m tests.tools.measures.verify [COUNT …]``.

A process of its own for each size; the memory is the largest it ever had.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from archive.captures.warc import Capture
from archive.store import Archive
from archive.verify.verify import verify
from tests.archive.samples import NOON
from tests.archive.specimen import page_of
from tests.tools.measures.archive import articles


def fill(data: Path, count: int) -> None:
    """Articles of 1,650 characters with a capture each."""
    from archive.captures.raw_files import RawWriter

    writer = RawWriter(data, "crawl")
    with Archive.open(data) as archive:
        found = articles(count)
        for start in range(0, count, 50):
            with archive.transaction():
                for article in found[start : start + 50]:
                    capture = Capture(
                        url=article.url, status=200, headers=(), body=page_of(article), fetched_at=NOON, facts={}
                    )
                    archive.keep(article, seen_at=NOON, source="tech", raw_ref=writer.write(capture))
    writer.close()


def measure(data: Path, count: int) -> None:
    """Verify in this process and say how it went."""
    started = time.perf_counter()
    found = sum(1 for _ in verify(data, deep=True))
    seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count:>8} articles {seconds:>8.1f} s {count / seconds:>8.0f} articles/s {memory:>8.0f} MiB {found} findings"
    )


def main() -> None:
    if sys.argv[1:2] == ["--here"]:
        measure(Path(sys.argv[2]), int(sys.argv[3]))
        return
    for count in map(int, sys.argv[1:] or ("1000", "4000")):
        with tempfile.TemporaryDirectory() as name:
            fill(Path(name), count)
            subprocess.run(
                [sys.executable, "-m", "tests.tools.measures.verify", "--here", name, str(count)], check=True
            )


if __name__ == "__main__":
    main()
