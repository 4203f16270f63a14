"""All sections, in the order in which they stand in docs/reference/benchmarks.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.tools.bench import archives, crawls, memories, page_profile, pages, starts
from tests.tools.bench.reported import reported


@dataclass(frozen=True, slots=True)
class Section:
    """One section: ``write`` measures and returns Markdown that begins with a heading of the second level."""

    write: Callable[[bool], str]
    """Takes whether to measure at full length."""
    packages: tuple[str, ...] = ()
    """Whose versions matter for its figures."""


SECTIONS: dict[str, Section] = {
    "pages": Section(pages.write, pages.PACKAGES),
    "profile": Section(page_profile.write, ("lxml", "orjson")),
    "crawl": Section(crawls.write, crawls.PACKAGES),
    "archive": Section(archives.write, archives.PACKAGES),
    "memory": Section(memories.write, memories.PACKAGES),
    "start": Section(starts.write, starts.PACKAGES),
    "duplicates": Section(
        partial(reported, "Near-duplicates", "tests.tools.bench_duplicates.__main__"), ("datasketch", "rensa", "numpy")
    ),
    "search": Section(partial(reported, "Search", "tests.tools.bench_search", quick=("10000",)), ("numpy",)),
    "export": Section(partial(reported, "Exports", "tests.tools.bench_export"), ("orjson", "pyarrow")),
}
