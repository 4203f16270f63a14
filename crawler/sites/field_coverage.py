"""What pages state, field by field: to be compared with what earlier pages of the same layout did. Pure counting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from crawler.sites.field_agreement import agreement_on
from crawler.sites.page import RawArticle

FIELDS: Final = ("title", "published", "author", "summary", "pictures", "text", "agreement")
LEAST_TEXT: Final = 100
"""Characters: less is no text worth the name."""
_READ_TWICE: Final = ("title", "published", "body")

Shares = dict[str, tuple[int, int]]
"""Field → (pages that state it, pages that were asked)."""


def stated(raw: RawArticle) -> Iterator[tuple[str, int, int]]:
    """Of one page: field, how often it is stated, how often that was asked.

    ``agreement`` is asked for each of title, time and text that the page states in two ways.
    """
    for name in ("title", "published", "summary"):
        yield name, bool(getattr(raw, name)), 1
    yield "author", bool(raw.author or raw.media), 1
    if raw.kind == "text" and "paid" not in raw.notes:
        body = raw.bodies[0] if raw.bodies else None
        yield "text", body is not None and len(body.text) >= LEAST_TEXT, 1
        yield "pictures", body is not None and bool(body.pictures), 1
    for says, agree in (agreement_on(raw, name) for name in _READ_TWICE):
        if says > 1:
            yield "agreement", says == agree, 1


def coverage_of(layouts: Mapping[str, Mapping[str, int]]) -> dict[str, Shares]:
    """By layout, what the counts of a run (`crawler.recording.report.Counts.layouts`) say of its pages."""
    found = {}
    for layout, counts in layouts.items():
        shares = {name: (counts.get(f"has_{name}", 0), counts.get(f"asked_{name}", 0)) for name in FIELDS}
        if asked := {name: share for name, share in shares.items() if share[1]}:
            found[layout] = asked
    return found
