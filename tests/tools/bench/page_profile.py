"""Where the time of a page goes, by cProfile: the reason behind the goals of `pages.py`."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Sequence
from typing import Any

from tests.tools.bench.extractors import ours
from tests.tools.bench.page_inputs import Page, sized_pages
from tests.tools.bench.tables import table

PARTS = {
    "bytes to text": [("charset.py", "decode")],
    "JSON": [("literals.py", "read_value")],
    "libxml2's parsing": [("html.py", "_parse")],
    "HTML to blocks": [("read.py", "read_blocks")],
    "blocks to Markdown": [("document.py", "make_body")],
    "fields": [("fields.py", "page_fields")],
    "checks": [("walls.py", "check_article"), ("legibility.py", "legible")],
    "article and file": [("normalise.py", "normalise"), ("markdown.py", "to_markdown")],
}
"""The functions that do it, by file and name; none calls another of them."""
REPEATS = 20
_TEXT = """## Where the time of a page goes

Shares of the time of `ours` above, by cProfile (which makes calls dearer than they are), and calls of functions a page.
No part is the slow one: what keeps a page from the limit is Python at work on its text, block by block, and the second
opinions; the limit does neither."""


def write(full: bool) -> str:
    """The section."""
    columns = {name: _shares(pages) for name, pages in sized_pages().items()}
    rows = [(part, *(shares[part] for shares in columns.values())) for part in (*PARTS, "the rest", "calls")]
    return f"{_TEXT}\n\n{table(('', *columns), rows)}"


def _shares(pages: Sequence[Page]) -> dict[str, str]:
    profile = cProfile.Profile()
    for page in pages:
        ours(page.body, page.url)
    with profile:
        for _ in range(REPEATS):
            for page in pages:
                ours(page.body, page.url)
    found: Any = pstats.Stats(profile)
    spent = {part: sum(cumulative(found, *one) for one in functions) for part, functions in PARTS.items()}
    spent["the rest"] = found.total_tt - sum(spent.values())
    shares = {part: f"{seconds / found.total_tt:.0%}" for part, seconds in spent.items()}
    return shares | {"calls": f"{found.total_calls / REPEATS / len(pages):.0f}"}


def cumulative(found: Any, file: str, function: str) -> float:
    """Seconds inside a function, whatever it calls included."""
    return sum(
        float(times[3])
        for (path, _, name), times in found.stats.items()
        if name == function and path.endswith(f"/{file}")
    )
