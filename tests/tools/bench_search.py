"""``make bench-search``: does the index find what LIKE finds, how fast, how large; against trigram, in one run.

Texts: ``../shared/corpus``; for 100,000 articles its paragraphs are put together anew.
"""

from __future__ import annotations

import argparse
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np

from archive.article.model import BEIJING, Article, content_hash
from archive.article.timestamps import stamp
from archive.database.article_rows import FACTS, facts_of
from archive.search.index import NAME, Index
from archive.search.query import read_query
from archive.search.results import Order, search_articles
from archive.search.snippet import PLAIN, snippet
from archive.search.sync import index_new
from archive.store import Archive
from tests.archive.search.truth import found_by_like, holding, like_table, random_words, readable
from tests.tools.bench_duplicates.texts import corpus

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "articles_10k.jsonl.gz"
START = datetime(2023, 1, 1, tzinfo=BEIJING)
LENGTHS = range(1, 9)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.tools.bench_search")
    parser.add_argument("count", nargs="?", type=int, default=100_000, help="articles")
    parser.add_argument(
        "--kept", type=Path, help="the folder of the indexes: built if it is not there, else used again"
    )
    asked = parser.parse_args()
    if not CORPUS.exists():
        sys.exit(f"no corpus at {CORPUS}")
    bodies = corpus(CORPUS)
    with tempfile.TemporaryDirectory() as folder:
        compare_with_like(Path(folder) / "corpus", articles(bodies))
        kept = asked.kept or Path(folder) / "large"
        measure(kept, list(islice(recombined(bodies, Random(5)), asked.count)))


def articles(bodies: list[str]) -> list[Article]:
    return [_article(number, body, Random(number)) for number, body in enumerate(bodies)]


def recombined(bodies: list[str], chance: Random) -> Iterator[Article]:
    """As long as the corpus' own articles, of paragraphs from all over it."""
    pieces = [piece for body in bodies for piece in body.split("\n\n") if piece]
    lengths = [body.count("\n\n") + 1 for body in bodies]
    number = 0
    while True:
        number += 1
        yield _article(number, "\n\n".join(chance.choices(pieces, k=chance.choice(lengths))), chance)


def _article(number: int, body: str, chance: Random) -> Article:
    return Article(
        id=f"20230101A{number:06d}0",
        url=f"https://new.qq.com/rain/a/20230101A{number:06d}0",
        title=body[:24].replace("\n", " "),
        body=body,
        published_at=START + timedelta(seconds=chance.randrange(86_400 * 365)),
        media="河边日报",
        channel="life",
    )


def filled(data: Path, found: list[Article]) -> Archive:
    """An archive with these rows, put there directly: files and duplicates are not what is measured."""
    archive = Archive.open(data)
    now = stamp(datetime.now(UTC))
    columns = ("id", *FACTS, "content_hash", "revision", "status", "first_seen", "last_seen", "markdown_path")
    add = f"INSERT INTO articles ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    with archive.transaction() as connection:
        for each in found:
            kept = (content_hash(each), 1, "live", now, now, each.id)
            connection.execute(add, (each.id, *facts_of(each), *kept))
    return archive


def compare_with_like(data: Path, found: list[Article]) -> None:
    """2,000 random words of 1 to 8 characters: the same articles, every time."""
    archive = filled(data, found)
    index_new(archive)
    truth = like_table(found)
    texts = {each.id: readable(each) for each in found}
    words = random_words(list(texts.values()), 2000, Random(20260101))
    unequal = 0
    assert all(found_by_like(truth, word) == holding(texts, word) for word in words[::50])
    with archive, Index.open(data) as index:
        for word in words:
            hits = {hit.article_id for hit in search_articles(index.connection, read_query(word).match, Order.DATE)}
            unequal += hits != holding(texts, word)
    print(f"{len(found)} articles: {len(words)} words of 1 to 8 characters, {unequal} with other results than LIKE")
    sys.stdout.flush()


def measure(data: Path, found: list[Article]) -> None:
    texts = [readable(each) for each in found]
    print(f"\n{len(found)} articles, {sum(len(text.encode()) for text in texts) / 1e6:.0f} MB of text", flush=True)
    if not data.exists():
        built(data, found, texts)
    trigram = sqlite3.connect(data / "trigram.db", isolation_level=None)
    plain = sqlite3.connect(data / "plain.db", isolation_level=None)
    words = random_words(texts, 800, Random(3))
    print(
        f"\n{'20 results, ms (p50 / p95)':<34}"
        + "".join(f"{length:>18}" for length in LENGTHS)
        + f"{'all':>18}{'all, CPU':>18}"
    )
    with Archive.open(data) as archive, Index.open(data) as index:
        for order in Order:

            def ours(word: str, order: Order = order) -> None:
                query = read_query(word)
                for hit in islice(search_articles(index.connection, query.match, order), 20):
                    snippet(archive.article(hit.article_id).article.body, query.shown, PLAIN)

            _report(f"ours, by {order}, with snippets", words, ours)
    _report("trigram, by rowid", [word for word in words if len(word) > 2], _rows(trigram, _TRIGRAM, '"{}"'))
    _report("trigram, by rank", [word for word in words if len(word) > 2], _rows(trigram, _TRIGRAM_RANK, '"{}"'))
    _report("LIKE, by rowid", words[:48], _rows(plain, _LIKE, "%{}%"))


def built(data: Path, found: list[Article], texts: list[str]) -> None:
    """The three sides' files in ``data``; prints how fast they were made and how large they are."""
    size = sum(len(text.encode()) for text in texts)
    with filled(data, found) as archive:
        start = time.perf_counter()
        index_new(archive)
        print(_line("ours", len(found) / (time.perf_counter() - start), _size(data / NAME), size), flush=True)
    with closing(sqlite3.connect(data / "trigram.db", isolation_level=None)) as trigram:
        start = time.perf_counter()
        _fill_trigram(trigram, texts)
    rate = len(found) / (time.perf_counter() - start)
    print(_line("trigram", rate, _size(data / "trigram.db"), size), flush=True)
    with closing(sqlite3.connect(data / "plain.db", isolation_level=None)) as plain:
        plain.execute("CREATE TABLE plain (text TEXT)")
        plain.execute("BEGIN")
        plain.executemany("INSERT INTO plain VALUES (?)", ((text,) for text in texts))
        plain.execute("COMMIT")


_TRIGRAM = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT 20"
_TRIGRAM_RANK = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT 20"
_LIKE = "SELECT rowid FROM plain WHERE text LIKE ? ORDER BY rowid DESC LIMIT 20"


def _fill_trigram(connection: sqlite3.Connection, texts: list[str]) -> None:
    connection.execute("CREATE VIRTUAL TABLE words USING fts5(text, content = '', tokenize = 'trigram')")
    for start in range(0, len(texts), 200):
        connection.execute("BEGIN")
        rows = ((number, text) for number, text in enumerate(texts[start : start + 200], start))
        connection.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", rows)
        connection.execute("COMMIT")


def _rows(connection: sqlite3.Connection, query: str, form: str) -> Callable[[str], None]:
    return lambda word: (connection.execute(query, (form.format(re.sub("[%_]", "", word)),)).fetchall(), None)[1]


def _report(name: str, words: list[str], search: Callable[[str], None]) -> None:
    spent: dict[int, list[float]] = {length: [] for length in LENGTHS}
    processor: list[float] = []
    for word in words:
        start, worked = time.perf_counter(), time.process_time()
        search(word)
        spent[len(word)].append((time.perf_counter() - start) * 1000)
        processor.append((time.process_time() - worked) * 1000)
    cells = [_percentiles(times) for times in (*spent.values(), [each for times in spent.values() for each in times])]
    print(f"{name:<34}" + "".join(f"{cell:>18}" for cell in (*cells, _percentiles(processor))), flush=True)


def _percentiles(times: list[float]) -> str:
    return " / ".join(f"{each:.1f}" for each in np.percentile(times, (50, 95))) if times else "-"


def _line(name: str, rate: float, size: int, text: int) -> str:
    return f"{name:<10}{rate:>7.0f} articles/s{size / 1e6:>8.0f} MB{size / text:>7.2f} × the text"


def _size(path: Path) -> int:
    return sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*") if not each.name.endswith("-shm"))


if __name__ == "__main__":
    main()
