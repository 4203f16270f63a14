"""How much of an article came out as expected."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from statistics import mean

from tests.tools.bench.extractors import Extract, Extractor
from tests.tools.bench.page_inputs import Page

_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|^(?:#{1,6}|>|[-*+]|\d+\.)\s+|[*_`\\|]|\s+", re.M)


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Shares from 0 to 1 of what was expected; None where nothing was."""

    blocks: float | None
    """Blocks of Markdown that are equal."""
    words: float | None
    """The same, of words alone: without markup and white space."""
    title: float | None
    time: float | None
    """To the second."""
    author: float | None
    pictures: float | None


def fidelity(page: Page, found: Extract) -> Fidelity:
    """What one extractor made of one page."""
    blocks = re.split(r"\n\s*\n", found.text.strip())
    lines = found.text.splitlines()
    words = [word for block in page.blocks if (word := _words(block))]
    return Fidelity(
        blocks=_share(page.blocks, (block.strip() for block in blocks)),
        words=_share(words, map(_words, [*blocks, *(lines if len(lines) > len(blocks) else ())])),
        title=float(found.title.strip() == page.title),
        time=float(found.time == page.time),
        author=None if page.author is None else float(found.author.strip() == page.author),
        pictures=_share(page.pictures, found.pictures),
    )


def _words(block: str) -> str:
    return _MARKUP.sub(r"\1", block)


def _share(expected: Sequence[str], found: Iterable[str]) -> float | None:
    if not expected:
        return None
    wanted = Counter(expected)
    return (wanted & Counter(found)).total() / len(expected)


def mean_fidelity(pages: Sequence[Page], extract: Extractor) -> tuple[Fidelity, int]:
    """The mean over all pages, and on how many the extractor raised an error: those count as 0."""
    nothing, errors = Extract("", "", "", "", ()), 0
    all_found: list[Fidelity] = []
    for page in pages:
        try:
            found = extract(page.body, page.url)
        except Exception:  # Whatever a peer raises: it has no article.
            found, errors = nothing, errors + 1
        all_found.append(fidelity(page, found))
    return Fidelity(*(_mean(getattr(each, field.name) for each in all_found) for field in fields(Fidelity))), errors


def _mean(shares: Iterable[float | None]) -> float | None:
    told = [share for share in shares if share is not None]
    return mean(told) if told else None
