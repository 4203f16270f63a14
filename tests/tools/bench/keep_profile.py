"""Where the time of keeping an article goes, by cProfile: the reason behind the goals of `archives.py`."""

from __future__ import annotations

import cProfile
import pstats
import time
from collections import deque
from pathlib import Path
from typing import Any

from archive.store import Archive
from tests.tools.bench.keeping import articles, keep
from tests.tools.bench.page_profile import cumulative
from tests.tools.bench.tables import table

PARTS = {
    "near-duplicates: the text to a signature": [
        ("text.py", "of"),
        ("text.py", "bare"),
        ("text.py", "digest"),
        ("text.py", "signature"),
    ],
    "near-duplicates: 32 look-ups and rows": [("lookup.py", "candidates"), ("lookup.py", "add_text")],
    "the article's hash, judgement and next look": [("store.py", "_reading")],
    "rows of article and revision, with their seals": [("rows.py", "add_article")],
    "the sighting": [("store.py", "_note_sighting")],
    "the Markdown file (but for waiting)": [("store.py", "_write_file"), ("tree.py", "publish")],
    "COMMIT": [("database.py", "_commit")],
}
"""The functions that do it, by file and name; none calls another of them."""
_COUNT = 500
_TEXT = """### Where the time of an article goes

Shares of this thread's processor time, by cProfile (which makes calls dearer than they are). The bare side does the
rows and the COMMIT alone; it asks nothing, reads no text and makes no file. What keeps an article from the goal is
the rest of this table, and that each of its files is made durable before the COMMIT."""


def profile_of_keeping(data: Path) -> str:
    """A table of shares."""
    made = list(articles(0, _COUNT))
    profile = cProfile.Profile(time.thread_time)
    with Archive.open(data) as archive:
        # The first batch imports what is needed.
        deque(keep(archive, articles(_COUNT, 50)), 0)
        with profile:
            deque(keep(archive, iter(made)), 0)
    found: Any = pstats.Stats(profile)
    spent = {part: sum(cumulative(found, *one) for one in functions) for part, functions in PARTS.items()}
    spent["the rest"] = found.total_tt - sum(spent.values())
    rows = [(part, f"{seconds / found.total_tt:.0%}") for part, seconds in spent.items()]
    return f"{_TEXT}\n\n{table(('', 'share'), rows)}"
