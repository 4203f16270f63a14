"""Exports against a bare loop over the same rows, and their memory: ``make bench-export``.

The bare loop reads the plain columns of ``articles`` with sqlite3 and hands them to orjson or to pyarrow's writer; no
order, no checks, no digests, nothing made durable.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count, cycle, islice
from pathlib import Path

from archive.article.model import BEIJING, content_hash
from archive.database.article_rows import FACTS, facts_of
from archive.store import Archive
from tests.archive.samples import an_article

CORPUS = Path(__file__).parents[3] / "shared/corpus/articles_10k.jsonl.gz"
SIZES = (10_000, 100_000)
START = datetime(2021, 1, 1, tzinfo=BEIJING)


def main() -> None:
    """Print rows per second of both, their ratio, and the greatest memory of the export at both sizes."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        for size in SIZES:
            fill(Path(folder, str(size)), size)
        for name in ("jsonl", "parquet"):
            runs = {(size, how): measured(Path(folder, str(size)), name, how) for size in SIZES for how in HOW}
            for size in SIZES:
                bare, ours = runs[size, "bare"], runs[size, "ours"]
                line = f"{size / ours[0]:8.0f} rows/s, bare loop {size / bare[0]:8.0f}, ratio {bare[0] / ours[0]:.2f}"
                line += f" (processor time {bare[1] / ours[1]:.2f})"
                print(f"{name:8} {size:7} rows  {line}, {ours[2]:.0f} MB", flush=True)


def fill(data: Path, size: int) -> None:
    """An archive of so many articles of real size, written past the store: it is to be read, not tested."""
    Archive.open(data).close()
    names = ("id", "content_hash", "revision", "status", "first_seen", "last_seen", "raw_ref", "markdown_path", *FACTS)
    marks = ", ".join("?" * len(names))
    with sqlite3.connect(data / "archive.db") as database:
        database.executemany(f"INSERT INTO articles ({', '.join(names)}) VALUES ({marks})", rows(size))
        database.execute(
            "INSERT INTO revisions (article_id, revision, seen_at, content_hash, title, summary, raw_ref, body)"
            " SELECT id, 1, first_seen, content_hash, title, summary, raw_ref, body FROM articles"
        )
    database.close()


def rows(size: int) -> Iterator[tuple[object, ...]]:
    texts = cycle(list(bodies()))
    seen, ref = "2025-03-01T04:00:00+00:00", f"20250301T040000Z-crawl-1.warc.gz:1234:{'a1' * 32}"
    for number, (title, body) in zip(count(), islice(texts, size), strict=False):
        published = START + timedelta(minutes=15 * number)
        article = an_article(
            number, id=f"{published:%Y%m%d}A{number:07d}", title=title, body=body, published_at=published
        )
        # Numbered, not hashed: the hash costs more than all the rest.
        digest = f"v1:{number:064x}" if number else content_hash(article)
        yield article.id, digest, 1, "live", seen, seen, ref, f"articles/{number}.md", *facts_of(article)


def bodies() -> Iterator[tuple[str, str]]:
    if not CORPUS.exists():
        text = an_article().body
        yield "河边的早晨", text * (2000 // len(text))
        return
    with gzip.open(CORPUS) as lines:
        for line in lines:
            found = json.loads(line)
            yield found["title"], found["body"]


def measured(data: Path, name: str, how: str) -> tuple[float, float, float]:
    """Least seconds, by the clock and of the processor, and most MB of three runs, each in a process of its own."""
    command = [sys.executable, "-m", "tests.tools.bench_export", how, name, str(data)]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(3)]
    seconds, processor, memory = zip(*runs, strict=True)
    return min(seconds), min(processor), max(memory)


def timed(run: Callable[[str, Path], None], name: str, data: Path) -> None:
    begun, worked = time.perf_counter(), time.process_time()
    run(name, data)
    seconds, processor = time.perf_counter() - begun, time.process_time() - worked
    print(json.dumps((seconds, processor, greatest_memory())))


def greatest_memory() -> float:
    """MB of this process since it began; what getrusage says may be the parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def ours(name: str, data: Path) -> None:
    from archive.export.pipeline import export
    from archive.export.request import ExportRequest

    target = data / "exports" / "exported"
    shutil.rmtree(target, ignore_errors=True)
    with Archive.existing(data) as archive:
        export(archive, name, target, ExportRequest())


def bare(name: str, data: Path) -> None:
    database = sqlite3.connect(data / "archive.db")
    cursor = database.execute(
        f"SELECT id, content_hash, revision, first_seen, last_seen, {', '.join(FACTS)} FROM articles"
    )
    names = [column[0] for column in cursor.description]
    {"jsonl": bare_lines, "parquet": bare_parquet}[name](cursor, names, data / f"bare.{name}")


def bare_lines(cursor: sqlite3.Cursor, names: list[str], path: Path) -> None:
    import orjson

    with path.open("wb") as file:
        for row in cursor:
            file.write(orjson.dumps(dict(zip(names, row, strict=True)), option=orjson.OPT_APPEND_NEWLINE))


def bare_parquet(cursor: sqlite3.Cursor, names: list[str], path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    writer = None
    while batch := cursor.fetchmany(2048):
        table = pyarrow.record_batch([list(column) for column in zip(*batch, strict=True)], names=names)
        writer = writer or pyarrow.parquet.ParquetWriter(path, table.schema, compression="zstd", compression_level=3)
        writer.write_batch(table)
    if writer:
        writer.close()


HOW = {"ours": ours, "bare": bare}

if __name__ == "__main__":
    if len(sys.argv) > 1:
        timed(HOW[sys.argv[1]], sys.argv[2], Path(sys.argv[3]))
    else:
        main()
