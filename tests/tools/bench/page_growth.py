"""Does the time to read a page grow with its size, and no faster? Over the corpus, and over pages that grow."""

from __future__ import annotations

import gzip
import html
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import orjson

from tests.tools.bench.extractors import ours
from tests.tools.bench.rounds import Figure, in_turns, ratio, timed
from tests.tools.bench.tables import table

CORPUS = Path(__file__).parents[4] / "shared/corpus/articles_10k.jsonl.gz"
URL = "https://new.qq.com/rain/a/20260810A01ABC00"
FRAME = (
    '<!DOCTYPE html><html><head><title>{0}_腾讯新闻</title><meta charset="utf-8"><script>window.DATA = {1};</script>'
    '</head><body><h1 id="article-title">{0}</h1><div id="article-content"><div class="comps-contentify-wrap">{2}'
    "</div></div></body></html>"
)
PARAGRAPH = "河边的早晨，<strong>老街商会</strong>把材料一份份*整理*，再谈别的。" * 3
DOUBLINGS = (50, 100, 200, 400, 800, 1600, 3200)


def growth(full: bool) -> str:
    """Tables of both."""
    parts = [_GROWING, doublings(5 if full else 3)]
    if CORPUS.exists():
        parts += [_CORPUS.format("All" if full else "Every fiftieth of"), corpus(1 if full else 50)]
    return "\n\n".join(parts)


_GROWING = "A page whose paragraphs double in number; its time against that of half the page."
_CORPUS = "{} 10,000 texts of the corpus as rain pages, by size."


def rain_page(title: str, inner: str) -> bytes:
    """A page with this HTML as its text, in its data and in its body."""
    data = {"title": title, "pubtime": "2026-08-10 12:00:00", "originContent": {"text": inner, "version": "v1"}}
    script = orjson.dumps(data).decode().replace("<", "\\u003c").replace(">", "\\u003e")
    return FRAME.format(html.escape(title), script, inner).encode()


def doublings(rounds: int) -> str:
    pages = {number: rain_page("长", f"<p>{PARAGRAPH}</p>" * number) for number in DOUBLINGS}
    sides = {str(number): (lambda body=body: timed(lambda: ours(body, URL))) for number, body in pages.items()}
    spent = in_turns(sides, rounds)
    rows = []
    for half, number in zip((None, *DOUBLINGS), DOUBLINGS, strict=False):
        kilobytes = len(pages[number]) / 1000
        times = Figure.of([each.cpu * 1000 / kilobytes for each in spent[str(number)]])
        against = f"× {ratio(spent[str(half)], spent[str(number)]):.2f}" if half else ""
        rows.append((number, f"{kilobytes:.0f}", f"{times:.3f}", against))
    return table(("paragraphs", "kB", "ms per kB", "against half"), rows)


def corpus(every: int) -> str:
    """Milliseconds per kB of page, from the smallest tenth to the largest."""
    measured = sorted(_measured(every))
    tenth = max(len(measured) // 10, 1)
    rows = []
    for start in range(0, len(measured), tenth):
        part = measured[start : start + tenth]
        rates = [seconds * 1000 / (size / 1000) for size, seconds in part]
        sizes = f"{part[0][0] / 1000:.0f}–{part[-1][0] / 1000:.0f}"
        rows.append((sizes, len(part), f"{median(rates):.3f}", f"{max(rates):.3f}"))
    return table(("kB", "pages", "ms per kB", "at most"), rows)


def _measured(every: int) -> Iterator[tuple[int, float]]:
    with gzip.open(CORPUS) as lines:
        for number, line in enumerate(lines):
            if number % every:
                continue
            found = orjson.loads(line)
            inner = "".join(f"<p>{html.escape(part)}</p>" for part in found["body"].split("\n\n") if part.strip())
            body = rain_page(found["title"] or "无题", inner)
            # The best of three: what a busy machine adds is not the page's doing.
            yield len(body), min(_seconds(body) for _ in range(3))


def _seconds(body: bytes) -> float:
    began = time.process_time()
    ours(body, URL)
    return time.process_time() - began
